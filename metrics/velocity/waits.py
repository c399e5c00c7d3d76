"""How long has each pull request waited for a person, and what ended the wait?

Definitions 1. Events: the first approval by an independent human; closed unmerged without one; merged
without one. What is open has waited until the moment of judgement, what was deleted while open until it
was missed: both are censored there. Where the reviews were cut, never
collected or are doubtful, an approval that is not there cannot be denied: the outcome is unknown.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

import polars as pl

from metrics.estimate import Coverage
from metrics.measuring import Measuring
from metrics.pilot import Pilot
from metrics.reviews import is_cut, none_collected
from metrics.scope import repositories
from metrics.tables import Tables
from metrics.velocity.asked import with_asked
from metrics.velocity.clock import with_clock
from metrics.velocity.coding import with_codes
from metrics.velocity.drafts import MICROSECONDS_PER_HOUR, waited, wall_hours, with_draft_spells
from metrics.velocity.population import population
from metrics.velocity.sizes import changed_lines, size_band
from metrics.velocity.verdicts import with_verdicts
from metrics.windows import place
from metrics.working_time import working_hours

APPROVED: Final = "approved"
REJECTED: Final = "rejected"
MERGED_UNAPPROVED: Final = "merged_unapproved"
OPEN: Final = "open"
GONE: Final = "gone"  # deleted or moved while it was open: its wait was watched no further
CENSORED: Final = (OPEN, GONE)
UNKNOWN: Final = "unknown"

MOMENT: Final = pl.Datetime("us", "UTC")
SCHEMA: Final[dict[str, pl.DataType]] = {
    "repository": pl.String(), "number": pl.Int64(), "title": pl.String(), "url": pl.String(),
    "author_login": pl.String(), "driver": pl.String(), "authorship": pl.String(), "agent": pl.String(),
    "left_out": pl.String(),
    "created_at": MOMENT, "ready_at": MOMENT,
    "clock_at": MOMENT, "began_at": MOMENT, "clock_basis": pl.String(),
    "approved_at": MOMENT, "closed_at": MOMENT,
    "merged_at": MOMENT, "decided_at": MOMENT,
    "stopped_at": MOMENT,
    "outcome": pl.String(), "hours": pl.Float64(), "working_hours": pl.Float64(),
    "draft_spells": pl.List(
        pl.Struct({"from_at": MOMENT, "until_at": MOMENT})
    ),
    "is_approved_before_ready": pl.Boolean(), "is_approval_dismissed": pl.Boolean(),
    "reviewer": pl.String(), "cluster": pl.String(), "cluster_code": pl.Int64(), "stratum_code": pl.Int64(),
    "first_review_at": MOMENT, "first_review_hours": pl.Float64(),
    "reviews_known": pl.Boolean(), "rounds": pl.Int64(),
    "is_stale_approval": pl.Boolean(), "is_over_change_request": pl.Boolean(),
    "changed_lines": pl.Int64(), "size_band": pl.String(),
    "waiting_for": pl.List(pl.String()), "is_draft_now": pl.Boolean(),
    "hours_to_merge_from_creation": pl.Float64(), "hours_to_reject_from_creation": pl.Float64(),
}  # fmt: skip


def pull_request_waits(cut: Tables, pilot: Pilot, measuring: Measuring, as_of: datetime) -> pl.DataFrame:
    """One row per pull request of the pilot's repositories, in any state and of every authorship.

    Parameters
    ----------
    cut
        Tables as they read at `as_of`.

    Returns
    -------
    DataFrame
        The columns of SCHEMA in the order of `began_at`, then of the key. `left_out` says why a row
        does not count (null = counts); `clock_at` is null while it does not wait yet, and then so is
        `hours`. `hours` runs from the clock to `stopped_at` (decision, loss, or `as_of`) without later
        spells as a draft; `working_hours` likewise in the team's working time.
        `cluster` is the person that the wait hangs on; null = a cluster of its own, as
        `cluster_code` says; `stratum_code` is that of its repository and size band.
    """
    names = repositories(cut.pull_requests, pilot)
    opened = with_clock(population(cut, pilot, names), measuring.clock)
    told = with_verdicts(opened, cut, names)
    decided = _with_outcome(told, none_collected(cut, names), as_of)
    drafted = with_draft_spells(with_asked(decided, cut, names), cut, names)
    if measuring.clock == "created":  # then time as a draft is part of the wait
        drafted = drafted.with_columns(draft_spells=pl.col("draft_spells").list.head(0))
    return with_codes(_described(drafted, measuring)).select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )


def in_window(rows: pl.DataFrame, start: datetime, end: datetime, *, late_entry: bool) -> pl.DataFrame:
    """Rows that a window holds, and how long each had waited when it came into sight.

    Parameters
    ----------
    rows
        From :func:`pull_request_waits`, all or some.
    late_entry
        False: whose clock started in [start, end), from 0 hours. True: also those that were still waiting at
        `start`; they enter late (left truncation).

    Returns
    -------
    DataFrame
        The same columns, `entry_hours` (0 = watched from its clock on) and `entry_at` (null likewise);
        what has no clock is placed by its creation.
    """
    ordered = rows if rows["began_at"].is_sorted() else rows.sort("began_at", "repository", "number")
    first, after = (place(ordered["began_at"], moment) for moment in (start, end))
    from_its_clock = {"entry_hours": pl.lit(0.0), "entry_at": pl.lit(None, MOMENT)}
    began = ordered.slice(first, after - first).with_columns(**from_its_clock)
    if not late_entry:
        return began
    before = ordered.head(first).filter(pl.col("stopped_at") > start)
    entry_at = pl.repeat(start, before.height, dtype=MOMENT, eager=True).alias("entry_at")
    entry = waited(before, before["clock_at"], entry_at, wall_hours).alias("entry_hours")
    is_in_sight = pl.col("clock_at").is_null() | (pl.col("entry_hours") < pl.col("hours"))
    seen = before.with_columns(entry.fill_null(0.0), entry_at).filter(is_in_sight)
    return pl.concat([seen, began])


def coverage(rows: pl.DataFrame, reason: pl.Expr) -> Coverage:
    """How many rows of a window a number rests on, and why it does not rest on others.

    Parameters
    ----------
    reason
        Why a row is left out, in words; null for a row that serves.

    >>> coverage(pl.DataFrame({"left_out": [None, "still a draft"]}), pl.col("left_out"))
    Coverage(measured=1, total=2, excluded=(('still a draft', 1),))
    """
    counts = rows.select(reason.alias("reason"))["reason"].drop_nulls().value_counts()
    excluded = tuple(sorted(counts.iter_rows()))
    return Coverage(rows.height - sum(count for _, count in excluded), rows.height, excluded)


def _with_outcome(rows: pl.DataFrame, none_are_collected: bool, as_of: datetime) -> pl.DataFrame:  # noqa: FBT001
    """Add decided_at, stopped_at, outcome, reviews_known."""
    is_silent = is_cut() | pl.lit(none_are_collected)
    cannot_be_denied = is_silent | pl.col("has_doubtful_approval")
    decided_at = pl.coalesce("approved_at", "ended_at")
    return rows.with_columns(
        decided_at=decided_at,
        stopped_at=pl.max_horizontal(pl.coalesce(decided_at, "lost_at", pl.lit(as_of)), "clock_at"),
        outcome=pl.when(pl.col("approved_at").is_not_null()).then(pl.lit(APPROVED))
        .when(cannot_be_denied).then(pl.lit(UNKNOWN))
        .when(pl.col("lost_at").is_not_null()).then(pl.lit(GONE))
        .when(pl.col("ended_at").is_null()).then(pl.lit(OPEN))
        .when(pl.col("merged_at").is_null()).then(pl.lit(REJECTED))
        .otherwise(pl.lit(MERGED_UNAPPROVED)),
        reviews_known=~(is_silent | pl.col("has_doubtful_review")),
    )  # fmt: skip


def _described(rows: pl.DataFrame, measuring: Measuring) -> pl.DataFrame:
    """Add hours, people, rounds and what stood at the merge."""
    wait = rows["clock_at"], rows["stopped_at"]
    first = waited(rows, rows["clock_at"], rows["first_review_at"], wall_hours)
    is_merged = pl.col("merged_at").is_not_null()
    is_whole = ~is_cut()  # what was cut off may have answered the request, or given another approval
    shown = is_merged & is_whole & (pl.col("reviews_known") | pl.col("is_over_change_request"))
    return rows.with_columns(
        waited(rows, *wait, wall_hours).alias("hours"),
        waited(rows, *wait, partial(working_hours, calendar=measuring.working)).alias("working_hours"),
        first.alias("first_review_hours"), *_people(),
        rounds=pl.when("reviews_known").then(pl.col("change_requests") + 1),
        is_approved_before_ready=(pl.col("approved_at") < pl.col("clock_at")).fill_null(value=False),
        is_approval_dismissed=pl.col("is_approval_dismissed").fill_null(value=False),
        is_stale_approval=pl.when(is_merged & is_whole).then(_is_stale()),
        is_over_change_request=pl.when(shown).then("is_over_change_request"),
        changed_lines=changed_lines(), size_band=size_band(measuring.size_bands),
        hours_to_merge_from_creation=_hours_from_creation(is_merged),
        hours_to_reject_from_creation=_hours_from_creation(~is_merged),
    )  # fmt: skip


def _people() -> tuple[pl.Expr, ...]:
    reviewer = pl.coalesce("approver", "first_reviewer")
    on_whom = (reviewer, pl.col("waiting_for").list.first())
    return reviewer.alias("reviewer"), pl.coalesce(on_whom).str.to_lowercase().alias("cluster")


def _is_stale() -> pl.Expr:
    """Whether no standing approval is of the head that merged; null = cannot be told.

    The commits that were approved say it exactly; the time of the last push is often a commit's own time,
    and one after the merge changed nothing that merged.
    """
    is_before_merge = pl.col("last_push_at") <= pl.col("merged_at")
    is_later_push = pl.when(is_before_merge).then(pl.col("last_push_at") > pl.col("standing_at"))
    is_of_head = pl.col("is_head_approved")
    return pl.when(pl.col("standing_at").is_not_null()).then(pl.coalesce(~is_of_head, is_later_push))


def _hours_from_creation(which: pl.Expr) -> pl.Expr:
    spent = pl.col("ended_at") - pl.col("created_at")
    return pl.when(which).then(spent.dt.total_microseconds() / MICROSECONDS_PER_HOUR)
