"""Which permission decisions were measured, and why were the others not? One bar per reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look

ROW: Final = 44  # px: caption and bar
FRAME: Final = 66  # px: title and ticks
BAR: Final = 0.34  # of a row


@dataclass(frozen=True)
class Bar:
    """Decisions of one kind."""

    name: str
    count: int
    colour: str = look.GREY


def reasons(bars: Sequence[Bar], title: str) -> go.Figure:
    """Draw how many decisions were measured, and how many were left out for each reason."""
    drawn = look.figure(title, ROW * len(bars) + FRAME)
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
