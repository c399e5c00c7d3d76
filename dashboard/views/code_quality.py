"""Do agent changes bring in more vulnerabilities? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.components import chrome, numbers, quality, quality_kinds, quality_rows, quality_text
from dashboard.measured import Measured


def figures(measured: Measured) -> None:
    """Show the answer first, then rates, comparison, what could be seen and how alike both were looked at."""
    quality.answer(measured)
    quality.missing(measured)
    quality.headline_cards(measured)
    quality.rates(measured)
    quality.comparison(measured)
    quality_kinds.kinds(measured)
    quality.visible(measured)
    quality.sameness(measured)
    quality_kinds.known(measured)
    numbers.behind(measured, quality_rows.ROWS, quality.KEY)


def page() -> None:
    """Put the page together."""
    st.title("Do agent changes bring in more vulnerabilities?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    measured = loading.measured(chrome.chosen_pilot([pilot.name for pilot in session.pilots]))
    figures(measured)
    numbers.provenance(measured, quality_text.settings(measured), loading.run_id())


page()
