"""What is the median of numbers that are all known, and between which of them must it lie?

The interval is the classical one of order statistics: it holds whatever the distribution (Thompson
1936, DOI 10.1214/aoms/1177732502; David and Nagaraja 2003, DOI 10.1002/0471722162, section 7.1).
"""

from __future__ import annotations

from bisect import bisect_right

import polars as pl

from metrics.statistics.special import binomial_at_most


def median(values: pl.Series, confidence: float) -> tuple[float, float | None, float | None]:
    """Median and its interval; no limits where so few values cannot give that confidence.

    Parameters
    ----------
    values
        At least one number, none of them null.

    >>> median(pl.Series([5.0, 1.0, 2.0, 4.0, 3.0, 6.0]), 0.95)
    (3.5, 1.0, 6.0)
    >>> median(pl.Series([5.0, 1.0]), 0.95)
    (3.0, None, None)
    """
    ordered = values.cast(pl.Float64).sort()
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    outside = values_outside(len(ordered), confidence)
    if outside == 0:
        return middle, None, None
    return middle, ordered[outside - 1], ordered[len(ordered) - outside]


def values_outside(n: int, confidence: float) -> int:
    """Place from either end, counted from 1, of the value that limits the interval; 0 = there is none.

    The largest r at which fewer than r of n values lie below the median with probability (1 - confidence) / 2
    at most.

    >>> [values_outside(n, 0.95) for n in (5, 6, 10, 100)]
    [0, 1, 2, 40]
    """
    tail = (1 - confidence) / 2
    return bisect_right(range(n // 2), tail, key=lambda r: binomial_at_most(r, n, 0.5))
