"""By which factor do two rates differ, when events come in clusters (findings in one pull request)?

An exact Poisson interval covers 79 to 90 % instead of 95 where findings cluster in pull requests; a
quasi-Poisson model widens it by the dispersion that the pull requests show (McCullagh and Nelder
1989, Generalized Linear Models, section 6.2, DOI 10.1007/978-1-4899-3242-6). The wider of the two
stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from metrics.statistics.rates import Count
from metrics.statistics.ratios import Ratio, log_limits, quotient, rate_ratio_exact, wider
from metrics.statistics.special import student_below, student_quantile
from metrics.statistics.stratified import Stratum, mantel_haenszel

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
QUASI_POISSON: Final = "quasi-Poisson by change"


@dataclass(frozen=True)
class Dispersion:
    """How much more counts vary than Poisson ones of one rate per group: 1 = as much."""

    value: float  # Pearson's chi-square over its degrees of freedom
    dof: int


@dataclass(frozen=True)
class QuasiPoisson:
    """Two rates on the log scale, with standard errors widened, or narrowed, by the dispersion."""

    log_rate: float  # of the second group
    log_ratio: float  # first over second
    se_log_rate: float
    se_log_ratio: float
    dispersion: float
    dof: int


def dispersion(events: Floats, exposure: Floats, group: Codes) -> Dispersion | None:
    """Pearson's dispersion of counts around the rate of their group.

    Parameters
    ----------
    events, exposure, group
        One entry per change; exposures are positive, groups small numbers from 0 on.

    A group without events has nothing that could vary and is left out: given its total, Pearson's
    chi-square of a group has the mean of its degrees of freedom, exactly. None when no group with
    events has a second change.

    >>> dispersion(np.array([0.0, 4.0]), np.array([1.0, 1.0]), np.array([0, 0]))
    Dispersion(value=4.0, dof=1)
    """
    total = np.bincount(group, exposure)
    rate = np.divide(np.bincount(group, events), total, out=np.zeros(len(total)), where=total > 0)
    expected = rate[group] * exposure
    shown = expected > 0
    dof = int(shown.sum()) - int((rate > 0).sum())
    squares = (events[shown] - expected[shown]) ** 2 / expected[shown]
    return Dispersion(float(squares.sum()) / dof, dof) if dof > 0 else None


def quasi_poisson(events: Floats, exposure: Floats, is_first: Flags) -> QuasiPoisson | None:
    """The log-linear model of two groups, which has a closed form.

    Returns
    -------
    None when a group has no events (its rate has no logarithm), or nothing could vary.

    >>> fit = quasi_poisson(np.array([1.0, 3.0, 1.0]), np.ones(3), np.array([True, True, False]))
    >>> round(fit.log_ratio, 4), fit.dispersion, fit.dof
    (0.6931, 1.0, 1)
    """
    first, second = totals(events, exposure, is_first)
    spread = dispersion(events, exposure, is_first.astype(np.int64))
    if spread is None or not first.events or not second.events:
        return None
    se_rate = math.sqrt(spread.value / second.events)
    se_ratio = math.sqrt(spread.value * (1 / first.events + 1 / second.events))
    log_ratio = math.log(first.rate / second.rate)
    return QuasiPoisson(math.log(second.rate), log_ratio, se_rate, se_ratio, spread.value, spread.dof)


def totals(events: Floats, exposure: Floats, is_first: Flags) -> tuple[Count, Count]:
    """Events and exposure of the first group, and of the second."""
    return (
        Count(float(events[is_first].sum()), float(exposure[is_first].sum())),
        Count(float(events[~is_first].sum()), float(exposure[~is_first].sum())),
    )


def honest_ratio(events: Floats, exposure: Floats, is_first: Flags, confidence: float) -> Ratio | None:
    """Ratio of two rates with the wider of the exact and the quasi-Poisson interval, and its p-value.

    The dispersion is not taken below 1. Where one side has no events, the exact limit of the counts
    over their dispersion takes the place of the quasi-Poisson one. `method` says which one stands.

    Returns
    -------
    None when there is no ratio: no events, or no exposure on one side.

    >>> first, second = np.array([0.0, 0.0, 9.0]), np.array([1.0, 2.0, 1.0])
    >>> is_first = np.array([True] * 3 + [False] * 3)
    >>> honest_ratio(np.concatenate([first, second]), np.ones(6), is_first, 0.95).method
    'quasi-Poisson by change'
    """
    counts = totals(events, exposure, is_first)
    exact = rate_ratio_exact(*counts, confidence)
    spread = dispersion(events, exposure, is_first.astype(np.int64))
    if exact is None or spread is None:
        return exact
    clustered = _clustered(counts, spread, confidence)
    return wider(exact, clustered) if clustered else exact


def _clustered(counts: Stratum, spread: Dispersion, confidence: float) -> Ratio | None:
    """The interval that allows for the dispersion: Student's t on the log scale."""
    first, second = counts
    if not first.events or not second.events:  # without dispersion that is the exact limit again
        return mantel_haenszel((counts,), confidence, spread.value) if spread.value > 1 else None
    value = quotient(first, second)
    se = math.sqrt(max(1.0, spread.value) * (1 / first.events + 1 / second.events))
    low, high = log_limits(value, student_quantile(spread.dof, (1 + confidence) / 2) * se)
    return Ratio(value, low, high, 2 * student_below(spread.dof, -abs(math.log(value)) / se), QUASI_POISSON)
