"""What escaped, and when was it found? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.charts.track import Watch
from dashboard.components import audits, chrome, escapes, escapes_rows, escapes_text, numbers
from dashboard.composition import Session


def figures(session: Session, pilot: str) -> None:
    """Show the answer first, then rates, sprints, delays, the list, and what an audit would add."""
    measured, verdict = loading.measured(pilot), loading.assessment(pilot).verdict
    policy = session.policy(pilot)
    escapes.answer(measured)
    escapes.headline_cards(measured, policy)
    escapes.sprints(verdict, Watch(policy.follow_up_days, session.pilot(pilot).timezone))
    escapes.waiting(measured, policy)
    escapes.the_list(measured)
    escapes.unexplained(measured)
    audits.panel(session, pilot)
    numbers.behind(measured, escapes_rows.ROWS, escapes.KEY)
    numbers.provenance(measured, escapes_text.settings(measured, policy), loading.run_id())


def page() -> None:
    """Put the page together."""
    st.title("What escaped, and when was it found?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    figures(session, chrome.chosen_pilot([pilot.name for pilot in session.pilots]))


page()
