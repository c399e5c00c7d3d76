"""Which change does history name for each finding?

The commit that brought the flagged line in tells, if it landed: with its pull request, or pushed directly.
Of several (an edited statement, a backport) it is the one that landed first. What did not land belongs to
the pull request that holds the commit, else to the only one whose heads showed the line. A scanner that read
the history itself (for secrets) may name a commit; it counts where exactly one pull request brought that in.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING
from ingest.tracking.history import History

_COMMIT: Final = ("repository", "sha")
BLAMED: Final = (
    "is_blamed", "blame_number", "blame_commit", "blame_path", "blame_line", "blame_confidence", "landed_at",
    "landed_place", "told_number", "told_sha",
)  # fmt: skip


def blamed(reports: pl.DataFrame, history: History, pull_requests: pl.DataFrame) -> pl.DataFrame:
    """What history says of each finding: `repository`, `finding_key` and BLAMED.

    Parameters
    ----------
    reports
        As `tracked` gives them.
    pull_requests
        Rows of `pull_requests`, for the commits that merged them.
    """
    keyed = reports.with_columns(finding_key="root_key")
    holders = _holders(history, pull_requests)
    findings = keyed.select(FINDING).unique()
    by_line = _by_line(_with_places(keyed, holders, history))
    joined = findings.join(by_line, on=list(FINDING), how="left").join(
        _by_words(keyed, holders), on=list(FINDING), how="left"
    )
    return joined.with_columns(pl.col("is_blamed").fill_null(value=False)).select(*FINDING, *BLAMED)


def introduction() -> list[pl.Expr]:
    """Commit, path and line that brought a finding in: the blamed ones, unless another change is charged.

    Where only the change is known, its merge stands for the commit.
    """
    is_same = pl.col("introduced_by").eq_missing(pl.col("blame_number"))
    is_ours = pl.col("is_blamed") & is_same
    commit = pl.when(pl.col("method") == "commit").then("told_sha").otherwise("merge_sha")
    return [
        pl.when(is_ours).then("blame_commit").otherwise(commit).alias("introduced_commit"),
        pl.when(is_ours).then("blame_path").alias("introduced_path"),
        pl.when(is_ours).then("blame_line").alias("introduced_line"),
    ]


def _holders(history: History, pull_requests: pl.DataFrame) -> pl.DataFrame:
    """The one pull request of each commit that is known, and whether it landed: `holder`."""
    landed = history.landed_commits.select(*_COMMIT, holder="pull_request").drop_nulls()
    listed = history.commits.filter(pl.col("number") > 0).select(*_COMMIT, holder="number")
    merges = pull_requests.select("repository", sha="merge_sha", holder="number").drop_nulls()
    others = pl.concat([listed, merges]).unique().join(landed, on=list(_COMMIT), how="anti")
    sole = others.filter(pl.len().over(_COMMIT) == 1)
    return pl.concat([landed, sole])


def _with_places(reports: pl.DataFrame, holders: pl.DataFrame, history: History) -> pl.DataFrame:
    """Traced reports with their pull request, `blame_number`, and when and where their line landed.

    What did not land itself landed where its pull request did.
    """
    traced = reports.filter(pl.col("introduced_commit").is_not_null()).with_columns(sha="introduced_commit")
    held = traced.join(holders, on=list(_COMMIT), how="left").join(
        _shown(traced), on=[*FINDING, "sha"], how="left"
    )
    has_landed = pl.col("landed_place").is_not_null()
    number = pl.when(has_landed).then("landed_number").otherwise(pl.coalesce("holder", "shown"))
    numbered = held.with_columns(has_landed=has_landed, blame_number=number)
    of_pulls = history.landed_commits.group_by("repository", blame_number="pull_request").agg(
        pull_place=pl.col("place").min(), pull_landed_at=pl.col("landed_at").min()
    )
    return numbered.join(
        of_pulls.drop_nulls("blame_number"), on=["repository", "blame_number"], how="left"
    ).with_columns(
        landed_place=pl.coalesce("landed_place", "pull_place"),
        landed_at=pl.coalesce("landed_at", "pull_landed_at"),
    )


def _by_line(placed: pl.DataFrame) -> pl.DataFrame:
    """What the origin of a finding's line says; nothing where that is on no branch and of no pull request."""
    usable = placed.filter(pl.col("has_landed") | pl.col("blame_number").is_not_null())
    ordered = usable.sort(
        "landed_place", ~pl.col("has_landed"), "scanned_at", "node", "scan_id", nulls_last=True
    )
    first = ordered.unique(list(FINDING), keep="first", maintain_order=True)
    return first.select(
        *FINDING,
        "blame_number",
        "landed_at",
        "landed_place",
        is_blamed=pl.lit(True),
        blame_commit="introduced_commit",
        blame_path="introduced_path",
        blame_line="introduced_line",
        blame_confidence=_confidence(),
    )


def _shown(traced: pl.DataFrame) -> pl.DataFrame:
    """The only pull request on whose heads a line was seen that did not land."""
    stray = traced.filter(pl.col("is_landed").eq_missing(False))
    numbers = stray.group_by(*FINDING, "sha").agg(
        count=pl.col("pull_request").n_unique(), shown=pl.col("pull_request").max()
    )
    return numbers.filter(pl.col("count") == 1).drop("count")


def _confidence() -> pl.Expr:
    """How sure a blame is: one that had to go on behind a commit rests on a likeness, too."""
    is_whole = pl.col("blame") == "copies"
    return (
        pl.when(is_whole & ~pl.col("has_steps"))
        .then(pl.lit("high"))
        .when(is_whole | (pl.col("blame") == "moves"))
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def _by_words(reports: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """What the scanner itself says, where one pull request brought that commit in."""
    told = reports.filter(pl.col("told_commit").is_not_null()).with_columns(sha="told_commit")
    held = told.join(holders, on=list(_COMMIT), how="inner")
    first = held.sort("scanned_at", "scan_id", "position").unique(
        list(FINDING), keep="first", maintain_order=True
    )
    return first.select(*FINDING, told_number="holder", told_sha="sha")
