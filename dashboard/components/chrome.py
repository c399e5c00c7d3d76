"""What stands around every page: style, banner, the pilot filter, refusals and empty states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from dashboard import wording
from dashboard.components.sheet import STYLE
from dashboard.composition import Session
from ingest.errors import PilotError

CHART_CONFIG: Final = {"displayModeBar": False, "scrollZoom": False}
INKS: Final = {"light": "#3d4956", "dark": "#c3ccd5"}
PILOT_KEY: Final = "pilot"  # also the name in the URL


def style() -> None:
    """Put the product's style sheet on the page."""
    st.html(STYLE)


def banner(session: Session) -> None:
    """Say so when the configuration, not the clock, decides what time it is."""
    if session.as_of_fixed:
        st.caption(
            f":material/event: As of **{wording.day(session.as_of)}**, fixed in the configuration: "
            "what came later has not happened here."
        )


def pilot_filter(names: Sequence[str]) -> str:
    """Choose a pilot; the choice stands in the URL and survives a change of page."""
    return st.selectbox("Pilot", names, key=PILOT_KEY, bind="query-params", width=320)


def chosen_pilot(names: Sequence[str]) -> str:
    """Read the pilot chosen in the shared filter; the first one until somebody chooses."""
    chosen = st.session_state.get(PILOT_KEY)
    return str(chosen) if chosen in names else names[0]


def empty(what: str, remedy: str) -> None:
    """Say what is missing and what to do about it, instead of an empty chart."""
    st.info(f"**{what}** {remedy}", icon=":material/inbox:")


def chart(figure: go.Figure, key: str, alt: str, **options: Any) -> None:
    """Show a figure with captions that can be read on the light and on the dark page."""
    ink = INKS.get(st.context.theme.type or "light")
    notes = [note.to_plotly_json() for note in figure.layout.annotations]
    figure.layout.annotations = [note | {"font": {"color": ink, **note.get("font", {})}} for note in notes]
    st.plotly_chart(figure, config=CHART_CONFIG, key=key, alt=alt, **options)


def nothing_ingested() -> None:
    """Say that there is nothing to show before the first ingest."""
    empty("Nothing has been ingested yet.", "Run `pilot ingest`, then load this page again.")


def refusal(error: PilotError) -> None:
    """Show an error of the product as the one line that it is."""
    st.error(str(error), icon=":material/error:")
