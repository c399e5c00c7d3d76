"""Which kinds of findings does each side bring in, and how many per thousand lines? Two bars per kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboard.charts import look

ROW: Final = 62  # px: caption and a bar of each side
FRAME: Final = 84  # px: title, legend and ticks
BAR: Final = 0.2  # of a row
SIDES: Final = (look.AGENTS, look.PEOPLE)


@dataclass(frozen=True)
class Kind:
    """One kind of finding: rates and words of agents and of people; a rate of None is not known."""

    name: str
    rates: tuple[float | None, float | None]
    words: tuple[str, str]

    @property
    def caption(self) -> str:
        """What stands above the bars."""
        told = (f"{side.words.lower()} {words}" for side, words in zip(SIDES, self.words, strict=True))
        return f"<b>{self.name}</b>  {', '.join(told)}"


def by_kind(kinds: Sequence[Kind], title: str) -> go.Figure:
    """Draw the findings per KLOC of each kind, agents above people, in the order given."""
    drawn = look.figure(title, ROW * len(kinds) + FRAME)
    drawn.add_traces([_bars(kinds, place) for place in range(len(SIDES))])
    drawn.layout.annotations = [
        look.caption(kind.caption, (0, place - 0.36), "left") for place, kind in enumerate(kinds)
    ]
    top = max([rate or 0.0 for kind in kinds for rate in kind.rates], default=0.0) or 1.0
    drawn.update_xaxes(
        range=[-0.015 * top, 1.05 * top], nticks=5, fixedrange=True, gridcolor=look.GRID, zeroline=False
    )
    drawn.update_yaxes(range=[len(kinds) - 0.5, -0.62], visible=False, fixedrange=True)
    drawn.update_layout(margin={"l": 4, "r": 16, "t": 60, "b": 28}, barmode="overlay", legend=_LEGEND)
    return drawn


_LEGEND: Final[dict[str, Any]] = {
    "orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False,
}  # fmt: skip


def _bars(kinds: Sequence[Kind], place: int) -> go.Bar:
    """One side's bars; people's are hatched as well, so that a print in grey tells them apart."""
    side = SIDES[place]
    return go.Bar(
        x=[kind.rates[place] for kind in kinds],
        y=[row - 0.06 + place * (BAR + 0.04) for row in range(len(kinds))],
        orientation="h",
        width=BAR,
        name=side.words,
        marker={"color": side.colour, "pattern": {"shape": "/" if place else ""}},
        hovertext=[f"{kind.name}, {side.words.lower()}: {kind.words[place]}" for kind in kinds],
        hoverinfo="text",
    )
