"""When do a pilot's sprints, epochs and weeks begin and end?

A day begins at local midnight in the pilot's zone; everything is stored in UTC, so a sprint that
spans a change of clocks is an hour longer or shorter there, and no day shorter at home. Where the
clocks skip midnight the day begins at its first instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise, takewhile
from zoneinfo import ZoneInfo

from metrics.pilot import Epoch, Pilot

FIRST_EPOCH = "start of the pilot"
POLICY_CHANGE = "the gate's policy changed"


@dataclass(frozen=True)
class SprintWindow:
    """Sprint `number` covers [start, end), both UTC."""

    number: int  # from 1
    start: datetime
    end: datetime


@dataclass(frozen=True)
class EpochWindow:
    """Epoch `number` covers [start_at, end_at), both UTC; the last one has no end."""

    number: int  # from 1
    start: date  # local day on which it begins
    what: str  # what changed
    agents: tuple[str, ...]  # agents or models that it declares
    start_at: datetime
    end_at: datetime | None


def day_start(day: date, timezone: str) -> datetime:
    """First instant of a local day, in UTC.

    >>> day_start(date(2026, 3, 30), "Europe/Berlin").isoformat()
    '2026-03-29T22:00:00+00:00'
    """
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)


def local_day(moment: datetime, timezone: str) -> date:
    """The day that a moment falls on in a zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def sprints(pilot: Pilot, as_of: datetime) -> tuple[SprintWindow, ...]:
    """Sprints that have begun by `as_of`, in order.

    A pilot that ends has a last sprint that may be shorter: it ends at the midnight after `ends_on`.
    Left out, its days would hide what escaped in them.
    """
    return tuple(takewhile(lambda window: window.start <= as_of, _all_sprints(pilot)))


def matures_at(end: datetime, follow_up_days: int, timezone: str) -> datetime:
    """When a sprint that ended at `end` has been watched for the follow-up: whole local days later.

    >>> end = day_start(date(2026, 3, 16), "Europe/Berlin")
    >>> matures_at(end, 30, "Europe/Berlin") == day_start(date(2026, 4, 15), "Europe/Berlin")
    True
    """
    return day_start(local_day(end, timezone) + timedelta(days=follow_up_days), timezone)


def epochs(pilot: Pilot, policy_changes: Sequence[date] = ()) -> tuple[EpochWindow, ...]:
    """Epochs of a pilot: from its start, and again from each declared or policy change after it.

    What is declared on or before the first day describes epoch 1; changes of one day are one epoch.
    """
    changes = [*pilot.epochs, *(Epoch(day, POLICY_CHANGE) for day in policy_changes if day > pilot.start_on)]
    later = sorted({change.on for change in changes if change.on > pilot.start_on})
    before = [change for change in pilot.epochs if change.on <= pilot.start_on]
    first = [change for change in before if change.on == max(each.on for each in before)]
    begun = [
        (pilot.start_on, first or [Epoch(pilot.start_on, FIRST_EPOCH)]),
        *((day, [change for change in changes if change.on == day]) for day in later),
    ]
    ends = [*(day_start(day, pilot.timezone) for day in later), None]
    return tuple(
        EpochWindow(number, day, _what(same_day), _agents(same_day), day_start(day, pilot.timezone), end)
        for number, ((day, same_day), end) in enumerate(zip(begun, ends, strict=True), start=1)
    )


def epoch_at(windows: Sequence[EpochWindow], moment: datetime) -> EpochWindow:
    """The epoch that holds at a moment; before the pilot begins, the first."""
    begun = [window for window in windows if window.start_at <= moment]
    return begun[-1] if begun else windows[0]


def epoch_of(sprint: SprintWindow, windows: Sequence[EpochWindow]) -> int | None:
    """Number of the epoch that a sprint lies in; None when it straddles two and serves neither."""
    first = epoch_at(windows, sprint.start)
    is_whole = first.end_at is None or sprint.end <= first.end_at
    return first.number if is_whole else None


def iso_week(moment: datetime, timezone: str) -> str:
    """ISO 8601 week of a moment in a zone.

    >>> iso_week(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Berlin")
    '2026-W53'
    """
    year, week, _ = local_day(moment, timezone).isocalendar()
    return f"{year}-W{week:02d}"


def week_window(moment: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Start and end in UTC of the ISO week that holds a moment, Monday to Monday in the zone."""
    day = local_day(moment, timezone)
    monday = day - timedelta(days=day.weekday())
    return day_start(monday, timezone), day_start(monday + timedelta(days=7), timezone)


def _all_sprints(pilot: Pilot) -> Iterator[SprintWindow]:
    length = timedelta(days=pilot.sprint_days)
    days = (pilot.start_on + k * length for k in count())
    for number, (first, after) in enumerate(pairwise(days), start=1):
        last_day = after - timedelta(days=1) if pilot.ends_on is None else pilot.ends_on
        until = min(after, last_day + timedelta(days=1))
        if until <= first:
            return
        yield SprintWindow(number, day_start(first, pilot.timezone), day_start(until, pilot.timezone))


def _what(changes: Sequence[Epoch]) -> str:
    return "; ".join(dict.fromkeys(change.what for change in changes))


def _agents(changes: Sequence[Epoch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(agent for change in changes for agent in change.agents))
