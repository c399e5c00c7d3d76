"""How do automation and permission modes change from week to week?"""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look

HEIGHT: Final = 330  # px
MOST_TICKS: Final = 8
# In which order modes are stacked; the ones without a person's look stand out by hatching too.
MODES: Final = (
    ("default", "default", look.BLUE, ""), ("plan", "plan", look.SKY, ""),
    ("accept_edits", "accepts edits", look.AMBER, "/"), ("auto", "auto", look.PURPLE, "\\"),
    ("bypass", "bypass", look.RED, "x"), ("other", "other", look.GREY, ""),
)  # fmt: skip
_LEGEND: Final[dict[str, Any]] = {
    "orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False,
}  # fmt: skip


def automation(weeks: pl.DataFrame) -> go.Figure:
    """Draw the share of decisions that no person made, week by week; takes metrics.fatigue.weeks."""
    known = weeks.filter(pl.col("decider_known_count") > 0)
    total = int(known["decider_known_count"].sum())
    drawn = look.figure(f"Decided without a person, in %, of {total:,}", HEIGHT)
    counts = list(known.select("automated_count", "decider_known_count").iter_rows())
    drawn.add_trace(
        go.Bar(
            x=_days(known), y=[count / of for count, of in counts], marker={"color": look.BLUE},
            hovertext=[
                f"Week from {wording.day(on)}: {wording.share(*pair)}"
                for on, pair in zip(known["week_on"], counts, strict=True)
            ],
            hoverinfo="text", showlegend=False,
        )
    )  # fmt: skip
    _weekly_axes(drawn, known)
    return drawn


def modes(weeks: pl.DataFrame) -> go.Figure:
    """Draw in which permission mode decisions fell, week by week; takes metrics.fatigue.weeks."""
    known = weeks.filter(pl.col("mode_known_count") > 0)
    total = int(known["mode_known_count"].sum())
    drawn = look.figure(f"Permission modes, in %, of {total:,} told", HEIGHT)
    for name, words, colour, hatch in MODES:
        counts = list(known.select(f"{name}_count", "mode_known_count").iter_rows())
        if any(count for count, _ in counts):
            drawn.add_trace(_mode(known, counts, (words, colour, hatch)))
    _weekly_axes(drawn, known)
    drawn.update_layout(barmode="stack", legend=_LEGEND)
    return drawn


def _mode(known: pl.DataFrame, counts: list[tuple[int, int]], how: tuple[str, str, str]) -> go.Bar:
    words, colour, hatch = how
    return go.Bar(
        x=_days(known), y=[count / of for count, of in counts], name=words,
        marker={"color": colour, "pattern": {"shape": hatch, "size": 6}}, showlegend=True,
        hovertext=[
            f"Week from {wording.day(on)}, {words}: {wording.share(*pair)}"
            for on, pair in zip(known["week_on"], counts, strict=True)
        ],
        hoverinfo="text",
    )  # fmt: skip


def _days(weeks: pl.DataFrame) -> list[str]:
    return [f"{on:%d %b}" for on in weeks["week_on"]]


def _weekly_axes(drawn: go.Figure, weeks: pl.DataFrame) -> None:
    drawn.update_xaxes(
        fixedrange=True, showgrid=False, type="category", tickangle=0,
        nticks=min(MOST_TICKS, max(weeks.height, 1)),
        title={"text": "week from", "standoff": 4},
    )  # fmt: skip
    drawn.update_yaxes(
        range=[0, 1.02], tickformat=".0%", nticks=6, fixedrange=True, gridcolor=look.GRID, zeroline=False
    )
    drawn.update_layout(margin={"l": 44, "r": 8, "t": 62, "b": 46})
