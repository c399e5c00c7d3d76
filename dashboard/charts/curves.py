"""How soon are pull requests approved? One step curve per side with its band, from the start of the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look
from metrics.velocity.comparison import Point

HEIGHT: Final = 380  # px
DAY: Final = 24.0  # hours
TICKS: Final = (0, 1, 6, 24, 72, 168, 336, 720, 1440, 4320, 8760)  # hours that the axis names
APART: Final = 0.09  # share of the height by which two labels must differ
TICKS_APART: Final = 0.12  # share of the width by which two ticks must differ: a telephone shows some 210 px


@dataclass(frozen=True)
class Curve:
    """One side's share approved by each hour; a step holds until the next point."""

    side: look.Side
    count: int  # pull requests that the curve rests on
    points: Sequence[Point]

    @property
    def places(self) -> list[float]:
        """Where its points lie on the axis."""
        return [placed(point.hours) for point in self.points]

    @property
    def end(self) -> float:
        """The share at its end; 0 without a point."""
        return self.points[-1].share if self.points else 0.0


@dataclass(frozen=True)
class Window:
    """How far the curves are drawn, and which hours are marked."""

    days: int
    marks: tuple[float, ...]

    @property
    def end(self) -> float:
        """Last hour that is drawn."""
        return self.days * DAY


def placed(hours: float) -> float:
    """Place of an hour on the axis: its square root, since most happens early and some from the start.

    >>> placed(0), placed(36)
    (0.0, 6.0)
    """
    return sqrt(hours)


def approval_curves(curves: Sequence[Curve], window: Window) -> go.Figure:
    """Draw the share approved over time, one curve per side, labelled where it ends."""
    drawn = look.figure(_title(curves), HEIGHT)
    for hour in window.marks:
        _mark(drawn, hour)
    for curve in curves:
        drawn.add_traces(_band(curve))
        drawn.add_trace(_line(curve))
    for curve, height in zip(curves, label_heights([curve.end for curve in curves]), strict=True):
        _label(drawn, curve, height)
    _axes(drawn, window)
    return drawn


def _title(curves: Sequence[Curve]) -> str:
    counts = " and ".join(f"{curve.count:,} {_WHOSE[curve.side]}" for curve in curves)
    return f"Approved, in %, of {counts}"


_WHOSE: Final = {look.AGENTS: "agents'", look.PEOPLE: "people's"}


def _band(curve: Curve) -> list[go.Scatter]:
    style = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip", "showlegend": False}
    fill = {"fill": "tonexty", "fillcolor": look.pale(curve.side.colour)}
    return [
        go.Scatter(x=curve.places, y=[point.high for point in curve.points], **style),
        go.Scatter(x=curve.places, y=[point.low for point in curve.points], **fill, **style),
    ]


def _line(curve: Curve) -> go.Scatter:
    words = curve.side.words
    hover = [
        f"{words}: {wording.percent(point.share)} approved within {wording.hours(point.hours)}"
        for point in curve.points
    ]
    style = {"color": curve.side.colour, "width": 2.5, "dash": curve.side.dash, "shape": "hv"}
    return go.Scatter(
        x=curve.places, y=[point.share for point in curve.points], mode="lines", line=style,
        hovertext=hover, hoverinfo="text", name=words, showlegend=False,
    )  # fmt: skip


def _mark(drawn: go.Figure, hour: float) -> None:
    drawn.add_shape(
        type="line",
        x0=placed(hour),
        x1=placed(hour),
        y0=0,
        y1=1,
        line={"color": look.GREY, "width": 1, "dash": "dot"},
    )
    drawn.add_annotation(
        text=f"{hour:g} h", x=placed(hour), y=0.0, xref="x", yref="y", showarrow=False, xanchor="left",
        yanchor="bottom", xshift=3, font={"size": look.LABEL_SIZE},
    )  # fmt: skip


def label_heights(ends: Sequence[float]) -> list[float]:
    """Heights of the labels at the curves' ends, moved apart where they would lie on one another.

    >>> label_heights([0.9, 0.2]), label_heights([0.5, 0.5])
    ([0.9, 0.2], [0.5, 0.59])
    """
    heights = list(ends)
    lowest = 0.0
    for place in sorted(range(len(ends)), key=lambda place: ends[place]):
        heights[place] = max(ends[place], lowest)
        lowest = heights[place] + APART
    over = max([*heights, 1.0]) - 1.0
    return [height - over for height in heights]


def _label(drawn: go.Figure, curve: Curve, height: float) -> None:
    drawn.add_annotation(
        text=f"<b>{curve.side.words}</b> {wording.percent(curve.end)}", x=1, y=height, xref="paper",
        yref="y", showarrow=False, xanchor="left", yanchor="middle", xshift=4,
        font={"size": look.LABEL_SIZE, "color": curve.side.colour},
    )  # fmt: skip


def ticks(end: float) -> list[int]:
    """Hours that an axis of this length names; those that would lie on the one before are left out.

    >>> ticks(14 * DAY), ticks(60 * DAY)
    ([0, 6, 24, 72, 168, 336], [0, 24, 168, 336, 720, 1440])
    """
    kept = [0]
    for hour in TICKS:
        is_apart = placed(hour) - placed(kept[-1]) >= TICKS_APART * placed(end)
        if is_apart and hour <= end:
            kept.append(hour)
    return kept


def _tick(hour: int) -> str:
    return wording.plural(hour // int(DAY), "day") if hour >= DAY else f"{hour} h"


def _axes(drawn: go.Figure, window: Window) -> None:
    hours = ticks(window.end)
    drawn.update_xaxes(
        range=[0, placed(window.end)], tickvals=[placed(hour) for hour in hours], fixedrange=True,
        ticktext=[_tick(hour) for hour in hours], gridcolor=look.GRID, zeroline=False,
        title={"text": "since the clock started (square-root scale)", "standoff": 4},
    )  # fmt: skip
    drawn.update_yaxes(
        range=[0, 1.02], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", fixedrange=True,
        gridcolor=look.GRID, zeroline=False,
    )  # fmt: skip
    drawn.update_layout(margin={"l": 44, "r": 112, "t": 40, "b": 40}, showlegend=False)
