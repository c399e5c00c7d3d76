"""How far is a draw, how well do people agree, and what does it tell by now?"""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import labelling, wording
from dashboard.components import chrome, explorer_text, markup
from dashboard.components.labelling_choice import Desk
from dashboard.labelling import Design, StratumProgress
from dashboard.labelling_agreeing import in_words
from metrics.detectors.values import WHOLE
from metrics.estimate import Estimate, Number

FNR: Final = "detector_fnr"
STRATA: Final = ("Stratum", "Passed items", "Drawn", "Settled", "Still needed", "Attacks among settled")
PEOPLE: Final = ("Who", "Labelled", "Waiting")
NOT_IDENTIFIABLE: Final = "not identifiable"
KAPPA_MEANS: Final = (
    "1 is full agreement, 0 what chance alone would bring. With few attacks it is low even where people "
    "seldom differ: read it beside the share of equal labels. A low one says that the guideline is unclear."
)


def progress(desk: Desk) -> None:
    """Show the answer of a draw so far, then its strata, its people and their agreement."""
    found = next(
        each for each in labelling.designs(desk.session, desk.pilot) if each.design_id == desk.design
    )
    st.html(markup.answer(answer(found), _lines(desk, found), _look(found)))
    st.subheader("Strata", anchor=False)
    st.html(markup.table(STRATA, map(_stratum, found.strata)))
    st.subheader("People", anchor=False)
    if found.annotators:
        rows = ((each.annotator, f"{each.done:,}", f"{each.waiting:,}") for each in found.annotators)
        st.html(markup.table(PEOPLE, rows))
    else:
        chrome.empty("Nobody has labelled an item yet.", "Choose Label above; two people make it believable.")
    if desk.session.as_of_fixed:
        st.caption(explorer_text.later(desk.session.as_of.date()))
    st.page_link(
        "views/detectors.py", label="Open the Detectors page", icon=":material/radar:",
        query_params={"pilot": desk.pilot, "detector": found.unit.name},
    )  # fmt: skip


def answer(found: Design) -> str:
    """How far a draw is, in one sentence.

    Every item of which the truth is settled counts: people agree on it, or somebody settled it.
    """
    return f"{wording.fraction(found.done, found.drawn)} items settled; {found.unit.name}"


def _look(found: Design) -> tuple[str, str]:
    return ("●", "good") if found.done == found.drawn else ("◐", "wait")


def _lines(desk: Desk, found: Design) -> list[tuple[str, str]]:
    return [
        ("Drawn", f"on {wording.day(found.drawn_at)} by {found.drawn_by}, seed {found.seed}"),
        ("Promised", found.promised),
        ("Reached", f"{told(found.reached)}, by this draw alone"),
        ("Miss rate", f"{told(now(desk, found))}, as the Detectors page states it"),
        ("Open", wording.plural(found.open_disagreements, "disagreement")),
        ("Agreement", agreed(labelling.agreement(desk.session, desk.design))),
    ]


def now(desk: Desk, found: Design) -> Number | None:
    """The miss rate as the Detectors page states it; None where that knows no verdict of the detector."""
    detectors = desk.session.case(desk.pilot).detectors
    known = [unit for unit in detectors.units if unit == found.unit]
    return detectors.number(FNR, known[0], WHOLE) if known else None


def told(number: Number | None) -> str:
    """A rate with counts and interval, or that it cannot be identified, and why."""
    if number is None:
        return f"{NOT_IDENTIFIABLE}: no verdict at the moment of judgement"
    if not isinstance(number, Estimate):
        return number.reason if number.reason.startswith(NOT_IDENTIFIABLE) else (
            f"{NOT_IDENTIFIABLE}: {number.reason}"
        )  # fmt: skip
    return wording.number(number)


def agreed(kappa: Number) -> str:
    """Kappa with interval, the share behind it, and what it means."""
    if not isinstance(kappa, Estimate):
        return f"cannot be told: {kappa.reason}"
    return f"{in_words(kappa)}. {KAPPA_MEANS}"


def _stratum(each: StratumProgress) -> tuple[str, ...]:
    counts = (each.population, each.drawn, each.done, each.needed, each.misses)
    return (each.name, *(f"{count:,}" for count in counts))
