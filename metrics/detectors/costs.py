"""Which threshold would cost least, if a miss costs so much and a false alarm so much?

Of 1,000 items of which a share p are attacks, 1000 p FNR are missed and 1000 (1 - p) FPR raise a false alarm.
Only scores that were seen can be thresholds: between and beyond them nothing is known. The cheapest one was
found on the very items that it is judged by, so that it will cost rather more on others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metrics.detectors.rules import DetectorRules
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.stating import limits
from metrics.detectors.values import Scores
from metrics.estimate import Coverage, Undefined

Floats = NDArray[np.float64]
PER: Final = 1000  # items that a cost is stated for
NO_SCORES: Final = "it gives no scores, so that there is no other threshold"
NO_ATTACK: Final = "no attack of a labelled set has a score"
NO_BENIGN: Final = "no item that is benign, or passes for benign, has a score"


@dataclass(frozen=True)
class CostPoint:
    """A threshold, what it does to the items with a score, and what it costs."""

    threshold: float
    cost: float  # per 1,000 items
    low: float  # with both rates at the low ends of their intervals
    high: float
    false_positives: int
    false_negatives: int
    attacks: int
    benign: int
    fpr: float
    fnr: float


@dataclass(frozen=True, eq=False)
class CostCurve:
    """Expected cost per 1,000 items at each threshold; thresholds fall, the first flags nothing."""

    prevalence: float
    miss_cost: float
    false_alarm_cost: float
    thresholds: Floats  # with the unit's operator; the one that flags nothing may be infinite
    costs: Floats
    cheapest: CostPoint  # of several, the highest threshold
    present: CostPoint | None  # None = the threshold is not told
    is_presumed: bool  # benign items are presumed, not labelled


@dataclass(frozen=True, eq=False)
class _Curve:
    """Items of which the truth counts, and how many are wrong if the riskiest k scores are flagged."""

    thresholds: Floats
    missed: NDArray[np.int64]
    alarms: NDArray[np.int64]
    attacks: int
    benign: int


def cost_curve(of: DetectorSlice, prevalence: float | None = None) -> CostCurve | Undefined:
    """Cost of every threshold that was seen, the cheapest one, and the present one.

    Parameters
    ----------
    prevalence
        Share of attacks in traffic; None = the geometric middle of the settings' range.
    """
    scores = of.scores
    if scores is None:
        return Undefined(NO_SCORES, 0, Coverage(0, of.unscored), "cost")
    is_presumed = not scores.benign.any()
    benign = scores.presumed if is_presumed else scores.benign
    if not scores.attacks.any() or not benign.any():
        reason = NO_BENIGN if scores.attacks.any() else NO_ATTACK
        return Undefined(reason, 0, Coverage(0, int(scores.attacks.sum() + benign.sum())), "cost")
    share = middle(of.rules) if prevalence is None else prevalence
    return _curve(of, _errors(scores, benign, of.unit.operator), share, is_presumed=is_presumed)


def middle(rules: DetectorRules) -> float:
    """The geometric middle of the settings' range of prevalence.

    >>> round(middle(DetectorRules()), 6)
    0.001
    """
    return math.sqrt(rules.prevalence[0] * rules.prevalence[1])


def _errors(scores: Scores, benign: NDArray[np.int64], operator: str) -> _Curve:
    caught, flagged = (np.concatenate([[0], np.cumsum(each)]) for each in (scores.attacks, benign))
    ends = ([np.inf], scores.values) if operator == ">=" else (scores.values, [-np.inf])
    attacks = int(caught[-1])
    return _Curve(np.concatenate(ends), attacks - caught, flagged, attacks, int(flagged[-1]))


def _curve(of: DetectorSlice, errors: _Curve, prevalence: float, *, is_presumed: bool) -> CostCurve:
    weights = prevalence * of.rules.miss_cost, (1 - prevalence) * of.rules.false_alarm_cost
    costs = PER * (weights[0] * errors.missed / errors.attacks + weights[1] * errors.alarms / errors.benign)
    cheapest = int(np.argmin(costs))
    present = None if of.threshold is None else _flagged_at(errors, of.threshold, of.unit.operator)
    return CostCurve(
        prevalence, of.rules.miss_cost, of.rules.false_alarm_cost, errors.thresholds, costs,
        cheapest=_point(errors, cheapest, weights, of.confidence),
        present=None if present is None else _point(errors, present, weights, of.confidence, of.threshold),
        is_presumed=is_presumed,
    )  # fmt: skip


def _flagged_at(errors: _Curve, threshold: float, operator: str) -> int:
    """How many of the distinct scores a threshold flags."""
    values = errors.thresholds[1:] if operator == ">=" else errors.thresholds[:-1]
    return int((values >= threshold).sum() if operator == ">=" else (values > threshold).sum())


def _point(
    errors: _Curve, at: int, weights: tuple[float, float], level: float, threshold: float | None = None
) -> CostPoint:
    missed, alarms = int(errors.missed[at]), int(errors.alarms[at])
    ends = limits(missed, errors.attacks, level)[:2], limits(alarms, errors.benign, level)[:2]
    rates = missed / errors.attacks, alarms / errors.benign
    low, high = (PER * (weights[0] * fnr + weights[1] * fpr) for fnr, fpr in zip(*ends, strict=True))
    return CostPoint(
        float(errors.thresholds[at]) if threshold is None else threshold,
        PER * (weights[0] * rates[0] + weights[1] * rates[1]), low, high,
        alarms, missed, errors.attacks, errors.benign, fpr=rates[1], fnr=rates[0],
    )  # fmt: skip
