"""How is a share of items stated: with its counts and interval, or not at all?

Definitions 4: Wilson's interval, and that of Clopper and Pearson where none or all are counted: there
Wilson's is too short for a promise.
"""

from __future__ import annotations

from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.intervals import clopper_pearson, wilson

WILSON: Final = "Wilson"
CLOPPER_PEARSON: Final = "Clopper-Pearson"


def proportion(numerator: int, coverage: Coverage, level: float, empty: str) -> Number:
    """State `numerator` of `coverage.measured`; undefined, for the reason `empty`, when that is 0.

    >>> found = proportion(124, Coverage(10_000, 10_000), 0.95, "no benign item")
    >>> found.method, round(found.low, 6), round(found.high, 6)
    ('Wilson', 0.010411, 0.014764)
    >>> proportion(0, Coverage(300, 300), 0.95, "no benign item").method
    'Clopper-Pearson'
    """
    n = coverage.measured
    if n == 0:
        return Undefined(empty, 0, coverage)
    low, high, method = limits(numerator, n, level)
    return Estimate(numerator / n, low, high, level, "share", method, numerator, n, n, coverage)


def limits(numerator: int, n: int, level: float) -> tuple[float, float, str]:
    """Limits of a share, and whose they are."""
    if numerator in {0, n}:
        return *clopper_pearson(numerator, n, level), CLOPPER_PEARSON
    return *wilson(numerator, n, level), WILSON
