"""How many labels buy which precision?"""

from __future__ import annotations

import math
from typing import Final

from metrics.statistics.special import normal_quantile

LARGEST_SHARE: Final = 1.0


def simple_size(elusion: float, fnr: float, half_width: float, population: int, level: float) -> int:
    """Passed items to draw so that the false-negative rate is known to plus or minus `half_width`.

    The linearised variance of M/(M + caught) with everything flagged reviewed, solved for the sample, with
    finite correction (Cochran 1977, Sampling Techniques, 3rd ed., section 4.6).

    Parameters
    ----------
    elusion
        Share of passed items that are attacks.
    fnr, half_width
        The rate that is expected, and how precisely it is wanted, as shares.
    population
        Passed items.

    >>> simple_size(0.00102, 0.10, 0.05, 98_000, 0.95) < 98_000
    True
    """
    wanted = normal_quantile((1 + level) / 2) * fnr * (1 - fnr) / half_width
    endless = (1 - elusion) / elusion * wanted**2
    return min(population, math.ceil(endless / (1 + (endless - 1) / population)))


def upper_bound_if_no_miss(sampled: int, population: int, caught: int, level: float) -> float:
    """The most that the false-negative rate can be if none of the drawn items turns out an attack.

    One-sided; as if drawn with replacement, so it promises nothing that the finite number would add.

    >>> [round(upper_bound_if_no_miss(n, 98_920, 80, 0.95), 2) for n in (400, 1_600, 20_000)]
    [0.9, 0.7, 0.16]
    """
    missed = rule_of_three(sampled, level) * population if sampled else population
    return missed / (missed + caught) if missed + caught else LARGEST_SHARE


def rule_of_three(n: int, level: float) -> float:
    """One-sided upper limit of a share of which n items showed none; near 3/n at 95 %.

    Hanley and Lippman-Hand (1983), DOI 10.1001/jama.1983.03330370053031, exactly. 1 for n = 0.

    >>> round(rule_of_three(300, 0.95), 6)
    0.009936
    """
    return -math.expm1(math.log1p(-level) / n) if n else LARGEST_SHARE


def sensitivity_size(sensitivity: float, prevalence: float, half_width: float, level: float) -> int:
    """Items, attacks and benign together, to know a sensitivity to plus or minus `half_width`.

    Buderer (1996), DOI 10.1111/j.1553-2712.1996.tb03538.x; Hajian-Tilaki (2014),
    DOI 10.1016/j.jbi.2014.02.013.

    >>> sensitivity_size(0.8, 0.1, 0.07, 0.95)
    1255
    """
    return math.ceil(_sensitivity_size(sensitivity, half_width, level) / prevalence)


def _sensitivity_size(sensitivity: float, half_width: float, level: float) -> float:
    z = normal_quantile((1 + level) / 2)
    return z**2 * sensitivity * (1 - sensitivity) / half_width**2


def seeds_size(fnr: float, half_width: float, level: float) -> int:
    """Planted attacks needed to know the share of them that is missed to plus or minus `half_width`.

    >>> seeds_size(0.1, 0.05, 0.95), seeds_size(0.2, 0.05, 0.95)
    (139, 246)
    """
    return math.ceil(_sensitivity_size(fnr, half_width, level))
