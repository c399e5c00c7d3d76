from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.working_time import WorkingTime, working_hours, working_hours_between

BERLIN = WorkingTime(timezone="Europe/Berlin")
EVERY_DAY = tuple(range(7))
# Changes of clocks by an hour and by half of one, at 2:00, 3:00, 0:00 and 24:00, and none at all.
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut"]
CALENDARS = st.builds(
    lambda days, hours, zone: WorkingTime(tuple(days), time(min(hours)), time(max(hours), 30), zone),
    st.sets(st.sampled_from(EVERY_DAY), max_size=7),
    st.tuples(st.integers(0, 23), st.integers(0, 23)),
    st.sampled_from(ZONES),
)
MINUTES = st.integers(0, 60 * 24 * 400).map(lambda minutes: utc(2025, 12, 1) + timedelta(minutes=minutes))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[misc,arg-type]


def column(*moments: datetime | None) -> pl.Series:
    return pl.Series(moments, dtype=pl.Datetime("us", "UTC"))


def counted_by_minute(start: datetime, end: datetime, calendar: WorkingTime) -> float:
    """Hours whose minutes show a working time on the wall, for zones and times without doubled hours."""
    zone, worked, moment = ZoneInfo(calendar.timezone), 0, start
    while moment < end:
        local = moment.astimezone(zone)
        worked += calendar.is_worked(local.date()) and calendar.start <= local.time() < calendar.end
        moment += timedelta(minutes=1)
    return worked / 60


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (berlin(2026, 2, 6, 16), berlin(2026, 2, 9, 10), 2),  # Friday to Monday
        (berlin(2026, 2, 7, 9), berlin(2026, 2, 8, 18), 0),  # a weekend
        (berlin(2026, 3, 27, 16), berlin(2026, 3, 30, 10), 2),  # a weekend of 47 hours
        (berlin(2026, 10, 23, 16), berlin(2026, 10, 26, 10), 2),  # a weekend of 49 hours
        (berlin(2026, 2, 4, 10), berlin(2026, 2, 4, 10, 30), 0.5),
        (berlin(2026, 2, 4, 22), berlin(2026, 2, 5, 23), 8),
        (berlin(2026, 2, 4, 8), berlin(2026, 2, 4, 9), 0),
        (berlin(2026, 2, 4, 17), berlin(2026, 2, 5, 9), 0),
        (berlin(2026, 2, 2, 0), berlin(2026, 2, 9, 0), 40),
        (berlin(2026, 2, 4, 10), berlin(2026, 2, 4, 10), 0),
    ],
)
def test_working_hours_are_counted_by_hand(start: datetime, end: datetime, hours: float):
    assert working_hours_between(start, end, BERLIN) == hours


def test_nobody_works_on_a_holiday():
    may_day = WorkingTime(holidays=(date(2026, 5, 1),))
    assert working_hours_between(utc(2026, 4, 30, 16), utc(2026, 5, 4, 10), may_day) == 2


def test_a_holiday_is_a_day_of_the_teams_own_zone():
    eve = WorkingTime(EVERY_DAY, time(0), time(23, 59), "Asia/Tokyo", (date(2026, 5, 1),))
    assert working_hours_between(utc(2026, 4, 30, 15), utc(2026, 5, 1, 15), eve) == 0


def test_within_days_that_nobody_works_no_time_passes():
    closed = WorkingTime(holidays=tuple(date(2026, 12, day) for day in range(20, 32)))
    assert working_hours_between(utc(2026, 12, 22, 9), utc(2026, 12, 24, 9), closed) == 0
    assert working_hours_between(utc(2026, 12, 22), utc(2026, 12, 24), WorkingTime(days=())) == 0


