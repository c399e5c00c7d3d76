"""Which rows does a metric see: one arm of a pilot in one segment, each cut out once?"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from metrics.arms import SIDES, Arm
from metrics.arrivals import KEY
from metrics.density.changes import Density
from metrics.escapes import Marked
from metrics.estimate import Coverage
from metrics.fatigue.retention import PromptLogs
from metrics.gate.case import Case
from metrics.measures import Slice
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


@dataclass(frozen=True)
class _Side:
    """All that some classes of authorship did, or one agent of theirs; each kind when it is needed."""

    case: Case
    authorships: tuple[str, ...]
    agent: str | None

    @property
    def marked(self) -> Marked | None:
        """Scope and findings as the gate judges them: of agents and of people, none for other classes."""
        if self._is_the("agent"):
            return self.case.agent
        return self.case.human if self._is_the("human") else None

    @property
    def changes(self) -> pl.DataFrame:
        """In-scope changes of these."""
        if self._is_the("agent"):
            return self.case.changes
        return self.case.human_changes if self._is_the("human") else self.case.changes.clear()

    @cached_property
    def merges(self) -> pl.DataFrame:
        """When each change merged, in scope or not."""
        return self.case.merges.lazy().filter(self._is_theirs).select("merged_at").collect()

    @cached_property
    def waits(self) -> pl.DataFrame:
        """Pull requests in any state."""
        is_one = pl.lit(True) if self.agent is None else pl.col("agent") == self.agent
        return self._needed(self.case.waits).filter(self._is_theirs & is_one)

    @cached_property
    def density(self) -> Density:
        """Changes with their lines and findings."""
        whole = self.case.density
        return replace(whole, changes=self._needed(whole.changes)).of(self.authorships, self.agent)

    @cached_property
    def sign_offs(self) -> pl.DataFrame:
        """Reviews of people that approved pull requests of these."""
        is_one = pl.lit(True) if self.agent is None else pl.col("agent") == self.agent
        return self.case.sign_offs.filter(self._is_theirs & is_one)

    @property
    def _is_theirs(self) -> pl.Expr:
        return pl.col("authorship").is_in(self.authorships)

    def _is_the(self, arm: str) -> bool:
        return self.authorships == arms(self.case.policy, arm)

    def _needed(self, rows: pl.DataFrame) -> pl.DataFrame:
        is_listed = any(map(self._is_the, SIDES))
        return rows if is_listed else rows.drop(ONLY_LISTED, strict=False)


@dataclass(frozen=True)
class _Cut:
    """What a side did in a window, each part cut out when a metric first asks for it."""

    side: _Side
    window: Window

    @cached_property
    def changes(self) -> pl.DataFrame:
        """In-scope changes that merged in it."""
        return cut_out(self.side.changes, "merged_at", self.window.start, self.window.end)

    @cached_property
    def findings(self) -> pl.DataFrame:
        """Findings of these, and unattributed ones that the branch is known to have since then."""
        if self.side.marked is None:
            return self.side.case.agent.findings.clear()
        is_nobodys = within("on_branch_at", self.window) & pl.col("number").is_null()
        return self.side.marked.findings.filter(within("merged_at", self.window) | is_nobodys)

    @cached_property
    def aftermath(self) -> pl.DataFrame:
        """Those of them that were reverted or mended in a hurry."""
        return among(self.changes, self.side.case.aftermath)

    @cached_property
    def drawn(self) -> pl.DataFrame:
        """Those of them that were drawn for an audit."""
        return among(self.changes, self.side.case.drawn)

    @cached_property
    def merged_count(self) -> int:
        """Pull requests that merged in it, in scope or not."""
        return cut_out(self.side.merges, "merged_at", self.window.start, self.window.end).height

    @cached_property
    def coverage(self) -> Coverage:
        """How many of the merged changes are in scope."""
        marked = self.side.marked
        return marked.scope.coverage(self.window.start, self.window.end) if marked else Coverage(0, 0)

    @cached_property
    def waits(self) -> pl.DataFrame:
        """Pull requests that waited in it."""
        window = self.window
        return in_window(self.side.waits, window.start, window.end, late_entry=window.kind == "epoch")

    @property
    def opened(self) -> pl.LazyFrame:
        """Pull requests that were opened in it."""
        return self.side.waits.lazy().filter(within("created_at", self.window))

    @cached_property
    def density(self) -> Density:
        """Changes that merged in it, with their lines and findings."""
        return self.side.density.between(self.window.start, self.window.end)

    @cached_property
    def prompts(self) -> pl.DataFrame:
        """Permission decisions of the days that begin in it; days and sprints begin at the same midnight."""
        zone = ZoneInfo(self.side.case.pilot.timezone)
        first, after = (moment.astimezone(zone).date() for moment in (self.window.start, self.window.end))
        return self.side.case.prompts.filter(pl.col("on").is_between(first, after, closed="left"))

    @cached_property
    def sessions(self) -> pl.DataFrame:
        """Sessions of agents that began in it."""
        return cut_out(self.side.case.sessions, "first_at", self.window.start, self.window.end)

    @cached_property
    def sign_offs(self) -> pl.DataFrame:
        """Reviews of people that approved in it."""
        return cut_out(self.side.sign_offs, "submitted_at", self.window.start, self.window.end)

    @cached_property
    def canaries(self) -> pl.DataFrame:
        """Seeded requests that were answered, or came up, in it."""
        return cut_out(self.side.case.canaries, "happened_at", self.window.start, self.window.end)

    @cached_property
    def prompt_logs(self) -> PromptLogs:
        """Days of the window on which agents were at work, logged or not."""
        return self.side.case.prompt_logs.between(self.window.start, self.window.end)


class Slicer:
    """Cuts the slices of one case; each is cut when it is first asked for, and kept until it is let go."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._sides: dict[Hashable, _Side] = {}
        self._slices: dict[Segment, dict[Hashable, Slice]] = {}

    def slice(self, arm: Arm, segment: Segment) -> Slice:
        """Rows of an arm in a segment; a comparison carries its other side in `against`."""
        first = self._slice(self._counted(arm), segment)
        if not arm.is_comparison:
            return first
        kept, second = self._slices[segment], self._slice(arm.against, segment)
        if arm not in kept:
            kept[arm] = first.compared_with(second)
        return kept[arm]

    def forget(self, segment: Segment) -> None:
        """Let go of the slices of a segment, and of the rows of its agent."""
        self._slices.pop(segment, None)
        if segment.agent is not None:
            sides = self._sides.items()
            self._sides = {key: side for key, side in sides if side.agent != segment.agent}

    def _counted(self, arm: Arm) -> tuple[str, ...]:
        """Classes that count: the policy may make assisted changes the agents' own."""
        is_agents = "agent" in arm.authorships and "assisted" not in arm.against
        own = arms(self.case.policy) if is_agents else ()
        return tuple(dict.fromkeys((*own, *arm.authorships)))

    def _slice(self, authorships: tuple[str, ...], segment: Segment) -> Slice:
        case, kept = self.case, self._slices.setdefault(segment, {})
        if authorships not in kept:
            cut = _Cut(self._side(authorships, segment.agent), segment.window)
            kept[authorships] = Slice(cut, case.policy, case.measuring, case.ask.as_of)
        return kept[authorships]

    def _side(self, authorships: tuple[str, ...], agent: str | None) -> _Side:
        return self._sides.setdefault((authorships, agent), _Side(self.case, authorships, agent))


def among(changes: pl.DataFrame, few: pl.DataFrame) -> pl.DataFrame:
    """Those of a few rows by pull request that are about one of many changes, in their order."""
    likely = changes.lazy().select(KEY).filter(pl.col("number").is_in(few["number"].implode())).collect()
    return few.join(likely, on=KEY, how="semi", maintain_order="left")


@lru_cache
def within(column: str, window: Window) -> pl.Expr:
    """Whether a moment lies in the window; an unknown one does not."""
    return pl.col(column).is_between(window.start, window.end, closed="left").fill_null(value=False)
