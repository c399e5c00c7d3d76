"""How many hours did a pull request really wait, without the spells in which it was a draft again?

Spells come from convert_to_draft and ready_for_review events. Where a source tells only how long they
were, a spell that must lie before the end of the wait is taken as lying at its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from metrics.keys import pull_key
from metrics.tables import Tables

READY_EVENT: Final = "ready_for_review"
BACK_TO_DRAFT: Final = ("convert_to_draft", "converted_to_draft")
MICROSECONDS_PER_HOUR: Final = 3_600_000_000
Between = Callable[[pl.Series, pl.Series], pl.Series]  # hours from each moment to its counterpart


def wall_hours(start_at: pl.Series, end_at: pl.Series) -> pl.Series:
    """Hours between moments on the clock on the wall."""
    return (end_at - start_at).dt.total_microseconds() / MICROSECONDS_PER_HOUR


def waited(rows: pl.DataFrame, start_at: pl.Series, end_at: pl.Series, between: Between) -> pl.Series:
    """Hours from `start_at` to `end_at` of each row, without its `draft_spells`; never below 0.

    Parameters
    ----------
    rows
        draft_spells: list of (from_at, until_at) of each row, which do not overlap.
    between
        What an hour is: :func:`wall_hours`, or the team's working hours.
    """
    hours = between(start_at, end_at) - _in_drafts(rows, start_at, end_at, between)
    return hours.clip(0)


def _in_drafts(rows: pl.DataFrame, start_at: pl.Series, end_at: pl.Series, between: Between) -> pl.Series:
    whole = pl.DataFrame({"start_at": start_at, "end_at": end_at, "draft_spells": rows["draft_spells"]})
    told = whole.with_row_index("place").filter(pl.col("draft_spells").list.len() > 0)
    spells = told.explode("draft_spells").unnest("draft_spells").with_columns(
        from_at=pl.max_horizontal("from_at", "start_at"), until_at=pl.min_horizontal("until_at", "end_at")
    )  # fmt: skip
    inside = spells.filter(pl.col("from_at") < pl.col("until_at"))
    timed = inside.with_columns(hours=between(inside["from_at"], inside["until_at"]))
    sums = timed.group_by("place", maintain_order=True).agg(pl.col("hours").sum())
    places = whole.select(place=pl.int_range(pl.len(), dtype=pl.get_index_type()))
    return places.join(sums, on="place", how="left", maintain_order="left")["hours"].fill_null(0)


def with_draft_spells(rows: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Add `draft_spells` between clock_at and stopped_at, and `is_draft_now` of those that are open.

    Parameters
    ----------
    rows
        row, key, clock_at, stopped_at, ended_at, lost_at, approved_at, updated_at, is_draft, draft_seconds.
    """
    turns = _turns(rows, cut, names)
    spells = pl.concat([_told_spells(turns), _unplaced_spells(rows, turns)])
    lists = spells.filter(pl.col("from_at") < pl.col("until_at")).sort("row", "from_at").group_by(
        "row", maintain_order=True
    ).agg(draft_spells=pl.struct("from_at", "until_at"))  # fmt: skip
    last = turns.group_by("row", maintain_order=True).agg(was_turned_back=pl.col("is_back").last())
    known = rows.join(lists, on="row", how="left", maintain_order="left").join(
        last, on="row", how="left", maintain_order="left"
    )
    is_open = pl.col("ended_at").is_null() & pl.col("lost_at").is_null()
    is_draft_now = is_open & pl.coalesce("was_turned_back", "is_draft", pl.lit(False))
    return known.with_columns(pl.col("draft_spells").fill_null([]), is_draft_now=is_draft_now).drop(
        "was_turned_back"
    )


def _turns(rows: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Changes between ready and draft since the clock started, in order, each state once."""
    clocks = rows.lazy().select("row", "key", "clock_at", "stopped_at")
    events = (
        cut.review_events.filter(pl.col("kind").is_in([READY_EVENT, *BACK_TO_DRAFT]))
        .select("kind", "occurred_at", key=pull_key(names))
        .join(clocks, on="key", how="inner").filter(pl.col("occurred_at") >= pl.col("clock_at"))
        .select("row", "occurred_at", "stopped_at", is_back=pl.col("kind").is_in(BACK_TO_DRAFT))
        .collect()
    )  # fmt: skip
    # Of two turns in one second the one back to draft came first, as the tables take it too.
    ordered = events.sort("row", "occurred_at", ~pl.col("is_back"))
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in ("row", "is_back"))
    return ordered.filter(is_other)


def _told_spells(turns: pl.DataFrame) -> pl.DataFrame:
    is_same_next = pl.col("row").shift(-1) == pl.col("row")
    ready_again_at = pl.when(is_same_next).then(pl.col("occurred_at").shift(-1))
    until_at = pl.min_horizontal(ready_again_at, "stopped_at")
    from_at = pl.col("occurred_at").alias("from_at")
    return turns.with_columns(until_at=until_at).filter("is_back").select("row", from_at, "until_at")


def _unplaced_spells(rows: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Spells of known length and unknown place; they may lie after an approval, not after a close."""
    is_told_until_now = pl.col("ended_at").is_not_null() | (pl.col("updated_at") <= pl.col("stopped_at"))
    must_lie_before = pl.col("approved_at").is_null() & is_told_until_now
    lengths = rows.filter(must_lie_before, pl.col("draft_seconds") > 0).join(turns, on="row", how="anti")
    until_at = pl.col("clock_at") + pl.duration(seconds="draft_seconds")
    return lengths.select("row", from_at="clock_at", until_at=pl.min_horizontal(until_at, "stopped_at"))
