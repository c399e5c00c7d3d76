"""How long do agent changes wait for approval? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.components import chrome, numbers, velocity, velocity_rows, velocity_text
from dashboard.measured import Measured


def figures(measured: Measured) -> None:
    """Show the answer first, then the numbers, who waits now, the comparison and what lies behind."""
    velocity.answer(measured)
    velocity.missing(measured)
    velocity.headline_cards(measured)
    velocity.curves(measured)
    velocity.waiting(measured)
    velocity.comparison(measured)
    velocity.care(measured)
    velocity.working_time(measured)
    velocity.studies(measured)
    numbers.behind(measured, velocity_rows.ROWS, velocity.KEY)


def page() -> None:
    """Put the page together."""
    st.title("How long do agent changes wait for approval?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    measured = loading.measured(chrome.chosen_pilot([pilot.name for pilot in session.pilots]))
    figures(measured)
    numbers.provenance(measured, velocity_text.settings(measured), loading.run_id())


page()
