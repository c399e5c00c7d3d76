"""How long do the pull requests of an arm wait, as numbers with their counts?

Definitions 1. Nobody who still waits is left out: the shares and the median come from the cumulative
incidence of approval, with closing and merging without approval competing; the mean is that of the wait
for any decision within a limit, since without one there is none while some are open. What lies beyond
the longest wait that was watched is carried on from it, so that no wait looks shorter than it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Final

import polars as pl

from metrics.estimate import Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.shares import count
from metrics.statistics.special import normal_quantile
from metrics.statistics.survival import (
    Curve,
    aalen_johansen,
    quantile,
    restricted_mean,
    share_at,
)
from metrics.velocity.drafts import Between, wall_hours
from metrics.velocity.medians import median
from metrics.velocity.samples import (
    FOR_REVIEWS,
    NOT_SEEN_UNREVIEWED,
    REVIEWED,
    Sample,
    as_review_waits,
    tau,
    timed_of,
    working_of,
    working_tau,
)
from metrics.velocity.waits import APPROVED, CENSORED, OPEN
from metrics.working_time import working_hours

INCIDENCE: Final = "Aalen-Johansen, log-log interval"
INCIDENCE_QUANTILE: Final = "first hour at which the Aalen-Johansen curve reaches it, log-log interval"
DECISION_QUANTILE: Final = "Kaplan-Meier, Brookmeyer-Crowley log-log interval"
RESTRICTED_MEAN: Final = "restricted mean of Kaplan-Meier, normal interval"
MEDIAN: Final = "median, interval of order statistics"

NOT_FOLLOWED: Final = "no pull request of this window has been watched for {hours:g} hours yet"
NONE_OPEN: Final = "no pull request of this window is waiting"
NOT_REACHED: Final = "not reached: {share} {done} so far"
FRACTION_BELOW: Final = 20  # of fewer a fraction is shown, no percentage

_IS_APPROVED: Final = pl.col("outcome") == APPROVED
_IS_OPEN: Final = pl.col("outcome") == OPEN
_IS_DECIDED: Final = ~pl.col("outcome").is_in(CENSORED)


def approved_within(place: int) -> Callable[[Slice], Number]:
    """Share approved within the hours at this place of `measuring.approved_within_hours`."""

    def compute(of: Slice) -> Number:
        sample, hours = timed_of(of), of.measuring.approved_within_hours[place]
        if not sample.n:
            return sample.nothing("share")
        if not sample.was_followed_for(hours, of.as_of):
            return Undefined(NOT_FOLLOWED.format(hours=hours), sample.n, sample.coverage)
        level = of.measuring.confidence
        value, low, high = share_at(sample.approvals, hours, level)
        in_time = sample.count(_IS_APPROVED & (pl.col("hours") <= hours))
        return Estimate(
            value, low, high, level, "share", INCIDENCE, in_time, sample.n, sample.n, sample.coverage
        )  # fmt: skip

    return compute


def median_hours_to_approval(of: Slice) -> Number:
    """Hours by which half of the pull requests were approved; not reached where fewer ever were."""
    return _median_to_approval(of, timed_of(of))


def median_working_hours_to_approval(of: Slice) -> Number:
    """The same in the team's working hours."""
    return _median_to_approval(of, working_of(of))


def p90_hours_to_decision(of: Slice) -> Number:
    """Hours by which nine of ten were decided: approved, closed, or merged without approval."""
    sample = timed_of(of)
    return _reached(of, sample, _MOST_DECIDED)


def restricted_mean_hours_to_decision(of: Slice) -> Number:
    """Mean hours to any decision, a longer wait counting as `measuring.restricted_mean_days`."""
    return _restricted_mean(of, timed_of(of), tau(of.measuring), wall_hours)


def restricted_mean_working_hours_to_decision(of: Slice) -> Number:
    """The same in working hours, a longer wait counting as the working hours that so many days hold."""
    calendar = of.measuring.working
    sample, between = working_of(of), partial(working_hours, calendar=calendar)
    return _restricted_mean(of, sample, working_tau(of.measuring), between)


def open_pull_request_count(of: Slice) -> Number:
    """Pull requests that nobody has decided on."""
    sample = timed_of(of)
    if not sample.n:
        return sample.nothing("pull requests")
    return count(sample.count(_IS_OPEN), sample.coverage, "pull requests")


