from __future__ import annotations

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts import look
from dashboard.charts.escapes import MOST_STACKED, Found, delays, has_moved, sprint_rates
from metrics.estimate import Coverage, Estimate
from metrics.gate.states import FirstPublished, SprintCount
from tests.builders_dashboard import AS_OF, sprint

MARK = 0.01


def share(count: int, total: int, high: float | None = 0.2) -> Estimate:
    return Estimate(
        count / total, 0.0, high, 0.95, "share", "exact", count, total, total, Coverage(total, total)
    )


def counted(number: int, low: int, high: int, changes: int = 40, **given: Any) -> SprintCount:
    usual = sprint(number, changes=changes)
    told = {
        "escapes_low": low,
        "escapes_high": high,
        "rate": share(low, changes),
        "rate_high": share(high, changes),
    }
    return replace(usual, **{"first_published": None, "nowcast": None, **told, **given})


def trace(drawn: go.Figure, name: str) -> Any:
    return next((each for each in drawn.data if each.name == name), None)


def test_every_sprint_with_changes_has_its_rate_and_its_interval() -> None:
    drawn = sprint_rates([counted(1, 0, 0), counted(2, 1, 1), counted(3, 0, 0, changes=1)], MARK)
    assert list(trace(drawn, "confirmed").x) == [1, 2, 3]
    assert list(trace(drawn, "confirmed").y) == [0, 0.025, 0]
    assert sum(each.mode == "lines" for each in drawn.data) == 3


def test_a_sprint_without_changes_has_no_rate_to_draw() -> None:
    empty = replace(sprint(2), changes=0)
    drawn = sprint_rates([counted(1, 0, 0), empty], MARK)
    assert list(drawn.layout.xaxis.tickvals) == [1]


def test_unreviewed_escapes_are_drawn_only_where_they_could_move_the_rate() -> None:
    drawn = sprint_rates([counted(1, 1, 1), counted(2, 0, 2)], MARK)
    assert list(trace(drawn, "with unreviewed").x) == [2]
    assert list(trace(drawn, "with unreviewed").y) == [0.05]


def test_what_was_first_published_is_drawn_only_where_it_has_moved() -> None:
    same, other = FirstPublished(40, 0, 0, AS_OF), FirstPublished(38, 0, 0, AS_OF)
    stood, moved = counted(1, 0, 0, first_published=same), counted(2, 1, 1, first_published=other)
    drawn = sprint_rates([stood, moved], MARK)
    assert (has_moved(stood), has_moved(moved)) == (False, True)
    assert list(trace(drawn, "as first published").x) == [2]
    assert (
        "0 of 38" in trace(drawn, "as first published").hovertext[0]
        or "0 %" in (trace(drawn, "as first published").hovertext[0])
    )


def test_a_nowcast_is_a_mark_of_its_own() -> None:
    drawn = sprint_rates([counted(4, 0, 0, nowcast=share(1, 40))], MARK)
    assert list(trace(drawn, "nowcast").y) == [0.025]


def test_the_title_counts_the_changes_and_the_mark_is_named() -> None:
    drawn = sprint_rates([counted(1, 0, 0), counted(2, 1, 1)], MARK)
    assert "80 changes" in drawn.layout.title.text
    assert any("1 % mark" in note.text for note in drawn.layout.annotations)


def test_no_rate_runs_off_the_axis() -> None:
    drawn = sprint_rates([counted(1, 20, 20), counted(2, 0, 0)], MARK)
    assert drawn.layout.yaxis.range[1] > 0.5


def test_rates_of_many_sprints_name_their_counts_on_hover_only() -> None:
    few = sprint_rates([counted(number, 0, 0) for number in range(1, 9)], MARK)
    many = sprint_rates([counted(number, 0, 0) for number in range(1, 27)], MARK)
    assert "<br>" in few.layout.xaxis.ticktext[0]
    assert "<br>" not in many.layout.xaxis.ticktext[0]


def found(days: float, *, confirmed: bool = True) -> Found:
    return Found(days, f"found after {days:g} days", confirmed)


def drawn_delays(*agents: Found) -> go.Figure:
    return delays([(look.AGENTS, agents), (look.PEOPLE, [])], (30, 90))


def test_every_escape_has_one_mark_at_its_delay() -> None:
    drawn = drawn_delays(found(3), found(45.5), found(12, confirmed=False))
    assert sorted(day for each in drawn.data for day in each.x) == [3, 12, 45.5]


def test_what_is_confirmed_is_filled_and_what_is_not_is_open() -> None:
    drawn = drawn_delays(found(3), found(12, confirmed=False))
    assert {each.marker.symbol: list(each.x) for each in drawn.data} == {"circle": [3], "circle-open": [12]}


def test_a_side_without_escapes_says_none() -> None:
    texts = [note.text for note in drawn_delays(found(3)).layout.annotations]
    assert any("People" in text and "none" in text for text in texts)


@pytest.mark.parametrize(("days", "middle"), [((1, 9, 20), "9 days"), ((2, 4), "2 days"), ((1,), "1 day")])
def test_the_time_by_which_half_was_found_is_told(days: tuple[int, ...], middle: str) -> None:
    texts = [note.text for note in drawn_delays(*map(found, days)).layout.annotations]
    assert any(f"within {middle}" in text for text in texts)


@given(st.lists(st.integers(0, 400), max_size=40))
@settings(deadline=None, max_examples=25)
def test_marks_of_one_day_stand_above_each_other_within_their_row(days: list[int]) -> None:
    drawn = drawn_delays(*map(found, days))
    heights = [height for each in drawn.data for height in each.y]
    assert len(heights) == len(days)
    assert all(-0.16 * MOST_STACKED <= height <= 0 for height in heights)
    assert drawn.layout.xaxis.range[1] >= max([*days, 90])
