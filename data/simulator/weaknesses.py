"""What does a weak change carry, and which scan is the first to report it?"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from data.simulator.draws import pick, weighted
from data.simulator.truth import AFTER_MERGE, Fate, Repository, Rule, Schedule, Tool
from ingest.identity import finding_id, finding_key

RERUN = timedelta(hours=26)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weakness:
    """One weak line of code, from the scan that can first see it to the one that no longer does."""

    id: str
    tool: Tool
    rule: Rule
    path: str
    text: str
    line: int
    present_from: datetime  # on the protected branch; the merge
    present_until: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the triage file."""

    finding: str
    disposition: str
    at: datetime
    by: str
    reason: str
    second_person: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Look:
    """One scan of the protected branch."""

    at: datetime
    ok: bool


def looks(schedule: Schedule, until: datetime) -> list[Look]:
    """Every scan of the schedule before `until`; a crash is followed by a run that works.

    >>> tool, start = Tool("DeepScan", "1", ()), datetime(2026, 6, 1, tzinfo=UTC)
    >>> schedule = Schedule(tool, start, every_days=7, failed_on=(datetime(2026, 6, 8).date(),))
    >>> [(look.at.day, look.ok) for look in looks(schedule, datetime(2026, 6, 16, tzinfo=UTC))]
    [(1, True), (8, False), (9, True), (15, True)]
    """
    found: list[Look] = []
    at = schedule.first_at
    while at < until:
        failed = at.date() in schedule.failed_on
        found.extend([Look(at, ok=False), Look(at + RERUN, ok=True)] if failed else [Look(at, ok=True)])
        at += timedelta(days=schedule.every_days)
    return [look for look in found if look.at < until]


@dataclass(frozen=True)
class Watch:
    """All schedules of a repository with their working scans, ready to be asked."""

    schedules: tuple[Schedule, ...]
    ok_at: tuple[tuple[datetime, ...], ...]

    @classmethod
    def of(cls, repository: Repository, until: datetime) -> Watch:
        """Lay out the scans of a repository."""
        ok_at = tuple(tuple(look.at for look in looks(one, until) if look.ok) for one in repository.schedules)
        return cls(repository.schedules, ok_at)

    def tool(self, rng: Random, fate: Fate, name: str | None) -> Tool:
        """Tool that sees a weakness of this fate: the named one, else drawn among the able."""
        if name is not None:
            return next(one.tool for one in self.schedules if one.tool.name == name)
        after = fate in AFTER_MERGE
        able = [(one.tool, one.finds) for one in self.schedules if one.tool.scans_pull_requests != after]
        return weighted(rng, able)

    def first_after(self, tool: Tool, moment: datetime) -> datetime | None:
        """First working scan of a tool at or after a moment; None = none yet."""
        for schedule, moments in zip(self.schedules, self.ok_at, strict=True):
            if schedule.tool.name == tool.name:
                place = bisect_left(moments, moment)
                return moments[place] if place < len(moments) else None
        return None


def weak_line(repository: str, tool: Tool, path: str, rng: Random) -> Weakness:
    """Write a weak line into a file; the caller says from when it is on the protected branch."""
    rule = pick(rng, tool.weaknesses)
    text = rule.text.format(name=f"value_{rng.getrandbits(16):04x}")
    identity = finding_id(repository, finding_key(rule.id, path, text, 0))
    return Weakness(identity, tool, rule, path, text, 8 + int(rng.random() * 90), NEVER, None)
