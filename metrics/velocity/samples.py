"""On which pull requests of a window does a number rest, and as which waits are they counted?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Final

import numpy as np
import polars as pl

from metrics.estimate import Coverage, Undefined
from metrics.measures import Slice
from metrics.measuring import Measuring
from metrics.statistics.resampling import Arm
from metrics.statistics.survival import Curve, Waits, aalen_johansen, kaplan_meier
from metrics.velocity.drafts import Between, waited, wall_hours
from metrics.velocity.population import OUT_OF_SCOPE
from metrics.velocity.waits import (
    APPROVED,
    CENSORED,
    GONE,
    MERGED_UNAPPROVED,
    MOMENT,
    OPEN,
    REJECTED,
    UNKNOWN,
    coverage,
)
from metrics.working_time import WorkingTime, working_hours

NO_PULL_REQUEST: Final = "no pull request was opened in this window"
NONE_SERVES: Final = "no pull request of this window can serve: {reasons}"
REVIEWS_UNKNOWN: Final = "reviews unknown"
REVIEWED_BEFORE: Final = "reviewed before the window"
NO_WORKING_TIME: Final = "not seen waiting in working time"

REVIEWED: Final = 1  # causes that end the wait for a first review
NEVER_REVIEWED: Final = 2
CAUSES: Final = {OPEN: 0, GONE: 0, APPROVED: 1, REJECTED: 2, MERGED_UNAPPROVED: 3}
HOURS_PER_DAY: Final = 24
DAYS_PER_WEEK: Final = 7

# What numbers about waiting are worked out from; a window's other columns are for people to read.
MEASURED: Final = (
    "repository", "size_band", "stratum_code", "cluster_code", "left_out", "outcome", "clock_at",
    "approved_at", "hours", "working_hours", "entry_hours", "entry_at", "draft_spells",
    "is_approved_before_ready",
)  # fmt: skip
FOR_REVIEWS: Final = (
    "left_out", "first_review_at", "first_review_hours", "reviews_known", "entry_hours", "decided_at",
    "hours",
)  # fmt: skip

# Why a pull request does not serve; null for those that do.
NOT_IN_SCOPE: Final = pl.when(pl.col("left_out").is_in(OUT_OF_SCOPE)).then("left_out")
NOT_TIMED: Final = pl.coalesce(
    "left_out", pl.when(pl.col("outcome") == UNKNOWN).then(pl.lit(REVIEWS_UNKNOWN))
)
_NEVER_SEEN: Final = pl.col("first_review_at").is_null() & ~pl.col("reviews_known")
_SEEN_BEFORE: Final = (pl.col("entry_hours") > 0) & (pl.col("first_review_hours") <= pl.col("entry_hours"))
NOT_SEEN_UNREVIEWED: Final = pl.coalesce(
    "left_out",
    pl.when(_NEVER_SEEN).then(pl.lit(REVIEWS_UNKNOWN)),
    pl.when(_SEEN_BEFORE).then(pl.lit(REVIEWED_BEFORE)),
)


@dataclass(frozen=True)
class Sample:
    """The rows that a number rests on, and what was left out."""

    rows: pl.DataFrame
    coverage: Coverage

    @classmethod
    def of(cls, rows: pl.DataFrame, reason: pl.Expr) -> Sample:
        """Rows of a window that have no reason to be left out."""
        found = coverage(rows, reason)
        return cls(rows if found.measured == rows.height else rows.filter(reason.is_null()), found)

    @property
    def n(self) -> int:
        """Pull requests that the number rests on."""
        return self.rows.height

    def count(self, condition: pl.Expr) -> int:
        """How many of them a condition holds for."""
        return int(self.rows.select(condition.sum()).item())

    @cached_property
    def waits(self) -> Waits:
        """Waits for a decision as statistics take them; the causes are those of CAUSES."""
        return as_waits(self.rows)

    @cached_property
    def still_waiting(self) -> Curve:
        """Share that waits for a decision still."""
        return kaplan_meier(self.waits)

    @cached_property
    def approvals(self) -> Curve:
        """Share that is approved, other decisions competing."""
        return aalen_johansen(self.waits, CAUSES[APPROVED], self.still_waiting)

    @cached_property
    def arm(self) -> Arm:
        """Waits with who decided, alike by repository and size."""
        return Arm(self.waits, self.rows["cluster_code"].to_numpy(), self.rows["stratum_code"].to_numpy())

    @cached_property
    def unstratified(self) -> Arm:
        """The same with everything in one stratum."""
        one_for_all = np.zeros_like(self.arm.stratum)
        return Arm(self.waits, self.arm.cluster, one_for_all, {0: self.still_waiting})

    def nothing(self, unit: str) -> Undefined:
        """Why there is no number when nothing is left."""
        reasons = ", ".join(reason for reason, _ in self.coverage.excluded)
        reason = NONE_SERVES.format(reasons=reasons) if reasons else NO_PULL_REQUEST
        return Undefined(reason, 0, self.coverage, unit)

    def was_followed_for(self, hours: float, as_of: datetime, between: Between = wall_hours) -> bool:
        """Whether a wait of so many hours could have been seen: long enough watched, or every one ended."""
        is_any_endless = self.count(pl.col("outcome").is_in(CENSORED)) > 0
        return not is_any_endless or longest_possible(self.rows, as_of, between) >= hours


def longest_possible(rows: pl.DataFrame, as_of: datetime, between: Between = wall_hours) -> float:
    """Hours from the earliest clock until now: no wait among these can be known to be longer."""
    span = rows.select(pl.col("clock_at").min(), as_of=pl.lit(as_of, MOMENT))
    return float(between(span["clock_at"], span["as_of"]).item())


def timed(rows: pl.DataFrame) -> Sample:
    """Pull requests whose wait is known."""
    return Sample.of(rows, NOT_TIMED)


def timed_of(of: Slice) -> Sample:
    """The same of a slice's own side, with what waiting is worked out from; looked for once."""
    return of.alone.once(_timed)


