"""What a baseline in the repository says again and again is said once, and people's words stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.repeating import that_count
from ingest.sources.sarif.native.decisions import AUDITOR, CONFIRMED, DISMISSED

START = datetime(2026, 6, 1, tzinfo=UTC)
ROSA = "rosa"
Event = tuple[int, str, str]  # day, who, what

FILE_SAYS_NO = (1, AUDITOR, DISMISSED)
ROSA_CONFIRMS = (2, ROSA, CONFIRMED)
days = st.integers(0, 4)
answers = st.tuples(days, st.just(AUDITOR), st.sampled_from([CONFIRMED, DISMISSED]))
words = st.tuples(days, st.sampled_from([ROSA, "kim"]), st.sampled_from([CONFIRMED, DISMISSED, "reopened"]))
events = st.lists(answers | words, unique=True, max_size=12)
few = settings(max_examples=40, deadline=None)


def frame(told: Sequence[Event], finding: str = "f") -> pl.LazyFrame:
    rows = [(finding, START + timedelta(days=day), by, what) for day, by, what in told]
    schema = {"finding_id": pl.String, "decided_at": pl.Datetime("us", "UTC"), "decided_by": pl.String,
              "disposition": pl.String}  # fmt: skip
    return pl.LazyFrame(rows, schema, orient="row")


def counted(*told: Event) -> list[Event]:
    rows = that_count(frame(told)).collect().sort("decided_at", "decided_by", "disposition")
    return [((at - START).days, by, what) for _, at, by, what in rows.iter_rows()]


def test_a_baseline_that_is_written_again_does_not_overrule_who_confirmed_since() -> None:
    again = [(day, AUDITOR, DISMISSED) for day in (3, 4)]
    assert counted(FILE_SAYS_NO, ROSA_CONFIRMS, *again) == [FILE_SAYS_NO, ROSA_CONFIRMS]


def test_a_baseline_does_not_dismiss_what_somebody_had_decided_before_it() -> None:
    assert counted(ROSA_CONFIRMS, (3, AUDITOR, DISMISSED)) == [ROSA_CONFIRMS]
    assert counted((1, ROSA, "reopened"), FILE_SAYS_NO) == [(1, ROSA, "reopened")]


def test_a_baseline_that_turns_to_and_fro_does_not_get_round_a_person() -> None:
    turned = [(3, AUDITOR, CONFIRMED), (4, AUDITOR, DISMISSED)]
    assert counted(FILE_SAYS_NO, ROSA_CONFIRMS, *turned) == [FILE_SAYS_NO, ROSA_CONFIRMS, turned[0]]


def test_a_baseline_that_is_written_again_does_not_overrule_who_dismissed_since() -> None:
    dismissed = [(1, AUDITOR, CONFIRMED), (2, ROSA, DISMISSED)]
    assert counted(*dismissed, (3, AUDITOR, CONFIRMED)) == dismissed


def test_bad_news_of_a_baseline_counts_whoever_dismissed_before() -> None:
    told = [(1, ROSA, DISMISSED), (2, AUDITOR, CONFIRMED)]
    assert counted(*told) == told


def test_while_nobody_else_decides_a_new_answer_counts_and_a_repeated_one_does_not() -> None:
    told = [(1, AUDITOR, CONFIRMED), (2, AUDITOR, DISMISSED), (4, AUDITOR, CONFIRMED)]
    assert counted(*told, (3, AUDITOR, DISMISSED)) == told


def test_decisions_about_other_findings_are_others() -> None:
    both = pl.concat([frame([ROSA_CONFIRMS], "e"), frame([(3, AUDITOR, DISMISSED)], "f")])
    assert that_count(both).collect().height == 2


@few
@given(events.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_in_which_events_came_changes_nothing(orders: tuple[list[Event], list[Event]]) -> None:
    assert counted(*orders[0]) == counted(*orders[1])


@few
@given(events)
def test_what_people_say_always_counts(told: list[Event]) -> None:
    of_people = [each for each in told if each[1] != AUDITOR]
    assert [each for each in counted(*told) if each[1] != AUDITOR] == sorted(of_people)


@few
@given(events, days)
def test_what_counted_at_a_moment_is_what_counts_of_it_today(told: list[Event], day: int) -> None:
    then = [each for each in told if each[0] <= day]
    assert counted(*then) == [each for each in counted(*told) if each[0] <= day]


@pytest.mark.parametrize("told", [[], [ROSA_CONFIRMS]])
def test_without_such_a_file_nothing_changes(told: list[Event]) -> None:
    assert counted(*told) == told
