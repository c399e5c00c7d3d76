"""By which factor do two rates differ, and between which limits lies the factor?

Given their total, the events of two Poisson counts fall on the first with probability
``ratio * T1 / (ratio * T1 + T2)``; exact limits of that share are exact limits of the ratio.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.rates import Count
from metrics.statistics.special import binomial_at_most, binomial_probability

EXACT: Final = "exact conditional"
FURTHEST: Final = 700.0  # logarithm of the largest ratio that is told from infinity
AS_LIKELY: Final = 1 + 1e-7  # R's tolerance: what differs only by rounding is as likely as the observed


@dataclass(frozen=True)
class Ratio:
    """Rate of the first over rate of the second."""

    value: float  # inf without events in the second
    low: float
    high: float  # inf when nothing bounds it
    p: float  # two-sided, of a ratio of 1
    method: str

    @property
    def width(self) -> float:
        """How far apart the limits are on the log scale; inf when one of them is 0 or inf.

        >>> Ratio(2.0, 1.0, math.e, 0.05, EXACT).width
        1.0
        """
        return _log(self.high) - _log(self.low)


def rate_ratio_exact(first: Count, second: Count, confidence: float) -> Ratio | None:
    """Ratio of two rates with its exact conditional interval and p-value.

    The interval turns over Clopper and Pearson's (1934, DOI 10.1093/biomet/26.4.404); the p-value
    adds up what is not likelier than the observed split, as R's ``poisson.test`` does. Events are
    whole numbers.

    Returns
    -------
    None when there is no ratio: no events on either side, or a side without exposure. Without events
    in the second, value and upper limit are infinite; without any in the first, value and lower limit 0.

    >>> ratio = rate_ratio_exact(Count(41, 28_010), Count(15, 19_017), 0.95)
    >>> [round(number, 3) for number in (ratio.value, ratio.low, ratio.high, ratio.p)]
    [1.856, 1.006, 3.609, 0.041]
    """
    events = first.events + second.events
    if not events or not first.exposure or not second.exposure:
        return None
    low, high = clopper_pearson(first.events, events, confidence)
    per_odds = second.exposure / first.exposure
    p = _p_value(int(first.events), int(events), first.exposure / (first.exposure + second.exposure))
    return Ratio(quotient(first, second), _odds(low) * per_odds, _odds(high) * per_odds, p, EXACT)


def quotient(first: Count, second: Count) -> float:
    """Rate of the first over rate of the second; inf without events in the second."""
    return first.rate / second.rate if second.events else math.inf


def log_limits(value: float, reach: float) -> tuple[float, float]:
    """Limits of a positive ratio that lie `reach` away on the scale of its natural logarithm.

    >>> log_limits(2.0, math.log(4))
    (0.5, 8.0)
    """
    factor = math.exp(min(reach, FURTHEST))
    return value / factor, value * factor


def wider(first: Ratio, second: Ratio) -> Ratio:
    """Of two intervals around one value the wider one; the first where both are as wide.

    >>> wider(Ratio(2, 1, 4, 0.05, "narrow"), Ratio(2, 0.5, 8, 0.3, "wide")).method
    'wide'
    """
    return max(first, second, key=lambda ratio: (ratio.width, _log(ratio.high), -_log(ratio.low)))


def _log(limit: float) -> float:
    return math.log(limit) if limit else -math.inf


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def _p_value(x: int, n: int, share: float) -> float:
    """Probability of all splits of n that are not likelier than x to the first."""
    is_low = x <= n * share
    return _from_below(x, n, share) if is_low else _from_below(n - x, n, 1 - share)


def _from_below(x: int, n: int, share: float) -> float:
    """The same for an x not above its mean: everything up to x, and the far tail that is as unlikely."""
    limit = binomial_probability(x, n, share) * AS_LIKELY
    falling = range(math.ceil(n * share), n + 1)  # from the mode on probabilities fall
    steps = bisect_left(falling, True, key=lambda k: binomial_probability(k, n, share) <= limit)
    beyond = len(falling) - steps  # how many counts the far tail has
    far = binomial_at_most(beyond - 1, n, 1 - share) if beyond else 0.0
    return min(1.0, binomial_at_most(x, n, share) + far)
