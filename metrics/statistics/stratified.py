"""By which factor do two rates differ within strata, when the strata differ between themselves?

A crude ratio mixes up who works where with who works how (Simpson's paradox); Mantel and Haenszel's
compares only within strata and so lies between their ratios.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from metrics.statistics.rates import Count
from metrics.statistics.ratios import FURTHEST, Ratio, log_limits
from metrics.statistics.roots import crossing
from metrics.statistics.special import normal_below, normal_quantile

Floats = npt.NDArray[np.float64]
Stratum = tuple[Count, Count]
GREENLAND_ROBINS: Final = "Mantel-Haenszel, Greenland-Robins"
WIDENED: Final = "Mantel-Haenszel, Greenland-Robins times the dispersion between changes"
ONE_SIDED: Final = "exact conditional, counts over their dispersion"


def mantel_haenszel(strata: Sequence[Stratum], confidence: float, dispersion: float = 1.0) -> Ratio | None:
    """Common ratio of two rates over strata, its interval on the log scale.

    Variance of Greenland and Robins (1985), DOI 10.2307/2530643. They give none where one side has no
    events in any stratum; there the limit is the ratio at which that would happen with the chance that
    the confidence leaves (for one stratum the exact conditional limit).

    Parameters
    ----------
    strata
        Pairs of the first's and the second's count; one with exposure on one side only says nothing
        about the ratio and adds nothing.
    dispersion
        How much more counts vary than Poisson ones; multiplies the variance, never below 1.

    Returns
    -------
    None when there is no ratio: no stratum with exposure on both sides and an event.

    >>> ratio = mantel_haenszel([(Count(12, 8), Count(100, 80)), (Count(18, 90), Count(2, 20))], 0.95)
    >>> [round(number, 3) for number in (ratio.value, ratio.low, ratio.high)]
    [1.322, 0.758, 2.305]
    """
    a, t1, b, t2 = _columns(strata)
    above, below = float((a * t2 / (t1 + t2)).sum()), float((b * t1 / (t1 + t2)).sum())
    spread = max(1.0, dispersion)
    if above and below:
        variance = float(((a + b) * t1 * t2 / (t1 + t2) ** 2).sum()) / (above * below)
        return _log_normal(above / below, variance, spread, confidence)
    if below:
        return _without_events(b / spread, t1 / t2, confidence)
    return _turned(_without_events(a / spread, t2 / t1, confidence)) if above else None


def _columns(strata: Sequence[Stratum]) -> tuple[Floats, Floats, Floats, Floats]:
    """Events and exposure of the first, then of the second, where both have exposure."""
    rows = [
        (first.events, first.exposure, second.events, second.exposure)
        for first, second in strata
        if first.exposure and second.exposure
    ]
    a, t1, b, t2 = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return a, t1, b, t2


def _log_normal(value: float, variance: float, spread: float, confidence: float) -> Ratio:
    se = math.sqrt(spread * variance)
    low, high = log_limits(value, normal_quantile((1 + confidence) / 2) * se)
    method = WIDENED if spread > 1 else GREENLAND_ROBINS
    return Ratio(value, low, high, 2 * normal_below(-abs(math.log(value)) / se), method)


def _without_events(others: Floats, exposures: Floats, confidence: float) -> Ratio:
    """Limit of a ratio of 0: `others` are the second's events, `exposures` first's over second's."""

    def surprise(log_ratio: float) -> float:
        return float((others * np.logaddexp(0.0, log_ratio + np.log(exposures))).sum())

    left = -math.log((1 - confidence) / 2)
    high = math.exp(crossing(lambda log_ratio: surprise(log_ratio) - left, -FURTHEST, FURTHEST))
    return Ratio(0.0, 0.0, high, min(1.0, 2 * math.exp(-surprise(0.0))), ONE_SIDED)


def _turned(ratio: Ratio) -> Ratio:
    return Ratio(math.inf, 1 / ratio.high, math.inf, ratio.p, ratio.method)


def effective_exposures(strata: Sequence[Stratum]) -> tuple[float, float]:
    """Exposures of one stratum that would tell as much about the common ratio as these strata do.

    Where both sides rarely work on the same things most of their exposure is wasted. Equates the
    variance of Mantel and Haenszel's two sums, at one rate per side, with that of one stratum. (0, 0)
    when no stratum has exposure on both sides.

    >>> [round(kloc, 2) for kloc in effective_exposures([(Count(1, 8.0), Count(3, 80.0))])]
    [8.0, 80.0]
    >>> apart = [(Count(0, 99), Count(1, 1)), (Count(4, 1), Count(0, 99))]
    >>> [round(kloc, 2) for kloc in effective_exposures(apart)]
    [3.96, 3.96]
    """
    _, t1, _, t2 = _columns(strata)
    if not len(t1):
        return 0.0, 0.0
    first, second = t1 / (t1 + t2), t2 / (t1 + t2)
    weight = float((t1 * second).sum()) ** 2
    return weight / float((second**2 * t1).sum()), weight / float((first**2 * t2).sum())
