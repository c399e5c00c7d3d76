"""Which catch and which false alarms does each threshold give? By scikit-learn, never interpolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metrics.detectors.values import Scores

Floats = NDArray[np.float64]
_NONE: Final = np.zeros(0)


@dataclass(frozen=True, eq=False)
class Curve:
    """Counts and shares of what is flagged from each distinct score on; thresholds fall."""

    thresholds: Floats
    true_positives: Floats
    false_positives: Floats  # of labelled benign
    presumed_flagged: Floats
    attacks: int
    benign: int
    presumed: int

    @property
    def tpr(self) -> Floats:
        """Share of attacks caught; nan without attacks."""
        return _over(self.true_positives, self.attacks)

    @property
    def fpr(self) -> Floats:
        """Share of labelled benign items flagged; nan without any."""
        return _over(self.false_positives, self.benign)

    @property
    def fpr_presumed(self) -> Floats:
        """Share of presumed benign items flagged; nan without any."""
        return _over(self.presumed_flagged, self.presumed)

    @property
    def precision(self) -> Floats:
        """Share of attacks among what is flagged and labelled."""
        with np.errstate(invalid="ignore"):
            return self.true_positives / (self.true_positives + self.false_positives)


def curve(scores: Scores) -> Curve:
    """The whole curve, one point for each distinct score; flagging nothing is no point of it.

    >>> ones = np.array([1, 1, 0])
    >>> found = curve(Scores(np.array([0.9, 0.5, 0.1]), ones, ones[::-1], 0 * ones))
    >>> found.tpr, found.fpr
    (array([0.5, 1. , 1. ]), array([0. , 0.5, 1. ]))
    """
    if not len(scores.values):
        return Curve(_NONE, _NONE, _NONE, _NONE, 0, 0, 0)
    attacks, benign, presumed = (
        each.astype(np.float64) for each in (scores.attacks, scores.benign, scores.presumed)
    )
    caught, alarms = _flagged(scores.values, attacks, benign)
    _, on_presumed = _flagged(scores.values, attacks, presumed)
    totals = (int(each.sum()) for each in (attacks, benign, presumed))
    return Curve(scores.values, caught, alarms, on_presumed, *totals)


def _flagged(values: Floats, positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """How many of both kinds are flagged from each score on; scores fall."""
    # scikit-learn takes two seconds to load: only who asks for a curve waits for it.
    from sklearn.metrics import (  # type: ignore[import-untyped]  # noqa: PLC0415
        confusion_matrix_at_thresholds,
    )

    weights = np.concatenate([positives, negatives])
    if not weights.any():
        return np.zeros(len(values)), np.zeros(len(values))
    truth = np.repeat([1, 0], len(values))
    _, alarms, _, caught, at = confusion_matrix_at_thresholds(
        truth, np.concatenate([values, values]), pos_label=1, sample_weight=weights
    )
    place = np.searchsorted(-np.asarray(at), -values, side="right")  # scores that nobody has are no point
    return _from_zero(caught)[place], _from_zero(alarms)[place]


def _from_zero(counts: Floats) -> Floats:
    return np.concatenate([[0.0], counts])


def _over(counts: Floats, total: int) -> Floats:
    return counts / total if total else np.full(len(counts), np.nan)
