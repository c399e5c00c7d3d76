from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.snapshot.lines import EDGE, WIDTH, Axis, Series, axis, dot_and_range, weeks
from metrics.estimate import Coverage, Estimate, Number, Undefined

UNKNOWN = Undefined("no scan", 0, Coverage(0, 4))


def number(value: float, low: float | None = None, high: float | None = None, n: int = 96) -> Estimate:
    return Estimate(value, low, high, 0.95, "share", "exact", 1, n, n, Coverage(n, n))


def kinds(drawing: str) -> list[str]:
    return [str(each.get("class")) for each in ET.fromstring(drawing).iter() if each.get("class")]  # noqa: S314 (our own text)


def test_an_axis_holds_every_value_and_ends_at_a_readable_number() -> None:
    assert axis([number(0.01, 0.0, 0.037)]).high == 0.04
    assert axis([number(13.2)]).high == 15.0
    assert axis([number(60.0)], grain=24.0).high == 72.0


def test_an_axis_holds_the_mark_and_no_more_than_there_can_be() -> None:
    assert axis([number(0.0)], mark=0.01).high == pytest.approx(0.015)
    assert axis([number(0.97, 0.9, 0.99)], limit=1.0).high == 1.0


def test_an_axis_is_not_stretched_by_one_wide_range() -> None:
    narrow = [number(0.02, 0.0, 0.04) for _ in range(4)]
    assert axis([*narrow, number(0.0, 0.0, 0.9)]).high == 0.04


def test_agents_are_filled_circles_and_people_open_diamonds() -> None:
    drawing = dot_and_range(
        [("agent", number(0.2, 0.1, 0.3)), ("human", number(0.4, 0.3, 0.5))], Axis(0, 1), ""
    )
    assert kinds(drawing) == ["axis", "range agent", "dot agent", "range human", "dot human"]
    assert drawing.count("<circle") == drawing.count("<polygon") == 1


def test_a_dot_lies_where_its_value_is() -> None:
    drawing = dot_and_range([("agent", number(0.25, 0.0, 1.0))], Axis(0, 1), "")
    place = EDGE + 0.25 * (WIDTH - 2 * EDGE)
    assert f'cx="{place:g}"' in drawing


def test_a_range_that_runs_off_the_axis_carries_an_arrow() -> None:
    assert "arrow agent" in dot_and_range([("agent", number(0.2, 0.1, 0.9))], Axis(0, 0.5), "")
    assert "arrow" not in dot_and_range([("agent", number(0.2, 0.1, 0.5))], Axis(0, 0.5), "")


def test_what_was_not_reached_has_a_range_without_end_and_no_dot() -> None:
    drawn = kinds(
        dot_and_range([("agent", number(math.inf, 52.0, None))], axis([number(math.inf, 52.0)]), "")
    )
    assert drawn == ["axis", "range agent", "arrow agent"]


def test_an_unknown_number_is_dotted_and_never_at_zero() -> None:
    assert kinds(dot_and_range([("agent", UNKNOWN)], Axis(0, 1), "")) == ["axis", "unknown"]


def test_the_mark_stands_on_the_axis() -> None:
    assert "mark" in kinds(dot_and_range([("agent", UNKNOWN)], Axis(0, 0.04, mark=0.01), ""))


def test_unknown_weeks_are_gaps_and_few_observations_hollow() -> None:
    numbers: tuple[Number | None, ...] = (
        number(0.1),
        number(0.2),
        UNKNOWN,
        None,
        number(0.3, n=12),
        number(0.4),
    )
    drawn = kinds(weeks([Series("agent", numbers)], Axis(0, 1), ""))
    assert drawn.count("line agent") == 2  # first to second, fifth to sixth: never across the gap
    assert drawn.count("week agent") == 3
    assert drawn.count("week agent hollow") == 1


def test_no_week_at_all_draws_an_empty_axis() -> None:
    assert kinds(weeks([Series("agent", (None,) * 8)], Axis(0, 1), "")) == ["axis"]
    assert kinds(weeks([], Axis(0, 1), "")) == ["axis"]


def test_foreign_words_are_escaped() -> None:
    drawing = dot_and_range([("agent", UNKNOWN)], Axis(0, 1), '"><script>alert(1)</script>')
    assert "<script" not in drawing
    label = ET.fromstring(drawing).get("aria-label")  # noqa: S314 (our own text)
    assert label == '"><script>alert(1)</script>'


VALUES = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(st.one_of(st.none(), VALUES), max_size=12))
def test_every_drawing_stays_inside_its_frame(values: list[float | None]) -> None:
    numbers = tuple(None if value is None else number(value, value / 2, 2 * value) for value in values)
    drawing = weeks([Series("human", numbers)], axis(numbers), "weeks")
    box = [float(part) for part in str(ET.fromstring(drawing).get("viewBox")).split()]  # noqa: S314 (our own text)
    for points in re.findall(r'points="([^"]*)"', drawing):
        for point in points.split():
            x, y = (float(part) for part in point.split(","))
            assert 0 <= x <= box[2]
            assert 0 <= y <= box[3]


@given(st.lists(VALUES, min_size=1))
def test_no_value_lies_beyond_its_axis(values: list[float]) -> None:
    drawn_on = axis([number(value) for value in values])
    assert all(0 <= drawn_on.place(value) <= 1 for value in values)


def test_the_same_numbers_give_the_same_bytes() -> None:
    first, second = (
        dot_and_range([("agent", number(1 / 3, 0.1, 2 / 3)), ("human", UNKNOWN)], Axis(0, 1), "x")
        for _ in range(2)
    )
    assert first == second
