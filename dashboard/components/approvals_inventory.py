"""Which agents are at work, and which of them need a look? The inventory of the Approvals page."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import chrome, frames
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.estimate import Undefined

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
