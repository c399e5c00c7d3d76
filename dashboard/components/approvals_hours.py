"""When are people asked? The hours of the week on the Approvals page."""

from __future__ import annotations

import streamlit as st

from dashboard import wording
from dashboard.charts.approvals_hours import hour_words, hours_of_week
from dashboard.components import approvals_text as text
from dashboard.components import chrome
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured


def hours(measured: Measured, seen: Sights) -> None:
    """Draw at which hours of the week people are asked."""
    st.header("When people are asked", anchor=False)
    if seen.heat.is_empty():
        chrome.empty("Nobody has answered a prompt in this window.", text.SWITCH_ON)
        return
    fewest = measured.case.measuring.fatigue.minimum_people
    alt = "Prompts answered by hour of the week: " + "; ".join(
        hour_words(row["weekday"], row["hour"], row) for row in seen.heat.iter_rows(named=True)
    )
    chrome.chart(hours_of_week(seen.heat), "approval_hours", alt)
    st.caption(
        f"Hours are those of {measured.case.pilot.timezone}. Beside the prompts stands the share of fast "
        f"approvals where at least {fewest} people answered and {wording.SMALL} approvals could be measured."
    )
