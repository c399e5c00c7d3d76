"""Which change brought in what an exported page of alerts tells?

A page tells an alert's latest state, but no analyses, so there is no scan to compare with. The history of
the flagged line names the change, where it is known; else the pull request on whose ref the alert was
seen; else nobody. An alert that is older than the first merge we know of was there when the looking began.

An alert was reported before merge if it was seen on a pull request that had not merged when the alert was
created; whatever else a page tells counts as reported after merge.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.alert_identity import alert_finding
from ingest.attribution.alert_stays import KIND
from ingest.attribution.host_alerts import HOST_SOURCE
from ingest.contracts import FINDINGS

_ALERT: Final = ("repository", "number")
_PLACE: Final = ("repository", "commit_sha", "path", "line")
_PULL_REF: Final = r"^refs/pull/(\d+)/"
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})


def is_from_file() -> pl.Expr:
    """Whether a row of `alerts` came from a file, not from the host itself."""
    return pl.col("source") != HOST_SOURCE


def told_findings(
    alerts: pl.DataFrame, origins: pl.DataFrame, landed: pl.DataFrame, pull_requests: pl.DataFrame
) -> pl.DataFrame:
    """Rows of `findings` for the alerts of code scanners that files tell, sorted by id.

    Parameters
    ----------
    alerts
        Rows of `alerts`; those of the host itself and of other kinds give nothing.
    origins, landed, pull_requests
        Rows of `line_origins`, `landed_commits` and `pull_requests`.
    """
    told = alerts.filter(is_from_file() & (pl.col("kind") == KIND))
    located = told.join(_latest_looks(told), on=_ALERT, how="left")
    explained = (
        located.join(_blamed(located, origins, landed), on=_ALERT, how="left")
        .join(_merges(pull_requests), on=["repository", "own_number"], how="left")
        .join(_first_merges(pull_requests), on="repository", how="left")
    )
    return _rows(explained.with_columns(method=_method(), first_seen_stage=_stage()))


def _latest_looks(alerts: pl.DataFrame) -> pl.DataFrame:
    """Commit and pull request of the look that counts: one at a branch, where there was any."""
    each = alerts.select(*_ALERT, "refs", "ref_commits").filter(pl.col("refs").list.len() > 0)
    listed = each.with_columns(_padded("ref_commits")).explode("refs", "ref_commits")
    seen = listed.select(
        *_ALERT,
        ref="refs",
        look_commit=pl.when(pl.col("ref_commits") != "").then("ref_commits"),
        own_number=pl.col("refs").str.extract(_PULL_REF, 1).cast(pl.Int64, strict=False),
    )
    of_pulls = seen.group_by(_ALERT).agg(pl.col("own_number").min())
    first = seen.sort(*_ALERT, pl.col("own_number").is_not_null(), "ref", pl.col("look_commit").is_null())
    looks = first.unique(_ALERT, keep="first", maintain_order=True).drop("own_number", "ref")
    return looks.join(of_pulls, on=_ALERT, how="left")


def _padded(name: str) -> pl.Expr:
    """Commits as many as refs: where they are not told, the list is empty."""
    is_told = pl.col(name).list.len() == pl.col("refs").list.len()
    nothing = pl.col("refs").list.eval(pl.lit(""))
    return pl.when(is_told).then(name).otherwise(nothing).alias(name)


def _blamed(located: pl.DataFrame, origins: pl.DataFrame, landed: pl.DataFrame) -> pl.DataFrame:
    """Landed commit that brought in the line of each alert, and the pull request that it came with."""
    looks = located.select(*_ALERT, "path", "line", commit_sha="look_commit").drop_nulls()
    lines = looks.join(
        origins.select(*_PLACE, "blame", "steps", "introduced_commit", "introduced_path", "introduced_line"),
        on=list(_PLACE),
        how="inner",
    )
    commits = landed.select("repository", introduced_commit="sha", blamed_number="pull_request")
    known = lines.join(commits, on=["repository", "introduced_commit"], how="inner")
    return known.select(
        *_ALERT, "introduced_commit", "introduced_path", "introduced_line", "blamed_number",
        blame_confidence=_blame_confidence(),
    )  # fmt: skip


def _blame_confidence() -> pl.Expr:
    is_followed = pl.col("blame") == "copies"
    return (
        pl.when(is_followed & (pl.col("steps").list.len() == 0))
        .then(pl.lit("high"))
        .when(is_followed | (pl.col("blame") == "moves"))
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def _merges(pull_requests: pl.DataFrame) -> pl.DataFrame:
    return pull_requests.select("repository", own_number="number", own_merged_at="merged_at")


def _first_merges(pull_requests: pl.DataFrame) -> pl.DataFrame:
    return pull_requests.group_by("repository").agg(first_merged_at=pl.col("merged_at").min())


def _method() -> pl.Expr:
    is_old = pl.col("created_at") < pl.col("first_merged_at")
    return (
        pl.when(pl.col("introduced_commit").is_not_null())
        .then(pl.lit("blame"))
        .when(pl.col("own_number").is_not_null())
        .then(pl.lit("pull_request_head"))
        .when(is_old)
        .then(pl.lit("baseline"))
        .otherwise(pl.lit("unattributed"))
    )


def _stage() -> pl.Expr:
    was_open = pl.col("own_merged_at").is_null() | (pl.col("created_at") < pl.col("own_merged_at"))
    is_before = pl.col("own_number").is_not_null() & was_open
    return pl.when(is_before).then(pl.lit("pre_merge")).otherwise(pl.lit("post_merge"))


def _confidence() -> pl.Expr:
    return (
        pl.when(pl.col("method") == "blame")
        .then("blame_confidence")
        .when(pl.col("method") == "pull_request_head")
        .then(pl.lit("medium"))
        .otherwise(pl.lit("none"))
    )


def _introducer() -> pl.Expr:
    return pl.when(pl.col("method") == "blame").then("blamed_number").otherwise("own_number")


def _gone() -> pl.Expr:
    """When it went away; a host that tells only that it did told so at the latest change."""
    return pl.coalesce("fixed_at", pl.when(pl.col("state") == "fixed").then("updated_at"))


def _rows(explained: pl.DataFrame) -> pl.DataFrame:
    ids = [alert_finding(repository, KIND, number) for repository, number in explained.select(_ALERT).rows()]
    tools = pl.when(pl.col("tool").is_null()).then(pl.lit([], pl.List(pl.String)))
    is_after = pl.col("first_seen_stage") == "post_merge"
    told = explained.with_columns(
        finding_id=pl.Series(ids, dtype=pl.String),
        tools=tools.otherwise(pl.concat_list("tool")),
        aliases=pl.lit([], pl.List(pl.String)),
        reported_by=pl.lit("scan"),
        first_seen_at="created_at",
        first_seen_scan=pl.lit(None, pl.String),
        post_merge_seen_at=pl.when(is_after).then("created_at"),
        seen_commit="look_commit",
        introduced_by=_introducer(),
        confidence=_confidence(),
        gone_at=_gone(),
    )
    columns = {name: dtype for name, dtype in FINDINGS.polars_schema.items() if name not in _SET_LATER}
    return told.select(pl.col(name).cast(dtype) for name, dtype in columns.items()).sort("finding_id")
