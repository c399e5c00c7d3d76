"""When are people asked, and how do automation and permission modes change from week to week?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look

HOUR_ROW: Final = 30  # px
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKS_HEIGHT: Final = 330  # px
SHADES: Final = ((0.0, look.pale(look.GREEN, 0.05)), (1.0, look.pale(look.GREEN, 0.7)))
# In which order modes are stacked; the ones without a person's look stand out by hatching too.
MODES: Final = (
    ("default", "default", look.BLUE, ""), ("plan", "plan", look.SKY, ""),
    ("accept_edits", "accepts edits", look.AMBER, "/"), ("auto", "auto", look.PURPLE, "\\"),
    ("bypass", "bypass", look.RED, "x"), ("other", "other", look.GREY, ""),
)  # fmt: skip
_LEGEND: Final[dict[str, Any]] = {
    "orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False,
}  # fmt: skip


def hours_of_week(heat: pl.DataFrame) -> go.Figure:
    """Draw how many prompts were answered in each hour of the week; takes metrics.fatigue.heat."""
    cells = {(row["weekday"], row["hour"]): row for row in heat.iter_rows(named=True)}
    days = range(1, max([5, *heat["weekday"].to_list()]) + 1)
    hours = range(min(heat["hour"].to_list()), max(heat["hour"].to_list()) + 1)
    total = int(heat["answer_count"].sum())
    drawn = look.figure(f"{total:,} prompts answered, by hour of the week", HOUR_ROW * len(hours) + 66)
    drawn.add_trace(
        go.Heatmap(
            z=[[_count(cells.get((day, hour))) for day in days] for hour in hours],
            x=[WEEKDAYS[day - 1] for day in days], y=[f"{hour}:00" for hour in hours],
            text=[[_cell(cells.get((day, hour))) for day in days] for hour in hours],
            texttemplate="%{text}", hoverinfo="text", colorscale=SHADES, zmin=0, showscale=False,
            xgap=2, ygap=2,
            hovertext=[[hour_words(day, hour, cells.get((day, hour))) for day in days] for hour in hours],
        )
    )  # fmt: skip
    drawn.update_xaxes(fixedrange=True, showgrid=False, type="category", side="bottom")
    drawn.update_yaxes(fixedrange=True, showgrid=False, type="category", autorange="reversed")
    drawn.update_layout(margin={"l": 44, "r": 8, "t": 34, "b": 28})
    return drawn


def _count(row: Mapping[str, Any] | None) -> int:
    return int(row["answer_count"]) if row else 0


def _cell(row: Mapping[str, Any] | None) -> str:
    """The prompts of an hour, and its fast share where enough people answered."""
    if row is None:
        return ""
    if row["fast_count"] is None or row["approval_count"] < wording.SMALL:
        return f"{row['answer_count']:,}"
    return f"{row['answer_count']:,} · {wording.percent(row['fast_count'] / row['approval_count'])}"


def hour_words(day: int, hour: int, row: Mapping[str, Any] | None) -> str:
    """What is known of one hour of the week.

    >>> hour_words(1, 9, None)
    'Mon 9:00: no prompt'
    """
    when = f"{WEEKDAYS[day - 1]} {hour}:00"
    if row is None:
        return f"{when}: no prompt"
    people = wording.plural(row["people_count"], "person", "people")
    asked = f"{when}: {wording.plural(row['answer_count'], 'prompt')}, {people}"
    if row["fast_count"] is None:
        return f"{asked}; too few people to say how many were fast"
    return f"{asked}; fast {wording.fraction(row['fast_count'], row['approval_count'])} approvals"


def automation(weeks: pl.DataFrame) -> go.Figure:
    """Draw the share of decisions that no person made, week by week; takes metrics.fatigue.weeks."""
    known = weeks.filter(pl.col("decider_known_count") > 0)
    total = int(known["decider_known_count"].sum())
    drawn = look.figure(f"Decided without a person, in %, of {total:,}", WEEKS_HEIGHT)
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
    drawn = look.figure(f"Permission modes, in %, of {total:,} told", WEEKS_HEIGHT)
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
        fixedrange=True, showgrid=False, type="category", nticks=min(8, max(weeks.height, 1)), tickangle=0,
        title={"text": "week from", "standoff": 4},
    )  # fmt: skip
    drawn.update_yaxes(
        range=[0, 1.02], tickformat=".0%", nticks=6, fixedrange=True, gridcolor=look.GRID, zeroline=False
    )
    drawn.update_layout(margin={"l": 44, "r": 8, "t": 62, "b": 46})
