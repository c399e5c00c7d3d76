"""Do shares of fast approvals and of rejects change with what went before the answer?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look
from metrics.estimate import Estimate, Number
from metrics.fatigue.curves import CurvePoint

HEIGHT: Final = 380  # px
LEAST_TOP: Final = 0.1  # of an axis of shares: smaller ones must not fill it
SHIFTS: Final = (-0.06, 0.06)  # of a band, so that the marks of both do not lie on one another
FAST: Final = look.Side("fast", look.BLUE, "circle", "solid")
REJECTED: Final = look.Side("rejected", look.PURPLE, "square-open", "dot")


def band_curve(points: Sequence[CurvePoint], title: str, axis: str) -> go.Figure:
    """Draw the shares of fast approvals and of rejects by what went before the answer."""
    drawn = look.figure(title, HEIGHT)
    sides = ((FAST, "fast approvals", [each.fast for each in points]),
             (REJECTED, "rejects", [each.rejected for each in points]))  # fmt: skip
    for shift, (side, name, numbers) in zip(SHIFTS, sides, strict=True):
        drawn.add_trace(_with_ranges(side, name, numbers, shift))
    _axes(drawn, points, axis)
    drawn.update_layout(
        margin={"l": 44, "r": 8, "t": 66, "b": 92},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False},
    )
    return drawn


def _axes(drawn: go.Figure, points: Sequence[CurvePoint], axis: str) -> None:
    top = highest(each for point in points for each in (point.fast, point.rejected))
    drawn.update_xaxes(
        tickvals=list(range(len(points))), ticktext=[_tick(each) for each in points], fixedrange=True,
        showgrid=False, zeroline=False, range=[-0.5, len(points) - 0.5],
        title={"text": axis, "standoff": 6},
    )  # fmt: skip
    drawn.update_yaxes(
        range=[-0.02 * top, top], tickformat=".0%", nticks=6, fixedrange=True, gridcolor=look.GRID,
        zeroline=False,
    )  # fmt: skip


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


def _with_ranges(side: look.Side, name: str, numbers: Sequence[Number], shift: float) -> go.Scatter:
    """Marks where a share is stated, each with its range."""
    told = [(place, number) for place, number in enumerate(numbers) if isinstance(number, Estimate)]
    return go.Scatter(
        x=[place + shift for place, _ in told], y=[number.value for _, number in told],
        mode="lines+markers", name=name, hoverinfo="text",
        hovertext=[f"{name}: {wording.number(number)}" for _, number in told],
        marker={"symbol": side.symbol, "size": 11, "color": side.colour, "line": {"width": 1.5}},
        line={"color": look.pale(side.colour, 0.6), "dash": side.dash, "width": 2},
        error_y=_ranges([number for _, number in told], look.pale(side.colour, 0.55)),
    )  # fmt: skip


def _ranges(told: Sequence[Estimate], colour: str) -> dict[str, Any]:
    above = [0.0 if each.high is None else each.high - each.value for each in told]
    below = [0.0 if each.low is None else each.value - each.low for each in told]
    style = {"color": colour, "thickness": 3, "width": 0}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **style}
