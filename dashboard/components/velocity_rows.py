"""Which pull requests stand behind each number of the Velocity page? As many as the number says."""

from __future__ import annotations

from typing import Final

import polars as pl

from dashboard.components.numbers import Rows, Select
from metrics.measures import Slice
from metrics.velocity.samples import (
    NOT_IN_SCOPE,
    NOT_SEEN_UNREVIEWED,
    NOT_TIMED,
    Sample,
    in_working_time,
    timed,
)
from metrics.velocity.waits import APPROVED, MERGED_UNAPPROVED, OPEN, REJECTED

PULLS: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "hours": "Waited (h)",
    "outcome": "Outcome", "reviewer": "Decided by", "author_login": "Opened by", "agent": "Agent",
    "size_band": "Lines", "clock_at": "Clock started", "decided_at": "Decided", "url": "Link",
}  # fmt: skip
IN_WORKING_TIME: Final = PULLS | {"hours": "Waited (working h)"}
LOOKED: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "first_review_hours": "First look (h)",
    "reviewer": "Decided by", "rounds": "Rounds", "outcome": "Outcome", "url": "Link",
}  # fmt: skip
OPENED: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "author_login": "Opened by",
    "agent": "Agent", "created_at": "Opened", "hours_to_merge_from_creation": "To merge (h)",
    "hours_to_reject_from_creation": "To close (h)", "url": "Link",
}  # fmt: skip
MERGED: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "author_login": "Opened by",
    "agent": "Agent", "merged_at": "Merged", "url": "Link",
}  # fmt: skip
LEFT_OUT: Final = {
    "left_out": "Why", "repository": "Repository", "number": "Number", "title": "Title",
    "created_at": "Opened", "url": "Link",
}  # fmt: skip


def known(of: Slice) -> pl.DataFrame:
    """Pull requests that waited and whose outcome can be told."""
    return timed(of.waits).rows


def of_outcome(*outcomes: str) -> Select:
    """Pull requests whose wait ended so, the longest first."""
    return lambda of: known(of).filter(pl.col("outcome").is_in(outcomes)).sort("hours", descending=True)


def approved_by(place: int) -> Select:
    """Pull requests that were approved by a mark: the first of `approved_within_hours`, or the second."""
    return lambda of: of_outcome(APPROVED)(of).filter(
        pl.col("hours") <= of.measuring.approved_within_hours[place]
    )


def in_working_hours(*outcomes: str) -> Select:
    """Pull requests whose wait ended so and can be told in working hours, the longest first."""
    return lambda of: (
        in_working_time(of.waits, of.measuring.working)
        .rows.filter(pl.col("outcome").is_in(outcomes))
        .sort("hours", descending=True)
    )


def flagged(column: str) -> Select:
    """Pull requests of which something is known to hold."""
    holds = pl.col("left_out").is_null() & pl.col(column).fill_null(value=False)
    return lambda of: of.waits.filter(holds).sort("hours", descending=True)


def opened_with(column: str) -> Select:
    """Pull requests in scope, drafts among them, of which something is told; as studies count them."""
    return lambda of: Sample.of(of.opened.collect(), NOT_IN_SCOPE).rows.drop_nulls(column).sort("created_at")


def opened_and_approved(of: Slice) -> pl.DataFrame:
    """Those of them whose approval is known."""
    return timed(of.opened.collect()).rows.drop_nulls("approved_at").sort("created_at")


def with_rounds(of: Slice) -> pl.DataFrame:
    """Decided pull requests whose rounds are known, those with most first."""
    return of.waits.filter(pl.col("left_out").is_null()).drop_nulls(["decided_at", "rounds"]).sort(
        "rounds", "hours", descending=True
    )  # fmt: skip


def looked_at(of: Slice) -> pl.DataFrame:
    """Pull requests that a person looked at while they waited."""
    return Sample.of(of.waits, NOT_SEEN_UNREVIEWED).rows.drop_nulls("first_review_hours").sort("created_at")


def left_out(of: Slice) -> pl.DataFrame:
    """Pull requests that no wait is told of, with the reason."""
    return of.waits.with_columns(left_out=NOT_TIMED).drop_nulls("left_out").sort("left_out", "created_at")


def unapproved(of: Slice) -> pl.DataFrame:
    """In-scope changes that merged without a human's approval."""
    return of.changes.filter(pl.col("human_approved").not_().fill_null(value=False)).sort("merged_at")


PULL: Final = "pull request"
DECIDED: Final = (APPROVED, REJECTED, MERGED_UNAPPROVED)
ROWS: Final = (
    Rows("Waits counted", PULL, lambda of: known(of).sort("hours", descending=True), PULLS),
    Rows("Approved", PULL, of_outcome(APPROVED), PULLS),
    Rows("Approved by the first mark", PULL, approved_by(0), PULLS),
    Rows("Approved by the second mark", PULL, approved_by(1), PULLS),
    Rows("Decided", PULL, of_outcome(*DECIDED), PULLS),
    Rows("Approved, working time", PULL, in_working_hours(APPROVED), IN_WORKING_TIME),
    Rows("Decided, working time", PULL, in_working_hours(*DECIDED), IN_WORKING_TIME),
    Rows("Open now", PULL, of_outcome(OPEN), PULLS),
    Rows("Closed without approval", PULL, of_outcome(REJECTED), PULLS),
    Rows("Merged without approval", "change", unapproved, MERGED),
    Rows("Approved before ready", PULL, flagged("is_approved_before_ready"), PULLS),
    Rows("Stale approvals", PULL, flagged("is_stale_approval"), PULLS),
    Rows("Merged over a change request", PULL, flagged("is_over_change_request"), PULLS),
    Rows("Looked at by a person", PULL, looked_at, LOOKED),
    Rows(
        "Rounds of review",
        PULL,
        with_rounds,
        LOOKED,
    ),
    Rows("Approved of those opened", PULL, opened_and_approved, OPENED),
    Rows("Opened", PULL, opened_with("created_at"), OPENED),
    Rows("Merged", PULL, opened_with("hours_to_merge_from_creation"), OPENED),
    Rows("Closed unmerged", PULL, opened_with("hours_to_reject_from_creation"), OPENED),
    Rows("Left out", PULL, left_out, LEFT_OUT),
)
