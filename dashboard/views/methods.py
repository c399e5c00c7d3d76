"""How is each number worked out? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import describing, loading, wording
from dashboard.components import chrome, markup, methods
from dashboard.composition import Session

KINDS = (
    ("Metrics", describing.metrics),
    ("Criteria of the gate", describing.criteria),
    ("States of a verdict", describing.states),
)


def figures(session: Session, pilot: str, words: str) -> None:
    """Show what was found of each kind, then the settings behind all of it."""
    today = said_today(session, pilot)
    in_force = describing.in_force(session.pilot(pilot), session.policy(pilot), session.measuring(pilot))
    found = {title: describing.found(kind(), words) for title, kind in KINDS}
    settings = describing.found(in_force, words)
    if not settings and not any(found.values()):
        methods.nothing(words)
    for title, entries in found.items():
        methods.entries(title, entries, today, pilot)
    methods.settings(settings)


def said_today(session: Session, pilot: str) -> methods.Todays:
    """Every number and criterion of the pilot as it stands, once there is something to measure."""
    if session.published is None:
        chrome.empty("Nothing has been ingested yet.", "Run `pilot ingest` for values beside the meanings.")
        return {}
    measured, verdict = loading.measured(pilot), loading.assessment(pilot).verdict
    return methods.numbers(measured.numbers) | methods.outcomes(verdict)


def page() -> None:
    """Put the page together."""
    st.title("How is each number worked out?", anchor=False)
    session = loading.session()
    chosen = chrome.chosen_pilot([pilot.name for pilot in session.pilots])
    figures(session, chosen, methods.search())
    st.divider()
    at, run = wording.moment(session.as_of), loading.run_id() or "none yet"
    st.html(markup.footer((f"As of {at}", f"published run {run}", f"pilot {chosen}", "present epoch")))


page()