def working_of(of: Slice) -> Sample:
    """The same in working hours."""
    return of.alone.once(_working)


def _timed(of: Slice) -> Sample:
    return timed(of.waits.select(MEASURED))


def _working(of: Slice) -> Sample:
    return in_working_time(of.waits.select(MEASURED), of.measuring.working)


def in_working_time(rows: pl.DataFrame, calendar: WorkingTime) -> Sample:
    """The same in working hours; who came into sight late must have been seen waiting in some."""
    between = partial(working_hours, calendar=calendar)
    is_late = pl.col("entry_at").is_not_null()
    late = rows.filter(is_late)
    entry = waited(late, late["clock_at"], late["entry_at"], between).alias("entry_hours")
    seen = rows if late.is_empty() else pl.concat([late.with_columns(entry), rows.filter(~is_late)])
    counted = seen.with_columns(hours="working_hours")
    is_unseen = (pl.col("entry_hours") > 0) & (pl.col("entry_hours") >= pl.col("hours"))
    return Sample.of(counted, pl.coalesce(NOT_TIMED, pl.when(is_unseen).then(pl.lit(NO_WORKING_TIME))))


def as_waits(rows: pl.DataFrame) -> Waits:
    """Waits for a decision as statistics take them; the causes are those of CAUSES."""
    cause = rows["outcome"].replace_strict(CAUSES, return_dtype=pl.Int64)
    return Waits(rows["hours"].to_numpy(), cause.to_numpy(), rows["entry_hours"].to_numpy())


def as_review_waits(rows: pl.DataFrame) -> Waits:
    """Waits for a first review, which a decision without one ends as well."""
    is_over = pl.col("first_review_at").is_null() & pl.col("decided_at").is_not_null()
    is_reviewed = pl.col("first_review_at").is_not_null()
    waits = rows.select(
        "entry_hours",
        hours=pl.coalesce("first_review_hours", "hours"),
        cause=pl.when(is_reviewed).then(REVIEWED).when(is_over).then(NEVER_REVIEWED).otherwise(0),
    )
    cause = waits["cause"].cast(pl.Int64).to_numpy()
    return Waits(waits["hours"].to_numpy(), cause, waits["entry_hours"].to_numpy())


def tau(measuring: Measuring) -> float:
    """Hours up to which the restricted mean is taken."""
    return float(measuring.restricted_mean_days * HOURS_PER_DAY)


def working_tau(measuring: Measuring) -> float:
    """The same in working hours: as many as so many days of usual weeks hold.

    >>> working_tau(Measuring())
    80.0
    """
    calendar = measuring.working
    minutes = (calendar.end.hour - calendar.start.hour) * 60 + calendar.end.minute - calendar.start.minute
    return measuring.restricted_mean_days / DAYS_PER_WEEK * len(calendar.days) * minutes / 60
