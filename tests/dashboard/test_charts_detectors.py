from __future__ import annotations

import pytest

from dashboard.charts import look
from dashboard.charts.detectors_curves import Plane, Point, Steps, plane
from dashboard.charts.detectors_lines import Frame, Line, lines
from dashboard.charts.detectors_look import CAUGHT, FALSE_ALARMS, MISSES, PRECISION, thinned
from dashboard.charts.detectors_matrix import TruthRow, confusion
from dashboard.charts.detectors_weeks import Change, WeekMark, weekly

ATTACKS = TruthRow("attack", 90, 10, is_attack=True)
BENIGN = TruthRow("labelled benign", 3, 7, is_attack=False)
ROC = Plane("ROC of 110 items", "false positive rate", "share of attacks caught")


def steps(*points: tuple[float, float, float]) -> Steps:
    across, up, thresholds = (list(each) for each in zip(*points, strict=True))
    return Steps(CAUGHT, "labelled benign, n 10", across, up, thresholds)


def mark(week: str, version: str = "v1", value: float = 0.2) -> WeekMark:
    return WeekMark(week, version, value, value - 0.1, value + 0.1, f"{week}: {value}")


def test_a_matrix_states_counts_and_of_enough_items_shares() -> None:
    drawn = confusion([ATTACKS, BENIGN], "Verdicts on 110 items")
    told = [note.text for note in drawn.layout.annotations]
    assert told == [
        "flagged", "passed", "<b>90</b> caught<br>90 %", "<b>10</b> missed<br>10 %",
        "<b>3</b> false alarm", "<b>7</b> rightly passed",
    ]  # fmt: skip
    assert list(drawn.layout.yaxis.ticktext) == ["attack<br>n 100", "labelled<br>benign<br>n 10"]


def test_what_is_right_has_one_hue_and_each_error_its_own() -> None:
    boxes = [shape.line.color for shape in confusion([ATTACKS, BENIGN], "").layout.shapes]
    assert boxes == [CAUGHT.colour, MISSES.colour, FALSE_ALARMS.colour, CAUGHT.colour]


def test_a_matrix_of_nothing_can_be_drawn() -> None:
    drawn = confusion([TruthRow("attack", 0, 0, is_attack=True)], "")
    assert drawn.layout.annotations[2].text == "<b>0</b> caught"


def test_a_curve_is_steps_through_what_thresholds_attain() -> None:
    drawn = plane([steps((0.0, 0.0, 1.0), (0.1, 0.9, 0.5), (1.0, 1.0, 0.0))], None, ROC)
    (curve,) = drawn.data
    assert (list(curve.x), list(curve.y), curve.line.shape) == ([0.0, 0.1, 1.0], [0.0, 0.9, 1.0], "hv")
    assert curve.hovertext[1] == ("threshold 0.5: false positive rate 10 %, share of attacks caught 90 %")
    assert not drawn.layout.annotations


def test_the_point_in_use_stands_in_the_box_of_its_ranges() -> None:
    point = Point(0.1, 0.9, (0.05, 0.2), (0.8, 0.95), "in use")
    drawn = plane([], point, ROC)
    (box,) = drawn.layout.shapes
    assert (box.x0, box.x1, box.y0, box.y1) == (0.05, 0.2, 0.8, 0.95)
    assert (drawn.data[0].x, drawn.data[0].y) == ((0.1,), (0.9,))


def test_what_no_threshold_attains_is_said_and_shaded() -> None:
    drawn = plane([], None, Plane("", "", "", out_of_reach=0.3, diagonal=True))
    assert drawn.layout.annotations[0].text == "below 30 %:<br>not attainable"
    assert [(shape.type, shape.x1) for shape in drawn.layout.shapes] == [("rect", 0.3), ("line", 1)]


def test_lines_have_bands_marks_and_an_axis_that_holds_them() -> None:
    banded = Line(PRECISION, "precision", [0.001, 0.01], [0.2, 0.6], ["", ""], [0.1, 0.5], [0.3, 0.7])
    drawn = lines([banded], Frame("t", "x", "y", is_logarithmic=True, marks=((0.01, "yours"),)))
    assert [len(trace.x) for trace in drawn.data] == [2, 2, 2]
    assert (drawn.layout.xaxis.type, drawn.layout.annotations[0].text) == ("log", "yours")
    assert drawn.layout.shapes[0].x0 == 0.01


def test_words_of_a_mark_stand_where_a_logarithmic_axis_puts_them() -> None:
    drawn = lines([Line(PRECISION, "", [0.001], [0.2], [""])],
                  Frame("", "", "", is_logarithmic=True, marks=((0.01, "yours"),)))  # fmt: skip
    assert drawn.layout.annotations[0].x == pytest.approx(-2)  # plotly takes exponents there


def test_costs_are_on_an_axis_of_their_own_length() -> None:
    drawn = lines([Line(PRECISION, "", [0, 1], [40.0, 80.0], ["", ""])], Frame("", "", "", is_share=False))
    assert drawn.layout.yaxis.range[1] > 80


def test_single_marks_have_ranges_instead_of_a_band() -> None:
    dots = Line(CAUGHT, "", [0.1], [0.2], ["bin"], [0.1], [0.4], mode="markers")
    (trace,) = lines([dots], Frame("", "", "", has_diagonal=True)).data
    assert trace.error_y.array == pytest.approx((0.2,))
    assert trace.error_y.arrayminus == pytest.approx((0.1,))


def test_weeks_are_in_order_and_every_version_has_hue_and_shape() -> None:
    drawn = weekly(
        [mark("2026-W10", "v2"), mark("2026-W09")], [Change("2026-W10", "v2 misses less")], ("t", "95 %")
    )
    assert list(drawn.layout.xaxis.ticktext) == ["W09", "W10"]
    assert {(trace.name, tuple(trace.x)) for trace in drawn.data} == {("v2", (1,)), ("v1", (0,))}
    assert len({(trace.marker.color, trace.marker.symbol) for trace in drawn.data}) == 2
    assert drawn.layout.annotations[0].text == "v2 misses less"
    assert drawn.layout.shapes[0].x0 == 0.5
    assert drawn.layout.shapes[0].line.color == look.RED


def test_a_change_of_a_week_that_is_not_drawn_is_not_drawn() -> None:
    assert not weekly([mark("2026-W09")], [Change("2026-W20", "")], ("", "")).layout.shapes


def test_long_curves_are_thinned_and_keep_both_ends() -> None:
    places = thinned(10_000)
    assert (places[0], places[-1], len(places)) == (0, 9_999, 400)