@pytest.mark.parametrize(
    ("day", "start", "end", "hours"),
    [
        (date(2026, 3, 29), time(0), time(6), 5),  # 2:00 to 3:00 is skipped
        (date(2026, 3, 29), time(2, 30), time(6), 3),  # begins at the change
        (date(2026, 3, 29), time(0), time(2, 30), 2),  # ends at the change
        (date(2026, 3, 29), time(2, 15), time(2, 45), 0),  # does not exist
        (date(2026, 10, 25), time(0), time(6), 7),  # 2:00 to 3:00 comes twice
        (date(2026, 10, 25), time(2, 30), time(6), 4.5),  # from the first 2:30 on
        (date(2026, 10, 25), time(0), time(2, 30), 2.5),  # until the first 2:30
    ],
)
def test_a_day_across_a_change_of_clocks_is_as_long_as_it_was(
    day: date, start: time, end: time, hours: float
):
    nights = WorkingTime(EVERY_DAY, start, end, "Europe/Berlin", (day - timedelta(1), day + timedelta(1)))
    noon = utc(day.year, day.month, day.day, 12)
    assert working_hours_between(noon - timedelta(days=1), noon, nights) == hours


def test_what_is_not_known_stays_null():
    start = column(utc(2026, 2, 4, 10), None, utc(2026, 2, 4, 10), None)
    end = column(utc(2026, 2, 4, 11), utc(2026, 2, 4, 11), None, None)
    assert working_hours(start, end, WorkingTime()).to_list() == [1, None, None, None]
    assert working_hours(start[3:], end[3:], WorkingTime()).to_list() == [None]


def test_no_rows_have_no_hours():
    found = working_hours(column(), column(), WorkingTime())
    assert (found.len(), found.dtype) == (0, pl.Float64)


def test_rows_in_any_order_of_any_precision_are_counted():
    start = column(utc(2026, 2, 10, 10), utc(1969, 12, 31, 10)).cast(pl.Datetime("ms", "UTC"))
    end = column(utc(2026, 2, 10, 12), utc(1970, 1, 1, 12)).dt.convert_time_zone("Asia/Tokyo")
    assert working_hours(start, end, WorkingTime()).to_list() == [2, 10]


def test_what_ends_before_it_starts_is_negative():
    assert working_hours_between(utc(2026, 2, 4, 12), utc(2026, 2, 3, 16), WorkingTime()) == -4


@pytest.mark.parametrize("end", [time(9), time(8, 59)])
def test_a_day_that_does_not_end_after_it_starts_is_refused(end: time):
    with pytest.raises(ValueError, match="does not end after it starts"):
        WorkingTime(start=time(9), end=end)


def test_a_weekday_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"0 \(Monday\) to 6 \(Sunday\), not 7"):
        WorkingTime(days=(1, 7))


@settings(deadline=None, max_examples=60)
@given(CALENDARS, MINUTES, st.integers(0, 5 * 24 * 60))
def test_hours_equal_those_counted_minute_by_minute(calendar: WorkingTime, start: datetime, minutes: int):
    end = start + timedelta(minutes=minutes)
    if not _shows_a_boundary_twice(start, end, calendar):
        assert working_hours_between(start, end, calendar) == counted_by_minute(start, end, calendar)


@settings(deadline=None, max_examples=60)
@given(CALENDARS, MINUTES, MINUTES, MINUTES)
def test_parts_add_up_to_the_whole(calendar: WorkingTime, first: datetime, second: datetime, third: datetime):
    found = working_hours(
        column(first, second, first), column(second, third, third), calendar
    ).to_list()  # fmt: skip
    assert found[0] + found[1] == pytest.approx(found[2], abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(CALENDARS, MINUTES, st.integers(0, 60 * 24 * 30))
def test_working_hours_lie_between_0_and_the_hours_on_the_clock(
    calendar: WorkingTime, start: datetime, minutes: int
):
    assert 0 <= working_hours_between(start, start + timedelta(minutes=minutes), calendar) <= minutes / 60


def _shows_a_boundary_twice(start: datetime, end: datetime, calendar: WorkingTime) -> bool:
    zone, days = ZoneInfo(calendar.timezone), range(-2, (end - start).days + 3)
    boundaries = (
        datetime.combine((start + timedelta(days=number)).date(), clock, zone)
        for number in days
        for clock in (calendar.start, calendar.end)
    )
    return any(each.replace(fold=1).utcoffset() < each.utcoffset() for each in boundaries)  # type: ignore[operator]
