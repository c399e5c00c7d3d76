"""What is every number of the catalogue, per pilot, arm and segment, as one long table?

One Result per metric, arm and segment, in that order; `pilot metrics --json` prints these rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from metrics.arms import ARMS
from metrics.catalogue import CATALOGUE, Metric
from metrics.estimate import Number
from metrics.gate.case import Ask, Case
from metrics.gate.policy import Policy
from metrics.pilot import Pilot
from metrics.segments import WHOLE, Segment, Window, usual
from metrics.slices import Slicer
from metrics.tables import Tables


@dataclass(frozen=True)
class Result:
    """One number with everything that it needs to be read alone."""

    pilot: str
    metric: str
    arm: str
    segment: str  # "all", "sprint 3", "week 2026-W33", "agent codex"
    window: Window
    number: Number
    as_of: datetime
    settings: dict[str, Any]  # what was decided about measuring and the gate, all of it

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
            "as_of": self.as_of, "settings": self.settings, "detector": None,
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


def of_case(case: Case, segments: Sequence[Segment] | None = None) -> Iterator[Result]:
    """Every number of one pilot; a Case that was assessed already is not worked out again.

    Parameters
    ----------
    segments
        Windows to look at; without them the sprints, the whole epoch and each agent in it.
    """
    wanted = usual(case) if segments is None else segments
    settings = asdict(case.policy) | case.measuring.as_settings()
    numbers = _numbers(case, wanted)
    for metric in CATALOGUE:
        for arm in metric.arms:
            yield from (
                Result(
                    case.pilot.name, metric.id, arm, segment.name, segment.window,
                    numbers[metric.id, arm, segment], case.ask.as_of, settings,
                )
                for segment in wanted
                if is_stated(metric, arm, segment)
            )  # fmt: skip


def _numbers(case: Case, segments: Sequence[Segment]) -> dict[tuple[str, str, Segment], Number]:
    """Every number by metric, arm and segment; worked out by segment, so that its rows can be let go."""
    slicer, numbers = Slicer(case), {}
    for segment in segments:
        for metric in CATALOGUE:
            for arm in (arm for arm in metric.arms if is_stated(metric, arm, segment)):
                numbers[metric.id, arm, segment] = metric.compute(slicer.slice(ARMS[arm], segment))
        slicer.forget(segment)
    return numbers


def is_stated(metric: Metric, arm: str, segment: Segment) -> bool:
    """Whether a metric is worked out there: comparisons need the whole window, single agents their arm."""
    if segment.agent is not None:
        return metric.by_agent and arm == "agent"
    return segment.name == WHOLE or not ARMS[arm].is_comparison
