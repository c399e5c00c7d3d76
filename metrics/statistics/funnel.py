"""Between which shares do people of one true share fall by chance, the more decisions the closer?"""

from __future__ import annotations

from dataclasses import dataclass

from metrics.statistics.search import smallest
from metrics.statistics.special import binomial_at_most


@dataclass(frozen=True)
class FunnelLimits:
    """Shares between which chance alone puts 95 and 99.8 of a hundred."""

    low: float
    high: float
    far_low: float
    far_high: float


def binomial_quantile(n: int, share: float, probability: float) -> int:
    """Smallest count that at least this probability does not exceed.

    >>> binomial_quantile(50, 0.2, 0.975)
    16
    """
    # A hair below, or the sum of rounded probabilities misses one that is reached exactly.
    return smallest(lambda k: k >= n or binomial_at_most(k, n, share) >= probability - 1e-12, 0)


def funnel_limits(n: int, target: float) -> FunnelLimits:
    """Exact binomial limits of a funnel plot, without interpolation.

    Spiegelhalter (2005), DOI 10.1002/sim.1970. Decisions of one person count as independent given the
    person's share; a point outside says that this share is not the common one.

    Parameters
    ----------
    n
        Decisions of the person, above 0.
    target
        Share of all people together.

    >>> funnel_limits(50, 0.2)
    FunnelLimits(low=0.1, high=0.32, far_low=0.04, far_high=0.38)
    """
    low, high, far_low, far_high = (
        binomial_quantile(n, target, probability) / n for probability in (0.025, 0.975, 0.001, 0.999)
    )
    return FunnelLimits(low, high, far_low, far_high)
