"""Can the data be believed? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading, wording
from dashboard.components import chrome, health, markup
from metrics.health import Health


def figures(known: Health) -> None:
    """Show freshness and refusals, what the scans saw, who made the changes, what the code host shows."""
    health.figures_at_a_glance(known)
    health.sources(known)
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
    figures(loading.health())
    st.divider()
    at = wording.moment(session.as_of)
    st.html(
        markup.footer((f"As of {at}", f"published run {loading.run_id()}", "all repositories, all authors"))
    )


page()
