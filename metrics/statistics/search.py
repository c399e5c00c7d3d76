"""What is the smallest number for which something that stays true becomes true?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Final

LARGEST: Final = 2**53  # integers beyond this are not exact as floats


def smallest(holds: Callable[[int], bool], start: int) -> int:
    """Smallest integer from `start` on for which a monotone condition holds.

    Raises
    ------
    ValueError
        When the condition does not hold for any integer that a float can carry.

    >>> smallest(lambda n: n * n > 50, 0)
    8
    """
    reach = 1
    while not holds(start + reach):
        if start + reach > LARGEST:
            raise ValueError(f"no integer from {start} to {LARGEST} satisfies the condition")
        reach *= 2
    return start + bisect_left(range(reach), True, key=lambda step: holds(start + step))
