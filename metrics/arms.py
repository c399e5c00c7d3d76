"""Whose changes is a number about, and whom are they compared with?

Definitions 0: comparisons set `agent` against `human`, and are repeated with `assisted` and with
`unknown` counted to either side: if the conclusion changes, that is said first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Arm:
    """Classes of authorship that a number counts, and those that it is compared with."""

    name: str  # as it stands in the table of results
    authorships: tuple[str, ...]
    against: tuple[str, ...] = ()  # empty = no comparison

    @property
    def is_comparison(self) -> bool:
        """Whether the number sets one side against another."""
        return bool(self.against)

    @property
    def swapped(self) -> Arm:
        """The same comparison seen from the other side.

        >>> HEADLINE.swapped.name
        'human vs agent'
        """
        return _comparison(self.against, self.authorships)


def _single(authorship: str) -> Arm:
    return Arm(authorship, (authorship,))


def _comparison(first: tuple[str, ...], second: tuple[str, ...]) -> Arm:
    return Arm(f"{'+'.join(first)} vs {'+'.join(second)}", first, second)


HEADLINE: Final = _comparison(("agent",), ("human",))
SENSITIVITY: Final = (
    _comparison(("agent", "assisted"), ("human",)),
    _comparison(("agent",), ("human", "assisted")),
    _comparison(("agent", "unknown"), ("human",)),
    _comparison(("agent",), ("human", "unknown")),
)
SINGLE: Final = tuple(_single(name) for name in ("agent", "assisted", "automation", "unknown", "human"))
# Studies know people only, not whether these are known to use agents elsewhere.
PEOPLE: Final = Arm("human+unknown", ("human", "unknown"))
COMPARISONS: Final = (HEADLINE, *SENSITIVITY)
ARMS: Final = {arm.name: arm for arm in (*SINGLE, PEOPLE, *COMPARISONS)}

SIDES: Final = ("agent", "human")
STUDIED_SIDES: Final = (*SIDES, PEOPLE.name)
ALL_SIDES: Final = tuple(arm.name for arm in SINGLE)
COMPARED: Final = tuple(arm.name for arm in COMPARISONS)
