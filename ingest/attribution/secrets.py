"""Which change brought a secret in? The pull request that holds the commit it was first found in.

A secret scanner reads every commit once, when it is pushed, so there is no scan to compare with. What
lies outside the code (issues, wikis, discussions) is no change's doing and no finding. A commit that no
pull request holds may be older than what was read, or pushed past review: a secret that was reported
before the first merge we know of was there when the looking began; a later one stays unexplained.

A secret is gone when somebody says that it was revoked. Taking it out of the code takes it out of no
clone, so nothing else ends it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.alert_identity import alert_finding
from ingest.contracts import FINDINGS

KIND: Final = "secret_scanning"
CODE: Final = "commit"
REVOKED: Final = "revoked"
_ALERT: Final = ("repository", "number")
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})


def secret_findings(alerts: pl.DataFrame, commits: pl.DataFrame, pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Rows of `findings` for the secrets that were found in code, sorted by id."""
    in_code = (pl.col("kind") == KIND) & pl.col("found_in").fill_null(CODE).eq(CODE)
    secrets = alerts.filter(in_code)
    explained = secrets.join(_holders(secrets, commits, pull_requests), on=_ALERT, how="left").join(
        _first_merges(pull_requests), on="repository", how="left"
    )
    ids = [alert_finding(repository, KIND, number) for repository, number in explained.select(_ALERT).rows()]
    told = explained.with_columns(
        finding_id=pl.Series(ids, dtype=pl.String),
        reported_by=pl.lit("scan"),
        first_seen_at="created_at",
        first_seen_stage=_stage(),
        post_merge_seen_at=pl.when(_stage() == "post_merge").then("created_at"),
        first_seen_scan=pl.lit(None, pl.String),
        tools=pl.concat_list("tool").list.drop_nulls(),
        aliases=pl.lit([], pl.List(pl.String)),
        seen_commit="commit_sha",
        introduced_path=pl.when(pl.col("commit_sha").is_not_null()).then("path"),
        introduced_line=pl.when(pl.col("commit_sha").is_not_null()).then("line"),
        introduced_commit="commit_sha",
        introduced_by="holder",
        method=_method(),
        confidence=_confidence(),
        gone_at=pl.when(pl.col("dismissed_reason") == REVOKED).then("dismissed_at"),
    )
    columns = {name: dtype for name, dtype in FINDINGS.polars_schema.items() if name not in _SET_LATER}
    return told.select(pl.col(name).cast(dtype) for name, dtype in columns.items()).sort("finding_id")


def _holders(secrets: pl.DataFrame, commits: pl.DataFrame, pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Pull request that holds each secret's commit; of several the one that merged first."""
    wanted = secrets.filter(pl.col("commit_sha").is_not_null()).select(*_ALERT, "commit_sha")
    merges = pull_requests.select("repository", holder="number", merged_at="merged_at")
    of_commits = commits.filter(pl.col("number") > 0).select("repository", holder="number", commit_sha="sha")
    of_merges = pull_requests.filter(pl.col("merge_sha").is_not_null()).select(
        "repository", holder="number", commit_sha="merge_sha"
    )
    held = wanted.join(pl.concat([of_commits, of_merges]).unique(), on=["repository", "commit_sha"])
    placed = held.join(merges, on=["repository", "holder"], how="inner")
    counted = placed.with_columns(holder_count=pl.col("holder").n_unique().over(_ALERT))
    first = counted.sort("merged_at", "holder", nulls_last=True).unique(
        _ALERT, keep="first", maintain_order=True
    )
    return first.select(*_ALERT, "holder", "merged_at", "holder_count")


def _first_merges(pull_requests: pl.DataFrame) -> pl.DataFrame:
    return pull_requests.group_by("repository").agg(first_merged_at=pl.col("merged_at").min())


def _stage() -> pl.Expr:
    is_before = pl.col("holder").is_not_null() & (
        pl.col("merged_at").is_null() | (pl.col("created_at") < pl.col("merged_at"))
    )
    return pl.when(is_before).then(pl.lit("pre_merge")).otherwise(pl.lit("post_merge"))


def _method() -> pl.Expr:
    is_old = pl.col("first_merged_at").is_null() | (pl.col("created_at") < pl.col("first_merged_at"))
    return (
        pl.when(pl.col("holder").is_not_null())
        .then(pl.lit("commit"))
        .when(is_old)
        .then(pl.lit("baseline"))
        .otherwise(pl.lit("unattributed"))
    )


def _confidence() -> pl.Expr:
    return (
        pl.when(pl.col("holder").is_null())
        .then(pl.lit("none"))
        .when(pl.col("holder_count") == 1)
        .then(pl.lit("high"))
        .otherwise(pl.lit("medium"))
    )
