"""How often do detectors raise false alarms, and how often do they miss? Answer, and every version."""

from __future__ import annotations

import streamlit as st

from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.measured import Measured


def has_verdicts(measured: Measured) -> bool:
    """Whether any verdict of a detector about the pilot is known."""
    return bool(measured.case.detectors.units)


def answer(measured: Measured) -> None:
    """Show the answer with what it rests on; without logs, how to connect them."""
    st.header(f"Pilot {measured.case.pilot.name}", anchor=False)
    if not has_verdicts(measured):
        chrome.empty(text.NO_DETECTIONS, text.CONNECT)
        return
    found = measured.case.detectors
    sentence, tone = text.answer(found)
    st.html(markup.small(text.EXPLAINED))
    st.html(markup.answer(sentence, text.lines(found), tone))


def versions(measured: Measured) -> None:
    """Show one line per detector version: how often it errs either way, and how that is known."""
    found = measured.case.detectors
    st.header("Every detector version", anchor=False)
    st.html(markup.table(text.VERSIONS, (text.version_row(found, unit) for unit in found.units)))
    if why := text.reasons(found):
        st.html(markup.facts(why))
    st.page_link(
        "views/labelling.py", label="Label what passed", icon=":material/label:",
        query_params={"pilot": measured.case.pilot.name},
    )  # fmt: skip
