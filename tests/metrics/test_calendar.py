from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.calendar import (
    FIRST_EPOCH,
    POLICY_CHANGE,
    day_start,
    epoch_at,
    epoch_of,
    epochs,
    iso_week,
    local_day,
    matures_at,
    sprints,
    week_window,
)
from metrics.pilot import Epoch, Pilot

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def pilot(
    start_on: date = date(2026, 6, 1),
    timezone: str = "Europe/Berlin",
    ends_on: date | None = None,
    **others: object,
) -> Pilot:
    return Pilot("payments", ("acme/*",), start_on, ends_on=ends_on, timezone=timezone, **others)  # type: ignore[arg-type]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_sprints_begin_at_local_midnight_and_are_numbered_from_one():
    first, second = sprints(pilot(), utc(2026, 6, 20))
    assert (first.number, first.start, first.end) == (1, utc(2026, 5, 31, 22), utc(2026, 6, 14, 22))
    assert (second.number, second.start, second.end) == (2, utc(2026, 6, 14, 22), utc(2026, 6, 28, 22))


@pytest.mark.parametrize(
    ("start_on", "hours"), [(date(2026, 3, 23), 14 * 24 - 1), (date(2026, 10, 19), 14 * 24 + 1)]
)
def test_a_sprint_across_a_change_of_clocks_is_an_hour_off_and_no_day(start_on: date, hours: int):
    only = sprints(pilot(start_on), day_start(start_on, "Europe/Berlin"))[0]
    assert only.end - only.start == timedelta(hours=hours)
    assert local_day(only.end, "Europe/Berlin") == start_on + timedelta(days=14)


def test_a_sprint_has_begun_in_its_first_instant_and_not_before():
    start = utc(2026, 5, 31, 22)
    assert len(sprints(pilot(), start)) == 1
    assert sprints(pilot(), start - timedelta(microseconds=1)) == ()


@pytest.mark.parametrize(
    ("ends_on", "days"),
    [(date(2026, 6, 28), [14, 14]), (date(2026, 6, 29), [14, 14, 1]), (date(2026, 7, 11), [14, 14, 13])],
)
def test_the_last_sprint_of_a_pilot_ends_with_it(ends_on: date, days: list[int]):
    found = sprints(pilot(ends_on=ends_on), utc(2027, 1, 1))
    assert [(window.end - window.start).days for window in found] == days
    assert found[-1].end == day_start(ends_on + timedelta(days=1), "Europe/Berlin")


def test_a_pilot_that_ends_within_its_first_sprint_has_that_one_shorter():
    (only,) = sprints(pilot(ends_on=date(2026, 6, 5)), utc(2027, 1, 1))
    assert (only.number, (only.end - only.start).days) == (1, 5)


def test_where_clocks_skip_midnight_the_day_begins_at_its_first_instant():
    # On 2024-04-26 Cairo went from 00:00 to 01:00.
    assert day_start(date(2024, 4, 26), "Africa/Cairo") == utc(2024, 4, 25, 22)


@settings(deadline=None, max_examples=80)
@given(DAYS, ZONES, st.integers(1, 30), st.integers(0, 400))
def test_sprints_leave_no_gap_and_share_no_instant(start_on: date, zone: str, length: int, later: int):
    as_of = day_start(start_on, zone) + timedelta(days=later)
    found = sprints(pilot(start_on, zone, sprint_days=length), as_of)
    assert [window.number for window in found] == list(range(1, len(found) + 1))
    assert all(window.end == following.start for window, following in pairwise(found))
    assert found[-1].start <= as_of < found[-1].end


def test_a_sprint_matures_whole_local_days_after_its_end():
    end = day_start(date(2026, 10, 5), "Europe/Berlin")
    assert matures_at(end, 30, "Europe/Berlin") == utc(2026, 11, 3, 23)


def test_a_pilot_without_declared_changes_has_one_epoch():
    only = epochs(pilot())[0]
    assert (only.number, only.start, only.what, only.end_at) == (1, date(2026, 6, 1), FIRST_EPOCH, None)


def test_declared_and_policy_changes_begin_epochs_in_order_of_days():
    declared = (Epoch(date(2026, 8, 3), "model upgrade", ("claude",)),)
    found = epochs(pilot(epochs=declared), [date(2026, 7, 1)])
    assert [(each.number, each.what) for each in found] == [
        (1, FIRST_EPOCH),
        (2, POLICY_CHANGE),
        (3, "model upgrade"),
    ]
    assert found[1].end_at == found[2].start_at == utc(2026, 8, 2, 22)
    assert found[2].agents == ("claude",)


def test_changes_of_one_day_are_one_epoch():
    declared = (
        Epoch(date(2026, 8, 3), "model upgrade", ("a",)),
        Epoch(date(2026, 8, 3), "new tools", ("a", "b")),
    )
    found = epochs(pilot(epochs=declared), [date(2026, 8, 3)])
    assert [(each.what, each.agents) for each in found[1:]] == [
        (f"model upgrade; new tools; {POLICY_CHANGE}", ("a", "b"))
    ]


def test_what_is_declared_by_the_first_day_describes_epoch_one():
    declared = (Epoch(date(2026, 1, 1), "long ago"), Epoch(date(2026, 6, 1), "first model", ("claude",)))
    found = epochs(pilot(epochs=declared), [date(2026, 5, 1)])
    assert [(each.number, each.start, each.what) for each in found] == [(1, date(2026, 6, 1), "first model")]


def test_a_sprint_that_straddles_a_change_serves_neither_epoch():
    windows = epochs(pilot(epochs=(Epoch(date(2026, 6, 20), "model upgrade"),)))
    assert [epoch_of(each, windows) for each in sprints(pilot(), utc(2026, 7, 10))] == [1, None, 2]


def test_a_change_on_the_first_day_of_a_sprint_straddles_nothing():
    windows = epochs(pilot(epochs=(Epoch(date(2026, 6, 15), "model upgrade"),)))
    assert [epoch_of(each, windows) for each in sprints(pilot(), utc(2026, 7, 10))] == [1, 2, 2]


def test_the_epoch_changes_at_local_midnight():
    windows = epochs(pilot(epochs=(Epoch(date(2026, 8, 3), "model upgrade"),)))
    change = utc(2026, 8, 2, 22)
    assert epoch_at(windows, change - timedelta(microseconds=1)).number == 1
    assert epoch_at(windows, change).number == 2
    assert epoch_at(windows, utc(2020, 1, 1)).number == 1


def test_a_week_runs_from_monday_to_monday_in_the_zone():
    sunday_night = utc(2026, 3, 29, 21, 59)
    start, end = week_window(sunday_night, "Europe/Berlin")
    assert (start, end) == (utc(2026, 3, 22, 23), utc(2026, 3, 29, 22))
    assert iso_week(sunday_night, "Europe/Berlin") == "2026-W13"
    assert iso_week(end, "Europe/Berlin") == "2026-W14"


def test_the_first_days_of_a_year_may_belong_to_the_last_week_before():
    assert iso_week(utc(2027, 1, 1), "UTC") == "2026-W53"
