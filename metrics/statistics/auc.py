"""How often does an attack score higher than a benign item, and how surely?

The area under the ROC curve is that probability, a tie counting one half. Its variance is that of DeLong,
DeLong and Clarke-Pearson (1988), DOI 10.2307/2531595, in the fast form of Sun and Xu (2014),
DOI 10.1109/LSP.2014.2337313: exact with ties, from sums along the distinct scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from metrics.statistics.special import normal_below, normal_quantile

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]
Booleans = npt.NDArray[np.bool_]
_NO_SPREAD: Final = 1e-18  # a variance below this is rounding


@dataclass(frozen=True)
class Auc:
    """An area under the curve, its variance (infinite where a class has one item only), and of how many."""

    value: float
    variance: float
    positives: int
    negatives: int

    def interval(self, level: float) -> tuple[float, float]:
        """DeLong's limits, value plus and minus z standard errors, kept within 0 and 1.

        Where the scores separate the classes wholly, or are all the same, they have no spread to judge by.
        Then the limits are those of min(positives, negatives) disjoint pairs, which all came out alike:
        a chance of theta per pair gives that with probability theta^pairs.

        >>> [round(limit, 4) for limit in auc(np.array([2, 1, 0]), np.array([0, 1, 2])).interval(0.95)]
        [0.7905, 1.0]
        >>> [round(limit, 4) for limit in auc(np.array([20, 0]), np.array([0, 30])).interval(0.95)]
        [0.8316, 1.0]
        """
        if self.variance < _NO_SPREAD:
            return _without_spread(self, (1 - level) / 2)
        reach = normal_quantile((1 + level) / 2) * math.sqrt(self.variance)
        return max(0.0, self.value - reach), min(1.0, self.value + reach)


def auc(positives: Integers, negatives: Integers) -> Auc:
    """Area under the ROC curve from counts per distinct score.

    Parameters
    ----------
    positives, negatives
        How many attacks and how many benign items have each score; the first count is of the highest.

    Raises
    ------
    ValueError
        One of the classes has no items: then nothing can be compared.

    >>> found = auc(np.array([2, 1, 0]), np.array([0, 1, 2]))
    >>> round(found.value, 4), round(found.variance, 5)
    (0.9444, 0.00617)
    """
    over_negatives, over_positives = _placements(positives, negatives)
    m, n = int(positives.sum()), int(negatives.sum())
    value = float(positives @ over_negatives) / m
    variance = _spread(over_negatives, positives, value) + _spread(over_positives, negatives, value)
    return Auc(value, variance, m, n)


def _placements(positives: Integers, negatives: Integers) -> tuple[Floats, Floats]:
    """Per score: share of negatives below it, and share of positives above it; ties count one half."""
    m, n = positives.sum(), negatives.sum()
    if not m or not n:
        raise ValueError(f"an area under the curve needs both classes; seen {m} positives, {n} negatives")
    above, below = np.cumsum(positives) - positives / 2, n - np.cumsum(negatives) + negatives / 2
    return below / n, above / m


def _spread(placements: Floats, counts: Integers, value: float) -> float:
    """Variance of a mean of placements; infinite when one item cannot show any."""
    of = int(counts.sum())
    return float(counts @ (placements - value) ** 2) / (of - 1) / of if of > 1 else math.inf


def _without_spread(found: Auc, tail: float) -> tuple[float, float]:
    pairs = min(found.positives, found.negatives)
    if found.value == 1:
        return float(tail ** (1 / pairs)), 1.0
    if found.value == 0:
        return 0.0, 1 - float(tail ** (1 / pairs))
    tied = float((2 * tail) ** (1 / pairs))  # every pair is a tie
    return tied / 2, 1 - tied / 2


@dataclass(frozen=True)
class Paired:
    """Two areas on the same items, and by how much they differ."""

    first: Auc
    second: Auc
    difference: float  # first less second
    variance: float
    z: float | None  # None where the difference has no spread
    p: float | None

    def interval(self, level: float) -> tuple[float, float]:
        """Limits of the difference, kept within -1 and 1; (-1, 1) where its spread cannot be seen."""
        if self.z is None or math.isinf(self.variance):
            return -1.0, 1.0
        reach = normal_quantile((1 + level) / 2) * math.sqrt(self.variance)
        return max(-1.0, self.difference - reach), min(1.0, self.difference + reach)


def paired(first: Floats, second: Floats, is_attack: Booleans) -> Paired:
    """DeLong's test of two detectors' scores on the same items.

    Parameters
    ----------
    first, second
        The two scores of each item, without missing ones.
    is_attack
        Whether the item is an attack.

    Raises
    ------
    ValueError
        One of the classes has no items.

    >>> scores = np.array([0.9, 0.8, 0.3, 0.4, 0.1, 0.2])
    >>> found = paired(scores, scores[::-1], np.array([True, True, True, False, False, False]))
    >>> round(found.difference, 4), round(found.z, 2)
    (0.7778, 2.47)
    """
    areas = auc_of(first, is_attack), auc_of(second, is_attack)
    components = [_components(scores, is_attack) for scores in (first, second)]
    (a_attacks, a_benign), (b_attacks, b_benign) = components
    variance = _variance_of_mean(a_attacks - b_attacks) + _variance_of_mean(a_benign - b_benign)
    difference = areas[0].value - areas[1].value
    if variance < _NO_SPREAD or math.isinf(variance):
        return Paired(*areas, difference, variance, None, None)
    z = difference / math.sqrt(variance)
    return Paired(*areas, difference, variance, z, 2 * normal_below(-abs(z)))


def auc_of(scores: Floats, is_attack: Booleans) -> Auc:
    """Area under the curve from one score per item.

    >>> round(auc_of(np.array([0.9, 0.4, 0.4]), np.array([True, True, False])).value, 2)
    0.75
    """
    _, place = np.unique(-scores, return_inverse=True)
    size = int(place.max(initial=-1)) + 1
    return auc(np.bincount(place[is_attack], minlength=size), np.bincount(place[~is_attack], minlength=size))


def _components(scores: Floats, is_attack: Booleans) -> tuple[Floats, Floats]:
    """DeLong's structural components: placement of every attack, and of every benign item."""
    _, place = np.unique(-scores, return_inverse=True)
    size = int(place.max()) + 1
    counts = [np.bincount(place[which], minlength=size) for which in (is_attack, ~is_attack)]
    over_benign, under_attacks = _placements(*counts)
    return over_benign[place[is_attack]], under_attacks[place[~is_attack]]


def _variance_of_mean(values: Floats) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else math.inf
