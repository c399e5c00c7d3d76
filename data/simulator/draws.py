"""How is chance drawn: delays, choices and ids, all from one seeded stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


def stream(seed: int, *names: object) -> Random:
    """Own stream for each name, so that one repository's draws never move another's."""
    return Random(":".join(map(str, (seed, *names))))


def hours_after(rng: Random, moment: datetime, median_hours: float, spread: float) -> datetime:
    """Draw from a lognormal delay, in whole seconds."""
    return moment + timedelta(seconds=int(3600 * median_hours * exp(rng.gauss(0.0, spread))) + 1)


def pick(rng: Random, items: Sequence[Item]) -> Item:
    """One of the items, all alike."""
    return items[int(rng.random() * len(items))]


def weighted(rng: Random, shares: Sequence[tuple[Item, float]]) -> Item:
    """One of the items by its share; shares need not add up to 1.

    >>> weighted(Random(1), [("never", 0.0), ("always", 3.0)])
    'always'
    """
    left = rng.random() * sum(share for _, share in shares)
    for item, share in shares:
        left -= share
        if left < 0:
            return item
    return shares[-1][0]


def oid(rng: Random) -> str:
    """A commit id."""
    return f"{rng.getrandbits(160):040x}"
