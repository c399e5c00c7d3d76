"""Which sprints let something through, and how long until it was found?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look
from metrics.estimate import Estimate, Number
from metrics.gate.states import SprintCount

SPRINTS_HEIGHT: Final = 340  # px
LEAST_TOP: Final = 0.03  # of the axis: the mark must not lie at the upper edge
ROW: Final = 74  # px: caption and strip of one side
STACK: Final = 0.16  # of a row between escapes of the same day
MOST_STACKED: Final = 4  # more of one day are told by the words of the last one
DAYS_AXIS: Final = 46  # px
LONGEST_NAMED: Final = 8  # sprints whose counts stand at their bars; more are told on hover


def sprint_rates(sprints: Sequence[SprintCount], threshold: float) -> go.Figure:
    """Draw the rate of every sprint with its interval, as first published and as it is heading."""
    shown = [each for each in sprints if each.changes]
    changes = sum(each.changes for each in shown)
    drawn = look.figure(f"Escape rate by sprint, in %, of {changes:,} changes", SPRINTS_HEIGHT)
    top = _top(shown, threshold)
    for traces in (_intervals(shown), _confirmed(shown), _unreviewed(shown), _first(shown), _nowcasts(shown)):
        drawn.add_traces(traces)
    _mark(drawn, threshold)
    drawn.update_xaxes(
        tickvals=[each.number for each in shown], ticktext=[_tick(each, len(shown)) for each in shown],
        fixedrange=True, showgrid=False, zeroline=False,
    )  # fmt: skip
    drawn.update_yaxes(
        range=[-0.03 * top, top], tickformat=".2~%", fixedrange=True, gridcolor=look.GRID, zeroline=True
    )
    drawn.update_layout(
        margin={"l": 44, "r": 12, "t": 76, "b": 44},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
    )
    return drawn


def _top(sprints: Sequence[SprintCount], threshold: float) -> float:
    """Where the axis ends: above every rate and nearly every interval; a very wide one may run off."""
    highs = [each.rate.high or 0.0 for each in sprints if isinstance(each.rate, Estimate)]
    values = [each.rate_high.value for each in sprints if isinstance(each.rate_high, Estimate)]
    usual = sorted(highs)[len(highs) // 2] if highs else 0.0
    return 1.1 * max(LEAST_TOP, 2 * threshold, 1.5 * usual, *(2 * value for value in values), 0.0)


def _tick(sprint: SprintCount, count: int) -> str:
    told = wording.fraction(sprint.escapes_low, sprint.changes)
    return f"{sprint.number}<br>{told}" if count <= LONGEST_NAMED else str(sprint.number)


def _words(sprint: SprintCount, number: Number, what: str) -> str:
    standing = "watched to the end" if sprint.mature else "not watched to the end yet"
    return f"Sprint {sprint.number}, {standing}: {what} {wording.number(number)}"


def _intervals(sprints: Sequence[SprintCount]) -> list[go.Scatter]:
    known = [(each, each.rate) for each in sprints if isinstance(each.rate, Estimate)]
    return [
        go.Scatter(
            x=[each.number, each.number], y=[rate.low or 0.0, rate.high], mode="lines", hoverinfo="skip",
            line={"width": 4, "color": look.pale(look.BLUE, 0.45)}, showlegend=False,
        )
        for each, rate in known
    ]  # fmt: skip


def _confirmed(sprints: Sequence[SprintCount]) -> list[go.Scatter]:
    known = [(each, each.rate) for each in sprints if isinstance(each.rate, Estimate)]
    style = {"symbol": "diamond", "size": 11, "color": look.BLUE, "line": {"width": 1, "color": "white"}}
    return _points("confirmed", [(each, rate.value, rate) for each, rate in known], style)


def _unreviewed(sprints: Sequence[SprintCount]) -> list[go.Scatter]:
    """Only where triage could still move the rate."""
    open_ones = [
        (each, each.rate_high.value, each.rate_high)
        for each in sprints
        if isinstance(each.rate_high, Estimate) and each.escapes_high > each.escapes_low
    ]
    style = {"symbol": "diamond-open", "size": 13, "color": look.AMBER, "line": {"width": 2}}
    return _points("with unreviewed", open_ones, style)


def _first(sprints: Sequence[SprintCount]) -> list[go.Scatter]:
    """Only where the number has moved since."""
    style = {"symbol": "circle-open", "size": 10, "color": look.GREY, "line": {"width": 2}}
    moved = [each for each in sprints if has_moved(each)]
    x = [each.number for each in moved]
    y = [_first_share(each) for each in moved]
    words = [f"Sprint {each.number} as first published: {first_words(each)}" for each in moved]
    return _scatter("as first published", (x, y, words), style)


def has_moved(sprint: SprintCount) -> bool:
    """Whether a sprint's count differs from the one of the day it closed."""
    first = sprint.first_published
    return first is not None and (first.escapes_low, first.changes) != (sprint.escapes_low, sprint.changes)


