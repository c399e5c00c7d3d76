"""Which side has more, by how much, and how sure is that? A dot and its range per row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite, log10
from typing import Any, Final

import plotly.graph_objects as go

from dashboard.charts import look

ROW: Final = 62  # px: two lines of caption and the range
FRAME: Final = 92  # px: title, ticks and the words of the mark
LINE_WIDTH: Final = 4
FEWEST_TIMES: Final = 2.0  # a ratio axis always reaches from half to twice
MOST_TIMES: Final = 20.0  # beyond this a ratio is an arrow
RATIO_TICKS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True)
class Row:
    """One number to draw; without a value there is nothing to draw and the words say why."""

    name: str
    words: str
    value: float | None
    low: float | None
    high: float | None
    side: look.Side


@dataclass(frozen=True)
class Axis:
    """What the rows are drawn against."""

    title: str  # with the unit
    unit: str
    reference: float | None = None  # the place of no difference
    reference_words: str = ""
    is_ratio: bool = False  # multiples: drawn on a logarithmic axis

    def place(self, value: float) -> float:
        """Where a value stands on the drawn axis; a ratio of 0 stands infinitely far to the left."""
        if not self.is_ratio:
            return value
        return log10(value) if value > 0 else -inf


def dot_and_range(rows: Sequence[Row], axis: Axis) -> go.Figure:
    """Draw one row below the other, in the order given; ranges that run off carry an arrow."""
    drawn = look.figure(axis.title, ROW * len(rows) + FRAME)
    ends = limits(rows, axis)
    drawn.layout.annotations = [_caption(row, place) for place, row in enumerate(rows)]
    drawn.add_traces([mark for place, row in enumerate(rows) for mark in _marks(row, place, axis, ends)])
    _reference(drawn, axis, len(rows))
    _axes(drawn, axis, ends, len(rows))
    return drawn


def _caption(row: Row, place: int) -> dict[str, Any]:
    return look.caption(f"<b>{row.name}</b><br>{row.words}", (0, place - 0.4), "left")


def limits(rows: Sequence[Row], axis: Axis) -> tuple[float, float]:
    """Where the drawn axis ends: at what the widest headline needs; other ranges may run off.

    >>> limits([Row("a", "", 1.5, 0.5, 40.0, look.AGENTS)], Axis("", "per KLOC"))
    (-0.12375, 4.125)
    """
    if axis.reference is None:
        top = 1.1 * _top(rows)
        return -0.03 * top if top else -0.03, top or 1.0
    middle = axis.place(axis.reference)
    below, above = _reach(rows, axis, middle, -1), _reach(rows, axis, middle, 1)
    narrow = 0.25 * max(below, above)
    return middle - 1.12 * max(below, narrow), middle + 1.12 * max(above, narrow)


def _top(rows: Sequence[Row]) -> float:
    values = [row.value for row in rows if row.value is not None and isfinite(row.value)]
    highs = [row.high for row in rows if row.high is not None and isfinite(row.high)]
    widest = max([*highs, *values], default=0.0)
    return min(widest, 2.5 * max(values)) if any(values) else widest


def _reach(rows: Sequence[Row], axis: Axis, middle: float, way: int) -> float:
    """How far the axis goes one way: the headlines' ranges in full, other dots up to twice as far."""
    least, most = (log10(FEWEST_TIMES), log10(MOST_TIMES)) if axis.is_ratio else (1.0, inf)
    heads = [row for row in rows if row.side is look.HEADLINE]
    whole = _furthest([end for row in heads for end in (row.value, row.low, row.high)], axis, middle, way)
    dots = _furthest([row.value for row in rows], axis, middle, way)
    return min(max(whole, min(dots, 2 * whole) if whole else dots, least), most)


def _furthest(values: Sequence[float | None], axis: Axis, middle: float, way: int) -> float:
    gaps = [way * (axis.place(value) - middle) for value in values if value is not None]
    return max([gap for gap in gaps if isfinite(gap)], default=0.0)


def _marks(row: Row, place: int, axis: Axis, ends: tuple[float, float]) -> Iterator[go.Scatter]:
    """The range, an arrow where it runs off, and the dot where it is on the axis."""
    if row.value is None:
        return
    start, end = ends
    low, high = (axis.place(row.value if each is None else each) for each in (row.low, row.high))
    if max(low, start) < min(high, end):
        yield _line(row, place, (max(low, start), min(high, end)))
    if low < start:
        yield _dot(row, place, (start + 0.012 * (end - start), "triangle-left"))
    if high > end:
        yield _dot(row, place, (end - 0.012 * (end - start), "triangle-right"))
    if start <= axis.place(row.value) <= end:
        yield _dot(row, place, (axis.place(row.value), row.side.symbol))


def _line(row: Row, place: int, shown: tuple[float, float]) -> go.Scatter:
    style = {"width": LINE_WIDTH, "color": row.side.colour}
    return go.Scatter(x=list(shown), y=[place, place], mode="lines", hoverinfo="skip", line=style)


def _dot(row: Row, place: int, mark: tuple[float, str]) -> go.Scatter:
    x, symbol = mark
    style = {"symbol": symbol, "size": 12, "color": row.side.colour, "line": {"width": 2}}
    if not symbol.endswith("-open"):
        style["line"] = {"width": 1, "color": "white"}
    hover = {"hovertext": f"{row.name}: {row.words}", "hoverinfo": "text"}
    return go.Scatter(x=[x], y=[place], mode="markers", marker=style, **hover)


def _reference(drawn: go.Figure, axis: Axis, rows: int) -> None:
    if axis.reference is None:
        return
    at = axis.place(axis.reference)
    style = {"type": "line", "x0": at, "x1": at, "line": {"color": look.RED, "width": 2}}
    # One piece per row: a line through the captions would strike them out.
    drawn.update_layout(shapes=[{**style, "y0": place - 0.14, "y1": place + 0.2} for place in range(rows)])
    drawn.add_annotation(
        text=axis.reference_words, x=at, y=rows - 0.62, xref="x", yref="y",
        showarrow=False, yanchor="middle", xanchor="center", font={"size": look.LABEL_SIZE},
    )  # fmt: skip


def _axes(drawn: go.Figure, axis: Axis, ends: tuple[float, float], rows: int) -> None:
    drawn.update_xaxes(
        range=list(ends), fixedrange=True, gridcolor=look.GRID, zeroline=False, **_ticks(axis, ends)
    )
    drawn.update_yaxes(range=[rows - 0.4, -0.85], visible=False, fixedrange=True)
    drawn.update_layout(margin={"l": 4, "r": 16, "t": 34, "b": 28}, showlegend=False)


def _ticks(axis: Axis, ends: tuple[float, float]) -> dict[str, object]:
    if not axis.is_ratio:
        return {"nticks": 6, "ticksuffix": f" {axis.unit}" if axis.unit == "h" else ""}
    inside = [tick for tick in RATIO_TICKS if ends[0] <= log10(tick) <= ends[1]]
    return {"tickvals": [log10(tick) for tick in inside], "ticktext": [f"{tick:g}×" for tick in inside]}
