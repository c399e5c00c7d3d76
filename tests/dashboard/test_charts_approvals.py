from __future__ import annotations

from datetime import date
from math import inf
from typing import Any

import polars as pl
import pytest

from dashboard.charts.approvals import Bar, reasons
from dashboard.charts.approvals_curves import band_curve, highest
from dashboard.charts.approvals_grid import Cells, sensitivity
from dashboard.charts.approvals_hours import hours_of_week
from dashboard.charts.approvals_people import funnel
from dashboard.charts.approvals_weeks import automation, modes
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.curves import CurvePoint
from metrics.fatigue.funnel import SCHEMA as FUNNEL

APPROVALS = Cells("fast_count", "approval_count", "approvals", is_rate_stated=True)
UNKNOWN = Undefined("too few", 3, Coverage(3, 3))


def grid(fast: int = 12, total: int = 96) -> pl.DataFrame:
    rows = [(floor, pace, fast, total) for floor in (1.0, 2.0) for pace in (100.0, inf)]
    names = ["floor_seconds", "chars_per_second", "fast_count", "approval_count"]
    return pl.DataFrame(rows, schema=names, orient="row")


def share(x: int, n: int, low: float, high: float) -> Estimate:
    return Estimate(x / n, low, high, 0.95, "share", "ratio", x, n, n, Coverage(n, n))


def point(low: int, high: int | None, fast: Number, rejected: Number = UNKNOWN) -> CurvePoint:
    return CurvePoint("streak", low, high, 40, 6, 9.7, fast, rejected)


def heat(**given: Any) -> pl.DataFrame:
    usual = {"weekday": 1, "hour": 9, "answer_count": 30, "people_count": 6, "approval_count": 25,
             "fast_count": 5}  # fmt: skip
    late = {**usual, "weekday": 2, "hour": 11, "answer_count": 4, "people_count": 2, "fast_count": None}
    return pl.DataFrame([{**usual, **given}, late], infer_schema_length=None)


def weeks(mode_known: int = 10) -> pl.DataFrame:
    names = ("default", "plan", "accept_edits", "auto", "bypass", "other")
    row = {"week_on": date(2026, 6, 1), "decision_count": 12, "automated_count": 6,
           "decider_known_count": 8, "mode_known_count": mode_known}  # fmt: skip
    of_modes = {f"{name}_count": 0 for name in names} | {"default_count": 7, "bypass_count": 3}
    return pl.DataFrame([{**row, **of_modes}])


def people() -> pl.DataFrame:
    rows = [("p-a", 1, 10, 0.1, 0.0, 0.4, 0.0, 0.5), ("p-b", 9, 10, 0.9, 0.0, 0.4, 0.0, 0.5),
            ("p-c", 2, 40, 0.05, 0.1, 0.3, 0.05, 0.4)]  # fmt: skip
    return pl.DataFrame(rows, schema=FUNNEL, orient="row")


def test_every_reason_has_a_bar_below_its_words_and_the_counts_add_up() -> None:
    drawn = reasons((Bar("measured", 96), Bar("wait not known", 4)), "What became of 100 decisions")
    assert list(drawn.data[0].x) == [96, 4]
    told = [note.text for note in drawn.layout.annotations]
    assert told == ["<b>measured</b>  96 of 100 (96 %)", "<b>wait not known</b>  4 of 100 (4 %)"]
    for place, note in enumerate(drawn.layout.annotations):
        assert note.y < place - drawn.data[0].width / 2


def test_a_grid_states_share_and_count_of_every_rule() -> None:
    drawn = sensitivity(grid(), APPROVALS, (2.0, 100.0))
    assert drawn.layout.title.text == "Faster than a look, in %, of 96 approvals"
    assert drawn.layout.annotations[0].text == "12.5 %<br>12"
    assert drawn.data[0].z[0][0] == pytest.approx(0.125)
    assert drawn.data[0].hovertext[0][1] == "1 s and the floor alone: 12 of 96 approvals"


def test_the_rule_in_use_is_framed_and_another_one_is_not() -> None:
    used = sensitivity(grid(), APPROVALS, (2.0, 100.0)).layout.shapes
    assert [(each.x0, each.y0) for each in used] == [(-0.5, 0.5)]
    assert not sensitivity(grid(), APPROVALS, (4.0, 100.0)).layout.shapes


