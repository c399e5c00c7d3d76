"""What is looked for among the findings? Filters that stand in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl
import streamlit as st

from dashboard.components import explorer_text as text
from dashboard.components.explorer_rows import Wanted, options

SEARCH_KEY: Final = "search"  # keys are also the names in the address
WAITING_KEY: Final = "waiting"
WIDTH: Final = 232  # px; four beside each other on a wide page


@dataclass(frozen=True)
class Choice:
    """One filter: its name in the rows, in the address, and for people."""

    name: str
    key: str
    label: str
    words: dict[str, str]  # value -> how it is said; none = as it is


CHOICES: Final = (
    Choice("severity", "severity", "Severity", {}),
    Choice("status", "status", "Decision", text.STATUS_WORDS),
    Choice("stage", "stage", "First seen", text.STAGE_WORDS),
    Choice("arm", "arm", "Made by", {}),
    Choice("tool", "tool", "Scanner", {}),
    Choice("method", "method", "Change found by", text.METHOD_WORDS),
    Choice("sprint", "sprint", "Sprint", {}),
)
EVERY_KEY: Final = (SEARCH_KEY, WAITING_KEY, *(each.key for each in CHOICES))


def filters(found: pl.DataFrame) -> Wanted:
    """Show the filters and read what is wanted; what is chosen survives a reload and can be sent on."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        words = st.text_input(
            "Search",
            key=SEARCH_KEY,
            bind="query-params",
            placeholder="rule, path, message, id or owner/name#12",
        )
    with right:
        only_waiting = st.toggle("Only what needs a decision", key=WAITING_KEY, bind="query-params")
    return Wanted(words, _chosen(found), only_waiting)


def _chosen(found: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    is_any_set = any(st.session_state.get(each.key) or each.key in st.query_params for each in CHOICES)
    with st.expander("Filters", expanded=is_any_set), st.container(horizontal=True):
        return {each.name: tuple(_choose(each, options(found, each.name))) for each in CHOICES}


def _choose(choice: Choice, values: list[str]) -> list[str]:
    """Choose any of the values; none means all."""
    said = {choice.words.get(value, value): value for value in values}
    picked = st.multiselect(
        choice.label, list(said), key=choice.key, bind="query-params", placeholder="any", width=WIDTH
    )
    return [said[each] for each in picked]


def clear() -> None:
    """Take every filter away again."""
    for key in EVERY_KEY:
        st.session_state[key] = {SEARCH_KEY: "", WAITING_KEY: False}.get(key, [])
