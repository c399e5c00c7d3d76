from __future__ import annotations

from math import inf, isclose, log10
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts import look
from dashboard.charts.comparison import Axis, Row, dot_and_range, limits

RATIO = Axis("Ratio", "", 1.0, "as many", is_ratio=True)
HOURS = Axis("Hours longer", "h", 0.0, "no difference")
RATE = Axis("Findings per KLOC", "")


def row(value: float | None = 1.3, low: float | None = 0.8, high: float | None = 2.3, **given: Any) -> Row:
    return Row(**{"name": "Like for like", "words": "told", "side": look.HEADLINE, **given},
               value=value, low=low, high=high)  # fmt: skip


def bars(drawn: go.Figure) -> list[list[float]]:
    return [list(trace.x) for trace in drawn.data if trace.mode == "lines"]


def symbols(drawn: go.Figure) -> list[str]:
    return [trace.marker.symbol for trace in drawn.data if trace.mode == "markers"]


def notes(drawn: go.Figure) -> list[str]:
    return [note.text for note in drawn.layout.annotations]


def test_a_ratio_is_drawn_on_a_logarithmic_axis_with_one_marked() -> None:
    drawn = dot_and_range([row(2.0, 0.5, 8.0)], RATIO)
    assert all(isclose(x, log10(end)) for x, end in zip(bars(drawn)[0], (0.5, 8.0), strict=True))
    assert {shape.x0 for shape in drawn.layout.shapes} == {0.0}
    assert "as many" in notes(drawn)
    assert "1×" in drawn.layout.xaxis.ticktext


def test_twice_and_half_stand_as_far_from_one() -> None:
    low, high = limits([row(1.0, 0.5, 2.0)], RATIO)
    assert isclose(-low, high)


def test_a_difference_marks_zero_and_its_ticks_carry_the_unit() -> None:
    drawn = dot_and_range([row(-2.0, -5.0, 1.0)], HOURS)
    assert {shape.x0 for shape in drawn.layout.shapes} == {0.0}
    assert drawn.layout.xaxis.ticksuffix == " h"


def test_a_rate_has_no_mark_and_begins_at_zero() -> None:
    drawn = dot_and_range([row(1.5, 0.5, 3.0, side=look.AGENTS)], RATE)
    assert not drawn.layout.shapes
    assert drawn.layout.xaxis.range[0] < 0 < drawn.layout.xaxis.range[1]


def test_every_row_says_its_name_and_numbers_once() -> None:
    drawn = dot_and_range([row(), row(name="acme/a py", side=look.PART)], RATIO)
    assert notes(drawn)[:2] == ["<b>Like for like</b><br>told", "<b>acme/a py</b><br>told"]


def test_an_unknown_number_is_words_and_no_mark() -> None:
    drawn = dot_and_range([row(None, None, None, words="unknown: no scan")], RATIO)
    assert not drawn.data
    assert "<b>Like for like</b><br>unknown: no scan" in notes(drawn)


def test_a_number_without_an_interval_is_a_dot_without_a_bar() -> None:
    drawn = dot_and_range([row(2.0, None, None)], HOURS)
    assert (bars(drawn), symbols(drawn)) == ([], ["square"])


@pytest.mark.parametrize(
    ("given", "arrows"),
    [
        ((0.0, 0.0, 3.0), {"triangle-left"}),
        ((inf, 0.7, None), {"triangle-right"}),
        ((1.0, 0.0001, 900.0), {"triangle-left", "triangle-right"}),
    ],
)
def test_what_runs_off_carries_an_arrow(given: tuple[float, float, float | None], arrows: set[str]) -> None:
    drawn = dot_and_range([row(*given)], RATIO)
    assert {symbol for symbol in symbols(drawn) if symbol.startswith("triangle")} == arrows


def test_an_infinite_ratio_has_a_bar_from_its_lower_limit_to_the_edge() -> None:
    (bar,) = bars(dot_and_range([row(inf, 0.7, inf)], RATIO))
    assert isclose(bar[0], log10(0.7))
    assert bar[1] < inf


def test_a_wide_stratum_does_not_squeeze_the_headline() -> None:
    wide = row(90.0, -400.0, 500.0, side=look.PART)
    assert limits([row(1.0, -2.0, 4.0), wide], HOURS)[1] <= 1.12 * 8
    drawn = dot_and_range([row(1.0, -2.0, 4.0), wide], HOURS)
    assert {"triangle-left", "triangle-right"} <= set(symbols(drawn))


def test_a_wide_rate_of_little_code_does_not_squeeze_the_others() -> None:
    rows = [row(1.0, 0.5, 2.0, side=look.AGENTS), row(0.5, 0.0, 90.0, side=look.PEOPLE)]
    assert limits(rows, RATE)[1] < 3
    assert symbols(dot_and_range(rows, RATE))[1] == "triangle-right"


def test_nothing_found_anywhere_still_has_an_axis() -> None:
    low, high = limits([row(0.0, 0.0, 0.4, side=look.AGENTS)], RATE)
    assert low < 0
    assert high > 0.4
    assert limits([row(None, None, None)], RATE)[1] > 0
    assert limits([row(None, None, None)], RATIO)[0] < 0


def test_agents_people_headline_and_parts_differ_in_shape() -> None:
    sides = (look.AGENTS, look.PEOPLE, look.HEADLINE, look.PART)
    assert len({side.symbol for side in sides}) == len({side.colour for side in sides}) == 4


@given(st.floats(0.001, 1000), st.floats(1.01, 50), st.floats(1.01, 50))
@settings(deadline=None, max_examples=60)
def test_whatever_is_drawn_lies_on_the_axis(value: float, down: float, up: float) -> None:
    drawn = dot_and_range([row(value, value / down, value * up)], RATIO)
    start, end = drawn.layout.xaxis.range
    assert all(start <= x <= end for trace in drawn.data for x in trace.x)


@pytest.mark.parametrize("axis", [RATIO, HOURS, RATE], ids=["ratio", "hours", "rate"])
def test_every_figure_has_a_title_readable_type_and_no_legend(axis: Axis) -> None:
    drawn = dot_and_range([row()], axis)
    assert drawn.layout.title.text == axis.title
    assert all(note.font.size >= 12 for note in drawn.layout.annotations if note.font.size)
    assert drawn.layout.showlegend is False
