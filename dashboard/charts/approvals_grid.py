"""How much does the share of fast approvals hang on what counts as fast? A heat map of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.approvals_cells import cell_words

ROW: Final = 58  # px: a share and its count
FRAME: Final = 92  # px: title, ticks and the axis's name
SHADES: Final = ((0.0, look.pale(look.BLUE, 0.04)), (1.0, look.pale(look.BLUE, 0.5)))


@dataclass(frozen=True)
class Cells:
    """Which counts of a sensitivity grid are drawn."""

    fast: str  # column
    total: str
    noun: str  # "approvals"
    is_rate_stated: bool  # False: too few for a rate, counts alone


def sensitivity(grid: pl.DataFrame, cells: Cells, used: tuple[float, float]) -> go.Figure:
    """Draw the share that each rule calls fast; the rule in use is framed.

    Parameters
    ----------
    grid
        One row per floor_seconds and chars_per_second.
    used
        Floor and reading speed in use.
    """
    floors, paces = (grid[name].unique().sort().to_list() for name in ("floor_seconds", "chars_per_second"))
    drawn = look.figure(_title(grid, cells), ROW * len(floors) + FRAME)
    _fill(drawn, grid, cells, (floors, paces))
    if used[0] in floors and used[1] in paces:
        _frame(drawn, paces.index(used[1]), floors.index(used[0]))
    drawn.update_xaxes(
        fixedrange=True, showgrid=False, title={"text": "characters a second", "standoff": 4}, type="category"
    )
    drawn.update_yaxes(fixedrange=True, showgrid=False, type="category", autorange="reversed")
    drawn.update_layout(margin={"l": 34, "r": 8, "t": 34, "b": 46})
    return drawn


def _title(grid: pl.DataFrame, cells: Cells) -> str:
    """Every rule judges the same answers, so one count is that of all."""
    unit = "in %" if cells.is_rate_stated else "counts"
    total = next(iter(grid[cells.total]), 0)
    return f"Faster than a look, {unit}, of {total:,} {cells.noun}"


def _fill(drawn: go.Figure, grid: pl.DataFrame, cells: Cells, axes: tuple[list[float], list[float]]) -> None:
    floors, paces = axes
    found = {(row["floor_seconds"], row["chars_per_second"]): row for row in grid.iter_rows(named=True)}
    rows = [[found[floor, pace] for pace in paces] for floor in floors]
    drawn.add_trace(
        go.Heatmap(
            z=[[_shade(row, cells) for row in line] for line in rows],
            x=[pace_words(pace) for pace in paces], y=[f"{floor:g} s" for floor in floors],
            hovertext=[[_rule_words(row, cells) for row in line] for line in rows],
            hoverinfo="text", colorscale=SHADES, zmin=0, zmax=1, showscale=False, xgap=3, ygap=3,
        )
    )  # fmt: skip
    drawn.layout.annotations = cell_words([[_cell(row, cells) for row in line] for line in rows])


def pace_words(pace: float) -> str:
    """A reading speed, where none means that the floor alone counts.

    >>> pace_words(100.0), pace_words(float("inf"))
    ('100', 'floor alone')
    """
    return "floor alone" if isinf(pace) else f"{pace:g}"


def _shade(row: Mapping[str, Any], cells: Cells) -> float:
    """How dark a cell is: where no rate is stated, shades must not state one."""
    total = row[cells.total]
    return row[cells.fast] / total if cells.is_rate_stated and total else 0.0


def _cell(row: Mapping[str, Any], cells: Cells) -> str:
    """The count, below its share where there are enough to state one."""
    count, total = row[cells.fast], row[cells.total]
    is_rate = cells.is_rate_stated and total
    return f"{wording.percent(count / total)}<br>{count:,}" if is_rate else f"{count:,}"


def _rule_words(row: Mapping[str, Any], cells: Cells) -> str:
    counts, pace = wording.fraction(row[cells.fast], row[cells.total]), row["chars_per_second"]
    speed = "the floor alone" if isinf(pace) else f"{pace:g} characters a second"
    return f"{row['floor_seconds']:g} s and {speed}: {counts} {cells.noun}"


def _frame(drawn: go.Figure, column: int, row: int) -> None:
    drawn.add_shape(
        type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
        line={"color": look.AMBER, "width": 3}, fillcolor="rgba(0,0,0,0)",
    )  # fmt: skip
