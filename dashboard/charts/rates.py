"""How large may the escape rate be, against the mark and against people in the same repositories?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look
from metrics.estimate import Estimate, Number
from metrics.gate.states import Verdict

ROW: Final = 58  # px, at least: caption and bar
TEXT_LINE: Final = 16  # px
MARGIN: Final = (30, 26)  # px: title, axis
ABOVE_BAR: Final = 10  # px between a caption and its bar
BELOW_BAR: Final = 32  # px: the mark's name stands below the last bar
MOST_LETTERS: Final = 52  # in a line of a caption: what a telephone shows of it
LINE_WIDTH: Final = 5


@dataclass(frozen=True)
class RateRow:
    """One interval to draw; without `high` there is nothing to draw and the words say why."""

    name: str
    words: str
    value: float | None
    low: float
    high: float | None
    colour: str


def escape_rates(verdict: Verdict) -> go.Figure:
    """Draw the anytime limit of the agents' rate above the one-look intervals of people, and the mark."""
    rows = (
        _agents(verdict),
        _people("Human changes, same repositories", verdict.human_baseline),
        _people("Human changes, before the pilot", verdict.before_baseline),
    )
    above = ABOVE_BAR + TEXT_LINE * max(len(caption_lines(row)) for row in rows)
    tall = max(ROW, above + ABOVE_BAR)
    height = above + tall * (len(rows) - 1) + BELOW_BAR
    drawn = look.figure("Escape rate: changes with an escape, in %", height + sum(MARGIN))
    top = _widest(rows, verdict.threshold)
    for place, row in enumerate(rows):
        _draw(drawn, row, place)
        _run_off(drawn, row, place, top)
    _threshold(drawn, verdict.threshold, len(rows), (ABOVE_BAR - 1) / tall)
    drawn.update_xaxes(
        range=[-0.03 * top, top],
        tick0=0,
        tickformat=".2~%",
        fixedrange=True,
        gridcolor=look.GRID,
        zeroline=True,
    )
    last = len(rows) - 1
    drawn.update_yaxes(range=[last + BELOW_BAR / tall, -above / tall], visible=False, fixedrange=True)
    drawn.update_layout(margin={"l": 4, "r": 12, "t": MARGIN[0], "b": MARGIN[1]}, showlegend=False)
    return drawn


def caption_lines(row: RateRow) -> list[str]:
    """Name and words of a row: on one line where they fit, else broken between words."""
    if len(row.name) + len(row.words) < MOST_LETTERS:
        return [f"<b>{row.name}</b>  {row.words}"]
    return [f"<b>{row.name}</b>", *wrap(row.words, MOST_LETTERS)]


def _widest(rows: Sequence[RateRow], threshold: float) -> float:
    """Where the axis ends: wide intervals of few changes may run off, their words say how far."""
    agents, *people = rows
    points = [2 * row.value for row in people if row.value is not None]
    return 1.1 * max([2 * threshold, agents.high or 0.0, *points])


def _agents(verdict: Verdict) -> RateRow:
    evidence = verdict.evidence
    if not evidence.changes:
        why = wording.unscanned(verdict) or "no mature sprint yet"
        return RateRow("Agent changes", why, None, 0.0, None, look.BLUE)
    counts = wording.share(evidence.escapes, evidence.changes)
    words = f"{counts}; at most {wording.percent(evidence.upper_limit)}"
    rate = evidence.escapes / evidence.changes
    return RateRow("Agent changes", words, rate, 0.0, evidence.upper_limit, look.BLUE)


def _people(name: str, number: Number) -> RateRow:
    if not isinstance(number, Estimate):
        return RateRow(name, f"unknown: {number.reason}", None, 0.0, None, look.GREY)
    up_to = "" if number.high is None else f"; at most {wording.percent(number.high)}"
    words = wording.share(number.numerator, number.denominator) + up_to
    return RateRow(name, words, number.value, number.low or 0.0, number.high, look.GREY)


def _draw(drawn: go.Figure, row: RateRow, place: int) -> None:
    told = look.caption("<br>".join(caption_lines(row)), (0, place), "left")
    drawn.add_annotation(told | {"yanchor": "bottom", "yshift": ABOVE_BAR})
    if row.high is None or row.value is None:
        return
    drawn.add_trace(
        go.Scatter(
            x=[row.low, row.high], y=[place, place], mode="lines", hoverinfo="skip",
            line={"width": LINE_WIDTH, "color": row.colour},
        )
    )  # fmt: skip
    drawn.add_trace(
        go.Scatter(
            x=[row.value], y=[place], mode="markers", hovertext=f"{row.name}: {row.words}", hoverinfo="text",
            marker={
                "symbol": "diamond", "size": 12, "color": row.colour,
                "line": {"width": 1, "color": "white"},
            },
        )
    )  # fmt: skip


def _run_off(drawn: go.Figure, row: RateRow, place: int, end: float) -> None:
    """Mark an interval that goes on beyond the axis, so that its end is not taken for the axis's."""
    if row.high is None or row.high <= end:
        return
    arrow = {"symbol": "triangle-right", "size": 12, "color": row.colour}
    words = f"{row.name}: {row.words}"
    drawn.add_trace(
        go.Scatter(
            x=[end * 0.985], y=[place], mode="markers", marker=arrow, hovertext=words, hoverinfo="text"
        )
    )  # fmt: skip


def _threshold(drawn: go.Figure, threshold: float, rows: int, reach: float) -> None:
    # One piece per bar: a line through the captions would strike them out.
    for place in range(rows):
        drawn.add_shape(
            type="line", x0=threshold, x1=threshold, y0=place - reach, y1=place + reach,
            line={"color": look.RED, "width": 2},
        )  # fmt: skip
    drawn.add_annotation(
        text=f"{wording.percent(threshold)} mark", x=threshold, y=rows - 1, xref="x", yref="y",
        yshift=-ABOVE_BAR, showarrow=False, yanchor="top", xanchor="center", font={"size": look.LABEL_SIZE},
    )  # fmt: skip
