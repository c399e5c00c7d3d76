"""How much to ask for at once? Half as much when it was too much, slowly more when all goes well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ingest.sources.github.faults import TooMuchFault, UnansweredFault

T = TypeVar("T")

GOOD_ANSWERS: Final = 5  # in a row, before more is asked for
PAUSES: Final = (1, 2, 4, 8, 16, 32)  # seconds between tries of the smallest question


class PageSize:
    """A number of things to ask for at once, between one and the most."""

    def __init__(self, start: int, most: int) -> None:
        self.now = start
        self._most = most
        self._good = 0

    def halve(self) -> bool:
        """Ask for half as much; whether that was still possible."""
        possible = self.now > 1
        self.now = max(1, self.now // 2)
        self._good = 0
        return possible

    def grow(self) -> None:
        """Take note of a good answer; the fifth in a row asks for a quarter more.

        >>> size = PageSize(start=8, most=36)
        >>> for _ in range(5):
        ...     size.grow()
        >>> size.now
        10
        """
        self._good += 1
        if self._good >= GOOD_ANSWERS:
            self.now = min(self._most, self.now + max(1, self.now // 4))
            self._good = 0


def adaptively(size: PageSize, attempt: Callable[[int], T], pause: Callable[[int], None]) -> T:
    """Answer of an attempt at the largest size that works; `pause` waits so many seconds.

    Raises
    ------
    UnansweredFault
        A single thing was too much seven times, with a minute of pauses between.
    """
    pauses = list(PAUSES)
    while True:
        try:
            answer = attempt(size.now)
        except TooMuchFault as fault:
            said = str(fault)
        else:
            size.grow()
            return answer
        if size.halve():
            continue
        if not pauses:
            raise UnansweredFault(said)
        pause(pauses.pop(0))
