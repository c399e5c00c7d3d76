"""When was a pull request last pushed to before each review of it, and can that be known?

A commit's own time stands for its push, which the code host no longer tells: never later than the push,
so that the time for a review comes out too long rather than too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.keys import pull_key
from metrics.tables import Tables

FORCED: Final = "head_ref_force_pushed"
COMMITS: Final = "commits"  # what collectors call the list of commits


def with_pushes(rows: pl.DataFrame, tables: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Add `pushed_at` (latest known by `submitted_at`; null = none) and `pushes_known`.

    Known: nothing was pushed after it; or the commit that was looked at is among the commits; or the list
    of commits is whole and no force-push after it can have taken commits away.

    Parameters
    ----------
    rows
        row, key, submitted_at, commit_sha, last_push_at, cut_lists.
    """
    commits, forced = _commits(rows, tables, names), _forced(rows, tables, names)
    told = rows.join(commits, on="row", how="left").join(forced, on="row", how="left")
    is_last = pl.col("last_push_at") <= pl.col("submitted_at")
    is_cut = pl.col("cut_lists").list.contains(COMMITS)
    is_whole = pl.col("has_commits") & ~is_cut.fill_null(value=False) & ~_told("is_rewritten")
    known = is_last.fill_null(value=False) | _told("has_own") | is_whole.fill_null(value=False)
    pushed_at = pl.max_horizontal("committed_at", "forced_at", pl.when(is_last).then(pl.col("last_push_at")))
    return told.with_columns(pushed_at=pushed_at, pushes_known=known).drop(
        "committed_at", "forced_at", "has_own", "has_commits", "is_rewritten"
    )


def _told(column: str) -> pl.Expr:
    return pl.col(column).fill_null(value=False)


def _commits(rows: pl.DataFrame, tables: Tables, names: Sequence[str]) -> pl.DataFrame:
    reviews = rows.lazy().select("row", "key", "submitted_at", "commit_sha")
    made = tables.commits.filter(pl.col("committed_at").is_not_null()).select(
        "sha", "committed_at", key=pull_key(names)
    )
    is_before = pl.col("committed_at") <= pl.col("submitted_at")
    is_own = (pl.col("sha") == pl.col("commit_sha")).fill_null(value=False)
    return (
        made.join(reviews, on="key", how="inner").group_by("row")
        .agg(
            committed_at=pl.col("committed_at").filter(is_before).max(), has_own=is_own.any(),
            has_commits=is_before.any(),
        )
        .collect()
    )  # fmt: skip


def _forced(rows: pl.DataFrame, tables: Tables, names: Sequence[str]) -> pl.DataFrame:
    reviews = rows.lazy().select("row", "key", "submitted_at")
    events = tables.review_events.filter(pl.col("kind") == FORCED).select("occurred_at", key=pull_key(names))
    is_before = pl.col("occurred_at") <= pl.col("submitted_at")
    return (
        events.join(reviews, on="key", how="inner").group_by("row")
        .agg(forced_at=pl.col("occurred_at").filter(is_before).max(), is_rewritten=(~is_before).any())
        .collect()
    )  # fmt: skip
