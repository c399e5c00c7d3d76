"""Can the verdicts and labels be believed? What is wrong, worth knowing and in order."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

import streamlit as st

from dashboard.components import chrome, markup
from dashboard.measured import Measured
from metrics.detectors.health import HealthLine, State, health

LOOKS: Final[dict[State, tuple[tuple[str, str], str]]] = {
    "warning": (("◆", "ask"), "look at this"),
    "note": (("○", "wait"), "worth knowing"),
    "good": (("●", "good"), "in order"),
}
OF_ALL: Final = "all detectors"
NOTHING_WRONG: Final = "Nothing is wrong with the verdicts and labels."


def strip(measured: Measured) -> None:
    """Show what is wrong at once; what is worth knowing or in order opens on demand."""
    st.header("Can the verdicts be believed?", anchor=False)
    found = measured.once("detectors health", lambda: health(measured.case.detectors))
    wrong, rest = (
        [line for line in found if (line.state == "warning") == is_wrong] for is_wrong in (True, False)
    )
    if wrong:
        st.html(lines(wrong))
    else:
        chrome.empty(NOTHING_WRONG, "What was looked at stands below.")
    with st.expander(f"Worth knowing, and in order ({len(rest):,})"):
        st.html(lines(sorted(rest, key=lambda line: line.state != "note")))


def lines(found: Iterable[HealthLine]) -> str:
    """One row per detector and state, its sentences below each other; they carry their counts."""
    grouped: dict[tuple[str, State], list[str]] = {}
    for line in found:
        who = OF_ALL if line.unit is None else line.unit.name
        grouped.setdefault((who, line.state), []).append(line.sentence)
    return f'<div class="pm-facts">{"".join(_row(*key, said) for key, said in grouped.items())}</div>'


def _row(who: str, state: State, said: list[str]) -> str:
    look, words = LOOKS[state]
    sentences = "<br>".join(markup.small(sentence) for sentence in said)
    return markup.row((markup.badge(look, words), f"<b>{escape(who)}</b><br>{sentences}"))
