"""How is a number of the Approvals page shown with its counts, and with the way to its rows?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from dashboard import wording
from dashboard.components import markup, numbers
from dashboard.components.approvals_rows import KEY
from dashboard.components.numbers import SIDES, Card, option
from dashboard.measured import Measured
from metrics.estimate import Estimate, Number
from metrics.fatigue.sign_off_measures import APPROVALS

FIRST: Final = ("●", "pm-fair")
SECOND: Final = ("◇", "pm-wait")
COUNTS_ONLY: Final = "counts only"  # what stands in place of a rate that too few people would carry


@dataclass(frozen=True)
class Part:
    """One number on a card: who it is about, what its numerator counts, what it opens."""

    who: str
    metric: str
    counted: str = ""
    rows: str = ""  # empty = nothing to open
    arm: str = "agent"
    noun: str = "decision"


Shown = tuple[str, Sequence[Part]]  # a card: its title and its numbers


def cards(measured: Measured, shown: Sequence[Shown]) -> None:
    """Show cards beside each other, each a title and its numbers."""
    st.html(markup.cards(markup.card(title, _halves(measured, parts)) for title, parts in shown))


def of_sides(title: str, metric: str, counted: str, rows: str, noun: str = "approval") -> Shown:
    """A card with the same number for agents' and for people's pull requests."""
    return title, tuple(
        Part(side.words, metric, counted, option(rows, side), side.arm, noun) for side in SIDES
    )


def _halves(measured: Measured, parts: Sequence[Part]) -> list[markup.Half]:
    is_sided = len({part.arm for part in parts}) > 1
    looks = [side.look for side in SIDES] if is_sided else [FIRST, SECOND, SECOND]
    return [_half(measured, part, look) for part, look in zip(parts, looks, strict=False)]


def _half(measured: Measured, part: Part, look: tuple[str, str]) -> markup.Half:
    number = measured.number(part.metric, part.arm)
    opens = None
    if part.rows and (isinstance(number, Estimate) or number.n):
        query = urlencode({"pilot": measured.case.pilot.name, KEY: part.rows})
        opens = (_opened(number), f"{query}#{numbers.ANCHOR}")
    card = Card("", part.metric, part.counted, part.rows, part.noun)
    return markup.Half(part.who, look, big(number), numbers.lines(number, card), opens, _left_out(number))


def _opened(number: Number) -> str:
    """What a part opens: as many rows as its numerator says; without a rate they are counted below."""
    if not isinstance(number, Estimate):
        return "open the rows"
    is_whole = number.unit not in {"share", APPROVALS}
    return f"open the {wording.plural(number.n if is_whole else number.numerator, 'row')}"


def big(number: Number) -> str:
    """The value; where few people or approvals carry no rate, that only counts are told."""
    is_suppressed = not isinstance(number, Estimate) and number.n > 0
    return COUNTS_ONLY if is_suppressed else wording.brief(number)


def _left_out(number: Number) -> tuple[str, str] | None:
    why = wording.left_out(number)
    coverage = number.coverage
    return (f"{coverage.total - coverage.measured:,} left out", why) if why else None
