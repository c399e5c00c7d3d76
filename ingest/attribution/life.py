"""From the first report of a finding to the scan that no longer has it."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING
from ingest.attribution.lanes import ok_scans, on_branch

_MOMENT: Final = pl.Datetime("us", "UTC")
_TOLD: Final = ("explicit", "blame", "commit")  # by other evidence than the heads that showed it


def presences(seen: pl.DataFrame, stories: pl.DataFrame) -> pl.DataFrame:
    """Appearances that belong to each story: on the branch since it came, on its pull request's head.

    `on_main` tells the two apart. A story that never reached the branch and belongs to no pull request
    (nothing to compare with, or told by a sidecar or by history) owns all its appearances.
    """
    joined = seen.join(stories.select(*FINDING, "came_at", "number", "method"), on=list(FINDING), how="inner")
    is_branch = pl.col("stage") == "post_merge"
    came = (is_branch & (pl.col("scanned_at") >= pl.col("came_at"))).fill_null(value=False)
    is_own_head = ((pl.col("stage") == "pre_merge") & (pl.col("pull_request") == pl.col("number"))).fill_null(
        value=False
    )
    is_homeless = pl.col("came_at").is_null() & (pl.col("number").is_null() | pl.col("method").is_in(_TOLD))
    return joined.filter(came | is_own_head | (is_homeless & ~is_branch)).with_columns(on_main=came)


def first_reports(present: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """First report of each finding that the tool did not suppress, and the first on the branch."""
    reported = present.filter(pl.col("suppressed").ne_missing(True)).sort(
        "scanned_at", "on_main", "scan_id", "position"
    )
    first = reported.unique(list(FINDING), keep="first", maintain_order=True)
    on_main = reported.filter("on_main").group_by(FINDING).agg(post_merge_seen_at=pl.col("scanned_at").min())
    return (
        first.join(on_main, on=list(FINDING), how="left")
        .join(merged.drop("base_branch"), on=["repository", "number"], how="left")
        .with_columns(first_seen_at="scanned_at", first_seen_stage=_stage())
        .select(
            *FINDING,
            "scan_id",
            "position",
            "first_seen_at",
            "first_seen_stage",
            "post_merge_seen_at",
            "merge_sha",
        )
    )


def endings(present: pl.DataFrame, placed: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Moment of the first ok scan without a finding after its last presence; null while it is there.

    A finding that reached the branch ends on the branch. One that did not ends on a later scan of its
    pull request's head, or else on the first scan of the branch that holds the merge.
    """
    ranked = present.sort("on_main", "scanned_at", "lane", descending=[True, True, False])
    last = ranked.unique(list(FINDING), keep="first", maintain_order=True)
    lanes = ok_scans(placed)
    following = last.with_columns(place="ok_until")
    ended = following.join(lanes, on=["lane", "place"], how="left")
    merged_later = _first_with_merge(ended, placed, merged)
    return ended.join(merged_later, on=list(FINDING), how="left").select(
        *FINDING, gone_at=pl.coalesce("ok_at", "merge_scanned_at")
    )


def _first_with_merge(ended: pl.DataFrame, placed: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    open_heads = ended.filter(~pl.col("on_main") & pl.col("ok_at").is_null()).select(
        *FINDING, "number", "base_lane", "scanned_at"
    )
    waiting = open_heads.join(merged, on=["repository", "number"], how="inner").with_columns(
        # A look at the same moment as the head's own is no later one.
        since=pl.max_horizontal("merged_at", pl.col("scanned_at") + pl.duration(microseconds=1))
    )
    scans = ok_scans(on_branch(placed)).select(
        base_lane="lane", merge_code_at="ok_code_at", merge_scanned_at="ok_at"
    )
    return (
        waiting.sort("since")
        .join_asof(
            scans.sort("merge_code_at", "merge_scanned_at"),
            left_on="since",
            right_on="merge_code_at",
            by="base_lane",
            strategy="forward",
            check_sortedness=False,
        )
        .select(*FINDING, "merge_scanned_at")
    )


def _stage() -> pl.Expr:
    is_late_head = (pl.col("merged_at") < pl.col("scanned_at")).fill_null(value=False)
    return (
        pl.when("on_main")
        .then(pl.lit("post_merge"))
        .when((pl.col("stage") == "pre_merge") & is_late_head)
        .then(pl.lit("post_merge"))
        .otherwise("stage")
    )
