"""Which findings are there, and what was decided? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboard import loading, wording
from dashboard.components import chrome, explorer, explorer_evidence, explorer_form, markup
from dashboard.composition import Session


def figures(session: Session, pilot: str, found: pl.DataFrame) -> None:
    """Show how many there are, the ones that are asked for, and all about the one that is open."""
    explorer_form.said()
    explorer.answer(found)
    opened = explorer.choose(found, pilot)
    if opened is None:
        return
    decided = explorer_evidence.decisions_of(session.tables.dispositions, opened["finding_id"], session.as_of)
    with st.container(border=True, key="finding_panel"):
        sights = loading.first_sights(opened["repository"])
        explorer_evidence.evidence(opened, sights, decided)
        explorer_form.form(session, opened["finding_id"], decided)


def page() -> None:
    """Put the page together."""
    st.title("Which findings are there, and what was decided?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    pilot = chrome.chosen_pilot([each.name for each in session.pilots])
    found = loading.explored(pilot)
    if found.is_empty():
        chrome.empty("No finding is known.", "The page Data health says which scans were read, and where.")
    else:
        figures(session, pilot, found)
    st.divider()
    at, run = wording.moment(session.as_of), loading.run_id()
    st.html(markup.footer((f"As of {at}", f"published run {run}", f"pilot {pilot}", "whatever it counts as")))


page()
