"""Do the pull requests of one side wait longer than those of the other, like compared with like?

Definitions 1. The difference of the restricted means to any decision, plain and within strata of
repository and size, with an interval over the people who decided; and the log-rank test by the same
strata. Teams choose what they give to agents: no comparison here says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.statistics.logrank import log_rank_within
from metrics.statistics.resampling import Arm, restricted_mean_difference
from metrics.statistics.survival import Floats, share_at
from metrics.velocity.measures import NOT_FOLLOWED
from metrics.velocity.pairs import Pair
from metrics.velocity.samples import Sample, longest_possible, tau

DIFFERENCE: Final = "difference of restricted means, bootstrap over reviewers"
STRATIFIED_DIFFERENCE: Final = (
    "difference of restricted means within repository and size, bootstrap over reviewers"
)
LOG_RANK: Final = "log-rank test within repository and size"

NO_PAIR: Final = "no pull request whose wait is known on one of the sides"
NO_COMMON_STRATUM: Final = "no repository and size holds pull requests of both sides"
NEVER_A_CHOICE: Final = "nothing was decided while both sides waited"
MOST_POINTS: Final = 400
ONE_SIDE_ONLY: Final = "repository and size that only one side has"

Conclusion = Literal["slower", "faster", "cannot tell"]
Arms = tuple[Arm, Arm]


@dataclass(frozen=True)
class Stratum:
    """Pull requests of both sides that are alike in repository and size."""

    repository: str
    size_band: str
    first_count: int
    second_count: int
    difference: float  # hours, first minus second restricted mean
    low: float | None  # None = too few people for an interval
    high: float | None


@dataclass(frozen=True)
class Point:
    """From so many hours on (until the next point) this share is approved, with its interval."""

    hours: float
    share: float
    low: float
    high: float


def restricted_mean_difference_plain(of: Slice) -> Number:
    """Hours by which the first side's restricted mean exceeds the second's, whatever they work on."""
    return _difference(of, DIFFERENCE, Pair.unstratified)


def restricted_mean_difference_stratified(of: Slice) -> Number:
    """The same within repository and size of change, averaged over those that both sides have."""
    return _difference(of, STRATIFIED_DIFFERENCE, Pair.arms)


def log_rank_p(of: Slice) -> Number:
    """Chance of parting the two sides at least so far if they were alike within repository and size."""
    pair = Pair.of(of)
    coverage, n = pair.coverage, pair.coverage.measured
    if not pair.has_both:
        return Undefined(NO_PAIR, n, coverage, "p-value")
    first, second = pair.arms()
    found = log_rank_within(first.curves, second.curves)
    if found.variance == 0:
        return Undefined(NEVER_A_CHOICE, n, coverage, "p-value")
    return Estimate(
        found.p, None, None, None, "p-value", LOG_RANK, found.observed, found.expected, n, coverage
    )  # fmt: skip


def conclusion(number: Number) -> Conclusion:
    """What a difference says about the first side: its whole interval must lie on one side of 0.

    >>> conclusion(Undefined("no strata", 0, Coverage(0, 0)))
    'cannot tell'
    """
    if isinstance(number, Undefined) or number.low is None or number.high is None:
        return "cannot tell"
    if number.low > 0:
        return "slower"
    return "faster" if number.high < 0 else "cannot tell"


def strata(of: Slice) -> tuple[Stratum, ...]:
    """The difference in each stratum that both sides have, those with most pull requests first."""
    pair = Pair.of(of)
    found = () if _why_not(of, pair) is not None else tuple(_strata(of, pair))
    return tuple(sorted(found, key=lambda each: -(each.first_count + each.second_count)))


def curves(of: Slice) -> tuple[tuple[Point, ...], ...]:
    """Points of the curve of approval of each side, up to the restricted mean's limit, for drawing.

    One curve for a single arm, two for a comparison; empty for a side without pull requests. At most
    MOST_POINTS each, the last where the curve ends: at the limit, or where nobody could have waited longer.
    """
    pair = Pair.of(of)
    sides = (pair.first,) if of.against is None else pair.sides
    return tuple(_points(of, side) for side in sides)


def _strata(of: Slice, pair: Pair) -> Iterator[Stratum]:
    first, second = pair.arms()
    ours, theirs = first.rows, second.rows
    for code, (repository, size_band) in pair.strata().items():
        if code in ours and code in theirs:
            alike = first.take(ours[code]), second.take(theirs[code])
            found = restricted_mean_difference(*alike, tau(of.measuring), of.measuring.confidence)
            if found is not None:
                sizes = len(ours[code]), len(theirs[code])
                yield Stratum(repository, size_band, *sizes, found.value, found.low, found.high)


def _points(of: Slice, side: Sample) -> tuple[Point, ...]:
    if not side.n:
        return ()
    curve = side.approvals
    end = min(tau(of.measuring), longest_possible(side.rows, of.as_of))
    level = of.measuring.confidence
    return tuple(Point(hours, *share_at(curve, hours, level)) for hours in _moments(curve.time, end))


def _moments(times: Floats, end: float) -> tuple[float, ...]:
    """The start, the steps until the end (evenly thinned where there are too many), and the end."""
    steps = times[(times > 0) & (times < end)]
    places = np.linspace(0, len(steps) - 1, min(len(steps), MOST_POINTS - 2)).round().astype(np.int64)
    return (0.0, *steps[places].tolist(), end)


def _difference(of: Slice, method: str, arms_of: Callable[[Pair], Arms]) -> Number:
    pair = Pair.of(of)
    coverage, reason = pair.coverage, _why_not(of, pair)
    if reason is not None:
        return Undefined(reason, coverage.measured, coverage, "hours")
    arms, confidence = arms_of(pair), of.measuring.confidence
    found = restricted_mean_difference(*arms, tau(of.measuring), confidence)
    if found is None:
        return Undefined(NO_COMMON_STRATUM, coverage.measured, coverage, "hours")
    kept, level = _without(coverage, found.left_out), None if found.low is None else confidence
    decided, n = _decided(arms), kept.measured
    return Estimate(found.value, found.low, found.high, level, "hours", method, decided, n, n, kept)


def _why_not(of: Slice, pair: Pair) -> str | None:
    """Why two restricted means cannot be set against each other; None when they can."""
    limit = tau(of.measuring)
    if not pair.has_both:
        return NO_PAIR
    is_followed = all(side.was_followed_for(limit, of.as_of) for side in pair.sides)
    return None if is_followed else NOT_FOLLOWED.format(hours=limit)


def _decided(arms: Arms) -> int:
    """Decisions on the rows of both sides that have their like on the other."""
    shared = np.intersect1d(arms[0].stratum, arms[1].stratum)
    return sum(int(np.sum((arm.waits.cause > 0) & np.isin(arm.stratum, shared))) for arm in arms)


def _without(coverage: Coverage, left_out: int) -> Coverage:
    """The same coverage less the rows of strata that only one side has."""
    more = ((ONE_SIDE_ONLY, left_out),) if left_out else ()
    return Coverage(coverage.measured - left_out, coverage.total, (*coverage.excluded, *more))
