"""What could a detector do at other thresholds, and where does it stand now? ROC and precision over recall.

Curves are steps through what thresholds really attain: a straight line between two of them would state
rates that no threshold has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.detectors_look import AT_EDGE, BELOW_TITLE, DIAGONAL, OPERATING, share_axis, thinned

HEIGHT: Final = 400  # px


@dataclass(frozen=True)
class Steps:
    """One curve: the points that thresholds attain, in order along the axis."""

    side: look.Side
    name: str  # with its counts
    across: Sequence[float]
    up: Sequence[float]
    thresholds: Sequence[float]
    shape: str = "hv"  # how a step runs from a point to the next: hv or vh


@dataclass(frozen=True)
class Point:
    """Where the detector stands, with the ranges of both rates; None = that end is not known."""

    across: float
    up: float
    across_ends: tuple[float, float]
    up_ends: tuple[float, float]
    words: str


@dataclass(frozen=True)
class Plane:
    """What a chart of two rates is called, and what it says where nothing can be attained."""

    title: str
    across: str
    up: str
    out_of_reach: float = 0.0  # below this rate across, nothing is attained
    diagonal: bool = False  # whether chance is a line from corner to corner


def plane(curves: Sequence[Steps], point: Point | None, of: Plane) -> go.Figure:
    """Draw two rates against each other over all thresholds, and the point that is in use."""
    drawn = look.figure(of.title, HEIGHT)
    drawn.add_traces([_steps(curve, of) for curve in curves])
    diagonal = [DIAGONAL] if of.diagonal else []
    box = [] if point is None else [_box(point)]
    drawn.update_layout(shapes=[*_out_of_reach(of), *diagonal, *box])
    if point is not None:
        drawn.add_trace(_mark(point))
    drawn.layout.annotations = [_not_attainable(of)] if of.out_of_reach > 0 else []
    _axes(drawn, of)
    return drawn


def _steps(curve: Steps, of: Plane) -> go.Scatter:
    kept = thinned(len(curve.across))
    told = [
        f"threshold {curve.thresholds[place]:.4g}: {of.across} {wording.percent(curve.across[place])}, "
        f"{of.up} {wording.percent(curve.up[place])}"
        for place in kept
    ]
    return go.Scatter(
        x=[curve.across[place] for place in kept], y=[curve.up[place] for place in kept], name=curve.name,
        mode="lines", hovertext=told, hoverinfo="text", showlegend=True,
        line={"color": curve.side.colour, "dash": curve.side.dash, "width": 2.5, "shape": curve.shape},
    )  # fmt: skip


def _mark(point: Point) -> go.Scatter:
    return go.Scatter(
        x=[point.across], y=[point.up], mode="markers", name="in use, box = ranges", hovertext=[point.words],
        hoverinfo="text", showlegend=True,
        marker={
            "symbol": OPERATING.symbol, "size": 12, "color": OPERATING.colour,
            "line": {"width": 1, "color": "white"},
        },
    )  # fmt: skip


def _box(point: Point) -> dict[str, Any]:
    (left, right), (low, high) = point.across_ends, point.up_ends
    style = {
        "line": {"color": OPERATING.colour, "width": 1.5},
        "fillcolor": look.pale(OPERATING.colour, 0.18),
    }
    return {"type": "rect", "x0": left, "x1": right, "y0": low, "y1": high, **style}


def _out_of_reach(of: Plane) -> list[dict[str, Any]]:
    """The strip that no threshold reaches: too many items share the highest score."""
    if of.out_of_reach <= 0:
        return []
    style = {"line": {"width": 0}, "fillcolor": look.pale(look.GREY, 0.25), "layer": "below"}
    return [{"type": "rect", "x0": 0, "x1": of.out_of_reach, "y0": 0, "y1": 1, **style}]


def _not_attainable(of: Plane) -> dict[str, Any]:
    text = f"below {wording.percent(of.out_of_reach)}:<br>not attainable"
    return {
        "text": text, "x": of.out_of_reach, "y": 0.5, "xanchor": "left", "showarrow": False, "align": "left",
        "xshift": 4, "font": {"size": look.LABEL_SIZE},
    }  # fmt: skip


def _axes(drawn: go.Figure, of: Plane) -> None:
    drawn.update_xaxes(
        range=[-0.02, 1.02], tickformat=".0%", nticks=6, fixedrange=True, gridcolor=look.GRID, zeroline=False,
        title={"text": of.across, "standoff": 8},
    )  # fmt: skip
    share_axis(drawn, of.up)
    drawn.update_layout(title=AT_EDGE, margin={"l": 60, "r": 8, "t": 84, "b": 56}, legend=BELOW_TITLE)
