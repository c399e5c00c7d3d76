"""Does a share change along something, when one person's decisions are alike?

Logistic regression by generalised estimating equations with the independence working correlation and
the cluster sandwich variance (Liang and Zeger 1986, DOI 10.1093/biomet/73.1.13). With few people the sandwich
is too small; the bias-reduced variant divides each person's residuals by one less their leverage (Mancl and
DeRouen 2001, DOI 10.1111/j.0006-341X.2001.00126.x).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
_STEPS: Final = 50
_SMALL: Final = 1e-10
_FURTHEST: Final = 30.0  # a logit that only perfect separation leads to


@dataclass(frozen=True)
class LogisticTrend:
    """A logit that is linear in something."""

    intercept: float
    slope: float  # change of the logit per unit
    se: tuple[float, float]  # sandwich, of intercept and slope
    se_reduced: tuple[float, float]  # bias-reduced
    people: int


def logistic_trend(counted: Floats, of: Floats, along: Floats, person: Codes) -> LogisticTrend | None:
    """Fit logit(share) = intercept + slope * along.

    Parameters
    ----------
    counted, of, along, person
        One entry per group of decisions of one person at one place: how many were counted, of how many, the
        place, and the person (0, 1, 2 ... without a gap). Grouping changes nothing in the result.

    Returns
    -------
    None when it cannot be fitted: fewer than three people, nothing that varies, one person who alone tells
    of the slope, or a place that separates all that is counted from all that is not.

    >>> place = np.array([0.0, 1.0, 2.0] * 4)
    >>> person = np.repeat(np.arange(4), 3)
    >>> counted = np.array([1, 2, 3, 0, 1, 1, 1, 1, 2, 2, 2, 3.0])
    >>> found = logistic_trend(counted, np.full(12, 4.0), place, person)
    >>> round(found.slope, 3), found.people
    (0.679, 4)
    """
    people = int(person.max()) + 1 if len(person) else 0
    design = np.column_stack([np.ones(len(along)), along])
    if people < 3 or not _varies(counted, of, along):  # noqa: PLR2004 - two coefficients need a third person
        return None
    beta = _fitted(counted, of, design)
    if beta is None:
        return None
    scores, weights = _by_person(counted, of, design, person, beta)
    bread = np.linalg.inv(weights.sum(axis=0)).astype(np.float64)
    leverage = np.eye(2) - weights @ bread
    if np.abs(np.linalg.det(leverage)).min() < _SMALL:
        return None
    reduced = np.linalg.solve(leverage, scores[:, :, None])[:, :, 0].astype(np.float64)
    intercept, slope = (float(each) for each in beta)
    return LogisticTrend(intercept, slope, _errors(bread, scores), _errors(bread, reduced), people)


def _varies(counted: Floats, of: Floats, along: Floats) -> bool:
    return 0 < counted.sum() < of.sum() and bool(np.ptp(along) > 0)


def _fitted(counted: Floats, of: Floats, design: Floats) -> Floats | None:
    """Newton's method on the score; None where it runs away."""
    share = counted.sum() / of.sum()
    beta: Floats = np.array([np.log(share / (1 - share)), 0.0])
    for _ in range(_STEPS):
        mean = _shares(design @ beta)
        information = design.T @ (design * (of * mean * (1 - mean))[:, None])
        if np.linalg.cond(information) > 1 / _SMALL:
            return None
        step = np.linalg.solve(information, design.T @ (counted - of * mean))
        beta = beta + step
        if np.abs(design @ beta).max() > _FURTHEST:
            return None
        if np.abs(step).max() < _SMALL:
            return beta
    return None


def _shares(logits: Floats) -> Floats:
    shares: Floats = 1 / (1 + np.exp(-logits))
    return shares


def _by_person(
    counted: Floats, of: Floats, design: Floats, person: Codes, beta: Floats
) -> tuple[Floats, Floats]:
    """Score (people x 2) and information (people x 2 x 2) of each person."""
    mean = _shares(design @ beta)
    people = int(person.max()) + 1
    scores, weights = np.zeros((people, 2)), np.zeros((people, 2, 2))
    np.add.at(scores, person, design * (counted - of * mean)[:, None])
    squares = design[:, :, None] * design[:, None, :]
    np.add.at(weights, person, squares * (of * mean * (1 - mean))[:, None, None])
    return scores, weights


def _errors(bread: Floats, scores: Floats) -> tuple[float, float]:
    variance = bread @ (scores.T @ scores) @ bread
    first, second = np.sqrt(np.diag(variance))
    return float(first), float(second)
