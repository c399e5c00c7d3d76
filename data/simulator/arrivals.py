"""When is which pull request opened, and with which fate? One repository's, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import floor
from random import Random

from data.simulator.truth import Arm, Fate, Flow, Plant, Repository

WEEK = timedelta(days=7)
WORK_STARTS, WORK_ENDS = 6, 17  # hours UTC


@dataclass(frozen=True, slots=True)
class Arrival:
    """A pull request that is about to be opened."""

    opened_at: datetime
    arm: Arm
    fate: Fate
    merges: bool
    tool: str | None = None  # tool that sees its weakness; None = drawn
    agent: str | None = None


def arrivals(repository: Repository, until: datetime, rng: Random) -> Iterator[Arrival]:
    """Yield everything that is opened before `until`, week by week: bounded memory at any size."""
    week = _first_monday(repository)
    last = min(max(flow.ends_on for flow in repository.flows), until.date())
    number = 0
    while week <= last:
        yield from (one for one in _of_week(repository, week, number, rng) if one.opened_at < until)
        week, number = week + WEEK, number + 1


def _of_week(repository: Repository, monday: date, number: int, rng: Random) -> list[Arrival]:
    drawn = [one for flow in repository.flows for one in _of_flow(flow, monday, number, rng)]
    planted = [_planted(plant) for plant in repository.plants if monday <= plant.at.date() < monday + WEEK]
    return sorted([*drawn, *planted], key=lambda one: one.opened_at)


def _of_flow(flow: Flow, monday: date, number: int, rng: Random) -> Iterator[Arrival]:
    many = _by_then(flow, number + 1) - _by_then(flow, number)
    for _ in range(many):
        opened_at = _moment(monday, rng)
        arrival = Arrival(opened_at, flow.arm, _fate(flow, rng), merges=rng.random() < flow.merged_share)
        if flow.starts_on <= opened_at.date() < flow.ends_on:
            yield arrival


def _by_then(flow: Flow, weeks: int) -> int:
    # Fractions carry over: 2.5 a week is two, then three, so that volumes are exact over time.
    return floor(flow.per_week * weeks + 1e-9)


def _moment(monday: date, rng: Random) -> datetime:
    day = monday + timedelta(days=int(rng.random() * 5))
    second = int(3600 * (WORK_STARTS + rng.random() * (WORK_ENDS - WORK_STARTS)))
    return datetime.combine(day, time(), UTC) + timedelta(seconds=second)


def _fate(flow: Flow, rng: Random) -> Fate:
    left = rng.random()
    for fate, probability in flow.fates:
        left -= probability
        if left < 0:
            return fate
    return "clean"


def _planted(plant: Plant) -> Arrival:
    return Arrival(plant.at, plant.arm, plant.fate, merges=True, tool=plant.tool, agent=plant.agent)


def _first_monday(repository: Repository) -> date:
    first = min(flow.starts_on for flow in repository.flows)
    return first - timedelta(days=first.weekday())
