"""How long was a wait in working hours of the team's calendar?

Working days are turned into spans of UTC, and both ends of a wait into readings of a clock that only
runs within them; their difference is the wait. So a day across a change of clocks is as long as it
really was: where the clocks skip a boundary of the working day it falls on the change itself, and
where they show it twice the first time counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.statistics.search import smallest

WEEKDAYS: Final = (0, 1, 2, 3, 4)
MONDAY_TO_SUNDAY: Final = range(7)
MICROSECOND: Final = timedelta(microseconds=1)
MICROSECONDS_PER_HOUR: Final = 3_600_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Moments = npt.NDArray[np.int64]  # microseconds, of UTC since 1970 or of the working clock


@dataclass(frozen=True)
class WorkingTime:
    """When a team works, by the clock on its wall.

    Raises
    ------
    ValueError
        When a day would not end after its start, or a weekday is not 0 (Monday) to 6 (Sunday).

    >>> WorkingTime(start=time(17), end=time(9))
    Traceback (most recent call last):
    ValueError: a working day from 17:00 to 09:00 does not end after it starts
    """

    days: tuple[int, ...] = WEEKDAYS  # 0 = Monday
    start: time = time(9)
    end: time = time(17)
    timezone: str = "UTC"
    holidays: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if self.end <= self.start:
            seen = f"from {self.start:%H:%M} to {self.end:%H:%M}"
            raise ValueError(f"a working day {seen} does not end after it starts")
        if strange := sorted(set(self.days) - set(MONDAY_TO_SUNDAY)):
            raise ValueError(f"weekdays are 0 (Monday) to 6 (Sunday), not {strange[0]}")

    def is_worked(self, day: date) -> bool:
        """Whether anybody works on this day."""
        return day.weekday() in self.days and day not in self.holidays


def working_hours(start_at: pl.Series, end_at: pl.Series, calendar: WorkingTime) -> pl.Series:
    """Working hours from each start to its end; null where either is null, negative where it ends first.

    Parameters
    ----------
    start_at, end_at
        UTC moments, equally many.

    >>> friday, monday = datetime(2026, 3, 27, 16, tzinfo=UTC), datetime(2026, 3, 30, 10, tzinfo=UTC)
    >>> working_hours(pl.Series([friday]), pl.Series([monday]), WorkingTime()).to_list()
    [2.0]
    """
    known = (start_at.is_not_null() & end_at.is_not_null()).to_numpy()
    hours = np.full(len(known), np.nan)
    if known.any():
        begun, ended = _readings(_moments(start_at)[known], _moments(end_at)[known], calendar)
        hours[known] = (ended - begun) / MICROSECONDS_PER_HOUR
    return pl.Series("working_hours", hours).fill_nan(None)


def working_hours_between(start: datetime, end: datetime, calendar: WorkingTime) -> float:
    """Working hours between two aware moments of any zone.

    >>> hours = WorkingTime(timezone="Europe/Berlin")
    >>> start, end = datetime(2026, 2, 4, 21, tzinfo=UTC), datetime(2026, 2, 5, 22, tzinfo=UTC)
    >>> working_hours_between(start, end, hours)
    8.0
    """
    start_at, end_at = (pl.Series([moment.astimezone(UTC)]) for moment in (start, end))
    return float(working_hours(start_at, end_at, calendar)[0])


def _moments(series: pl.Series) -> Moments:
    """Microseconds since 1970; 0 for null."""
    moments: Moments = series.cast(pl.Datetime("us", "UTC")).to_physical().fill_null(0).to_numpy()
    return moments


def _readings(starts: Moments, ends: Moments, calendar: WorkingTime) -> tuple[Moments, Moments]:
    """What the working clock shows at each start and at each end."""
    both = np.concatenate([starts, ends])
    spans = list(_spans(_local_day(both.min(), calendar), _local_day(both.max(), calendar), calendar))
    opens, closes = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    shown = _clock(both, opens, closes)
    return shown[: len(starts)], shown[len(starts) :]


def _clock(moments: Moments, opens: Moments, closes: Moments) -> Moments:
    """Microseconds worked up to each moment: all spans begun by then, less what the last has yet to run."""
    begun = np.searchsorted(opens, moments, "right")
    worked = np.append(0, np.cumsum(closes - opens))
    until = np.append(moments.min(), closes)  # before the first span none has anything to run
    return worked[begun] - np.maximum(until[begun] - moments, 0)


def _spans(first: date, last: date, calendar: WorkingTime) -> Iterator[tuple[int, int]]:
    """Start and end of each working day, as moments, in order."""
    zone = ZoneInfo(calendar.timezone)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if calendar.is_worked(day):
            yield _moment(day, calendar.start, zone), _moment(day, calendar.end, zone)


def _moment(day: date, clock: time, zone: ZoneInfo) -> int:
    """When the clock on the wall first shows this time, or skips it."""
    shown = datetime.combine(day, clock, zone)
    afterwards = shown.replace(fold=1)
    is_skipped = _offset(afterwards) > _offset(shown)
    return ((_change(afterwards, zone) if is_skipped else shown) - EPOCH) // MICROSECOND


def _change(skipped: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks change over a time that they skip, given with the offset that holds from then on."""
    before = skipped.astimezone(UTC)

    def has_changed(seconds: int) -> bool:
        return _offset((before + timedelta(seconds=seconds)).astimezone(zone)) == _offset(skipped)

    return before + timedelta(seconds=smallest(has_changed, 0))


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


def _local_day(moment: int, calendar: WorkingTime) -> date:
    return (EPOCH + timedelta(microseconds=int(moment))).astimezone(ZoneInfo(calendar.timezone)).date()
