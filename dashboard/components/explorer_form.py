"""What is decided about a finding? The form, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl
import streamlit as st

from dashboard import loading, recording
from dashboard.components import chrome
from dashboard.components import explorer_text as text
from dashboard.components.explorer_who import decider
from dashboard.composition import Session
from dashboard.recording import Decision
from ingest.errors import PilotError

DISPOSITION_KEY: Final = "disposition"
SAID_KEY: Final = "recorded"  # what was just recorded, told once after the page is drawn anew
ACCEPTED: Final = "accepted"
REOPENED: Final = "reopened"
LONGEST_REASON: Final = 1_000
DOOR: Final = recording.by_page("page Findings")
MEANING: Final = {
    "confirmed": "It is real, and counts as such.",
    "false_positive": "It is none, and no longer counts. A dismissal needs a reason and is listed by person.",
    "accepted": "It is real and stays counted; a second person agrees to live with it.",
    "wont_fix": "It is real and stays counted; nobody will mend it, for a reason.",
    "fixed": "It is real, and mended since: it was an escape all the same.",
    "reopened": "The decision before no longer holds; somebody has to decide again.",
}


def form(session: Session, finding_id: str, decided: pl.DataFrame) -> None:
    """Ask for a decision and record it; it is an event that nobody changes afterwards.

    `decided` are the decisions before it: only what was decided can be reopened.
    """
    st.subheader("Decide", anchor=False)
    if session.as_of_fixed:
        st.caption(text.later(session.as_of.date()))
    by = decider()
    words = {text.DISPOSITION_WORDS[each]: each for each in _offered(decided)}
    chosen = words[st.selectbox("What do you decide?", list(words), key=DISPOSITION_KEY, width=420)]
    st.caption(MEANING[chosen])
    # each decision gets fields of its own, so that none begins with the words of the one before
    decision = _asked((finding_id, chosen, by), f"{finding_id}_{decided.height}")
    if decision is not None:
        _record(session, decision)


def _offered(decided: pl.DataFrame) -> Sequence[str]:
    words = list(text.DISPOSITION_WORDS)
    return words if decided.height else [each for each in words if each != REOPENED]


def _asked(what: tuple[str, str, str], key: str) -> Decision | None:
    """The decision as filled in, once it is sent off; `what`: finding, disposition, by whom."""
    is_acceptance = what[1] == ACCEPTED
    with st.form(f"decide_{key}_{what[1]}", border=False):
        reason = st.text_area("Reason", max_chars=LONGEST_REASON, key=f"reason_{key}", height=90)
        second, ends_on = _acceptance(key) if is_acceptance else ("", None)
        is_sent = st.form_submit_button("Record this decision", type="primary")
    return Decision(*what, reason.strip(), second, ends_on) if is_sent else None


def _acceptance(key: str) -> tuple[str, date | None]:
    second = st.text_input("Second person who agrees", key=f"second_{key}", max_chars=80)
    ends_on = st.date_input(
        "Ends on (leave empty for no end)", value=None, key=f"ends_{key}", format="YYYY-MM-DD"
    )
    return second, ends_on


def _record(session: Session, decision: Decision) -> None:
    try:
        with st.spinner("Recording"):
            recording.decide(session, decision, DOOR)
    except PilotError as error:
        chrome.refusal(error)
        return
    words = text.DISPOSITION_WORDS[decision.disposition]
    st.session_state[SAID_KEY] = f"Recorded: {words}."
    loading.forget()
    st.rerun()


def said() -> None:
    """Say once what was just recorded."""
    words = st.session_state.pop(SAID_KEY, "")
    if words:
        st.success(str(words), icon=":material/check:")
