"""Which difference between two rates could this much exposure have shown?"""

from __future__ import annotations

import math

from metrics.statistics.ratios import FURTHEST
from metrics.statistics.roots import crossing
from metrics.statistics.special import normal_quantile


def detectable_ratio(  # noqa: PLR0913 - two arms, their rate, and what "seen" means
    exposure_first: float,
    exposure_second: float,
    base_rate: float,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> float:
    """Smallest ratio above 1 that would be seen, with the chance `power`, by a two-sided interval.

    Log-normal approximation (Wald): the ratio whose logarithm is as large as the two normal quantiles
    times its standard error, where the first's rate is the ratio times `base_rate`, the second's.

    Returns
    -------
    inf when no ratio could be seen: no exposure on a side, or no base rate.

    >>> round(detectable_ratio(82, 82, 0.3), 2), round(detectable_ratio(265, 265, 0.3), 2)
    (2.0, 1.5)
    """
    if not exposure_first or not exposure_second or not base_rate:
        return math.inf
    quantiles = normal_quantile((1 + confidence) / 2) + normal_quantile(power)
    needed = quantiles**2 * max(1.0, dispersion)

    def excess(log_ratio: float) -> float:
        events_first = math.exp(-log_ratio) / (base_rate * exposure_first)
        return log_ratio**2 - needed * (events_first + 1 / (base_rate * exposure_second))

    return math.exp(crossing(excess, 0.0, FURTHEST)) if excess(FURTHEST) >= 0 else math.inf
