"""How often, over decisions that a few people made, and how surely, as one person's decisions are alike?

The person is the unit, not the decision: forty clicks of one reviewer tell less than forty reviewers'.
Ratio estimator with linearised variance (Cochran 1977, Sampling Techniques, 3rd ed., section 11.8; Rao and
Scott 1992, DOI 10.2307/2532311), Student's t with one degree of freedom less than people, limits on the
logit scale (Korn and Graubard 1998, Survey Methodology 24(2), 193-201).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.special import student_quantile

Floats = npt.NDArray[np.float64]
RATIO: Final = "ratio over people, t on the logit scale"
AS_UNITS: Final = "Clopper-Pearson, people as units"
_ALIKE: Final = 1e-12  # a standard error below this is rounding: everybody has the same share


@dataclass(frozen=True)
class PeopleShare:
    """A share of decisions with limits that allow for whose decisions they are."""

    value: float
    low: float
    high: float
    se: float  # standard error of the share
    deff: float | None  # by how much people widen the variance; None where all or none are counted
    people: int
    method: str


def cluster_ratio(x: Sequence[float], n: Sequence[float], confidence: float) -> PeopleShare:
    """Share of all decisions, with the person as the unit of chance.

    Where nobody or everybody always does it, or all do it equally often, the spread between people
    cannot be seen. Then each person counts as one decision (Clopper-Pearson with the effective sample size
    n/deff at the largest design effect there can be, that of people who never vary). With none counted
    that covers for every mixture of people: E(1-P)^n is at most E(1-P).

    Parameters
    ----------
    x, n
        Per person how many were counted, of how many (above 0).

    Raises
    ------
    ValueError
        There are no decisions.

    >>> found = cluster_ratio([3, 0, 12, 5], [20, 15, 30, 25], 0.95)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.222, 0.058, 0.569)
    >>> cluster_ratio([0] * 5, [20] * 5, 0.95).method
    'Clopper-Pearson, people as units'
    """
    counted, of = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if not of.sum() > 0 or (of <= 0).any():
        raise ValueError("a share over people needs at least one person, and one decision of each")
    share, people = float(counted.sum() / of.sum()), len(of)
    se = _standard_error(counted, of)
    if se < _ALIKE:
        low, high = clopper_pearson(share * people, people, confidence)
        return PeopleShare(share, low, high, se, None, people, AS_UNITS)
    low, high = _on_logit_scale(share, se, student_quantile(people - 1, (1 + confidence) / 2))
    deff = se**2 * float(of.sum()) / (share * (1 - share))
    return PeopleShare(share, low, high, se, deff, people, RATIO)


def _standard_error(counted: Floats, of: Floats) -> float:
    """Of the ratio of totals, by linearisation; 0 for one person, whose spread nobody sees."""
    people = len(of)
    if people < 2:  # noqa: PLR2004 - a spread needs two
        return 0.0
    rest = counted - counted.sum() / of.sum() * of
    return math.sqrt(people / (people - 1) * float((rest**2).sum())) / float(of.sum())


def _on_logit_scale(share: float, se: float, t: float) -> tuple[float, float]:
    middle = math.log(share / (1 - share))
    reach = t * se / (share * (1 - share))
    return _share_of(middle - reach), _share_of(middle + reach)


def _share_of(logit: float) -> float:
    """The share with this logit, without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def intraclass_correlation(x: Sequence[float], n: Sequence[float]) -> float | None:
    """How alike two decisions of one person are: ANOVA estimate of the intraclass correlation.

    Donner and Klar 2000, Design and Analysis of Cluster Randomization Trials, section 1.3; may come out
    below 0. None when it cannot be told: one person, one decision each, or nothing that varies.

    >>> round(intraclass_correlation([3, 0, 12, 5], [20, 15, 30, 25]), 3)
    0.111
    """
    counted, of = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    people, total = len(of), float(of.sum())
    if people < 2 or total <= people:  # noqa: PLR2004 - nothing to compare
        return None
    own = counted / of
    between = float((of * (own - counted.sum() / total) ** 2).sum()) / (people - 1)
    within = float((of * own * (1 - own)).sum()) / (total - people)
    usual = (total - float((of**2).sum()) / total) / (people - 1)
    whole = between + (usual - 1) * within
    return (between - within) / whole if whole > 0 else None


@dataclass(frozen=True)
class QuasiBinomial:
    """A common share on the logit scale, its standard error widened by how people differ."""

    logit: float
    se: float
    dispersion: float  # Pearson's chi-square over its degrees of freedom; 1 = as chance has it


def quasi_binomial(x: Sequence[float], n: Sequence[float]) -> QuasiBinomial | None:
    """The logistic model without a covariate, with Pearson's dispersion (McCullagh and Nelder 1989, 4.5).

    Returns
    -------
    None when there is one person, or all or none are counted.

    >>> round(quasi_binomial([3, 0, 12, 5], [20, 15, 30, 25]).dispersion, 2)
    3.48
    """
    counted, of = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    share = float(counted.sum() / of.sum())
    if len(of) < 2 or share in (0.0, 1.0):  # noqa: PLR2004 - nothing varies
        return None
    squares = (counted - share * of) ** 2 / (of * share * (1 - share))
    dispersion = float(squares.sum()) / (len(of) - 1)
    se = math.sqrt(dispersion / (float(of.sum()) * share * (1 - share)))
    return QuasiBinomial(math.log(share / (1 - share)), se, dispersion)