def median_open_hours(of: Slice) -> Number:
    """How long half of those have waited for at least."""
    sample = timed_of(of)
    waiting = sample.rows.filter(_IS_OPEN)["hours"]
    if not sample.n or not len(waiting):
        return Undefined(NONE_OPEN, 0, sample.coverage, "hours") if sample.n else sample.nothing("hours")
    return stated_median(waiting, sample, of.measuring.confidence)


def approved_before_ready_count(of: Slice) -> Number:
    """Pull requests that a human had approved before they were ready for review; each counts as 0 hours."""
    sample = timed_of(of)
    if not sample.n:
        return sample.nothing("pull requests")
    return count(sample.count(pl.col("is_approved_before_ready")), sample.coverage, "pull requests")


def median_hours_to_first_human_review(of: Slice) -> Number:
    """Hours by which half had a first review of any verdict; a decision without one competes."""
    sample = Sample.of(of.waits.select(FOR_REVIEWS), NOT_SEEN_UNREVIEWED)
    return _reached(of, sample, _HALF_REVIEWED)


def stated_median(values: pl.Series, sample: Sample, level: float) -> Estimate:
    """The median of some rows of a sample, with its distribution-free interval."""
    value, low, high = median(values, level)
    shown = None if low is None else level
    n = len(values)
    return Estimate(value, low, high, shown, "hours", MEDIAN, n, sample.n, n, sample.coverage)


def _median_to_approval(of: Slice, sample: Sample) -> Number:
    return _reached(of, sample, _HALF_APPROVED)


def _first_reviews(sample: Sample) -> Curve:
    return aalen_johansen(as_review_waits(sample.rows), REVIEWED)


@dataclass(frozen=True)
class _Milestone:
    """What is waited for, until a share of all has had it."""

    done: str
    share: float
    method: str
    curve: Callable[[Sample], Curve]


_HALF_APPROVED: Final = _Milestone("approved", 0.5, INCIDENCE_QUANTILE, attrgetter("approvals"))
_HALF_REVIEWED: Final = _Milestone("reviewed", 0.5, INCIDENCE_QUANTILE, _first_reviews)
_MOST_DECIDED: Final = _Milestone("decided", 0.9, DECISION_QUANTILE, attrgetter("still_waiting"))


def _reached(of: Slice, sample: Sample, milestone: _Milestone) -> Number:
    """Hours at which the share is reached; infinite, with what was reached, where it is not."""
    if not sample.n:
        return sample.nothing("hours")
    curve, level = milestone.curve(sample), of.measuring.confidence
    value, low, high = quantile(curve, milestone.share, level)
    had_it, n = int(curve.events.sum()), sample.n
    share = _so_far(curve, had_it, n)
    unbounded = None if math.isfinite(value) else NOT_REACHED.format(share=share, done=milestone.done)
    return Estimate(
        value, _finite(low), _finite(high), level, "hours", milestone.method, had_it, n, n, sample.coverage,
        unbounded,
    )  # fmt: skip


def _so_far(curve: Curve, had_it: int, n: int) -> str:
    """The share at the curve's end, as a fraction where it is of few."""
    if n < FRACTION_BELOW:
        return f"{had_it} of {n}"
    last = float(curve.share[-1]) if len(curve.share) else curve.start
    return f"{100 * abs(last - curve.start):.0f} %"


def _finite(hours: float) -> float | None:
    return hours if math.isfinite(hours) else None


def _restricted_mean(of: Slice, sample: Sample, limit: float, between: Between) -> Number:
    if not sample.n:
        return sample.nothing("hours")
    if not sample.was_followed_for(limit, of.as_of, between):
        return Undefined(NOT_FOLLOWED.format(hours=limit), sample.n, sample.coverage, "hours")
    mean, se = restricted_mean(sample.still_waiting, limit)
    low, high, level = _normal_limits(mean, se, limit, of.measuring.confidence)
    decided, n = sample.count(_IS_DECIDED), sample.n
    return Estimate(mean, low, high, level, "hours", RESTRICTED_MEAN, decided, n, n, sample.coverage)


def _normal_limits(
    mean: float, se: float, limit: float, confidence: float
) -> tuple[float | None, float | None, float | None]:  # fmt: skip
    """Low, high and level; none where all waits are alike and the spread says nothing."""
    if se == 0:
        return None, None, None
    reach = normal_quantile((1 + confidence) / 2) * se
    return max(mean - reach, 0.0), min(mean + reach, limit), confidence
