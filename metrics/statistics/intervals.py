"""Between which limits does a proportion lie, judged by one look at x of n?

These limits hold for a single look. A gate is looked at every week, so it uses the anytime-valid
limit of :mod:`metrics.statistics.evalues`; the ones here stand beside single numbers.
"""

from __future__ import annotations

import math

from metrics.statistics.search import smallest
from metrics.statistics.special import (
    beta_below,
    beta_quantile,
    beta_upper_quantile,
    binomial_at_most,
    normal_quantile,
)


def clopper_pearson(x: float, n: float, confidence: float) -> tuple[float, float]:
    """Exact two-sided interval of a proportion; never covers less often than it says.

    Clopper and Pearson (1934), DOI 10.1093/biomet/26.4.404.

    Returns
    -------
    Two shares. With nothing observed (n = 0) everything is possible: (0, 1).

    >>> [round(limit, 4) for limit in clopper_pearson(1, 96, 0.95)]
    [0.0003, 0.0567]
    >>> clopper_pearson(0, 0, 0.95)
    (0.0, 1.0)
    """
    tail = (1 - confidence) / 2
    low = beta_quantile(x, n - x + 1, tail) if x > 0 else 0.0
    high = beta_upper_quantile(x + 1, n - x, tail) if x < n else 1.0
    return low, high


def clopper_pearson_upper(x: float, n: float, confidence: float) -> float:
    """Exact one-sided upper limit of a proportion; 1 when nothing was observed.

    >>> round(clopper_pearson_upper(0, 40, 0.95), 4)
    0.0722
    """
    return beta_upper_quantile(x + 1, n - x, 1 - confidence) if x < n else 1.0


def wilson(x: float, n: float, confidence: float) -> tuple[float, float]:
    """Score interval of a proportion: covers what it says on average, not always.

    Wilson (1927), DOI 10.1080/01621459.1927.10502953; worked examples in Newcombe (1998),
    DOI 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E. (0, 1) for n = 0.

    >>> [round(limit, 4) for limit in wilson(15, 148, 0.95)]
    [0.0624, 0.1605]
    """
    if n == 0:
        return 0.0, 1.0
    z = normal_quantile((1 + confidence) / 2)
    middle = (x + z * z / 2) / (n + z * z)
    reach = z * math.sqrt(x * (n - x) / n + z * z / 4) / (n + z * z)
    # At 0 and n the formula gives the ends only up to rounding.
    low = max(middle - reach, 0.0) if x > 0 else 0.0
    high = min(middle + reach, 1.0) if x < n else 1.0
    return low, high


def jeffreys_upper(x: float, n: float, confidence: float) -> float:
    """Upper limit under Jeffreys' prior Beta(1/2, 1/2); no guarantee of coverage.

    Brown, Cai and DasGupta (2001), DOI 10.1214/ss/1009213286.

    >>> round(jeffreys_upper(0, 40, 0.95), 4)
    0.0466
    """
    return beta_quantile(x + 0.5, n - x + 0.5, confidence)


def even_odds_prior(p0: float) -> tuple[float, float]:
    """The prior Beta(1, b) that gives "the rate is below p0" a chance of one half before any data.

    >>> [round(shape, 2) for shape in even_odds_prior(0.01)]
    [1.0, 68.97]
    """
    return 1.0, math.log(0.5) / math.log1p(-p0)


def probability_below(x: float, n: float, p0: float, prior: tuple[float, float]) -> float:
    """Posterior probability that the rate is below p0. With few changes it is mostly the prior.

    >>> round(probability_below(0, 40, 0.01, even_odds_prior(0.01)), 3)
    0.666
    """
    return beta_below(prior[0] + x, prior[1] + n - x, p0)


def changes_required(x: int, p0: float, confidence: float) -> int:
    """Smallest number of changes at which x escapes put the one-look upper limit below p0.

    The exact form of the rule of three (Hanley and Lippman-Hand 1983, DOI 10.1001/jama.1983.03330370053031).

    >>> changes_required(0, 0.01, 0.95), changes_required(1, 0.01, 0.95)
    (299, 473)
    """
    tail = 1 - confidence
    return smallest(lambda n: binomial_at_most(x, n, p0) < tail, x + 1)
