"""What do marks, colours and type look like? One place, colour-blind safe, shape and colour together.

Colours are from Okabe and Ito (2008), "Color universal design"; every mark also has a shape of its
own, so that a print in grey says the same. They hold 3:1 against the light and the dark page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboard import wording

BLUE: Final = "#4a86b8"
RED: Final = "#d1352b"
AMBER: Final = "#c77f00"
GREY: Final = "#7d8894"
GREEN: Final = "#00916e"
PURPLE: Final = "#a5699a"
SKY: Final = "#56b4e9"
GRID: Final = "rgba(125,136,148,0.25)"
LABEL_SIZE: Final = 12  # px: readable on a telephone
TITLE_SIZE: Final = 15


@dataclass(frozen=True)
class Mark:
    """How one change is drawn."""

    name: str  # as in the changes frame
    symbol: str
    colour: str
    grow: float  # times the size of a quiet mark: bad news must not be missed
    is_told_at_none: bool = True  # whether the legend says so when there is none

    @property
    def words(self) -> str:
        """What the legend says."""
        return wording.MARK_WORDS[self.name]


# Drawn in this order: what matters lies on top.
MARKS: Final[tuple[Mark, ...]] = (
    Mark("watched", "circle", BLUE, 1.0),
    Mark("watching", "circle-open", BLUE, 1.0),
    Mark("unscanned", "square-open", GREY, 1.0, is_told_at_none=False),
    Mark("untriaged", "diamond", AMBER, 1.5),
    Mark("escape", "x", RED, 1.5),
)
AUTHORSHIP_COLOURS: Final = {
    "agent": BLUE,
    "assisted": SKY,
    "automation": GREY,
    "unknown": AMBER,
    "human": GREEN,
}


def figure(title: str, height: int) -> go.Figure:
    """Return an empty figure in the product's type and proportions; `title` names unit and counts."""
    drawn = go.Figure()
    drawn.update_layout(
        title={
            "text": title,
            "font": {"size": TITLE_SIZE},
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 4},
        },
        height=height,
        margin={"l": 4, "r": 4, "t": 34, "b": 8},
        font={"size": LABEL_SIZE},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        hoverlabel={"align": "left"},
    )
    return drawn


def without_axes(drawn: go.Figure) -> None:
    """Hide both axes of a figure whose places carry no number."""
    hidden = {"visible": False, "fixedrange": True, "showgrid": False, "zeroline": False}
    drawn.update_xaxes(**hidden)
    drawn.update_yaxes(**hidden)


def note(drawn: go.Figure, text: str, place: tuple[float, float], anchor: str) -> None:
    """Write text at (share of the width, y value), left- or right-aligned."""
    drawn.add_annotation(caption(text, place, anchor))


def caption(text: str, place: tuple[float, float], anchor: str) -> dict[str, Any]:
    """The same, to be put into a figure together with others: one by one is slow where there are many."""
    return {
        "text": text, "x": place[0], "y": place[1], "xref": "paper", "yref": "y", "xanchor": anchor,
        "yanchor": "middle", "showarrow": False, "font": {"size": LABEL_SIZE}, "align": anchor,
    }  # fmt: skip


@dataclass(frozen=True)
class Side:
    """How one side of a comparison is drawn, on every chart: colour, shape and line together."""

    words: str
    colour: str
    symbol: str
    dash: str


AGENTS: Final = Side("Agents", BLUE, "circle", "solid")
PEOPLE: Final = Side("People", GREEN, "diamond", "dash")
HEADLINE: Final = Side("Compared", PURPLE, "square", "solid")  # what a comparison says as a whole
PART: Final = Side("Part", GREY, "square-open", "solid")  # one stratum of it, or another reading


def pale(colour: str, share: float = 0.16) -> str:
    """A colour thinned for an area behind a line.

    >>> pale("#4a86b8")
    'rgba(74,134,184,0.16)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
