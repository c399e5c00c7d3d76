"""Which canaries were missed, which agents are at work, and are their logs kept? The end of the page."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import approvals_text as text
from dashboard.components import chrome, frames, markup
from dashboard.components.approvals_cards import Part, cards
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.estimate import Undefined
from metrics.fatigue.canaries import PROMPT
from metrics.gate.states import Verdict

CANARIES: Final = ("Marker", "Kind", "Where", "When", "What became of it", "Fast")
CRITERIA: Final = ("prompt_log_coverage", "prompt_retention")
NO_CANARIES: Final = "No canary has come up in this pilot."
BEGIN: Final = (
    "Only a request that is known to be bad measures attention itself. `pilot canary add` registers one; "
    "docs/canaries.md says how to begin, and with whose consent."
)
KINDS: Final = {
    "agent_version": "version", "model": "model", "mode": "mode", "mcp_server": "MCP server",
    "plugin": "plugin", "hook": "hook", "permission_rule": "permission rule",
    "retention_days": "days kept", "setting": "setting",
}  # fmt: skip
INVENTORY: Final = {
    "vendor": "Agent", "kind": "What", "name": "Name", "flags": "Look at", "first_seen_at": "First seen",
    "last_seen_at": "Last seen", "repositories": "Repositories", "teams": "Teams", "places": "Told by",
}  # fmt: skip
WIDE: Final = (INVENTORY["name"], INVENTORY["flags"])
HEIGHT: Final = 380  # px


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


def logs(measured: Measured, verdict: Verdict) -> None:
    """Show where prompts are logged, and whether logs are kept for as long as the pilot asks."""
    st.header("Are the logs there, and kept?", anchor=False)
    shown = (
        ("Days with agents at work that are logged", (Part("Days", text.COVERED, "logged", noun="day"),)),
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


def inventory(measured: Measured, seen: Sights) -> None:
    """List agents, versions, models, modes, servers and rules, those that need a look first."""
    st.header("Which agents are at work", anchor=False)
    if isinstance(seen.inventory, Undefined):
        chrome.empty(
            "No agent has been seen.", f"{seen.inventory.reason[:1].upper()}{seen.inventory.reason[1:]}."
        )
        return
    facts = seen.inventory.with_columns(pl.col("kind").replace(KINDS))
    flagged = facts.filter(pl.col("flags").list.len() > 0).height
    st.markdown(
        f"**{wording.plural(facts.height, 'fact')}** from telemetry, sessions and settings files; "
        f"{flagged:,} to look at."
    )
    first = facts.sort(pl.col("flags").list.len() == 0, "vendor", "kind", "name")
    shown = frames.flat(first.select(list(INVENTORY))).with_columns(
        pl.col(pl.Datetime).dt.strftime("%Y-%m-%d")
    )
    st.dataframe(
        shown.rename(INVENTORY), width="stretch", height=min(HEIGHT, 38 + 35 * shown.height),
        hide_index=True, key="inventory_table", placeholder="",
        column_config={name: st.column_config.Column(width="medium") for name in WIDE},
    )  # fmt: skip
    frames.download(
        lambda: first, wording.plural(first.height, "fact"), f"{measured.case.pilot.name}-inventory.csv"
    )