def test_where_no_rate_is_stated_neither_words_nor_shades_state_one() -> None:
    few = Cells("fast_count", "approval_count", "approvals", is_rate_stated=False)
    drawn = sensitivity(grid(), few, (2.0, 100.0))
    assert "counts" in drawn.layout.title.text
    assert {note.text for note in drawn.layout.annotations} == {"12"}
    assert {shade for row in drawn.data[0].z for shade in row} == {0.0}


def test_a_grid_of_nothing_can_be_drawn() -> None:
    assert sensitivity(grid(0, 0), APPROVALS, (2.0, 100.0)).data[0].z[0][0] == 0


def test_a_curve_draws_what_is_stated_and_leaves_out_what_is_not() -> None:
    points = [point(0, 3, share(6, 60, 0.05, 0.2)), point(3, None, UNKNOWN)]
    fast, rejected = band_curve(points, "", "").data
    assert list(fast.y) == [0.1]
    assert list(fast.error_y.array) == pytest.approx([0.1])
    assert list(fast.error_y.arrayminus) == pytest.approx([0.05])
    assert list(rejected.y) == []


def test_every_band_says_how_many_answers_it_holds() -> None:
    drawn = band_curve([point(0, 3, UNKNOWN), point(3, None, UNKNOWN)], "", "")
    assert list(drawn.layout.xaxis.ticktext) == [
        "<b>0–2</b><br>n 40<br>half in 9.7 s",
        "<b>3+</b><br>n 40<br>half in 9.7 s",
    ]


def test_both_curves_differ_in_more_than_colour() -> None:
    fast, rejected = band_curve([point(0, 3, share(6, 60, 0.05, 0.2))], "", "").data
    assert fast.marker.symbol != rejected.marker.symbol
    assert fast.line.dash != rejected.line.dash


def test_an_axis_of_shares_holds_every_range_and_never_passes_the_whole() -> None:
    assert highest([share(6, 60, 0.05, 0.5)]) == pytest.approx(0.54)
    assert highest([share(6, 60, 0.05, 1.0)]) == 1.02


def test_an_hour_shows_its_fast_share_only_of_enough_people() -> None:
    drawn = hours_of_week(heat())
    cells = drawn.data[0]
    told = [(note.text, note.x, note.y) for note in drawn.layout.annotations]
    assert told == [("30 · 20 %", 0, 0), ("4", 1, 2)]
    assert "too few people" in cells.hovertext[2][1]
    assert drawn.layout.title.text.startswith("34 prompts answered")


def test_an_hour_without_prompts_is_empty_and_working_days_are_always_shown() -> None:
    cells = hours_of_week(heat()).data[0]
    assert list(cells.x) == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert cells.hovertext[1][0] == "Mon 10:00: no prompt"


def test_a_weekend_is_shown_when_somebody_worked_on_it() -> None:
    assert list(hours_of_week(heat(weekday=7)).data[0].x)[-1] == "Sun"


def test_automation_is_a_share_of_the_decisions_whose_decider_is_known() -> None:
    drawn = automation(weeks())
    assert list(drawn.data[0].y) == [0.75]
    assert drawn.layout.title.text == "Decided without a person, in %, of 8"


def test_only_modes_that_occur_are_drawn_and_they_add_up() -> None:
    drawn = modes(weeks())
    assert [trace.name for trace in drawn.data] == ["default", "bypass"]
    assert sum(trace.y[0] for trace in drawn.data) == pytest.approx(1)
    assert drawn.data[0].marker.pattern.shape != drawn.data[1].marker.pattern.shape


def test_a_week_whose_modes_are_not_told_has_no_bar() -> None:
    assert not modes(weeks(mode_known=0)).data


def test_a_funnel_has_a_mark_for_everybody_between_both_limits() -> None:
    drawn = funnel(people())
    marks = drawn.data[-1]
    assert list(zip(marks.x, marks.y, strict=True)) == [(10, 0.1), (10, 0.9), (40, 0.05)]
    assert [trace.name for trace in drawn.data if trace.mode == "lines" and trace.showlegend] == [
        "95 of 100 people",
        "998 of 1,000",
    ]


def test_a_funnel_holds_every_mark_and_says_the_common_share() -> None:
    drawn = funnel(people())
    assert drawn.layout.yaxis.range[1] > 0.9
    assert [note.text for note in drawn.layout.annotations] == ["all 20 %"]
