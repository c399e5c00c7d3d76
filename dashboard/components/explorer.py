"""Which findings are there? Counts, the table, and the one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import chrome, explorer_filters, frames
from dashboard.components import explorer_text as text
from dashboard.components.explorer_rows import COLUMNS, WAITING, filtered

SHOWN: Final = 200  # rows sent to a browser at once; the download has all
FINDING_KEY: Final = "finding"  # also the name in the address
TABLE_KEY: Final = "findings_table"
TABLE_HEIGHT: Final = 360  # px
HEADINGS: Final = {
    "severity": "Severity",
    "rule": "Rule",
    "place": "Where",
    "status": "Decision",
    "counts_as": "Counts as",
    "change": "Change",
    "arm": "Made by",
    "sprint": "Sprint",
    "tools": "Scanners",
    "stage": "First seen",
    "first_seen_at": "On",
    "finding_id": "Id",
}


def answer(found: pl.DataFrame) -> None:
    """Say how many there are, and how many wait for somebody."""
    waiting = found.filter(WAITING).height
    needs = "none needs a decision" if not waiting else f"{waiting:,} of them {_need(waiting)} a decision"
    st.markdown(f"**{wording.plural(found.height, 'finding')}** in the pilot's repositories; **{needs}**.")


def _need(count: int) -> str:
    return "needs" if count == 1 else "need"


def choose(found: pl.DataFrame, pilot: str) -> dict[str, Any] | None:
    """Filter, list, and open one: by its row, or by keyboard in the chooser below."""
    wanted = explorer_filters.filters(found)
    listed = filtered(found, wanted)
    st.markdown(f"**{wording.plural(listed.height, 'row')}**{_cut(listed.height)}")
    if listed.is_empty():
        chrome.empty("No finding is like that.", "Take some of the filters away.")
        st.button("Clear the filters", on_click=explorer_filters.clear)
    else:
        _table(listed.head(SHOWN))
        whole = wording.plural(listed.height, "row")
        frames.download(lambda: listed.select(COLUMNS), whole, f"{pilot}-all-findings.csv")
    return _opened(found, listed.head(SHOWN))


def _cut(count: int) -> str:
    return f"; the first {SHOWN} are shown, the download has all" if count > SHOWN else ""


def _table(shown: pl.DataFrame) -> None:
    st.dataframe(
        in_words(shown),
        width="stretch",
        height=min(TABLE_HEIGHT, 38 + 35 * shown.height),
        hide_index=True,
        key=TABLE_KEY,
        on_select=partial(_open, shown["finding_id"].to_list()),
        selection_mode="single-row",
        placeholder="",
    )


def in_words(shown: pl.DataFrame) -> pl.DataFrame:
    """Rows as people read them, under plain headings."""
    told = shown.with_columns(
        pl.col("status").replace(text.STATUS_WORDS),
        pl.col("stage").replace(text.STAGE_WORDS),
        pl.col("first_seen_at").dt.strftime("%Y-%m-%d"),
        pl.col("sprint").cast(pl.String).fill_null(text.OUTSIDE),
        place=_each(shown, text.place, ("path", "line")),
        change=_each(shown, text.change, ("repository", "number")),
    )
    return frames.flat(told.select(list(HEADINGS))).rename(HEADINGS)


def _each(shown: pl.DataFrame, say: Any, columns: Sequence[str]) -> pl.Series:
    return pl.Series([say(*values) for values in shown.select(columns).iter_rows()], dtype=pl.String)


def _open(ids: Sequence[str]) -> None:
    """Hand a chosen row to the chooser below, which is the one place that knows what is open."""
    rows: list[int] = st.session_state[TABLE_KEY]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        st.session_state[FINDING_KEY] = ids[rows[0]]


def _opened(found: pl.DataFrame, shown: pl.DataFrame) -> dict[str, Any] | None:
    """The finding that is open: one of the rows shown, or the one that the address names."""
    asked = st.session_state.get(FINDING_KEY, st.query_params.get(FINDING_KEY))
    ids = shown["finding_id"].to_list()
    named = found.filter(pl.col("finding_id") == asked) if asked else found.clear()
    if named.is_empty():
        st.session_state[FINDING_KEY] = None
    chosen = st.selectbox(
        "Open a finding",
        [*ids, *(each for each in named["finding_id"] if each not in ids)],
        index=None,
        key=FINDING_KEY,
        bind="query-params",
        placeholder="Choose a row above, or an id here",
        disabled=not ids and named.is_empty(),
    )
    return None if chosen is None else found.row(by_predicate=pl.col("finding_id") == chosen, named=True)
