"""What is every number of the catalogue, per pilot, arm and window, as one long table?

One Result per metric, arm and window, in that order; `pilot metrics --json` prints these rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl

from metrics.catalogue import CATALOGUE, Metric
from metrics.escapes import Marked
from metrics.estimate import Coverage, Number
from metrics.gate.case import Ask, Case
from metrics.gate.policy import Policy
from metrics.measures import Slice
from metrics.pilot import Pilot
from metrics.scope import repositories
from metrics.tables import Tables

WHOLE: Final = "all"


@dataclass(frozen=True)
class Window:
    """The time that a number is about: [start, end), both UTC."""

    kind: Literal["sprint", "epoch"]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Result:
    """One number with everything that it needs to be read alone."""

    pilot: str
    metric: str
    arm: str
    segment: str  # "all", or "sprint 3"
    window: Window
    number: Number
    as_of: datetime
    settings: dict[str, Any]  # the policy in force, all of it

    def as_json(self) -> dict[str, Any]:
        """The row of `pilot metrics --json`, with moments as moments; what is undefined is null."""
        coverage = self.number.coverage
        return {
            "pilot": self.pilot, "metric": self.metric, "arm": self.arm, "segment": self.segment,
            "window": {
                "kind": self.window.kind,
                "start": self.window.start,
                "end": self.window.end,
            },
            **self.number.as_json(),
            "coverage": {
                "measured": coverage.measured, "total": coverage.total, "excluded": dict(coverage.excluded),
            },
            "as_of": self.as_of, "settings": self.settings,
        }  # fmt: skip


def compute(
    tables: Tables, pilots: Iterable[Pilot], policies: Mapping[str, Policy], as_of: datetime
) -> list[Result]:
    """Work out the whole catalogue for every pilot, each sprint and the present epoch.

    Parameters
    ----------
    policies
        Name of each pilot -> its gate policy.
    """
    cases = (Case(tables, pilot, policies[pilot.name], Ask(as_of)) for pilot in pilots)
    return [result for case in cases for result in of_case(case)]


def of_case(case: Case) -> Iterator[Result]:
    """Every number of one pilot; a Case that was assessed already is not worked out again."""
    merged = _merged_by_authorship(case)
    slices = {
        (arm, segment): _slice(case, arm, window, merged)
        for segment, window in _windows(case)
        for arm in sorted({arm for metric in CATALOGUE for arm in metric.arms})
    }
    windows = dict(_windows(case))
    for metric in CATALOGUE:
        for arm in metric.arms:
            yield from (
                _result(case, (metric, arm), (segment, window), slices[arm, segment])
                for segment, window in windows.items()
            )


def _result(case: Case, of: tuple[Metric, str], where: tuple[str, Window], seen: Slice) -> Result:
    metric, arm = of
    segment, window = where
    number = metric.compute(seen)
    settings = asdict(case.policy)
    return Result(case.pilot.name, metric.id, arm, segment, window, number, case.ask.as_of, settings)


def _windows(case: Case) -> Iterator[tuple[str, Window]]:
    for place in case.places:
        yield f"sprint {place.number}", Window("sprint", place.start, place.end)
    yield WHOLE, Window("epoch", case.epoch.start_at, max(case.ended_at, case.epoch.start_at))


def _slice(case: Case, arm: str, window: Window, merged: pl.DataFrame) -> Slice:
    marked = _marked(case, arm)
    rows = {"agent": lambda: case.changes, "human": lambda: case.human_changes}.get(arm, case.changes.clear)()
    found = marked.findings if marked else case.agent.findings.clear()
    first_seen = _within("first_seen_at", window) & pl.col("number").is_null()
    return Slice(
        changes=rows.filter(_within("merged_at", window)),
        findings=found.filter(_within("merged_at", window) | first_seen),
        merged_count=merged.filter((pl.col("authorship") == arm) & _within("merged_at", window)).height,
        coverage=marked.scope.coverage(window.start, window.end) if marked else Coverage(0, 0),
        policy=case.policy,
        as_of=case.ask.as_of,
    )


def _marked(case: Case, arm: str) -> Marked | None:
    """The arm's marked changes; authorships that are only counted have none."""
    return {"agent": lambda: case.agent, "human": lambda: case.human}.get(arm, lambda: None)()


def _within(column: str, window: Window) -> pl.Expr:
    return pl.col(column).is_between(window.start, window.end, closed="left").fill_null(value=False)


def _merged_by_authorship(case: Case) -> pl.DataFrame:
    names = repositories(case.cut.pull_requests, case.pilot)
    is_merged = pl.col("merged_at").is_not_null() & pl.col("repository").is_in(names)
    return case.cut.pull_requests.filter(is_merged).select("authorship", "merged_at").collect()
