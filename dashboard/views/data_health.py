"""Can the data be believed? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboard import loading, wording
from dashboard.completeness import completeness, last_requests
from dashboard.components import chrome, health, markup
from dashboard.components.completeness import completeness as read_live
from metrics.health import Health


def figures(known: Health, runs: pl.DataFrame) -> None:
    """Show freshness and refusals, what the scans saw, who made the changes, what the code host shows."""
    health.figures_at_a_glance(known)
    health.sources(known)
    held = dict(known.held.select("repository", "pull_requests").iter_rows())
    read_live(completeness(runs, held), last_requests(runs))
    left, right = st.columns(2, gap="large")
    with left:
        health.refused(known)
        health.unattributed(known)
    with right:
        health.scans(known)
    left, right = st.columns(2, gap="large")
    with left:
        health.coverage(known)
    with right:
        health.authorship(known)
    health.code_host(known)


def page() -> None:
    """Put the page together."""
    st.title("Can the data be believed?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    figures(loading.health(), session.runs)
    st.divider()
    at = wording.moment(session.as_of)
    st.html(
        markup.footer((f"As of {at}", f"published run {loading.run_id()}", "all repositories, all authors"))
    )


page()
