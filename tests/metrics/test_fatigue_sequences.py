"""What goes before an answer, and what the page shows of it: grid, curves, trend, heat map."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.estimate import Estimate, Undefined
from metrics.fatigue.curves import CurvePoint, curves, median_of
from metrics.fatigue.grid import FLOORS, PACES, sensitivity
from metrics.fatigue.heat import heat_map
from metrics.fatigue.judging import judged
from metrics.fatigue.prompts import IS_FAST, UNLESS_EXPLICIT, per_person
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sequences import sequences
from metrics.fatigue.sessions_trend import session_trend
from metrics.fatigue.tally import kinds, tally
from tests.builders_fatigue import FAST, SLOW, approval, busy_approvals, frame
from tests.builders_metrics import Row, day

RULES = FatigueRules()
PEOPLE = [f"p{number}" for number in range(6)]


def logged(rows: list[Row]) -> pl.LazyFrame:
    return judged(frame(rows), RULES)


def at(minutes: float, wait: float | None = SLOW, **given: Any) -> Row:
    """An answer so many minutes after the tenth day began."""
    return approval(wait, happened_at=day(10) + timedelta(minutes=minutes), **given)


def in_order(rows: list[Row], at_once: int = 1_000) -> pl.DataFrame:
    return pl.concat(sequences(logged(rows), at_once)).sort("reviewer", "happened_at")


def test_a_streak_is_of_accepts_in_a_row_and_a_reject_ends_it():
    rows = [at(k, decision=word) for k, word in enumerate(["accept", "accept", "reject", "accept", "accept"])]
    assert in_order(rows)["streak"].to_list() == [0, 1, 2, 0, 1]


def test_recent_prompts_are_those_of_ten_minutes_and_of_the_same_person():
    rows = [at(minutes) for minutes in (0, 1, 9.9, 11, 30)] + [at(2, reviewer="p2", session_id="s2")]
    found = in_order(rows).filter(reviewer="p1")
    assert found["recent"].to_list() == [0, 1, 2, 2, 0]


def test_the_place_is_counted_within_the_session():
    rows = [at(0), at(1, session_id="s2"), at(2), at(3, session_id="s2", decision="reject"), at(4)]
    assert in_order(rows)["position"].to_list() == [0, 0, 1, 1, 2]


def test_what_no_person_answered_makes_no_sequence():
    rows = [
        at(0, actor="policy"),
        at(1, request_kind="plan"),
        at(2, decision="pending"),
        at(3, reviewer=None),
    ]
    assert in_order([*rows, at(4), at(5, is_read_only=True)])["streak"].to_list() == [0, 1]


def test_a_seeded_request_makes_no_sequence():
    assert in_order([at(0, canary_id="pilot-canary-otter"), at(1)]).height == 1


def test_without_answers_there_is_nothing_to_order():
    assert list(sequences(logged([]))) == []


ANSWERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 100), st.booleans(), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=12, deadline=None)
@given(ANSWERS, st.integers(1, 12))
def test_taking_people_a_few_at_a_time_changes_nothing(told: list[tuple[int, int, bool, bool]], at_once: int):
    rows = [
        at(
            minutes + k / 100,
            reviewer=f"p{who}",
            session_id=f"s{who}",
            decision="accept" if yes else "reject",
        )
        for k, (who, minutes, yes, _) in enumerate(told)
    ]
    assert in_order(rows, at_once).equals(in_order(rows))


@settings(max_examples=12, deadline=None)
@given(ANSWERS)
def test_streaks_and_bursts_agree_with_a_plain_count(told: list[tuple[int, int, bool, bool]]):
    rows = [
        at(
            minutes + k / 100,
            reviewer=f"p{who}",
            session_id=f"s{who}",
            decision="accept" if yes else "reject",
        )
        for k, (who, minutes, yes, _) in enumerate(told)
    ]
    found = in_order(rows)
    plain = sorted(rows, key=lambda row: (row["reviewer"], row["happened_at"]))
    assert found["streak"].to_list() == [_streak(plain, place) for place in range(len(plain))]
    assert found["recent"].to_list() == [_recent(plain, place) for place in range(len(plain))]


def _before(rows: list[Row], place: int) -> list[Row]:
    return [row for row in rows[:place] if row["reviewer"] == rows[place]["reviewer"]]


def _streak(rows: list[Row], place: int) -> int:
    words = [row["decision"] for row in _before(rows, place)][::-1]
    return words.index("reject") if "reject" in words else len(words)


def _recent(rows: list[Row], place: int) -> int:
    since = rows[place]["happened_at"] - timedelta(minutes=10)
    return sum(row["happened_at"] >= since for row in _before(rows, place))


def tiring(people: int = 6, prompts: int = 24) -> list[Row]:
    """People who look at the first prompts of a session and hardly at the later ones."""
    return [
        at(k, FAST if k >= 10 + n % 5 or k % (n + 3) == 0 else SLOW + k, reviewer=f"p{n}", session_id=f"s{n}")
        for n in range(people)
        for k in range(prompts)
    ]


def point(found: tuple[CurvePoint, ...], curve: str, low: int) -> CurvePoint:
    return next(each for each in found if (each.curve, each.low) == (curve, low))


def test_curves_have_their_bands_and_every_answer_once():
    found = curves(logged(tiring()), RULES, 0.95)
    assert [(each.curve, each.low, each.high) for each in found] == [
        ("streak", 0, 3), ("streak", 3, 10), ("streak", 10, None),
        ("recent", 0, 2), ("recent", 2, 5), ("recent", 5, 10), ("recent", 10, None),
    ]  # fmt: skip
    for curve in ("streak", "recent"):
        assert sum(each.answer_count for each in found if each.curve == curve) == 144


def test_people_who_tire_are_quicker_after_a_streak():
    found = curves(logged(tiring()), RULES, 0.95)
    late, middle = point(found, "streak", 10), point(found, "streak", 3)
    assert (late.median_wait_seconds, late.people_count) == (FAST, 6)
    assert middle.median_wait_seconds is not None
    assert middle.median_wait_seconds > SLOW
    assert isinstance(late.fast, Estimate)
    assert isinstance(middle.fast, Estimate)
    assert late.fast.value > middle.fast.high  # type: ignore[operator]


def test_a_band_of_few_answers_tells_counts_only():
    found = point(curves(logged(tiring(people=3)), RULES, 0.95), "streak", 0)
    assert (found.answer_count, found.people_count, found.median_wait_seconds) == (9, 3, None)
    assert isinstance(found.fast, Undefined)
    assert isinstance(found.rejected, Undefined)


def test_inferred_answers_are_counted_where_that_is_asked_for():
    inferred = [{**row, "shown_evidence": "inferred"} for row in tiring()]
    without, with_them = (curves(logged(inferred), RULES, 0.95, with_inferred=each) for each in (False, True))
    assert sum(each.answer_count for each in without) == 0
    assert sum(each.answer_count for each in with_them) == 2 * 144


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=30))
def test_the_median_of_counts_is_the_median(waits: list[int]):
    found = median_of(np.bincount(waits, minlength=51) if waits else np.zeros(51, np.int64))
    assert found == (pytest.approx(float(np.median(waits)) / 1000) if waits else None)


def test_a_trend_within_sessions_is_found():
    found = session_trend(logged(tiring()), RULES, 0.95)
    assert isinstance(found, Estimate)
    assert found.low is not None
    assert found.value > found.low > 1
    assert found.n == 144


def test_few_people_have_no_trend():
    found = session_trend(logged(tiring(people=4)), RULES, 0.95)
    assert isinstance(found, Undefined)
    assert "4 people" in found.reason


def test_people_who_are_always_slow_have_no_trend():
    rows = [at(k, SLOW, reviewer=name, session_id=name) for name in PEOPLE for k in range(9)]
    assert isinstance(session_trend(logged(rows), RULES, 0.95), Undefined)


def test_the_grid_counts_what_each_rule_calls_fast():
    rows = [
        approval(1.5), approval(4, request_kind="edit", content_chars=450), approval(20),
        approval(2.5, decision="reject"), approval(0.1, shown_evidence="inferred"),
        approval(0.1, actor="hook"),
    ]  # fmt: skip
    found = sensitivity(logged(rows), RULES)
    assert found.height == len(FLOORS) * len(PACES) * 2
    explicit = {row[:2]: row[3:] for row in found.filter(~pl.col("is_inferred")).iter_rows()}
    assert explicit[2.0, 100.0] == (2, 3, 0, 1)  # 450 characters take 4.5 s
    assert explicit[2.0, 150.0] == (1, 3, 0, 1)
    assert explicit[3.0, math.inf] == (1, 3, 1, 1)
    assert explicit[1.0, math.inf] == (0, 3, 0, 1)
    assert found.filter("is_inferred")["approval_count"].unique().to_list() == [1]


def test_the_grid_holds_the_headline():
    rows = logged(busy_approvals())
    people = per_person(kinds(tally(rows, "UTC")), IS_FAST, UNLESS_EXPLICIT)
    usual = sensitivity(rows, RULES).filter(floor_seconds=2, chars_per_second=100, is_inferred=False)
    assert usual["fast_count"].item() == people["counted"].sum()
    assert usual["approval_count"].item() == people["decision_count"].sum()


def test_a_stricter_rule_never_calls_more_fast():
    found = sensitivity(logged(tiring()), RULES).filter(~pl.col("is_inferred"))
    for floor in FLOORS:
        by_pace = found.filter(floor_seconds=floor).sort("chars_per_second", descending=True)["fast_count"]
        assert by_pace.is_sorted()


def test_an_empty_log_has_a_grid_of_zeros_of_zero():
    found = sensitivity(logged([]), RULES)
    assert found.height == 40
    assert found["approval_count"].sum() == 0


def test_hours_are_local_and_small_groups_show_no_share():
    rows = [at(60 * 7.5, FAST, reviewer=name) for name in PEOPLE] + [at(60 * 8.5, FAST)]
    found = heat_map(logged(rows), "Europe/Berlin", RULES)  # day 10 is a Thursday; UTC + 2
    assert found.select("weekday", "hour").rows() == [(4, 9), (4, 10)]
    assert found["people_count"].to_list() == [6, 1]
    assert found["fast_count"].to_list() == [6, None]


def test_the_heat_map_counts_every_answer_once():
    rows = logged(busy_approvals())
    answered = sum(part.height for part in sequences(rows))
    assert heat_map(rows, "UTC", RULES)["answer_count"].sum() == answered
