"""How is a share of counted things stated: with its counts and interval, or not at all?

Two-sided Clopper and Pearson (1934), DOI 10.1093/biomet/26.4.404: never covers less than it says.
"""

from __future__ import annotations

from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.intervals import clopper_pearson

METHOD: Final = "Clopper-Pearson"
EXACT: Final = "exact count"


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


def count(value: int, coverage: Coverage, unit: str) -> Estimate:
    """State an exact count of rows: no interval is meant.

    >>> count(3, Coverage(3, 3), "findings").level is None
    True
    """
    return Estimate(value, None, None, None, unit, EXACT, value, 1, coverage.measured, coverage)
