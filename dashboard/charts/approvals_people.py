"""Does anybody's share of fast approvals lie outside what chance allows? A funnel, and no ranking."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look

HEIGHT: Final = 400  # px
LIMITS: Final = (
    ("low", "high", "95 of 100 people", "dash", look.GREY),
    ("far_low", "far_high", "998 of 1,000", "dot", look.AMBER),
)


def funnel(people: pl.DataFrame) -> go.Figure:
    """Draw one mark per pseudonymous person by approvals and fast share; takes metrics.fatigue.funnel."""
    fast, total = int(people["fast_count"].sum()), int(people["approval_count"].sum())
    drawn = look.figure(
        f"Fast approvals, in %, of {wording.plural(people.height, 'person', 'people')}", HEIGHT
    )
    top = min(1.03, max(0.1, 1.12 * max(*people["share"], *people["far_high"])))
    lines = people.unique("approval_count").sort("approval_count")
    for low, high, words, dash, colour in LIMITS:
        for column, is_named in ((low, False), (high, True)):
            drawn.add_trace(
                go.Scatter(
                    x=lines["approval_count"].to_list(), y=lines[column].to_list(), mode="lines", name=words,
                    line={"color": colour, "dash": dash, "width": 2}, hoverinfo="skip", showlegend=is_named,
                )
            )  # fmt: skip
    drawn.add_hline(y=fast / total, line={"color": look.GREEN, "width": 2})
    drawn.add_trace(
        go.Scatter(
            x=people["approval_count"].to_list(), y=people["share"].to_list(), mode="markers",
            name="one person",
            marker={"size": 11, "color": look.BLUE, "line": {"width": 1, "color": "white"}},
            hovertext=[
                f"{who}: {wording.share(x, n)}"
                for who, x, n in people.select("reviewer", "fast_count", "approval_count").iter_rows()
            ],
            hoverinfo="text",
        )
    )  # fmt: skip
    drawn.add_annotation(
        text=f"all {wording.percent(fast / total)}", x=1, y=fast / total, xref="paper", yref="y",
        showarrow=False, xanchor="right", yanchor="bottom", font={"size": look.LABEL_SIZE},
    )  # fmt: skip
    drawn.update_xaxes(
        fixedrange=True, gridcolor=look.GRID, zeroline=False, rangemode="tozero", tickformat=",d",
        title={"text": "measurable approvals of the person", "standoff": 4},
    )  # fmt: skip
    drawn.update_yaxes(
        range=[-0.03 * top, top],
        tickformat=".0%",
        nticks=6,
        fixedrange=True,
        gridcolor=look.GRID,
        zeroline=False,
    )
    drawn.update_layout(
        margin={"l": 44, "r": 12, "t": 66, "b": 46},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False},
    )
    return drawn
