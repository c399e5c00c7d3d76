"""How surprising are two counts if both come at one rate, judged without holding their total fixed?

Krishnamoorthy and Thomson (2004), DOI 10.1016/j.jspi.2002.09.004: probability, at the pooled rate, of
a standardised difference at least as large as the observed one. More powerful than the exact
conditional test, but its p-value does not belong to that test's interval.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from metrics.statistics.rates import Count
from metrics.statistics.special import poisson_probability

Floats = npt.NDArray[np.float64]
Variant = Literal["score", "wald"]
SAME: Final = 1 - 1e-12  # a difference that is the observed one but for rounding is as large


def etest(first: Count, second: Count, variant: Variant = "score") -> float:
    """Two-sided p-value of equal rates.

    Parameters
    ----------
    variant
        How the difference is standardised: by the variance at one common rate ("score"), or at the
        two observed rates ("wald", the variant of the paper and of scipy).

    Time and memory grow with the product of the square roots of the expected counts. 1 without events.

    >>> round(etest(Count(41, 28_010), Count(15, 19_017)), 4)
    0.0378
    >>> round(etest(Count(0, 100), Count(3, 100), "wald"), 4)
    0.0884
    """
    pooled = (first.events + second.events) / (first.exposure + second.exposure)
    if not pooled:
        return 1.0
    x1, x2 = _plausible(pooled * first.exposure), _plausible(pooled * second.exposure)
    of_x1 = poisson_probability(x1, pooled * first.exposure)
    of_x2 = poisson_probability(x2, pooled * second.exposure)
    exposures = first.exposure, second.exposure
    observed = _distance(np.array([first.events]), np.array([second.events]), exposures, variant)[0, 0]
    is_as_far = _distance(x1, x2, exposures, variant) >= observed * SAME
    return min(1.0, float(of_x1 @ is_as_far @ of_x2))


def _plausible(mean: float) -> Floats:
    """Counts that are not beyond all probability (1e-20)."""
    reach = 10 * math.sqrt(mean) + 40
    return np.arange(max(0, math.floor(mean - reach)), math.ceil(mean + reach) + 1, dtype=np.float64)


def _distance(x1: Floats, x2: Floats, exposures: tuple[float, float], variant: Variant) -> Floats:
    """Absolute difference of the rates over its standard error, for every pair of counts."""
    t1, t2 = exposures
    difference = np.abs(x1[:, None] / t1 - x2[None, :] / t2)
    if variant == "score":
        variance = (x1[:, None] + x2[None, :]) / (t1 * t2)
    else:
        variance = x1[:, None] / t1**2 + x2[None, :] / t2**2
    distance: Floats = np.divide(
        difference, np.sqrt(variance), out=np.zeros_like(difference), where=variance > 0
    )
    return distance
