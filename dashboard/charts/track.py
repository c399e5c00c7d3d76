"""Which changes stand behind each sprint's count? One mark per change, shape and colour together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from math import ceil
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.places import Track, place
from metrics.gate.states import SprintCount

TITLE = 32  # px
LEGEND_LINE = 19  # px; on a telephone a line of the legend holds two names


@dataclass(frozen=True)
class Watch:
    """For how long changes are watched, and in which zone the pilot's days begin."""

    days: int
    timezone: str = "UTC"

    def on(self, at: datetime) -> date:
        """Return the day that it was for the pilot's people."""
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def matures_on(self, sprint: SprintCount) -> date:
        """Return the day on which the last change of a sprint has been watched to the end."""
        return self.on(sprint.end) + timedelta(days=self.days)


def sprint_track(changes: pl.DataFrame, sprints: Sequence[SprintCount], watch: Watch) -> go.Figure:
    """Draw a row per sprint and a mark per change, the newest sprint first.

    Every mark carries [repository, number] as custom data, so that a click can open it.
    """
    track = place(changes, sprints)
    told = _told(track)
    head = TITLE + LEGEND_LINE * ceil(len(told) / 2)
    drawn = look.figure(_title(changes, track), round(track.height) + head + 12)
    for mark in told:
        drawn.add_trace(_trace(mark, track, changes))
    for sprint in sprints:
        y = track.captions[sprint.number]
        look.note(drawn, caption(sprint, watch), (0, y), "left")
        look.note(drawn, tally(sprint), (1, y), "right")
    look.without_axes(drawn)
    drawn.update_xaxes(range=[-0.7, track.density.per_line - 0.3])
    drawn.update_yaxes(range=[track.height, 0])
    drawn.update_layout(
        legend=_legend(), margin={"l": 4, "r": 4, "t": head, "b": 12}, clickmode="event+select"
    )
    return drawn


def _told(track: Track) -> list[look.Mark]:
    drawn = set(track.marks["mark"])
    return [mark for mark in look.MARKS if mark.is_told_at_none or mark.name in drawn]


def _title(changes: pl.DataFrame, track: Track) -> str:
    if not changes.height:
        return "No in-scope agent change has merged yet"
    if track.changes_per_mark > 1:
        return f"Merged agent changes; a mark without a finding stands for {track.changes_per_mark:,}"
    return "Merged agent changes, one mark each"


def _legend() -> dict[str, object]:
    return {
        "orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom",
        "itemclick": False, "itemdoubleclick": False, "itemsizing": "constant", "title": {"text": ""},
    }  # fmt: skip


def _trace(mark: look.Mark, track: Track, changes: pl.DataFrame) -> go.Scatter:
    rows = track.marks.filter(pl.col("mark") == mark.name)
    count = changes.filter(
        (pl.col("mark") == mark.name) & pl.col("sprint").is_in(list(track.captions))
    ).height
    return go.Scatter(
        # A trace without any place would drop out of the legend, and 0 escapes is worth saying.
        x=rows["x"].to_list() or [None],
        y=rows["y"].to_list() or [None],
        customdata=[list(key) for key in rows.select("repository", "number").iter_rows()] or None,
        hovertext=[_hover(row) for row in rows.iter_rows(named=True)] or None,
        hovertemplate="%{hovertext}<extra></extra>",
        mode="markers",
        name=f"{mark.words} ({count:,})",
        marker={
            "symbol": mark.symbol, "color": mark.colour, "size": track.density.size * mark.grow,
            "line": {"width": 1.5 if mark.symbol.endswith("open") else 0, "color": mark.colour},
        },
        unselected={"marker": {"opacity": 0.45}},
    )  # fmt: skip


def _hover(row: dict[str, object]) -> str:
    title = escape(str(row["title"] or "")[:70])
    known = f"{escape(str(row['repository']))}#{row['number']}"
    return f"<b>{known}</b><br>{title}<br>{wording.MARK_WORDS[str(row['mark'])]}; click to open"


def caption(sprint: SprintCount, watch: Watch) -> str:
    """Say which sprint and how far it has been watched."""
    start = wording.day(watch.on(sprint.start))[5:]
    return f"<b>Sprint {sprint.number}</b>  from {start}, {standing(sprint, watch)}"


def standing(sprint: SprintCount, watch: Watch) -> str:
    """Say whether a sprint is open, closed or mature, and which epoch it cannot serve."""
    if sprint.epoch is None:
        return "straddles an epoch"
    if sprint.mature:
        return "mature"
    if sprint.closed:
        return f"closed, watched to {wording.day(watch.matures_on(sprint))[5:]}"
    return f"open to {wording.day(watch.on(sprint.end))[5:]}"


def tally(sprint: SprintCount) -> str:
    """Say escapes of changes, with the unreviewed ones, and what was first published if it differs."""
    if not sprint.changes:
        return "no changes"
    if _is_unscanned(sprint):
        return f"{_first(sprint)}<b>{sprint.changes:,} not scanned</b>"
    unreviewed = sprint.escapes_high - sprint.escapes_low
    today = f"<b>{wording.fraction(sprint.escapes_low, sprint.changes)}</b>"
    asked = f" +{unreviewed}?" if unreviewed else ""
    return f"{_first(sprint)}{today}{asked}"


def _is_unscanned(sprint: SprintCount) -> bool:
    """Whether a sprint's silence means nothing, because no scan looked at any of its changes."""
    return sprint.mature and not sprint.detected and not sprint.escapes_high


def _first(sprint: SprintCount) -> str:
    first = sprint.first_published
    if first is None:
        return ""
    is_same = (first.escapes_low, first.changes) == (sprint.escapes_low, sprint.changes)
    return "" if is_same else f"was {wording.fraction(first.escapes_low, first.changes)}, now "
