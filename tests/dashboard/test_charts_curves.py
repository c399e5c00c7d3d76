from __future__ import annotations

from itertools import pairwise

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts import look
from dashboard.charts.curves import (
    APART,
    DAY,
    TICKS_APART,
    Curve,
    Window,
    approval_curves,
    label_heights,
    placed,
    ticks,
)
from metrics.velocity.comparison import Point

WINDOW = Window(14, (24, 72))
POINTS = (Point(0, 0, 0, 0), Point(6, 0.5, 0.4, 0.6), Point(336, 0.8, 0.7, 0.9))


def both() -> go.Figure:
    slower = (Point(0, 0, 0, 0), Point(30, 0.25, 0.1, 0.5), Point(336, 0.3, 0.1, 0.6))
    return approval_curves([Curve(look.AGENTS, 478, POINTS), Curve(look.PEOPLE, 1200, slower)], WINDOW)


def notes(drawn: go.Figure) -> list[str]:
    return [note.text for note in drawn.layout.annotations]


def test_the_title_has_unit_and_counts_of_both_sides() -> None:
    assert both().layout.title.text == "Approved, in %, of 478 agents' and 1,200 people's"


def test_a_curve_is_drawn_in_steps_as_it_was_worked_out() -> None:
    line = next(trace for trace in both().data if trace.name == "Agents")
    assert (list(line.x), list(line.y), line.line.shape) == (
        [placed(hour) for hour in (0, 6, 336)],
        [0, 0.5, 0.8],
        "hv",
    )


def test_a_band_lies_around_its_curve() -> None:
    upper, lower, line = both().data[:3]
    assert lower.fill == "tonexty"
    assert all(low <= share <= high for low, share, high in zip(lower.y, line.y, upper.y, strict=True))


def test_sides_differ_in_line_as_well_as_in_colour() -> None:
    lines = [trace for trace in both().data if trace.name]
    assert len({trace.line.dash for trace in lines}) == 2
    assert len({trace.line.color for trace in lines}) == 2


def test_the_marks_of_the_settings_are_drawn_and_named() -> None:
    drawn = both()
    assert {shape.x0 for shape in drawn.layout.shapes} == {placed(24), placed(72)}
    assert {"24 h", "72 h"} <= set(notes(drawn))


def test_each_curve_is_labelled_where_it_ends_and_there_is_no_legend() -> None:
    drawn = both()
    assert {"<b>Agents</b> 80 %", "<b>People</b> 30 %"} <= set(notes(drawn))
    assert drawn.layout.showlegend is False


def test_the_axis_ends_with_the_restricted_mean() -> None:
    assert list(both().layout.xaxis.range) == [0, placed(336)]
    assert list(approval_curves([], Window(30, ())).layout.xaxis.range) == [0, placed(720)]


def test_one_side_alone_is_drawn_alone() -> None:
    drawn = approval_curves([Curve(look.AGENTS, 5, POINTS)], WINDOW)
    assert [trace.name for trace in drawn.data if trace.name] == ["Agents"]
    assert drawn.layout.title.text == "Approved, in %, of 5 agents'"


def test_hovering_says_the_hour_and_the_share() -> None:
    line = next(trace for trace in both().data if trace.name == "Agents")
    assert line.hovertext[1] == "Agents: 50 % approved within 6 h"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
@settings(deadline=None, max_examples=60)
def test_labels_never_lie_on_one_another_nor_above_the_chart(ends: list[float]) -> None:
    heights = sorted(label_heights(ends))
    assert heights[1] - heights[0] >= APART - 1e-9
    assert heights[1] <= 1.0


@pytest.mark.parametrize("side", [look.AGENTS, look.PEOPLE, look.HEADLINE, look.PART])
def test_a_pale_colour_is_the_same_colour(side: look.Side) -> None:
    assert look.pale(side.colour).startswith(f"rgba({int(side.colour[1:3], 16)},")


@given(st.integers(min_value=1, max_value=365))
def test_no_two_ticks_lie_on_one_another_whatever_the_length_of_the_axis(days: int) -> None:
    end = days * DAY
    places = [placed(hour) / placed(end) for hour in ticks(end)]
    assert places[0] == 0
    assert all(after - before >= TICKS_APART for before, after in pairwise(places))
    assert places[-1] <= 1
