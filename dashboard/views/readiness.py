"""May this pilot expand? One page: title, selection, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.charts.track import Watch
from dashboard.components import chrome, drill, verdict
from metrics.gate.assessment import Assessment


def figures(assessment: Assessment, watch: Watch) -> None:
    """Show the answer first, then what it rests on, then the rows behind it."""
    judged = assessment.verdict
    verdict.answer(judged)
    left, right = st.columns([3, 2], gap="large")
    with left:
        drill.track(assessment, watch)
        drill.change(assessment)
        verdict.trust(judged)
    with right:
        drill.needs(assessment)
        verdict.evidence(judged)
    verdict.sprint_table(judged, watch)
    verdict.criteria(judged)
    drill.rows(assessment)


def page() -> None:
    """Put the page together."""
    st.title("May this pilot expand?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    chosen = chrome.chosen_pilot([pilot.name for pilot in session.pilots])
    assessment, policy = loading.assessment(chosen), session.policy(chosen)
    verdict.overview(loading.verdicts(), chosen)
    figures(assessment, Watch(policy.follow_up_days, session.pilot(chosen).timezone))
    verdict.provenance(assessment.verdict, policy, loading.run_id())


page()
