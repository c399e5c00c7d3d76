"""Do two groups wait alike over the whole course, like compared with like?

The log-rank test of Mantel (1966, Cancer Chemotherapy Reports 50(3)) with the tied-time variance of
Peto and Peto (1972), DOI 10.2307/2344317: at every event time the first group should have its share
of the ends. With strata that is asked within each stratum and added up (Klein and Moeschberger 2003,
DOI 10.1007/b97377, sections 7.3 and 7.5).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics.statistics.special import normal_below
from metrics.statistics.survival import Curve, Floats, Integers, Waits, distinct, kaplan_meier, rows_by_code


@dataclass(frozen=True)
class LogRank:
    """What the first group had and should have had, were both alike."""

    observed: float  # ends in the first group
    expected: float
    variance: float
    chi2: float  # one degree of freedom; 0 when there was never a choice who would end
    p: float  # two-sided; 1 likewise


def log_rank(first: Waits, second: Waits, strata: tuple[Integers, Integers] | None = None) -> LogRank:
    """Compare two groups; every cause above 0 is an end, late entries count from their entry on.

    Parameters
    ----------
    strata
        One code per row of the first and of the second group; None = all in one stratum.

    >>> quick, slow = Waits(np.array([1.0, 2.0]), np.ones(2)), Waits(np.array([3.0, 4.0]), np.ones(2))
    >>> found = log_rank(quick, slow)
    >>> found.observed, round(found.expected, 4), round(found.chi2, 4)
    (2.0, 0.8333, 2.8824)
    """
    if strata is None:
        return log_rank_within({0: kaplan_meier(first)}, {0: kaplan_meier(second)})
    ours, theirs = (_curves(*group) for group in zip((first, second), strata, strict=True))
    return log_rank_within(ours, theirs)


def log_rank_within(first: Mapping[int, Curve], second: Mapping[int, Curve]) -> LogRank:
    """The same of groups whose curves of waiting (:func:`kaplan_meier`) are known, by code of the stratum."""
    codes = sorted(first.keys() | second.keys())
    nobody = kaplan_meier(Waits(np.empty(0), np.empty(0, dtype=np.int64)))
    pairs = ((first.get(code, nobody), second.get(code, nobody)) for code in codes)
    parts = np.array([_compared(*pair) for pair in pairs]).reshape(-1, 3)
    observed, expected, variance = (float(total) for total in parts.sum(axis=0))
    z = (observed - expected) / math.sqrt(variance) if variance > 0 else 0.0
    return LogRank(observed, expected, variance, z * z, 2 * normal_below(-abs(z)))


def _curves(waits: Waits, strata: Integers) -> dict[int, Curve]:
    return {code: kaplan_meier(waits.take(rows)) for code, rows in rows_by_code(strata).items()}


def _compared(first: Curve, second: Curve) -> tuple[float, float, float]:
    """Observed, expected and variance of the first group in one stratum."""
    time, _ = distinct(np.sort(np.concatenate([first.time, second.time]), kind="stable"))  # merges two runs
    ours, theirs = (curve.risk.at(time) for curve in (first, second))
    ended, n = _ended(first, time) + _ended(second, time), ours + theirs
    expected = ended * ours / n
    # The last one at risk leaves no choice who ends: numerator and variance are 0.
    variance = expected * theirs / n * (n - ended) / np.maximum(n - 1, 1)
    return float(first.events.sum()), float(expected.sum()), float(variance.sum())


def _ended(curve: Curve, time: Floats) -> Floats:
    ended = np.zeros(len(time))
    ended[np.searchsorted(time, curve.time)] = curve.events
    return ended
