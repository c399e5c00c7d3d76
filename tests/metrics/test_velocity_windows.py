from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from metrics.estimate import Coverage
from metrics.velocity.waits import coverage, in_window
from tests.builders_velocity import at, opened, rows, turned, verdict


def numbers(found: pl.DataFrame) -> list[int]:
    return sorted(found["number"].to_list())


def window(found: pl.DataFrame, start: float, end: float, *, late_entry: bool = False) -> pl.DataFrame:
    return in_window(found, at(start), at(end), late_entry=late_entry)


def test_a_sprint_holds_those_whose_clock_started_in_it():
    found = rows([opened(n, hour) for n, hour in enumerate((9, 10, 15, 20), start=1)])
    assert numbers(window(found, 10, 20)) == [2, 3]
    assert window(found, 10, 20)["entry_hours"].to_list() == [0, 0]
    assert window(found, 10, 20)["entry_at"].to_list() == [None, None]


def test_the_clock_places_it_and_not_its_creation():
    found = rows([opened(1, 2, ready=12)])
    assert numbers(window(found, 10, 20)) == [1]
    assert numbers(window(found, 0, 10)) == []


def test_the_whole_pilot_also_holds_those_that_still_waited_at_its_start():
    found = rows([opened(1, 4), opened(2, 4, merged=9), opened(3, 4, merged=12), opened(4, 11)])
    seen = window(found, 10, 20, late_entry=True)
    assert dict(seen.select("number", "entry_hours").rows()) == {1: 6, 3: 6, 4: 0}
    assert seen.filter(number=1)["entry_at"].item() == at(10)


def test_what_was_decided_at_the_start_did_not_wait_in_the_window():
    decided = rows([opened(1, 4, merged=10), opened(2, 4, merged=30)], [verdict(2, 10)])
    assert window(decided, 10, 20, late_entry=True).is_empty()
    early = rows([opened(1, 0, ready=4, merged=30)], [verdict(1, 2)])
    assert window(early, 10, 20, late_entry=True).is_empty()


def test_hours_as_a_draft_before_the_window_are_not_waited_ones():
    events = [turned(1, "convert_to_draft", 5), turned(1, "ready_for_review", 8)]
    seen = window(rows([opened(1, 4)], events=events, now=30), 10, 20, late_entry=True)
    assert seen.select("entry_hours", "hours").rows() == [(3, 23)]


def test_what_was_a_draft_from_before_the_window_until_its_end_was_not_seen_waiting():
    events = [turned(1, "convert_to_draft", 5)]
    assert window(rows([opened(1, 4)], events=events), 10, 20, late_entry=True).is_empty()


def test_drafts_are_placed_by_their_creation_and_seen_while_they_are_open():
    drafts = [
        opened(1, 4, ready=None, is_draft=True), opened(2, 4, ready=None, is_draft=True, closed=9),
        opened(3, 12, ready=None, is_draft=True),
    ]  # fmt: skip
    assert numbers(window(rows(drafts), 10, 20)) == [3]
    assert numbers(window(rows(drafts), 10, 20, late_entry=True)) == [1, 3]


def test_rows_in_any_order_give_the_same_window():
    found = rows([opened(n, hour) for n, hour in enumerate((12, 3, 15, 18, 1), start=1)])
    turned_round = window(found.reverse(), 10, 20, late_entry=True)
    assert turned_round.equals(window(found, 10, 20, late_entry=True))


@pytest.mark.parametrize("late_entry", [True, False])
def test_an_empty_window_keeps_its_columns(*, late_entry: bool):
    seen = window(rows([opened(1, 50)]), 10, 20, late_entry=late_entry)
    assert seen.is_empty()
    assert {"entry_hours", "entry_at"} <= set(seen.columns)
    assert isinstance(seen.schema["entry_at"], pl.Datetime)


def test_what_is_left_out_is_counted_by_reason():
    pulls = [
        opened(1), opened(2, base_branch="old"), opened(3, base_branch="old"),
        opened(4, ready=None, is_draft=True),
    ]  # fmt: skip
    told = coverage(rows(pulls), pl.col("left_out"))
    assert told == Coverage(1, 4, (("still a draft", 1), ("to another branch", 2)))


def test_moments_stay_moments():
    assert isinstance(window(rows([opened(1, 12)]), 10, 20)["clock_at"].item(), datetime)
