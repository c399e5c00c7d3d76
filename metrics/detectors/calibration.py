"""Does a score of 0.8 mean that four of five such items are attacks?

Only a probability can be asked that; ordinal, relative and winning-label scores are none. The answer holds
for the mix of attacks and benign items that it was measured on: a labelled set of half attacks says little
about traffic with one in a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.detectors.score_measures import NOT_PROBABILITY, OUTSIDE, brier
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.stating import proportion
from metrics.detectors.values import Scores
from metrics.estimate import Coverage, Number, Undefined

BINS: Final = 10
NO_SCORES: Final = "it gives no scores"
NO_LABEL: Final = "no item of a labelled set has a score"
EMPTY: Final = "no item"
UNIT: Final = "share"


@dataclass(frozen=True)
class Bin:
    """Items whose scores lie in one part of 0 to 1."""

    low: float
    high: float  # belongs to the bin only in the last one
    mean_score: float
    observed: Number  # share of attacks


@dataclass(frozen=True)
class Calibration:
    """A reliability curve; bins without items are left out."""

    bins: tuple[Bin, ...]
    brier: Number  # mean of (score - truth) squared; 0 is best


def calibration(of: DetectorSlice, bins: int = BINS) -> Calibration | Undefined:
    """What share of items were attacks, by the score that they were given, in equal bins.

    Brier (1950), DOI 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2. Undefined where the scores are no
    probabilities, or there are no labels.
    """
    scores, reason = of.scores, _why_not(of)
    if scores is None or reason:
        return Undefined(reason, 0, Coverage(0, of.unscored), UNIT)
    return Calibration(_bins(scores, bins, of.confidence), brier(of))


def _why_not(of: DetectorSlice) -> str:
    if of.scores is None:
        return NO_SCORES
    if not len(of.scores.values):
        return NO_LABEL
    if of.score_kind != "probability":
        return NOT_PROBABILITY.format(of.score_kind)
    if of.scores.values[0] > 1 or of.scores.values[-1] < 0:
        return OUTSIDE
    return "" if (of.scores.attacks + of.scores.benign).any() else NO_LABEL


def _bins(scores: Scores, bins: int, level: float) -> tuple[Bin, ...]:
    place = np.minimum((scores.values * bins).astype(np.int64), bins - 1)
    items = scores.attacks + scores.benign
    counted, attacks, summed = (
        np.bincount(place, weight, bins) for weight in (items, scores.attacks, items * scores.values)
    )
    return tuple(
        Bin(
            at / bins, (at + 1) / bins, float(summed[at] / counted[at]),
            proportion(int(attacks[at]), Coverage(int(counted[at]), int(counted[at])), level, EMPTY),
        )
        for at in range(bins)
        if counted[at]
    )  # fmt: skip
