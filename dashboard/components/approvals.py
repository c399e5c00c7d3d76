"""Do people look at what they approve? Answer, coverage and first numbers of the Approvals page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.charts import approvals as charts
from dashboard.charts import look
from dashboard.charts.approvals import Bar
from dashboard.components import approvals_text as text
from dashboard.components import chrome, markup
from dashboard.components.approvals_cards import Part, cards
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.fatigue.prompts import INFERRED

COVERAGE: Final = ("Left out because", "Decisions", "What that means, or what would mend it")
MEASURED: Final = "measured"


def has_prompts(measured: Measured) -> bool:
    """Whether any permission decision of the window is known."""
    return measured.number(text.FAST).coverage.total > 0


def answer(measured: Measured, seen: Sights) -> None:
    """Show the answer with what it rests on; without logs, what to switch on."""
    st.header(f"Pilot {measured.case.pilot.name}", anchor=False)
    if not has_prompts(measured):
        chrome.empty(text.NO_LOGS, text.SWITCH_ON)
        return
    sentence, tone = text.answer(measured, seen)
    st.html(markup.answer(sentence, text.lines(measured, seen), tone))


def headline_cards(measured: Measured) -> None:
    """Show the numbers about prompts that people ask for first."""
    if not has_prompts(measured):
        return
    cards(
        measured,
        (
            ("Prompts answered faster than a look", (
                Part("Approvals", text.FAST, "fast", "Fast approvals of prompts"),
                Part("Rejects, the control", text.REJECTS, "fast", "Fast rejects of prompts"),
            )),
            ("Counting inferred prompts", (
                Part("Both together", text.WITH_INFERRED, "fast", "Fast approvals, inferred ones too"),
                Part("Inferred alone", text.INFERRED_ALONE, "fast", "Fast approvals, inferred alone"),
            )),
            ("What people answer", (
                Part("Approved", text.ACCEPTED, "approved", "Prompts approved"),
                Part("For longer than once", text.LASTING, "approvals", "Approved for longer than once"),
            )),
            ("Who decided", (
                Part("Without a person", text.AUTOMATED, "decisions", "Decided without a person"),
                Part("Not known who", text.UNTOLD, "not known", "Deciders not known"),
            )),
            ("How much can be measured", (
                Part("Approvals measurable", text.MEASURABLE, "approvals", "Measurable approvals of prompts"),
                Part(
                    "Judged without a size", text.UNSIZED, "approvals", "Approvals judged without a size"
                ),
            )),
            ("Agents waited for people", (
                Part("In all", text.BLOCKED, "", "Waits for people", noun="answer"),
                Part("Prompts an hour", text.PER_HOUR, "", "", noun="answer"),
            )),
        ),
    )  # fmt: skip
    st.caption(f"An approval is fast when {text.rule(measured.case.measuring.fatigue)}.")


def coverage(measured: Measured) -> None:
    """Draw what was measured and what was left out, and say what would mend it."""
    if not has_prompts(measured):
        return
    st.header("What could be measured", anchor=False)
    covered = measured.number(text.FAST).coverage
    bars = [Bar(MEASURED, covered.measured, look.BLUE), *(Bar(why, n) for why, n in covered.excluded)]
    title = f"What became of {covered.total:,} decisions"
    alt = f"{title}: " + "; ".join(f"{bar.count:,} {bar.name}" for bar in bars)
    left, right = st.columns(2, gap="large")
    with left:
        chrome.chart(charts.reasons(bars, title), "approval_reasons", alt)
    with right:
        rows = ((why, f"{count:,}", _meaning(why)) for why, count in covered.excluded)
        st.html(markup.table(COVERAGE, rows))


def _meaning(why: str) -> str:
    is_gap, words = text.MEANINGS.get(why, (why == INFERRED, ""))
    return f"Gap: {words}" if is_gap else words