def first_words(sprint: SprintCount) -> str:
    """What a sprint's count was on the day it closed."""
    first = sprint.first_published
    return "" if first is None else wording.fraction(first.escapes_low, first.changes)


def _first_share(sprint: SprintCount) -> float:
    first = sprint.first_published
    return first.escapes_low / first.changes if first and first.changes else 0.0


def _nowcasts(sprints: Sequence[SprintCount]) -> list[go.Scatter]:
    known = [
        (each, each.nowcast.value, each.nowcast) for each in sprints if isinstance(each.nowcast, Estimate)
    ]
    style = {"symbol": "triangle-up-open", "size": 11, "color": look.PURPLE, "line": {"width": 2}}
    return _points("nowcast", known, style)


def _points(
    name: str, told: Sequence[tuple[SprintCount, float, Number]], style: dict[str, object]
) -> list[go.Scatter]:
    x = [each.number for each, _, _ in told]
    words = [_words(each, number, name) for each, _, number in told]
    return _scatter(name, (x, [value for _, value, _ in told], words), style)


def _scatter(
    name: str, points: tuple[list[int], list[float], list[str]], style: dict[str, object]
) -> list[go.Scatter]:
    x, y, words = points
    return (
        [go.Scatter(x=x, y=y, mode="markers", name=name, marker=style, hovertext=words, hoverinfo="text")]
        if x
        else []
    )


def _mark(drawn: go.Figure, threshold: float) -> None:
    drawn.add_hline(y=threshold, line={"color": look.RED, "width": 2})
    drawn.add_annotation(
        text=f"{wording.percent(threshold)} mark", x=1, y=threshold, xref="paper", yref="y", showarrow=False,
        xanchor="right", yanchor="bottom", font={"size": look.LABEL_SIZE},
    )  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One escape: how long after the merge it was reported, and what it is."""

    days: float
    words: str
    is_confirmed: bool


def delays(sides: Sequence[tuple[look.Side, Sequence[Found]]], marks: Sequence[int]) -> go.Figure:
    """Draw one mark per escape at the days from its change's merge to its first report."""
    height = ROW * len(sides) + 34 + DAYS_AXIS
    drawn = look.figure("Days from merge to first report", height)
    longest = max([max(marks), *(each.days for _, found in sides for each in found)])
    for mark in marks:
        _day(drawn, mark, len(sides))
    for place, (side, found) in enumerate(sides):
        drawn.add_traces(_strip(side, found, place))
        look.note(drawn, _caption(side, found), (0, place - 0.62), "left")
    drawn.update_xaxes(
        range=[-0.02 * longest, 1.04 * longest], fixedrange=True, gridcolor=look.GRID, zeroline=False,
        title={"text": "days after the merge", "standoff": 4},
    )  # fmt: skip
    drawn.update_yaxes(range=[len(sides) - 0.6, -1.0], visible=False, fixedrange=True)
    drawn.update_layout(margin={"l": 4, "r": 12, "t": 34, "b": DAYS_AXIS}, showlegend=False)
    return drawn


def _caption(side: look.Side, found: Sequence[Found]) -> str:
    if not found:
        return f"<b>{side.words}</b>  none"
    half = sorted(each.days for each in found)[(len(found) - 1) // 2]
    count = wording.plural(len(found), "escape")
    return f"<b>{side.words}</b>  {count}; half of them found within {wording.plural(round(half), 'day')}"


def _strip(side: look.Side, found: Sequence[Found], place: int) -> list[go.Scatter]:
    """Confirmed ones filled, unreviewed ones open; several of one day one above the other."""
    stacked = list(_stacked(found, place))
    return [
        go.Scatter(
            x=[each.days for each, _ in kind], y=[height for _, height in kind], mode="markers",
            hovertext=[each.words for each, _ in kind], hoverinfo="text",
            marker={"symbol": side.symbol + suffix, "size": 11, "color": side.colour, "line": {"width": 2}},
        )
        for suffix, is_confirmed in (("", True), ("-open", False))
        if (kind := [pair for pair in stacked if pair[0].is_confirmed is is_confirmed])
    ]  # fmt: skip


def _stacked(found: Sequence[Found], place: int) -> Iterator[tuple[Found, float]]:
    seen: Counter[int] = Counter()
    for each in sorted(found, key=lambda one: (one.days, one.words)):
        day = round(each.days)
        yield each, place - STACK * min(seen[day], MOST_STACKED)
        seen[day] += 1


def _day(drawn: go.Figure, day: int, rows: int) -> None:
    drawn.add_shape(
        type="line",
        x0=day,
        x1=day,
        y0=-1.0,
        y1=rows - 0.6,
        line={"color": look.GREY, "width": 1, "dash": "dot"},
    )
    drawn.add_annotation(
        text=wording.plural(day, "day"), x=day, y=rows - 0.62, xref="x", yref="y", showarrow=False,
        xanchor="left", yanchor="bottom", xshift=3, font={"size": look.LABEL_SIZE},
    )  # fmt: skip
