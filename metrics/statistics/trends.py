"""Does a share rise or fall along ordered groups?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.statistics.special import normal_below


@dataclass(frozen=True)
class ChanceTrend:
    """A trend of shares over scores, tested against none."""

    z: float  # above 0: the share rises with the score
    p: float  # two-sided


def cochran_armitage(x: Sequence[float], n: Sequence[float], score: Sequence[float]) -> ChanceTrend | None:
    """Test whether shares follow their groups' scores, as R's `prop.trend.test`; decisions are independent.

    Armitage (1955), DOI 10.2307/3001775. Where people decide often, use :mod:`metrics.statistics.gee`.

    Parameters
    ----------
    x, n, score
        Per group: how many were counted, of how many, and its place in the order.

    Returns
    -------
    None when nothing varies: one score, or all or none counted.

    >>> found = cochran_armitage([83, 90, 129, 70], [86, 93, 136, 82], [1, 2, 3, 4])
    >>> round(found.z, 4), round(found.p, 4)
    (-2.8679, 0.0041)
    """
    counted, of, place = (np.asarray(each, dtype=np.float64) for each in (x, n, score))
    total = float(of.sum())
    share = float(counted.sum()) / total if total else 0.0
    spread = float((of * place**2).sum()) - (float((of * place).sum()) ** 2 / total if total else 0.0)
    variance = share * (1 - share) * spread
    if variance <= 0:
        return None
    z = float((place * (counted - of * share)).sum()) / math.sqrt(variance)
    return ChanceTrend(z, 2 * normal_below(-abs(z)))
