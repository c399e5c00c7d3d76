"""Does a comparison's conclusion hold when assisted and unknown changes are counted to either side?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dashboard import wording
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SENSITIVITY, Arm
from metrics.estimate import Number

Conclude = Callable[[Number], str]  # "slower", "more", "cannot tell"
CANNOT_TELL: Final = "cannot tell"
WORDS: Final[dict[str, str]] = {
    "agent+assisted vs human": "assisted counted as agents'",
    "agent vs human+assisted": "assisted counted as people's",
    "agent+unknown vs human": "unknown counted as agents'",
    "agent vs human+unknown": "unknown counted as people's",
}


def moved(measured: Measured, metric: str, conclude: Conclude) -> tuple[str, ...]:
    """Which ways of counting lead to another conclusion, in words: "assisted counted as agents': slower"."""
    usual = conclude(measured.number(metric, HEADLINE.name))
    others = {arm.name: conclude(measured.number(metric, arm.name)) for arm in SENSITIVITY}
    return tuple(f"{WORDS[name]}: {found}" for name, found in others.items() if found != usual)


def sentence(changes: tuple[str, ...]) -> str:
    """Whether moving assisted and unknown changes changes the conclusion."""
    if not changes:
        return "The same conclusion with assisted and with unknown changes counted to either side."
    return f"The conclusion changes with {wording.listed(changes)}."


def title(arm: Arm) -> str:
    """The name of a row of the comparison: which class counts to whom."""
    words = WORDS[arm.name]
    return words[:1].upper() + words[1:]
