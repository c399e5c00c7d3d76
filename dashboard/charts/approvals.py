"""Which decisions were measured, how much hangs on what "fast" means, and what goes before a fast answer?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look
from metrics.estimate import Estimate, Number
from metrics.fatigue.curves import CurvePoint

REASON_ROW: Final = 44  # px: caption and bar
BAR: Final = 0.34  # of a row
GRID_ROW: Final = 58  # px: a share and its count
GRID_FRAME: Final = 92  # px: title, ticks and the axis's name
CURVE_HEIGHT: Final = 380  # px
LEAST_TOP: Final = 0.1  # of an axis of shares: smaller ones must not fill it
FAST: Final = look.Side("fast", look.BLUE, "circle", "solid")
REJECTED: Final = look.Side("rejected", look.PURPLE, "square-open", "dot")
SHADES: Final = ((0.0, look.pale(look.BLUE, 0.04)), (1.0, look.pale(look.BLUE, 0.62)))


@dataclass(frozen=True)
class Bar:
    """Decisions of one kind."""

    name: str
    count: int
    colour: str = look.GREY


def reasons(bars: Sequence[Bar], title: str) -> go.Figure:
    """Draw how many decisions were measured, and how many were left out for each reason."""
    drawn = look.figure(title, REASON_ROW * len(bars) + 66)
    total = sum(bar.count for bar in bars)
    words = [f"<b>{bar.name}</b>  {wording.share(bar.count, total)}" for bar in bars]
    drawn.add_trace(
        go.Bar(
            x=[bar.count for bar in bars], y=list(range(len(bars))), orientation="h", width=BAR,
            marker={"color": [bar.colour for bar in bars]}, hovertext=words, hoverinfo="text",
        )
    )  # fmt: skip
    drawn.layout.annotations = [
        look.caption(text, (0, place - 0.42), "left") for place, text in enumerate(words)
    ]
    top = max([bar.count for bar in bars], default=0) or 1
    drawn.update_xaxes(
        range=[0, 1.03 * top], nticks=5, tickformat=",d", fixedrange=True, gridcolor=look.GRID, zeroline=False
    )
    drawn.update_yaxes(range=[len(bars) - 0.5, -0.75], visible=False, fixedrange=True)
    drawn.update_layout(margin={"l": 4, "r": 16, "t": 34, "b": 28}, showlegend=False)
    return drawn


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
    rows = {(row["floor_seconds"], row["chars_per_second"]): row for row in grid.iter_rows(named=True)}
    total = int(grid[cells.total].max() or 0)  # type: ignore[arg-type]  # a column of counts
    unit = "in %" if cells.is_rate_stated else "counts"
    title = f"Faster than a look, {unit}, of {total:,} {cells.noun}"
    drawn = look.figure(title, GRID_ROW * len(floors) + GRID_FRAME)
    counts = [[rows[floor, pace][cells.fast] for pace in paces] for floor in floors]
    drawn.add_trace(
        go.Heatmap(
            z=[[_shade(count, total, cells) for count in row] for row in counts],
            x=[pace_words(pace) for pace in paces], y=[f"{floor:g} s" for floor in floors],
            text=[[_cell(count, total, cells) for count in row] for row in counts], texttemplate="%{text}",
            hovertext=[
                [_rule_words(floor, pace, rows[floor, pace], cells) for pace in paces] for floor in floors
            ],
            hoverinfo="text", colorscale=SHADES, zmin=0, zmax=1, showscale=False, xgap=3, ygap=3,
        )
    )  # fmt: skip
    if used[0] in floors and used[1] in paces:
        _frame(drawn, paces.index(used[1]), floors.index(used[0]))
    drawn.update_xaxes(
        fixedrange=True, showgrid=False, title={"text": "characters a second", "standoff": 4}, type="category"
    )
    drawn.update_yaxes(fixedrange=True, showgrid=False, type="category", autorange="reversed")
    drawn.update_layout(margin={"l": 34, "r": 8, "t": 34, "b": 46})
    return drawn


def pace_words(pace: float) -> str:
    """A reading speed, where none means that the floor alone counts.

    >>> pace_words(100.0), pace_words(float("inf"))
    ('100', 'floor alone')
    """
    return "floor alone" if isinf(pace) else f"{pace:g}"


def _shade(count: int, total: int, cells: Cells) -> float:
    """How dark a cell is: where no rate is stated, shades must not state one."""
    return count / total if cells.is_rate_stated and total else 0.0


def _cell(count: int, total: int, cells: Cells) -> str:
    """The count, below its share where there are enough to state one."""
    is_rate = cells.is_rate_stated and total
    return f"{wording.percent(count / total)}<br>{count:,}" if is_rate else f"{count:,}"


def _rule_words(floor: float, pace: float, row: dict[str, Any], cells: Cells) -> str:
    counts = wording.fraction(row[cells.fast], row[cells.total])
    speed = "the floor alone" if isinf(pace) else f"{pace:g} characters a second"
    return f"{floor:g} s and {speed}: {counts} {cells.noun}"


def _frame(drawn: go.Figure, column: int, row: int) -> None:
    drawn.add_shape(
        type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
        line={"color": look.AMBER, "width": 3}, fillcolor="rgba(0,0,0,0)",
    )  # fmt: skip


def band_curve(points: Sequence[CurvePoint], title: str, axis: str) -> go.Figure:
    """Draw the shares of fast approvals and of rejects by what went before the answer."""
    drawn = look.figure(title, CURVE_HEIGHT)
    places = list(range(len(points)))
    shown = ((FAST, "fast approvals", [each.fast for each in points], -0.06),
             (REJECTED, "rejects", [each.rejected for each in points], 0.06))  # fmt: skip
    for side, name, numbers, shift in shown:
        drawn.add_trace(_with_ranges(side, name, numbers, [place + shift for place in places]))
    top = highest(each for point in points for each in (point.fast, point.rejected))
    drawn.update_xaxes(
        tickvals=places, ticktext=[_tick(each) for each in points], fixedrange=True, showgrid=False,
        zeroline=False, range=[-0.5, len(points) - 0.5], title={"text": axis, "standoff": 6},
    )  # fmt: skip
    drawn.update_yaxes(
        range=[-0.02 * top, top],
        tickformat=".0%",
        nticks=6,
        fixedrange=True,
        gridcolor=look.GRID,
        zeroline=False,
    )
    drawn.update_layout(
        margin={"l": 44, "r": 8, "t": 66, "b": 92},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False},
    )
    return drawn


def highest(numbers: Iterable[Number]) -> float:
    """Where an axis of shares ends: just above every range that is drawn.

    >>> highest([])
    0.1
    """
    known = [number for number in numbers if isinstance(number, Estimate)]
    ends = [number.value if number.high is None else number.high for number in known]
    return min(max([LEAST_TOP, *(1.08 * end for end in ends)]), 1.02)


def band_words(point: CurvePoint) -> str:
    """Where a band begins and ends, both included.

    >>> from metrics.estimate import Coverage, Undefined
    >>> none = Undefined("", 0, Coverage(0, 0))
    >>> band_words(CurvePoint("streak", 3, 10, 0, 0, None, none, none))
    '3 to 9'
    >>> band_words(CurvePoint("streak", 10, None, 0, 0, None, none, none))
    '10 and more'
    """
    return f"{point.low} and more" if point.high is None else f"{point.low} to {point.high - 1}"


def _tick(point: CurvePoint) -> str:
    """A band, how many answers it holds, and how long half of them took."""
    half = "" if point.median_wait_seconds is None else f"<br>half in {point.median_wait_seconds:.3g} s"
    band = band_words(point).replace(" and more", "+").replace(" to ", "–")
    return f"<b>{band}</b><br>n {point.answer_count:,}{half}"


def _with_ranges(side: look.Side, name: str, numbers: Sequence[Number], places: list[float]) -> go.Scatter:
    told = [(x, number) for x, number in zip(places, numbers, strict=True) if isinstance(number, Estimate)]
    values = [number.value for _, number in told]
    above = [
        (value if number.high is None else number.high) - value
        for value, (_, number) in zip(values, told, strict=True)
    ]
    below = [
        value - (value if number.low is None else number.low)
        for value, (_, number) in zip(values, told, strict=True)
    ]
    return go.Scatter(
        x=[x for x, _ in told], y=values, mode="lines+markers", name=name,
        hovertext=[f"{name}: {wording.number(number)}" for _, number in told], hoverinfo="text",
        marker={"symbol": side.symbol, "size": 11, "color": side.colour, "line": {"width": 1.5}},
        line={"color": look.pale(side.colour, 0.6), "dash": side.dash, "width": 2},
        error_y={"type": "data", "symmetric": False, "array": above, "arrayminus": below,
                 "color": look.pale(side.colour, 0.55), "thickness": 3, "width": 0},
    )  # fmt: skip
