"""How far are two distributions of scores apart, and is that more than chance?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from metrics.statistics.differences import Limits

Floats = npt.NDArray[np.float64]


def kolmogorov_distance(first: Floats, second: Floats, confidence: float) -> Limits | None:
    """Largest difference between the shares of two samples that lie at or below any one value.

    The limits hold for every distribution, ties or not, and every size: each sample's shares lie within
    sqrt(ln(4/a) / 2n) of their population's, with probability 1 - a/2 (Dvoretzky, Kiefer and Wolfowitz 1956,
    DOI 10.1214/aoms/1177728174; constant by Massart 1990, DOI 10.1214/aop/1176990746). They are rather wide.

    Returns
    -------
    None when a sample is empty.

    >>> found = kolmogorov_distance(np.zeros(1000), np.ones(1000), 0.95)
    >>> found.value, round(found.low, 4), found.high
    (1.0, 0.9064, 1.0)
    """
    if not len(first) or not len(second):
        return None
    values = np.unique(np.concatenate([first, second]))
    below = [np.searchsorted(np.sort(each), values, side="right") / len(each) for each in (first, second)]
    distance = float(np.abs(below[0] - below[1]).max())
    reach = sum(math.sqrt(math.log(4 / (1 - confidence)) / (2 * len(each))) for each in (first, second))
    return Limits(distance, max(distance - reach, 0.0), min(distance + reach, 1.0))
