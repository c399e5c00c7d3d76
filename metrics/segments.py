"""For which windows, and for whom within an arm, is each number worked out?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import polars as pl

from metrics.calendar import iso_week, week_window
from metrics.gate.case import Case

WHOLE: Final = "all"


@dataclass(frozen=True)
class Window:
    """The time that a number is about: [start, end), both UTC."""

    kind: Literal["sprint", "epoch", "week"]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Segment:
    """A window of a pilot, or one agent in it."""

    name: str  # "all", "sprint 3", "week 2026-W33", "agent codex"
    window: Window
    agent: str | None = None  # None = every agent of the arm


def whole(case: Case) -> Segment:
    """The present epoch, to the end of the last sprint that has started."""
    start_at = case.epoch.start_at
    return Segment(WHOLE, Window("epoch", start_at, max(case.ended_at, start_at)))


def in_sprints(case: Case) -> tuple[Segment, ...]:
    """Every sprint that has started."""
    return tuple(
        Segment(f"sprint {place.number}", Window("sprint", place.start, place.end)) for place in case.places
    )


def in_weeks(case: Case, until: datetime, count: int) -> tuple[Segment, ...]:
    """The ISO weeks in the pilot's zone up to the one that holds the moment before `until`, oldest first.

    A week holds no more than the pilot does: none of it lies before its start or after its end.
    """
    zone = case.pilot.timezone
    segments: list[Segment] = []
    end = until
    for _ in range(count):
        inside = end - timedelta(microseconds=1)
        start, end_of_week = week_window(inside, zone)
        window = Window("week", *(_within_pilot(case, moment) for moment in (start, end_of_week)))
        segments.append(Segment(f"week {iso_week(inside, zone)}", window))
        end = start
    return tuple(reversed(segments))


def _within_pilot(case: Case, moment: datetime) -> datetime:
    began = max(moment, case.started_at)
    return began if case.pilot.ends_on is None else min(began, max(case.ended_at, case.started_at))


def by_agent(case: Case) -> tuple[Segment, ...]:
    """One segment for each agent that opened a pull request, over the whole window."""
    window = whole(case).window
    agents = case.waits.filter(pl.col("agent").is_not_null())["agent"].unique().sort()
    return tuple(Segment(f"agent {agent}", window, agent) for agent in agents)


def usual(case: Case) -> tuple[Segment, ...]:
    """What `pilot metrics` prints: each sprint, the whole epoch, and each agent in it."""
    return (*in_sprints(case), whole(case), *by_agent(case))
