"""Which hue and which shape does each meaning have on the charts about detectors?"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from dashboard.charts import look

FALSE_ALARMS: Final = look.Side("False alarms", look.AMBER, "diamond", "dash")
MISSES: Final = look.Side("Misses", look.RED, "x", "solid")
CAUGHT: Final = look.Side("Attacks caught", look.BLUE, "circle", "solid")
PRESUMED: Final = look.Side("Presumed benign", look.GREY, "square-open", "dot")
PRECISION: Final = look.Side("Precision", look.GREEN, "triangle-up", "solid")
OPERATING: Final = look.Side("In use", look.PURPLE, "square", "solid")
COST: Final = look.Side("Cost", look.SKY, "circle-open", "solid")
MOST_POINTS: Final = 400  # of one curve: a browser shows no more, and a page must stay light
BELOW_TITLE: Final[dict[str, Any]] = {
    "orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False,
}  # fmt: skip
AT_EDGE: Final[dict[str, Any]] = {"xref": "container", "x": 0}  # titles need all of a telephone's width
DIAGONAL: Final[dict[str, Any]] = {
    "type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1,
    "line": {"color": look.GREY, "width": 1, "dash": "dot"},
}  # fmt: skip


def thinned(count: int, most: int = MOST_POINTS) -> list[int]:
    """Places of the points that are drawn of so many: both ends, and the others evenly between.

    >>> thinned(3), thinned(9, 3), thinned(0)
    ([0, 1, 2], [0, 4, 8], [])
    """
    if count <= most:
        return list(range(count))
    return [int(place) for place in np.linspace(0, count - 1, most).round()]


def share_axis(drawn: go.Figure, title: str, ends: tuple[float, float] = (-0.02, 1.02)) -> None:
    """Give a figure an upright axis of shares."""
    drawn.update_yaxes(
        range=list(ends), tickformat=_digits(ends), nticks=6, fixedrange=True, gridcolor=look.GRID,
        zeroline=False, title={"text": title, "standoff": 4},
    )  # fmt: skip


def _digits(ends: tuple[float, float]) -> str:
    return ".0%" if ends[1] > 0.1 else ".2~%"  # noqa: PLR2004 (below a tenth whole percents repeat)


def upright(at: float, side: look.Side) -> dict[str, Any]:
    """A line from bottom to top of the plot."""
    style = {"color": side.colour, "width": 2, "dash": side.dash}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": style}


def named(
    text: str, place: tuple[float, float], anchor: tuple[str, str] = ("left", "bottom")
) -> dict[str, Any]:
    """Words at a place of the plot, in the page's ink."""
    across, up = anchor
    return {
        "text": text, "x": place[0], "y": place[1], "xref": "x", "yref": "paper", "showarrow": False,
        "xanchor": across, "yanchor": up, "xshift": {"left": 4, "right": -4}.get(across, 0),
        "font": {"size": look.LABEL_SIZE},
    }  # fmt: skip
