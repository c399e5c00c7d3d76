"""How is a share of items stated: with its counts and interval, or not at all?

Definitions 4: Wilson's interval, and that of Clopper and Pearson where none or all are counted: there
Wilson's is too short for a promise. Counts that a draw estimates are no whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.intervals import clopper_pearson, wilson

WILSON: Final = "Wilson"
CLOPPER_PEARSON: Final = "Clopper-Pearson"
SQUARES: Final = "added by squares"


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


def limits(numerator: float, n: float, level: float) -> tuple[float, float, str]:
    """Limits of a share, and whose they are."""
    if numerator in {0, n}:
        return *clopper_pearson(numerator, n, level), CLOPPER_PEARSON
    return *wilson(numerator, n, level), WILSON


def as_count(amount: float) -> float:
    """A count as it is told: a whole one without digits, an estimated one without those of rounding.

    >>> as_count(84706.00000000001), as_count(49.504950495049506)
    (84706, 49.504950495)
    """
    nearest = round(amount)
    return nearest if math.isclose(amount, nearest, rel_tol=1e-12, abs_tol=1e-9) else round(amount, 9)


def widened(
    found: tuple[float, float], counts: tuple[float, float], level: float
) -> tuple[float, float, str]:
    """Limits that hold for other items of the kind too, and how they were made wider.

    What a draw tells of the items drawn from may be nearly certain; of the next ones it is not. The two
    chances add up: their distances from the estimate are added by squares (Zou and Donner 2008,
    DOI 10.1002/sim.3095).

    Parameters
    ----------
    found
        Limits by the draw: of the very items that were drawn from.
    counts
        Numerator and denominator as they were estimated.

    >>> low, high, method = widened((0.045, 0.0496), (27, 600), 0.95)
    >>> round(low, 4), round(high, 4), method
    (0.0311, 0.0652, 'and Wilson on the estimated counts, added by squares')
    """
    value, (low, high, method) = counts[0] / counts[1], limits(*counts, level)
    near, far = min(found[0], value), max(found[1], value)
    below, above = math.hypot(value - near, value - low), math.hypot(far - value, high - value)
    return (
        max(0.0, value - below),
        min(1.0, value + above),
        f"and {method} on the estimated counts, {SQUARES}",
    )


def in_words(stated: Number, basis: str) -> Number:
    """The same with how it is known beside the name of its interval."""
    return stated if isinstance(stated, Undefined) else replace(stated, method=f"{stated.method}, {basis}")
