"""By how much does a share of one side differ from the same share of the other?

The change is the unit here: changes of one author or reviewer resemble each other, so these intervals are
rather too narrow. Where the unit matters most (waiting), :mod:`metrics.velocity.comparison` takes people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.statistics.differences import Limits, combined, share_difference
from metrics.units import POINTS

NEWCOMBE: Final = "Newcombe's hybrid score interval"
COMBINED: Final = "limits of both sides combined"
NO_OTHER_SIDE: Final = "there is no other side to compare with"

Measure = Callable[[Slice], Number]


def difference_of_shares(measure: Measure) -> Measure:
    """First share less the second, each a plain x of n: Newcombe (1998)."""

    def compute(of: Slice) -> Number:
        return _stated(of, measure, _newcombe, NEWCOMBE)

    return compute


def difference_of_curves(measure: Measure) -> Measure:
    """First share less the second, each with an interval of its own (a curve's): Zou and Donner (2008)."""

    def compute(of: Slice) -> Number:
        return _stated(of, measure, _combined, COMBINED)

    return compute


def _newcombe(first: Estimate, second: Estimate) -> Limits | None:
    one, other = (
        (int(first.numerator), int(first.denominator)),
        (int(second.numerator), int(second.denominator)),
    )
    return share_difference(*one, *other, first.level) if first.level else None


def _combined(first: Estimate, second: Estimate) -> Limits | None:
    one, other = _limits(first), _limits(second)
    return combined(one, other) if one and other else None


def _limits(side: Estimate) -> Limits | None:
    return None if side.low is None or side.high is None else Limits(side.value, side.low, side.high)


def _stated(
    of: Slice, measure: Measure, limits: Callable[[Estimate, Estimate], Limits | None], method: str
) -> Number:
    if of.against is None:
        return Undefined(NO_OTHER_SIDE, 0, Coverage(0, 0), POINTS)
    first, second = measure(of), measure(of.against)
    coverage = first.coverage.with_other(second.coverage)
    missing = [side for side in (first, second) if isinstance(side, Undefined)]
    if missing or not isinstance(first, Estimate) or not isinstance(second, Estimate):
        return Undefined(missing[0].reason, 0, coverage, POINTS)
    found = limits(first, second)
    low, high = (found.low, found.high) if found else (None, None)
    return Estimate(
        first.value - second.value, low, high, first.level, POINTS, method,
        first.numerator, second.numerator, first.n + second.n, coverage,
    )  # fmt: skip
