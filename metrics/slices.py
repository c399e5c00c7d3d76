"""Which rows does a metric see: one arm of a pilot in one segment, each cut out once?"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, Final

import polars as pl

from metrics.arms import SIDES, Arm
from metrics.density.changes import Density
from metrics.escapes import Marked
from metrics.estimate import Coverage
from metrics.gate.case import Case
from metrics.measures import Part, Slice
from metrics.scope import arms
from metrics.segments import Segment, Window
from metrics.velocity.waits import in_window
from metrics.windows import cut_out

# Only rows of agents and of people are listed; of other classes, and of sides that sensitivity adds up from
# several, nothing but numbers is stated, and these columns would be copied for nobody.
ONLY_LISTED: Final = (
    "title", "url", "author_login", "driver", "clock_basis", "ready_at", "closed_at", "reviewer", "cluster",
    "waiting_for", "changed_lines", "is_draft_now", "is_approval_dismissed",
)  # fmt: skip


class Slicer:
    """Cuts the slices of one case; each is cut when it is first asked for, and kept."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._kept: dict[Hashable, Any] = {}

    def slice(self, arm: Arm, segment: Segment) -> Slice:
        """Rows of an arm in a segment; a comparison carries its other side in `against`."""
        first = self._side(self._counted(arm), segment)
        if not arm.is_comparison:
            return first
        second = self._side(arm.against, segment)
        return self._once(("both", arm, segment), lambda: first.compared_with(second))

    def _counted(self, arm: Arm) -> tuple[str, ...]:
        """Classes that count: the policy may make assisted changes the agents' own."""
        is_agents = "agent" in arm.authorships and "assisted" not in arm.against
        own = arms(self.case.policy) if is_agents else ()
        return tuple(dict.fromkeys((*own, *arm.authorships)))

    def _side(self, authorships: tuple[str, ...], segment: Segment) -> Slice:
        return self._once(("side", authorships, segment), lambda: self._cut(authorships, segment))

    def _once(self, key: Hashable, work: Callable[[], Part]) -> Part:
        if key not in self._kept:
            self._kept[key] = work()
        part: Part = self._kept[key]
        return part

    def _cut(self, authorships: tuple[str, ...], segment: Segment) -> Slice:
        case, window = self.case, segment.window
        marked, changes = self._scoped(authorships)
        first_seen = within("first_seen_at", window) & pl.col("number").is_null()
        found = marked.findings if marked else case.agent.findings.clear()
        return Slice(
            changes=cut_out(changes, "merged_at", window.start, window.end),
            findings=found.filter(within("merged_at", window) | first_seen),
            merged_count=self._merged_count(authorships, window),
            coverage=marked.scope.coverage(window.start, window.end) if marked else Coverage(0, 0),
            waits=self._waits(authorships, segment),
            opened=self._opened(authorships, segment),
            density=self._density_of(authorships, segment.agent).between(window.start, window.end),
            policy=case.policy,
            measuring=case.measuring,
            as_of=case.ask.as_of,
        )

    def _scoped(self, authorships: tuple[str, ...]) -> tuple[Marked | None, pl.DataFrame]:
        """In-scope changes as the gate judges them: of agents and of people, none for other classes."""
        case = self.case
        if authorships == arms(case.policy):
            return case.agent, case.changes
        if authorships == arms(case.policy, "human"):
            return case.human, case.human_changes
        return None, case.changes.clear()

    def _waits(self, authorships: tuple[str, ...], segment: Segment) -> pl.DataFrame:
        window = segment.window
        own = self._waits_of(authorships)
        if segment.agent is not None:
            own = own.filter(pl.col("agent") == segment.agent)
        return in_window(own, window.start, window.end, late_entry=window.kind == "epoch")

    def _opened(self, authorships: tuple[str, ...], segment: Segment) -> pl.LazyFrame:
        is_one = pl.lit(True) if segment.agent is None else pl.col("agent") == segment.agent
        return self._waits_of(authorships).lazy().filter(is_one & within("created_at", segment.window))

    def _waits_of(self, authorships: tuple[str, ...]) -> pl.DataFrame:
        is_of_arm = pl.col("authorship").is_in(authorships)
        needed = self._needed(self.case.waits, authorships)
        return self._once(("waits", authorships), lambda: needed.filter(is_of_arm))

    def _density_of(self, authorships: tuple[str, ...], agent: str | None) -> Density:
        whole = self.case.density
        needed = replace(whole, changes=self._needed(whole.changes, authorships))
        return self._once(("density", authorships, agent), lambda: needed.of(authorships, agent))

    def _needed(self, rows: pl.DataFrame, authorships: tuple[str, ...]) -> pl.DataFrame:
        listed = [arms(self.case.policy, arm) for arm in SIDES]
        return rows if authorships in listed else rows.drop(ONLY_LISTED, strict=False)

    def _merged_count(self, authorships: tuple[str, ...], window: Window) -> int:
        is_of_arm = pl.col("authorship").is_in(authorships)
        merges = self.case.merges.lazy().filter(is_of_arm).select("merged_at")
        merged = self._once(("merges", authorships), merges.collect)
        return cut_out(merged, "merged_at", window.start, window.end).height


def within(column: str, window: Window) -> pl.Expr:
    """Whether a moment lies in the window; an unknown one does not."""
    return pl.col(column).is_between(window.start, window.end, closed="left").fill_null(value=False)
