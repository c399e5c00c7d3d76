"""By how much do two shares of the same items differ, and between which limits lies the difference?

Pairs: every item was judged twice. Where items come in clusters (messages of one conversation, prompts of one
template) they tell less than as many single ones: then clusters are the units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics.statistics.differences import Limits
from metrics.statistics.intervals import wilson
from metrics.statistics.special import normal_below, student_quantile

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Items by what two judges said of each: yes or no."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def items(self) -> int:
        """All of them."""
        return self.both + self.only_first + self.only_second + self.neither


def paired_difference(of: Pairs, confidence: float) -> Limits | None:
    """Share of yes of the first less that of the second, with Newcombe's interval for pairs.

    His method 10: two Wilson intervals combined, allowing for the correlation of the two. Newcombe (1998),
    DOI 10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C. Swapping the two turns the sign.

    Returns
    -------
    None without items. Limits stay within -1..1.

    >>> found = paired_difference(Pairs(1, 1, 7, 12), 0.95)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (-0.286, -0.507, -0.026)
    """
    n = of.items
    if not n:
        return None
    first, second = of.both + of.only_first, of.both + of.only_second
    one = Limits(first / n, *wilson(first, n, confidence))
    other = Limits(second / n, *wilson(second, n, confidence))
    phi, value = _correlation(of), (of.only_first - of.only_second) / n
    below = _joined(one.value - one.low, other.high - other.value, phi)
    above = _joined(one.high - one.value, other.value - other.low, phi)
    return Limits(value, max(value - below, -1.0), min(value + above, 1.0))


def _joined(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(first * first - 2 * phi * first * second + second * second, 0.0))


def _correlation(of: Pairs) -> float:
    """Of the two judges; a positive one is corrected for continuity, as Newcombe does."""
    margins = (
        (of.both + of.only_first) * (of.only_second + of.neither)
        * (of.both + of.only_second) * (of.only_first + of.neither)
    )  # fmt: skip
    if not margins:
        return 0.0
    cross = of.both * of.neither - of.only_first * of.only_second
    corrected = max(cross - of.items / 2, 0.0) if cross > 0 else float(cross)
    return corrected / math.sqrt(margins)


@dataclass(frozen=True)
class Clustered:
    """A paired difference whose units of chance are clusters."""

    difference: Limits
    p: float | None  # two-sided, of no difference; None without a discordant cluster
    clusters: int


def clustered_difference(signs: Integers, cluster: Integers, confidence: float) -> Clustered | None:
    """Difference of two shares of the same items, with clusters as units.

    Parameters
    ----------
    signs
        Per item 1 where only the first said yes, -1 where only the second did, else 0.
    cluster
        Per item the code of its cluster, from 0 on.

    The limits are the mean and Student's t with one degree of freedom less than clusters times the linearised
    standard error (Obuchowski 1998, DOI 10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I);
    the p-value takes the variance under no difference, so that with clusters of one it is McNemar's without
    correction (Yang, Sun and Hardin 2010, DOI 10.1002/bimj.200900308).

    Returns
    -------
    None without items, or with a single cluster, from which nothing can be told.

    >>> signs, cluster = np.array([1, 1, 1, 0, -1, 0]), np.array([0, 0, 0, 1, 2, 3])
    >>> found = clustered_difference(signs, cluster, 0.95)
    >>> round(found.difference.value, 3), found.clusters, round(found.p, 3)
    (0.333, 4, 0.527)
    """
    items, sums = np.bincount(cluster), np.bincount(cluster, signs.astype(np.float64))
    n, groups = len(signs), int((items > 0).sum())
    if groups <= 1:
        return None
    mean = float(sums.sum()) / n
    squares = float(((sums - mean * items) ** 2).sum()) * groups / (groups - 1)
    reach = student_quantile(groups - 1, (1 + confidence) / 2) * math.sqrt(squares) / n
    limits = Limits(mean, max(mean - reach, -1.0), min(mean + reach, 1.0))
    under_null = float((sums**2).sum())
    p = 2 * normal_below(-abs(float(sums.sum())) / math.sqrt(under_null)) if under_null else None
    return Clustered(limits, p, groups)


def holm(p_values: list[float | None]) -> list[float | None]:
    """P-values adjusted for how many there are; those that do not exist stay so and count for nothing.

    Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        adjusted[place] = highest
    return adjusted
