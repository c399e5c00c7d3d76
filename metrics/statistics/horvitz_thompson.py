"""What is the total, mean or ratio over everything, when each stratum was sampled at a rate of its own?

Horvitz and Thompson (1952), DOI 10.1080/01621459.1952.10483446, for simple draws without replacement within
strata; variances by linearisation (Cochran 1977, Sampling Techniques, 3rd ed., sections 5.3 and 6.11).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimated:
    """An estimate and its standard error."""

    value: float
    standard_error: float


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was seen of one stratum: of how many, and the values of the drawn items."""

    population: float
    values: Floats
    others: Floats  # the denominator's values, for a ratio

    @property
    def weight(self) -> float:
        """How many items each drawn one stands for."""
        return self.population / len(self.values)


def variance_of_total(population: float, sampled: int, spread: float) -> float:
    """Variance of a stratum's estimated total, of a sample's variance; 0 when all was sampled.

    >>> round(variance_of_total(900, 300, 3 / 300 * (1 - 3 / 300) * 300 / 299), 4)
    17.8796
    """
    return population**2 * (1 - sampled / population) * spread / sampled


def total(strata: Sequence[Drawn]) -> Estimated:
    """Total of the values over all items.

    >>> total([Drawn(10, np.array([1.0, 3.0]), np.array([1.0, 1.0]))])
    Estimated(value=20.0, standard_error=8.94427190999916)
    """
    value = sum(stratum.weight * float(stratum.values.sum()) for stratum in strata)
    return Estimated(value, math.sqrt(sum(_variance(s.population, s.values) for s in strata)))


def ratio(strata: Sequence[Drawn]) -> Estimated:
    """Total of the values over the total of the others; a mean, when the others are ones.

    >>> found = ratio([Drawn(10, np.array([1.0, 3.0]), np.array([1.0, 1.0]))])
    >>> round(found.value, 4), round(found.standard_error, 4)
    (2.0, 0.8944)
    """
    below = sum(stratum.weight * float(stratum.others.sum()) for stratum in strata)
    value = total(strata).value / below
    rests = [(stratum.population, stratum.values - value * stratum.others) for stratum in strata]
    return Estimated(value, math.sqrt(sum(_variance(*rest) for rest in rests)) / below)


def _variance(population: float, values: Floats) -> float:
    spread = float(values.var(ddof=1)) if len(values) > 1 else math.nan
    is_whole = len(values) >= population
    return 0.0 if is_whole else variance_of_total(population, len(values), spread)
