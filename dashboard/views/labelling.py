"""What did a detector miss? Chance draws, people label blind, others settle; one thing to do at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from dashboard import loading
from dashboard.components import (
    chrome,
    labelling_choice,
    labelling_drawing,
    labelling_files,
    labelling_outcome,
    labelling_progress,
    labelling_queue,
    labelling_settling,
)
from dashboard.components.labelling_choice import Desk

NEEDS_PERSON: Final = (labelling_choice.LABEL, labelling_choice.OUTCOME, labelling_choice.SETTLE)
NEEDS_NOBODY: Final = (labelling_choice.PROGRESS,)
SHOWN: Final[dict[str, Callable[[Desk], None]]] = {
    labelling_choice.LABEL: labelling_queue.label,
    labelling_choice.OUTCOME: labelling_outcome.outcome,
    labelling_choice.SETTLE: labelling_settling.settle,
    labelling_choice.PROGRESS: labelling_progress.progress,
    labelling_choice.DRAW: labelling_drawing.drawing,
    labelling_choice.FILES: labelling_files.files,
}
WITHOUT_DRAW: Final = (labelling_choice.DRAW, labelling_choice.FILES)


def desk(pilot: str) -> None:
    """Show what was chosen, and nothing else: what others said must not be on the page."""
    session = labelling_choice.fresh()
    names = labelling_choice.drawn(session, pilot)
    view = labelling_choice.choose_view(has_draws=bool(names))
    design = "" if view == labelling_choice.DRAW else labelling_choice.choose_draw(names)
    labelling_choice.said()
    who = "" if view in NEEDS_NOBODY else labelling_choice.annotator()
    if view in NEEDS_PERSON and not who:
        labelling_choice.nobody()
        return
    if not names and view not in WITHOUT_DRAW:
        chrome.empty(
            "Nothing has been drawn for labelling yet.", "Choose Draw above: it says first what it buys."
        )
        return
    SHOWN[view](Desk(session, pilot, design or (names[0] if names else ""), who))


def page() -> None:
    """Put the page together."""
    st.title("What did a detector miss?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    desk(chrome.chosen_pilot([pilot.name for pilot in session.pilots]))


page()
