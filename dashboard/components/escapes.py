"""What escaped, and how long until it was found? The parts of the Escapes page."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.escapes import Found, delays, first_words, has_moved, sprint_rates
from dashboard.charts.track import Watch, standing
from dashboard.components import chrome, markup, numbers
from dashboard.components import escapes_text as text
from dashboard.components.numbers import Card
from dashboard.measured import Measured
from metrics.escape_list import escapes, held_back
from metrics.gate.policy import Policy
from metrics.gate.states import SprintCount, Verdict

KEY: Final = "escaped"  # the chooser of rows; also the name in the URL
QUARTER_DAYS: Final = 90
SPRINTS: Final = (
    "Sprint", "From", "Standing", "Confirmed", "With unreviewed", "Looked at", "Independently", "Bypasses",
    "Nowcast", "First published",
)  # fmt: skip
LIST: Final = {
    "side": "Whose", "severity": "Severity", "rule": "Rule", "status": "Status",
    "delay_days": "Days after merge", "repository": "Repository", "number": "Change", "where": "Line",
    "tools": "Seen by", "method": "How it is known", "confidence": "Confidence", "merged_at": "Merged",
    "first_seen_at": "First seen", "url": "Link",
}  # fmt: skip
HELD: Final = {
    "unexplained": "Why", "severity": "Severity", "rule": "Rule", "status": "Status",
    "repository": "Repository", "where": "Line", "tools": "Seen by", "method": "How it is known",
    "first_seen_at": "First seen", "finding_id": "Finding", "url": "Link",
}  # fmt: skip
SIDES: Final = ((look.AGENTS, "agent"), (look.PEOPLE, "human"))


def answer(measured: Measured) -> None:
    """Show the answer with what it rests on."""
    st.header(f"Pilot {measured.case.pilot.name}", anchor=False)
    sentence, tone = text.answer(measured)
    st.html(markup.answer(sentence, text.lines(measured), tone))


def headline_cards(measured: Measured, policy: Policy) -> None:
    """Show the rates of both sides, and the signs that need no scanner."""
    days = policy.follow_up_days
    shown = (
        Card("Escape rate, confirmed", text.RATE, "escaped", "Changes with a confirmed escape", "change"),
        Card("Escape rate with unreviewed", text.RATE_HIGH, "escaped", "Changes with an escape", "change"),
        Card(f"Found within {days} days, of those watched that long", text.WINDOW, "escaped", "", "change"),
        Card(
            f"Found within {QUARTER_DAYS} days, of those watched that long",
            text.QUARTER,
            "escaped",
            "",
            "change",
        ),
        Card("Escapes per KLOC added", text.PER_KLOC, "", "", "change"),
        Card("Days until half of the escapes were found", text.DELAY, "found", "", "escape"),
        Card("Found before merge", text.BEFORE, "found before", "", "change"),
        Card("Reverted", text.REVERTED, "reverted", "Reverted", "change"),
        Card("Followed by a hotfix", text.HOTFIXED, "hotfixed", "Hotfixed", "change"),
    )
    numbers.cards(measured, shown, KEY)


def sprints(verdict: Verdict, watch: Watch) -> None:
    """Draw the rate sprint by sprint, and list it in numbers."""
    st.header("Sprint by sprint", anchor=False)
    shown = [each for each in verdict.sprints if each.changes]
    if not shown:
        chrome.empty("No agent change has merged in a sprint yet.", "Ingest merged pull requests.")
        return
    alt = "Escape rate by sprint: " + "; ".join(_told(each) for each in shown)
    chrome.chart(sprint_rates(verdict.sprints, verdict.threshold), "escape_sprints", alt)
    st.caption(
        "Ranges are exact for one look. Open marks are not the last word: what nobody has reviewed, what was "
        "first published and has moved since, and where a sprint is heading by the delays of past escapes."
    )
    with st.expander("Sprints in numbers"):
        st.html(markup.table(SPRINTS, (_sprint_row(each, watch) for each in reversed(verdict.sprints))))


def _told(sprint: SprintCount) -> str:
    return f"sprint {sprint.number}: {wording.fraction(sprint.escapes_low, sprint.changes)}"


def _sprint_row(sprint: SprintCount, watch: Watch) -> tuple[str, ...]:
    counts = (sprint.escapes_low, sprint.escapes_high, sprint.detected, sprint.independent)
    first = sprint.first_published
    told = "" if first is None else f"{first_words(sprint)}{', moved since' if has_moved(sprint) else ''}"
    return (
        str(sprint.number),
        wording.day(watch.on(sprint.start)),
        standing(sprint, watch),
        *(wording.fraction(count, sprint.changes) for count in counts),
        str(sprint.bypasses),
        "" if sprint.nowcast is None else wording.number(sprint.nowcast),
        told,
    )


def waiting(measured: Measured, policy: Policy) -> None:
    """Draw how long after its merge each escape was first reported."""
    st.header("From merge to first report", anchor=False)
    sides = [(side, _found(measured, arm)) for side, arm in SIDES]
    if not any(found for _, found in sides):
        chrome.empty(
            "No escape is known.", "What scans, audits, incidents or people find later appears here."
        )
        return
    alt = "; ".join(
        f"{side.words}: {', '.join(each.words for each in found) or 'none'}" for side, found in sides
    )
    chrome.chart(delays(sides, (policy.follow_up_days, QUARTER_DAYS)), "escape_delays", alt)
    st.caption(
        "Filled: confirmed; open: not reviewed yet. What is found next may come later than all of these."
    )


def _found(measured: Measured, arm: str) -> list[Found]:
    rows = listed(measured).filter(pl.col("arm") == arm)
    return [
        Found(row["delay_days"], _words(row), row["status"] == "confirmed")
        for row in rows.iter_rows(named=True)
    ]


def _words(row: dict[str, Any]) -> str:
    after = wording.plural(round(row["delay_days"]), "day")
    return f"{row['repository']}#{row['number']}: {row['severity']} {row['rule']}, {after} after the merge"


def listed(measured: Measured) -> pl.DataFrame:
    """Every escape of agents and of people, worked out once."""
    return measured.once("escapes", lambda: escapes(measured.case))


def the_list(measured: Measured) -> None:
    """List every escape with the way to its lines."""
    st.header("Every escape", anchor=False)
    rows = listed(measured)
    if not rows.height:
        chrome.empty("No escape is known.", "The findings that are no escapes stand on the Findings page.")
        return
    st.markdown(f"**{wording.plural(rows.height, 'escape')}** of agents and of people; worst first.")
    numbers.table(_shown(rows), LIST, "escape_list")


def unexplained(measured: Measured) -> None:
    """List the findings that hold the verdict back because no change answers for them."""
    rows = measured.once("held", lambda: held_back(measured.case))
    if not rows.height:
        return
    st.header("Counted to no change", anchor=False)
    st.markdown(
        f"**{wording.plural(rows.height, 'finding')}** that no change in scope answers for; each row says "
        "why. While there are any, the verdict is held: decide about them on the Findings page, name their "
        "change in a sidecar, or let `[sources.git]` read the history."
    )
    numbers.table(_placed(rows), HELD, "held_list")


def _shown(rows: pl.DataFrame) -> pl.DataFrame:
    sides = pl.col("arm").replace_strict({arm: side.words for side, arm in SIDES}, default="Others")
    return _placed(rows).with_columns(side=sides, delay_days=pl.col("delay_days").round(1))


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `where`: path and line, as people write them."""
    path = pl.col("path").fill_null("no place told")
    return rows.with_columns(
        where=pl.concat_str([path, pl.col("line").cast(pl.String)], separator=":", ignore_nulls=True)
    )
