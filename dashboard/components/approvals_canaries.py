"""What became of the seeded requests, or how does one begin? The canaries of the Approvals page."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard import wording
from dashboard.components import approvals_text as text
from dashboard.components import chrome, markup
from dashboard.components.approvals_cards import Part, cards
from dashboard.measured import Measured
from metrics.fatigue.canaries import PROMPT

CANARIES: Final = ("Marker", "Kind", "Where", "When", "What became of it", "Fast")
NO_CANARIES: Final = "No canary has come up in this pilot."
BEGIN: Final = (
    "Only a request that is known to be bad measures attention itself. `pilot canary add` registers one; "
    "docs/canaries.md says how to begin, and with whose consent."
)


def canaries(measured: Measured) -> None:
    """Show what became of the seeded requests, or how to begin."""
    st.header("Canaries", anchor=False)
    found = measured.slice().canaries
    if found.is_empty():
        chrome.empty(NO_CANARIES, BEGIN)
        return
    shown = (
        ("Seeded requests that people let through", (
            Part("Prompts", text.CANARIES, "let through", noun="answer"),
            Part("Pull requests", text.PULL_CANARIES, "let through", noun="answer"),
        )),
        ("Are the missed ones the fast ones?", (
            Part("Odds, missed against caught", "canary_fast_odds_ratio", noun="prompt"),
        )),
    )  # fmt: skip
    cards(measured, shown)
    st.html(markup.table(CANARIES, (_canary(row) for row in found.iter_rows(named=True))))


def _canary(row: dict[str, Any]) -> tuple[str, ...]:
    number = "" if row["number"] is None else f"#{row['number']}"
    return (
        row["canary_id"],
        "prompt" if row["kind"] == PROMPT else "pull request",
        f"{row['repository'] or 'not told'}{number}",
        wording.moment(row["happened_at"]),
        row["outcome"],
        {True: "yes", False: "no", None: "not known"}[row["is_fast"]],
    )
