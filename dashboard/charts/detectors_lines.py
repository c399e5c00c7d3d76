"""How does a share change along an axis: with the threshold, with the share of attacks, with the score?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any, Final

import plotly.graph_objects as go

from dashboard.charts import look
from dashboard.charts.detectors_look import (
    AT_EDGE,
    BELOW_TITLE,
    DIAGONAL,
    OPERATING,
    named,
    share_axis,
    thinned,
    upright,
)

HEIGHT: Final = 360  # px
BELOW: Final = 1.08  # room above the highest value


@dataclass(frozen=True)
class Line:
    """One line, with its band where its ends are known."""

    side: look.Side
    name: str
    across: Sequence[float]
    up: Sequence[float]
    words: Sequence[str]  # what each point says when it is pointed at
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    is_stepped: bool = False
    mode: str = "lines"


@dataclass(frozen=True)
class Frame:
    """What stands around lines."""

    title: str
    across: str
    up: str
    is_logarithmic: bool = False  # the axis across
    is_share: bool = True  # the axis upright; else counts or costs
    marks: tuple[tuple[float, str], ...] = ()  # places across that are marked, and how they are called
    has_diagonal: bool = False
    top: float = 1.02  # of an axis of shares


def lines(drawn_lines: Sequence[Line], frame: Frame) -> go.Figure:
    """Draw lines with their bands, and mark places on the axis."""
    drawn = look.figure(frame.title, HEIGHT)
    for line in drawn_lines:
        drawn.add_traces(_band(line))
        drawn.add_trace(_line(line))
    diagonal = [DIAGONAL] if frame.has_diagonal else []
    drawn.update_layout(shapes=[*(upright(at, OPERATING) for at, _ in frame.marks), *diagonal])
    middle = _middle(drawn_lines)
    drawn.layout.annotations = [
        _mark(at, words, frame, (place, at > middle)) for place, (at, words) in enumerate(frame.marks)
    ]
    _axes(drawn, drawn_lines, frame)
    return drawn


def _line(line: Line) -> go.Scatter:
    kept = thinned(len(line.across)) if not line.low else range(len(line.across))
    style = {"color": line.side.colour, "dash": line.side.dash, "width": 2.5}
    return go.Scatter(
        x=[line.across[place] for place in kept], y=[line.up[place] for place in kept], mode=line.mode,
        name=line.name, hovertext=[line.words[place] for place in kept], hoverinfo="text", showlegend=True,
        line={**style, "shape": "hv" if line.is_stepped else "linear"},
        marker={"symbol": line.side.symbol, "size": 9, "color": line.side.colour},
        error_y=_ranges(line) if line.mode != "lines" else None,
    )  # fmt: skip


def _ranges(line: Line) -> dict[str, Any] | None:
    """Ranges of single marks; a line has its band instead."""
    if not line.low:
        return None
    above = [high - value for high, value in zip(line.high, line.up, strict=True)]
    below = [value - low for low, value in zip(line.low, line.up, strict=True)]
    style = {"color": look.pale(line.side.colour, 0.55), "thickness": 3, "width": 0}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **style}


def _band(line: Line) -> list[go.Scatter]:
    if not line.low or line.mode != "lines":
        return []
    style = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    fill = {"fill": "tonexty", "fillcolor": look.pale(line.side.colour)}
    return [
        go.Scatter(x=list(line.across), y=list(line.high), **style),
        go.Scatter(x=list(line.across), y=list(line.low), **fill, **style),
    ]


def _mark(at: float, words: str, frame: Frame, what: tuple[int, bool]) -> dict[str, Any]:
    """Words beside a marked place, to its left where it lies in the right half of the chart."""
    place, is_right = what
    # Plotly places words on a logarithmic axis by the exponent, lines by the value.
    x = log10(at) if frame.is_logarithmic else at
    return named(words, (x, 0.98 - 0.08 * place), ("right" if is_right else "left", "top"))


def _middle(drawn_lines: Sequence[Line]) -> float:
    """The place halfway across."""
    places = [place for line in drawn_lines for place in line.across]
    return (min(places) + max(places)) / 2 if places else 0.0


def _axes(drawn: go.Figure, drawn_lines: Sequence[Line], frame: Frame) -> None:
    share = {"tickformat": "~p"} if frame.is_logarithmic else {}
    drawn.update_xaxes(
        type="log" if frame.is_logarithmic else "linear", fixedrange=True, gridcolor=look.GRID,
        zeroline=False, nticks=6, title={"text": frame.across, "standoff": 8}, **share,
    )  # fmt: skip
    ends = (-0.02 * frame.top, frame.top) if frame.is_share else _ends(drawn_lines)
    share_axis(drawn, frame.up, ends)
    if not frame.is_share:
        drawn.update_yaxes(tickformat=",~r")
    drawn.update_layout(title=AT_EDGE, margin={"l": 60, "r": 8, "t": 66, "b": 56}, legend=BELOW_TITLE)


def _ends(drawn_lines: Sequence[Line]) -> tuple[float, float]:
    top = max((max([*line.up, *line.high], default=0.0) for line in drawn_lines), default=0.0) or 1.0
    return -0.02 * top, BELOW * top
