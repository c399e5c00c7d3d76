"""Does a detector change from week to week, and from version to version? Rates with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboard.charts import look
from dashboard.charts.detectors_look import AT_EDGE, BELOW_TITLE, named, share_axis

HEIGHT: Final = 340  # px
MOST_TICKS: Final = 8
VERSIONS: Final = (
    look.AGENTS,
    look.Side("", look.PURPLE, "square", "solid"),
    look.Side("", look.GREEN, "diamond", "solid"),
    look.Side("", look.AMBER, "triangle-up", "solid"),
    look.Side("", look.GREY, "cross", "solid"),
)


@dataclass(frozen=True)
class WeekMark:
    """One rate of one version in one week."""

    week: str
    version: str
    value: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Change:
    """A change between two versions whose interval excludes 0."""

    week: str  # in which the later version begins
    words: str


def weekly(marks: Sequence[WeekMark], changes: Sequence[Change], words: tuple[str, str]) -> go.Figure:
    """Draw a rate by week, each version with its own hue and shape; shown changes are marked.

    Parameters
    ----------
    words
        Title with unit, and the level of the ranges.
    """
    title, level = words
    drawn = look.figure(title, HEIGHT)
    weeks = sorted({mark.week for mark in marks})
    versions = list(dict.fromkeys(mark.version for mark in marks))
    for place, version in enumerate(versions):
        side = VERSIONS[place % len(VERSIONS)]
        drawn.add_trace(_version([mark for mark in marks if mark.version == version], weeks, (version, side)))
    told = [(weeks.index(each.week), each.words) for each in changes if each.week in weeks]
    drawn.update_layout(shapes=[_line(place - 0.5) for place, _ in told])
    drawn.layout.annotations = [
        named(words, (place - 0.5, 0.98 - 0.08 * row), ("left" if place < len(weeks) / 2 else "right", "top"))
        for row, (place, words) in enumerate(told)
    ]
    _axes(drawn, weeks, 1.3 if told else 1.08, [mark.high for mark in marks])
    drawn.update_xaxes(title={"text": f"ISO week of {_years(weeks)}; ranges at {level}", "standoff": 8})
    return drawn


def _version(marks: Sequence[WeekMark], weeks: Sequence[str], how: tuple[str, look.Side]) -> go.Scatter:
    version, side = how
    return go.Scatter(
        x=[weeks.index(mark.week) for mark in marks], y=[mark.value for mark in marks], name=version,
        mode="lines+markers", hovertext=[mark.words for mark in marks], hoverinfo="text", showlegend=True,
        marker={"symbol": side.symbol, "size": 10, "color": side.colour},
        line={"color": look.pale(side.colour, 0.6), "width": 2}, error_y=_ranges(marks, side),
    )  # fmt: skip


def _ranges(marks: Sequence[WeekMark], side: look.Side) -> dict[str, Any]:
    above, below = [mark.high - mark.value for mark in marks], [mark.value - mark.low for mark in marks]
    style = {"color": look.pale(side.colour, 0.55), "thickness": 3, "width": 0}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **style}


def _line(at: float) -> dict[str, Any]:
    style = {"color": look.RED, "width": 2, "dash": "dash"}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": style}


def _axes(drawn: go.Figure, weeks: Sequence[str], room: float, highs: Sequence[float]) -> None:
    step = max(1, -(-len(weeks) // MOST_TICKS))
    shown = range(0, len(weeks), step)
    drawn.update_xaxes(
        tickvals=list(shown), ticktext=[weeks[place].partition("-")[2] for place in shown], fixedrange=True,
        showgrid=False, zeroline=False, range=[-0.6, len(weeks) - 0.4],
    )  # fmt: skip
    top = max(min(1.02, 1.08 * max([0.02, *highs])), min(room, room * max([0.02, *highs])))
    share_axis(drawn, "", (-0.02 * top, top))
    drawn.update_layout(title=AT_EDGE, margin={"l": 52, "r": 8, "t": 66, "b": 56}, legend=BELOW_TITLE)


def _years(weeks: Sequence[str]) -> str:
    years = sorted({week.partition("-")[0] for week in weeks})
    return " and ".join(years)
