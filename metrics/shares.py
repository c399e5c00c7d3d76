"""How is a share of counted things stated: with its counts and interval, or not at all?

Two-sided Clopper and Pearson (1934), DOI 10.1093/biomet/26.4.404: never covers less than it says.
"""

from __future__ import annotations

from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.intervals import clopper_pearson

METHOD: Final = "Clopper-Pearson"
EXACT: Final = "exact count"
NO_CHANGE: Final = "no in-scope change merged in this window"
NOTHING_LOOKED: Final = "no ok scan of the protected branch after any of these merges"


def share(numerator: int, coverage: Coverage, confidence: float, empty: str) -> Number:
    """State `numerator` of `coverage.measured`; undefined, for the reason `empty`, when that is 0.

    >>> share(1, Coverage(96, 100, (("arrived again", 4),)), 0.95, "no change").numerator
    1
    >>> share(0, Coverage(0, 0), 0.95, "no change merged").reason
    'no change merged'
    """
    n = coverage.measured
    if n == 0:
        return Undefined(empty, 0, coverage)
    low, high = clopper_pearson(numerator, n, confidence)
    return Estimate(numerator / n, low, high, confidence, "share", METHOD, numerator, n, n, coverage)


def escape_share(escaped: int, looked: bool, coverage: Coverage, confidence: float) -> Number:  # noqa: FBT001
    """State an escape rate; where nothing looked after merge, finding nothing is no zero.

    >>> escape_share(0, False, Coverage(96, 96), 0.95).reason
    'no ok scan of the protected branch after any of these merges'
    """
    if coverage.measured and not looked and not escaped:
        return Undefined(NOTHING_LOOKED, coverage.measured, coverage)
    return share(escaped, coverage, confidence, NO_CHANGE)


def count(value: int, coverage: Coverage, unit: str) -> Estimate:
    """State an exact count of rows: no interval is meant.

    >>> count(3, Coverage(3, 3), "findings").level is None
    True
    """
    return Estimate(value, None, None, None, unit, EXACT, value, 1, coverage.measured, coverage)
