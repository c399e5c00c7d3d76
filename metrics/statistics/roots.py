"""Where does a function that rises cross zero?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

HALVINGS: Final = 100  # more than a float has digits, for any start


def crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """The place between `low` and `high` where a rising function leaves the negative numbers.

    `high` when it never does, `low` when it starts above.

    >>> round(crossing(lambda x: x * x - 2, 0.0, 2.0), 12)
    1.414213562373
    """
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return high
