"""How many of a finite number of items are attacks, when so many of those drawn were?"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from metrics.statistics.special import log_beta_each

Floats = npt.NDArray[np.float64]


def at_most(found: int, drawn: int, attacks: int, population: int) -> float:
    """Probability of at most so many attacks among items drawn without replacement.

    >>> round(at_most(0, 10, 5, 100), 4)
    0.5838
    """
    least = max(0, drawn - (population - attacks))
    each = np.arange(least, min(found, drawn, attacks) + 1, dtype=np.float64)
    return min(1.0, float(np.exp(_log_probability(each, drawn, attacks, population)).sum()))


def at_least(found: int, drawn: int, attacks: int, population: int) -> float:
    """Probability of at least so many attacks among items drawn without replacement.

    >>> round(at_least(1, 10, 5, 100), 4)
    0.4162
    """
    least = max(found, drawn - (population - attacks))
    each = np.arange(least, min(drawn, attacks) + 1, dtype=np.float64)
    return min(1.0, float(np.exp(_log_probability(each, drawn, attacks, population)).sum()))


def limits(found: int, drawn: int, population: int, tail: float) -> tuple[int, int]:
    """Exact limits of the number of attacks among all items, each side missing with at most `tail`.

    Buonaccorsi (1987), DOI 10.1080/00031305.1987.10475488: the numbers that neither one-sided test refuses.

    >>> limits(0, 300, 9_000, 0.025), limits(3, 300, 900, 0.025), limits(20, 100, 100, 0.025)
    ((0, 108), (3, 23), (20, 20))
    """
    most = population - drawn + found
    span = range(found, most + 1)
    low = bisect_left(span, True, key=lambda m: at_least(found, drawn, m, population) > tail)
    high = bisect_left(span, True, key=lambda m: at_most(found, drawn, m, population) <= tail)
    return span[low], span[high - 1]


def _log_probability(each: Floats, drawn: int, attacks: int, population: int) -> Floats:
    """Of each number of attacks among the drawn."""
    ways = _log_choose(attacks, each) + _log_choose(population - attacks, drawn - each)
    every: Floats = ways - _log_choose(population, np.full(1, drawn, dtype=np.float64))
    return every


def _log_choose(of: int, each: Floats) -> Floats:
    ways: Floats = -np.log(of + 1.0) - log_beta_each(each + 1, of - each + 1)
    return ways
