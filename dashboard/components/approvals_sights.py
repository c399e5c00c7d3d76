"""What does the Approvals page look at beyond the numbers of the catalogue? Worked out once, then kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dashboard.measured import Measured
from metrics.estimate import Number, Undefined
from metrics.fatigue.canaries import has_canaries
from metrics.fatigue.curves import CurvePoint, curves
from metrics.fatigue.funnel import funnel
from metrics.fatigue.grid import sensitivity
from metrics.fatigue.heat import heat_map
from metrics.fatigue.inventory import inventory
from metrics.fatigue.people import clustered_share
from metrics.fatigue.prompts import IS_FAST, UNLESS_EXPLICIT, coverage_of, per_person
from metrics.fatigue.sessions_trend import session_trend
from metrics.fatigue.tally import kinds
from metrics.fatigue.weeks import weekly

SMALL_TEAMS: Final = "teams under {people} people"
NO_TEAM: Final = "team not told"


@dataclass(frozen=True)
class Team:
    """Fast approvals of one team, or of all that are too small to be shown alone."""

    name: str
    people: int  # that gave any decision
    fast: Number


@dataclass(frozen=True)
class Sights:
    """Everything that is drawn of one pilot's present epoch."""

    fast: int  # explicit, measurable approvals that were faster than a look
    approvals: int
    people: int  # who gave them
    grid: pl.DataFrame  # metrics.fatigue.grid
    curves: tuple[CurvePoint, ...]
    trend: Number
    heat: pl.DataFrame  # metrics.fatigue.heat
    weeks: pl.DataFrame  # metrics.fatigue.weeks
    funnel: pl.DataFrame  # metrics.fatigue.funnel
    teams: tuple[Team, ...]
    inventory: pl.DataFrame | Undefined  # metrics.fatigue.inventory
    has_canaries: bool  # only then may the page speak of fatigue

    @property
    def is_enough(self) -> bool:
        """Whether a rate is stated at all; without one only counts are drawn."""
        return not self.funnel.is_empty()


def sights(measured: Measured) -> Sights:
    """Work out all of them; the passes over single decisions stream."""
    of, case = measured.slice(), measured.case
    rules, confidence, judged = case.measuring.fatigue, case.measuring.confidence, decisions(measured)
    people = per_person(kinds(of.prompts), IS_FAST, UNLESS_EXPLICIT)
    return Sights(
        fast=int(people["counted"].sum()),
        approvals=int(people["decision_count"].sum()),
        people=people.height,
        grid=sensitivity(judged, rules),
        curves=curves(judged, rules, confidence),
        trend=session_trend(judged, rules, confidence),
        heat=heat_map(judged, case.pilot.timezone, rules),
        weeks=weekly(of.prompts),
        funnel=funnel(of.prompts, rules),
        teams=teams(measured),
        inventory=inventory(case.cut, case.pilot, case.ask.as_of),
        has_canaries=has_canaries(of.canaries),
    )


def decisions(measured: Measured) -> pl.LazyFrame:
    """Permission decisions of the window, judged: those that the numbers count."""
    window, timezone = measured.segment.window, measured.case.pilot.timezone
    first, after = (moment.astimezone(ZoneInfo(timezone)).date() for moment in (window.start, window.end))
    on = pl.col("happened_at").dt.convert_time_zone(timezone).dt.date()
    return measured.case.approvals.filter(on.is_between(first, after, closed="left"))


def teams(measured: Measured) -> tuple[Team, ...]:
    """Fast approvals by team, by name; teams of too few people stand together in the last row."""
    rules, confidence = measured.case.measuring.fatigue, measured.case.measuring.confidence
    small = SMALL_TEAMS.format(people=rules.minimum_people)
    named = _named(measured.slice().prompts, small, rules.minimum_people)
    found = []
    for (name,), rows in named.group_by("team"):
        people = per_person(rows, IS_FAST, UNLESS_EXPLICIT)
        counts = people["counted"].to_list(), people["decision_count"].to_list()
        fast = clustered_share(*counts, coverage_of(rows, UNLESS_EXPLICIT), rules, confidence)
        found.append(Team(str(name), rows["reviewer"].drop_nulls().n_unique(), fast))
    return tuple(sorted(found, key=lambda team: (team.name == small, team.name == NO_TEAM, team.name)))


def _named(prompts: pl.DataFrame, small: str, fewest: int) -> pl.DataFrame:
    """Decisions with the name of the group in which their team is shown."""
    told = prompts.with_columns(pl.col("reviewer", "team", "left_out").cast(pl.String))
    team = pl.col("team").fill_null(NO_TEAM)
    is_small = pl.col("reviewer").drop_nulls().n_unique().over(team) < fewest
    return told.with_columns(team=pl.when(is_small).then(pl.lit(small)).otherwise(team))
