"""Are prompts logged wherever agents work, and are the logs kept? The end of the Approvals page."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.components import approvals_text as text
from dashboard.components import markup
from dashboard.components.approvals_cards import Part, cards
from dashboard.measured import Measured
from metrics.gate.states import Verdict

CRITERIA: Final = ("prompt_log_coverage", "prompt_retention")


def logs(measured: Measured, verdict: Verdict) -> None:
    """Show where prompts are logged, and whether logs are kept for as long as the pilot asks."""
    st.header("Are the logs there, and kept?", anchor=False)
    shown = (
        (
            "Days with agents at work that are logged",
            (Part("Days", text.COVERED, "logged", "Days with a log", noun="day"),),
        ),
        ("Days for which logs are kept", (Part("Days", text.RETENTION, noun="session"),)),
    )
    cards(measured, shown)
    judged = [outcome for outcome in verdict.criteria if outcome.criterion in CRITERIA]
    rows = (
        markup.row((
            markup.badge(markup.CRITERION_LOOKS[each.state], wording.criterion(each.state)),
            f"<b>{escape(each.title)}</b><br>{markup.small(each.sentence)}", "",
        ))
        for each in judged
    )  # fmt: skip
    st.html(f'<div class="pm-criteria">{"".join(rows)}</div>')
