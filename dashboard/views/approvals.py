"""Do people look at what they approve? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.components import (
    approvals,
    approvals_automation,
    approvals_canaries,
    approvals_curves,
    approvals_grid,
    approvals_hours,
    approvals_inventory,
    approvals_logs,
    approvals_people,
    approvals_pulls,
    approvals_rows,
    approvals_text,
    chrome,
    numbers,
)


def figures(pilot: str) -> None:
    """Show the answer first, then coverage, sensitivity, people, pull requests, canaries and inventory."""
    measured, seen = loading.measured(pilot), loading.sights(pilot)
    approvals.answer(measured, seen)
    approvals.headline_cards(measured)
    approvals.coverage(measured)
    if approvals.has_prompts(measured):
        approvals_grid.grid(measured, seen)
        approvals_curves.curves(measured, seen)
        approvals_hours.hours(measured, seen)
        approvals_automation.by_week(measured, seen)
        approvals_people.by_team(seen)
        approvals_people.by_person(measured, seen)
    approvals_pulls.pull_requests(measured)
    approvals_canaries.canaries(measured)
    approvals_logs.logs(measured, loading.assessment(pilot).verdict)
    approvals_inventory.inventory(measured, seen)
    approvals_rows.behind(measured)
    numbers.provenance(measured, approvals_text.settings(measured), loading.run_id())


def page() -> None:
    """Put the page together."""
    st.title("Do people look at what they approve?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    figures(chrome.chosen_pilot([pilot.name for pilot in session.pilots]))


page()
