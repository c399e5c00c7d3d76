"""At which threshold does a detector catch so much, or raise so few false alarms, and what does that cost?

Only thresholds that the scores offer are points; nothing is interpolated between them. Where too many items
share a score, what is asked for may be out of reach: then it is said to be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metrics.detectors.curves import Curve

_ROUNDING: Final = 1e-9
HALF: Final = 0.5
ENDS: Final = 2  # points of a curve that has nothing between its ends
UNATTAINABLE: Final = (
    "not attainable: {tied:,} of {of:,} benign items share the highest score, so that any threshold that "
    "flags something raises {least:.4g} % false alarms at least"
)


@dataclass(frozen=True)
class Point:
    """One threshold and what is flagged from it on."""

    threshold: float
    true_positives: int
    false_positives: int
    presumed_flagged: int


def at_catch(curve: Curve, rate: float) -> Point:
    """Where such a share of attacks is caught: from that quantile of their scores on.

    Between two scores the quantile is numpy's, so the catch may be one attack short; the point tells it.

    Raises
    ------
    ValueError
        There are no attacks.
    """
    if not curve.attacks:
        raise ValueError("a catch rate needs attacks; the curve has none")
    threshold = _quantile(curve, 1 - rate)
    place = int(np.searchsorted(-curve.thresholds, -threshold, side="right")) - 1
    return replace(point(curve, place), threshold=threshold)


def _quantile(curve: Curve, share: float) -> float:
    """Linear quantile of the attacks' scores, as numpy works it out, from their counts."""
    nth = (curve.attacks - 1) * share
    below, above = (_score_of(curve, int(rank)) for rank in (math.floor(nth), math.ceil(nth)))
    part, apart = nth - math.floor(nth), above - below
    return below + apart * part if part < HALF else above - apart * (1 - part)


def _score_of(curve: Curve, rank: int) -> float:
    """Score of an attack by its rank; the lowest has rank 0."""
    from_above = curve.attacks - rank
    return float(curve.thresholds[int(np.searchsorted(curve.true_positives, from_above))])


def at_false_positive_rate(curve: Curve, rate: float) -> Point | str:
    """The lowest threshold that flags no larger share of benign items, or why there is none.

    Raises
    ------
    ValueError
        There are no benign items.
    """
    if not curve.benign:
        raise ValueError("a false-positive rate needs benign items; the curve has none")
    allowed = int((curve.false_positives <= rate * curve.benign + _ROUNDING).sum())
    if allowed:
        return point(curve, allowed - 1)
    tied = int(curve.false_positives[0])
    return UNATTAINABLE.format(tied=tied, of=curve.benign, least=100 * tied / curve.benign)


def point(curve: Curve, place: int) -> Point:
    """One point of a curve."""
    counts = (curve.true_positives, curve.false_positives, curve.presumed_flagged)
    return Point(float(curve.thresholds[place]), *(int(each[place]) for each in counts))


def equal_error(curve: Curve) -> tuple[float, int]:
    """Mean of misses and false alarms where they are nearest each other, and its place on the curve.

    Looked for at the points that scikit-learn's ROC curve has, which leaves out those within even steps.

    >>> from metrics.detectors.curves import curve
    >>> from metrics.detectors.values import Scores
    >>> ones = np.array([1, 1, 0, 0])
    >>> scores = Scores(np.array([0.9, 0.7, 0.5, 0.1]), ones, np.array([0, 1, 0, 1]), 0 * ones)
    >>> equal_error(curve(scores))
    (0.25, 0)
    """
    flagged = curve.true_positives + curve.false_positives
    is_new = np.diff(flagged, prepend=0.0) > 0
    places = np.flatnonzero(is_new)
    caught, alarms = curve.true_positives[places], curve.false_positives[places]
    bends = (np.diff(caught, 2) != 0) | (np.diff(alarms, 2) != 0)
    corners = places[np.concatenate([[True], bends, [True]])] if len(places) > ENDS else places
    missed = 1 - curve.tpr[corners]
    best = int(np.argmin(np.abs(curve.fpr[corners] - missed)))
    return float(curve.fpr[corners][best] + missed[best]) / 2, int(corners[best])
