"""What are the numbers of one pilot over its whole window, and which rows does each rest on?

One object per pilot and publication, kept by `dashboard.loading`; what pages draw is worked out when
it is first asked for and kept with it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

import polars as pl

from metrics import parity
from metrics.arms import ARMS, HEADLINE, SIDES
from metrics.density import comparison as density
from metrics.density.attributions import Attribution, attributions
from metrics.density.families import Kind, Part, parts
from metrics.detection import UNKNOWN
from metrics.estimate import Number
from metrics.gate.case import Case
from metrics.measures import Slice
from metrics.results import of_case
from metrics.scope import repositories
from metrics.segments import Segment, whole
from metrics.slices import Slicer
from metrics.velocity import comparison as velocity
from metrics.velocity.samples import timed

T = TypeVar("T")
LOOKED: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(parity.LOOK, pl.String()),
    **dict.fromkeys(SIDES, pl.Int64()),
}


@dataclass(frozen=True, eq=False)
class Measured:
    """Numbers of the catalogue by metric and arm, and the slices behind them."""

    slicer: Slicer
    segment: Segment
    numbers: Mapping[tuple[str, str], Number]
    _kept: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """The pilot at its moment."""
        return self.slicer.case

    def number(self, metric: str, arm: str = "agent") -> Number:
        """One number of the catalogue; KeyError where the arm has none."""
        return self.numbers[metric, arm]

    def slice(self, arm: str = "agent") -> Slice:
        """The rows that an arm's numbers rest on."""
        return self.slicer.slice(ARMS[arm], self.segment)

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """What a page works out of the rows, done when it is first asked for and kept."""
        if key not in self._kept:
            self._kept[key] = work()
        found: T = self._kept[key]
        return found

    def timed_count(self, arm: str) -> int:
        """How many pull requests of an arm have a wait that can be told."""
        return self.once(("timed", arm), lambda: timed(self.slice(arm).waits).n)

    @cached_property
    def density_strata(self) -> tuple[density.Stratum, ...]:
        """Both sides in every repository and language."""
        return density.strata(self.slice(HEADLINE.name))

    @cached_property
    def wait_strata(self) -> tuple[velocity.Stratum, ...]:
        """Both sides in every repository and size band."""
        return velocity.strata(self.slice(HEADLINE.name))

    @cached_property
    def curves(self) -> tuple[tuple[velocity.Point, ...], ...]:
        """Share approved over time, of agents and of people; a side without pull requests has no point."""
        return velocity.curves(self.slice(HEADLINE.name))

    def kinds(self, kind: Kind) -> tuple[Part, ...]:
        """Findings of both sides by family of weakness, or by severity."""
        return self.once(("kinds", kind), lambda: parts(self.slice(HEADLINE.name), kind))

    @cached_property
    def attributions(self) -> tuple[Attribution, ...]:
        """Findings of both sides by how it is known which change brought them in."""
        return attributions(self.slice(HEADLINE.name))

    @cached_property
    def parity(self) -> tuple[parity.Look, ...]:
        """Which version of which tool's rules looked at how many changes of both sides."""
        return parity.looks(self.case, [self.slice(arm) for arm in SIDES])

    @cached_property
    def looks(self) -> pl.DataFrame:
        """Ok scans of the pilot's repositories by tool, stage and rules, and the changes they looked at.

        stage, tool, rules_version (empty = not told), scans (null = an audit), last_scanned_at, agent,
        human; by tool.
        """
        own = repositories(self.case.cut.pull_requests, self.case.pilot)
        ok = self.case.cut.scans.filter(pl.col("status") == "ok", pl.col("repository").is_in(own))
        named = ok.with_columns(pl.col("tool", "rules_version").fill_null(UNKNOWN))
        scans = named.group_by(parity.LOOK).agg(scans=pl.len(), last_scanned_at=pl.col("scanned_at").max())
        rows = [(each.stage, each.tool, each.rules, each.first[0], each.second[0]) for each in self.parity]
        looked = pl.DataFrame(rows, schema=LOOKED, orient="row")
        both = scans.collect().join(looked, on=parity.LOOK, how="full", coalesce=True)
        return both.sort("tool", "stage", "rules_version").with_columns(pl.col(SIDES).fill_null(0))


def measure(case: Case) -> Measured:
    """Work out every number of a pilot's present epoch."""
    segment = whole(case)
    results = of_case(case, (segment,))
    return Measured(Slicer(case), segment, {(each.metric, each.arm): each.number for each in results})
