"""How much hangs on what counts as fast? The sensitivity of the Approvals page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts.approvals_grid import Cells, pace_words, sensitivity
from dashboard.components import approvals_text as text
from dashboard.components import chrome, markup
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.estimate import Estimate

GRID: Final = (
    "Floor", "Characters a second", "Fast approvals", "Fast, of inferred approvals", "Fast rejects",
)  # fmt: skip


def grid(measured: Measured, seen: Sights) -> None:
    """Draw the share of fast approvals, and of fast rejects, under every rule of the grid."""
    rules = measured.case.measuring.fatigue
    st.header("How much hangs on the rule", anchor=False)
    st.markdown(
        "Answers that would count as fast with another floor or another reading speed; the rule in use is "
        "framed. A reject shows that somebody looked, so a rule that calls many of them fast is too strict."
    )
    explicit = seen.grid.filter(~pl.col("is_inferred"))
    shown = (
        Cells("fast_count", "approval_count", "approvals", _is_stated(measured, text.FAST)),
        Cells("fast_reject_count", "reject_count", "rejects", _is_stated(measured, text.REJECTS)),
    )
    for place, cells in zip(st.columns(2, gap="large"), shown, strict=True):
        with place:
            used = (rules.floor_seconds, rules.chars_per_second)
            alt = f"Fast {cells.noun} by floor and reading speed: {_grid_alt(explicit, cells)}"
            chrome.chart(sensitivity(explicit, cells, used), f"grid_{cells.noun}", alt)
    with st.expander(f"The grid in numbers ({explicit.height:,})"):
        st.html(markup.table(GRID, _grid_rows(seen.grid)))


def _is_stated(measured: Measured, metric: str) -> bool:
    """Whether there are enough answers and people to state a rate."""
    return isinstance(measured.number(metric), Estimate)


def _grid_alt(rows: pl.DataFrame, cells: Cells) -> str:
    return "; ".join(
        f"{row['floor_seconds']:g} s, {pace_words(row['chars_per_second'])}: "
        f"{wording.fraction(row[cells.fast], row[cells.total])}"
        for row in rows.iter_rows(named=True)
    )


def _grid_rows(rows: pl.DataFrame) -> Iterable[tuple[str, ...]]:
    by = ("floor_seconds", "chars_per_second")
    inferred = rows.filter("is_inferred").select(*by, x="fast_count", n="approval_count")
    both = rows.filter(~pl.col("is_inferred")).join(inferred, on=by, how="left", maintain_order="left")
    return (_grid_row(row) for row in both.iter_rows(named=True))


def _grid_row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{row['floor_seconds']:g} s",
        pace_words(row["chars_per_second"]),
        wording.fraction(row["fast_count"], row["approval_count"]),
        wording.fraction(row["x"], row["n"]),
        wording.fraction(row["fast_reject_count"], row["reject_count"]),
    )
