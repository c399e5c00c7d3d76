"""How much is decided without a person, and in which modes do agents run? Week by week."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts.approvals_weeks import MODES, automation, modes
from dashboard.components import chrome, markup
from dashboard.components.approvals_cards import Part, cards
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured

WEEKS: Final = ("Week from", "Decisions", "Without a person", *(words for _, words, _, _ in MODES))
MODE_CARDS: Final = (
    ("Bypass mode: no check", "bypass_mode_share", "Decisions in bypass mode"),
    ("Auto mode: a model checks", "auto_mode_share", "Decisions in auto mode"),
    ("Mode that accepts all edits", "accept_edits_mode_share", "Decisions in accept-edits mode"),
)
TOLD_ON_CHANGE: Final = (
    "Some logs tell a mode only once it changes: decisions whose mode is told need not be like all others."
)
NO_MODES: Final = "No log tells the permission mode."
TELL_MODES: Final = (
    "Claude Code's telemetry and Copilot's events do, once the mode changes: docs/telemetry.md."
)


def by_week(measured: Measured, seen: Sights) -> None:
    """Show what was decided without anybody's look, and how that changes."""
    if seen.weeks.is_empty():
        return
    st.header("What no person decides", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        chrome.chart(automation(seen.weeks), "automation", _automation_alt(seen.weeks))
    with right:
        _modes(seen.weeks)
    if _tell_modes(seen.weeks):
        cards(
            measured,
            [(title, (Part("Decisions", metric, "decisions", rows),)) for title, metric, rows in MODE_CARDS],
        )
        st.caption(TOLD_ON_CHANGE)
    with st.expander(f"Weeks in numbers ({seen.weeks.height:,})"):
        st.html(markup.table(WEEKS, (_row(row) for row in seen.weeks.iter_rows(named=True))))


def _modes(weeks: pl.DataFrame) -> None:
    if not _tell_modes(weeks):
        chrome.empty(NO_MODES, TELL_MODES)
        return
    alt = "Permission modes by week: " + "; ".join(_modes_alt(row) for row in weeks.iter_rows(named=True))
    chrome.chart(modes(weeks), "modes", alt)


def _tell_modes(weeks: pl.DataFrame) -> bool:
    return bool(weeks["mode_known_count"].sum())


def _automation_alt(weeks: pl.DataFrame) -> str:
    counts = weeks.select("week_on", "automated_count", "decider_known_count").iter_rows()
    told = (f"{wording.day(on)}: {wording.fraction(count, known)}" for on, count, known in counts)
    return f"Decided without a person, by week: {'; '.join(told)}"


def _modes_alt(row: dict[str, Any]) -> str:
    told = [f"{words} {row[f'{name}_count']:,}" for name, words, _, _ in MODES if row[f"{name}_count"]]
    return f"{wording.day(row['week_on'])}: {', '.join(told) or 'not told'}"


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        wording.day(row["week_on"]),
        f"{row['decision_count']:,}",
        wording.share(row["automated_count"], row["decider_known_count"]),
        *(wording.fraction(row[f"{name}_count"], row["mode_known_count"]) for name, _, _, _ in MODES),
    )
