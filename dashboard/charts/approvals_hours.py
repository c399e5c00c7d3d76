"""At which hours of the week are people asked? A heat map, days across and hours down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.approvals_cells import cell_words

ROW: Final = 30  # px
FRAME: Final = 66  # px: title and ticks
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WORKING_DAYS: Final = 5  # always shown
SHADES: Final = ((0.0, look.pale(look.GREEN, 0.05)), (1.0, look.pale(look.GREEN, 0.5)))


def hours_of_week(heat: pl.DataFrame) -> go.Figure:
    """Draw how many prompts were answered in each hour of the week; takes metrics.fatigue.heat."""
    cells = {(row["weekday"], row["hour"]): row for row in heat.iter_rows(named=True)}
    days = range(1, max([WORKING_DAYS, *heat["weekday"].to_list()]) + 1)
    hours = range(min(heat["hour"].to_list()), max(heat["hour"].to_list()) + 1)
    total = int(heat["answer_count"].sum())
    drawn = look.figure(f"{total:,} prompts answered, by hour of the week", ROW * len(hours) + FRAME)
    drawn.add_trace(
        go.Heatmap(
            z=[[_count(cells.get((day, hour))) for day in days] for hour in hours],
            x=[WEEKDAYS[day - 1] for day in days], y=[f"{hour}:00" for hour in hours],
            hoverinfo="text", colorscale=SHADES, zmin=0, showscale=False,
            xgap=2, ygap=2,
            hovertext=[[hour_words(day, hour, cells.get((day, hour))) for day in days] for hour in hours],
        )
    )  # fmt: skip
    drawn.layout.annotations = cell_words([[_cell(cells.get((day, hour))) for day in days] for hour in hours])
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
