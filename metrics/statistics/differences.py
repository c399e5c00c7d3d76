"""By how much do two shares differ, and between which limits lies the difference?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metrics.statistics.intervals import wilson


@dataclass(frozen=True)
class Limits:
    """A share, or a difference of two, with its limits."""

    value: float
    low: float
    high: float


def combined(first: Limits, second: Limits) -> Limits:
    """First less second, its limits from those of both, whatever method gave these.

    Zou and Donner (2008), DOI 10.1002/sim.3095; with Wilson limits it is Newcombe's method 10.

    >>> combined(Limits(0.5, 0.25, 0.75), Limits(0.25, 0.25, 0.25))
    Limits(value=0.25, low=0.0, high=0.5)
    """
    value = first.value - second.value
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    return Limits(value, value - below, value + above)


def share_difference(x1: int, n1: int, x2: int, n2: int, confidence: float) -> Limits | None:
    """Difference x1/n1 - x2/n2 with Newcombe's hybrid score interval (his method 10).

    The limits combine those of the two Wilson intervals, so they stay within -1..1. Newcombe (1998),
    DOI 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Swapping the shares turns sign.

    Returns
    -------
    None when one of the shares does not exist (n of 0).

    >>> found = share_difference(56, 70, 48, 80, 0.95)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    if not n1 or not n2:
        return None
    first = Limits(x1 / n1, *wilson(x1, n1, confidence))
    return combined(first, Limits(x2 / n2, *wilson(x2, n2, confidence)))
