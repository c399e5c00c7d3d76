"""What is true in a simulated organisation before any file is written.

A truth says who works on what, how often a change carries a weakness, what looks for it and how
often, and how people review and triage. The writers only ever see what follows from it, so a
measured number can be compared with the number that was put in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

Arm = Literal["agent", "assisted", "automation", "unknown", "human"]
Fate = Literal[
    "clean",  # carries nothing that any tool sees
    "fixed",  # found on the pull request, mended before the merge
    "accepted",  # found on the pull request, accepted by a second person before the merge
    "bypass",  # found on the pull request, merged all the same
    "escape",  # found after the merge, confirmed
    "untriaged",  # found after the merge, nobody has decided yet
    "false_alarm",  # reported after the merge, dismissed with a reason
]
AFTER_MERGE: Final[tuple[Fate, ...]] = ("escape", "untriaged", "false_alarm")
BEFORE_MERGE: Final[tuple[Fate, ...]] = ("fixed", "accepted", "bypass")


@dataclass(frozen=True)
class Rule:
    """One check of a tool; `text` is the line of code that it points at, with a place for a name."""

    id: str
    title: str
    text: str
    score: float | None = None  # security-severity; None = style
    cwe: int | None = None


@dataclass(frozen=True)
class Tool:
    """A scanner with a fixed rule pack."""

    name: str
    version: str
    rules: tuple[Rule, ...]
    scans_pull_requests: bool = False
    rules_version: str = "1.0.0"

    @property
    def weaknesses(self) -> tuple[Rule, ...]:
        """Rules whose findings count as security findings of medium severity or worse."""
        return tuple(rule for rule in self.rules if rule.score is not None and rule.score >= 4.0)  # noqa: PLR2004


@dataclass(frozen=True)
class Schedule:
    """When a tool looks at the protected branch; the time to detection follows from it."""

    tool: Tool
    first_at: datetime
    every_days: int = 7
    finds: float = 1.0  # relative share of the after-merge findings that this tool is the one to see
    failed_on: tuple[date, ...] = ()  # days on which it crashed and was run again a day later


@dataclass(frozen=True)
class Flow:
    """A steady stream of pull requests of one arm."""

    arm: Arm
    per_week: float
    starts_on: date
    ends_on: date
    merged_share: float = 0.95
    fates: tuple[tuple[Fate, float], ...] = ()  # probability of each fate; the rest is clean


@dataclass(frozen=True)
class Plant:
    """One pull request put in by hand, merged with this fate."""

    at: datetime
    arm: Arm
    fate: Fate
    tool: str
    agent: str | None = None


@dataclass(frozen=True)
class Reviewing:
    """How people and review bots treat an open pull request."""

    approved_share: float = 0.90
    first_look_hours: float = 2.5  # median of a lognormal delay
    spread: float = 1.1  # its sigma on the log scale
    merge_hours: float = 1.5  # median from the approval (or from ready) to the merge
    changes_requested_share: float = 0.12
    dismissed_share: float = 0.01  # of the approvals: taken back by hand and given again
    bot_share: float = 0.30
    checks_failed_share: float = 0.02


@dataclass(frozen=True)
class Triage:
    """How decisions about findings are made."""

    days: float = 2.0  # median from report to decision
    spread: float = 0.5
    by: tuple[str, ...] = ("ines-security", "tomas-security")


@dataclass(frozen=True)
class Repository:
    """One repository: who works on it, and what looks at it."""

    name: str  # owner/name
    flows: tuple[Flow, ...]
    schedules: tuple[Schedule, ...]
    plants: tuple[Plant, ...] = ()
    first_number: int = 1
    agents: tuple[tuple[str, float], ...] = (
        ("copilot", 0.34), ("claude-code", 0.30), ("codex", 0.20), ("devin", 0.10), ("cursor", 0.06),
    )  # fmt: skip
    reviewing: Reviewing = Reviewing()
    reviewing_of_agents: Reviewing | None = None  # where their changes are treated otherwise; None = alike
    triage: Triage = Triage()
    baseline_findings: int = 3  # per tool, there before the first scan
    new_model_on: date | None = None  # from this day Claude Code names its next model
    generated_only_share: float = 0.01  # changes that touch nothing but generated files
    release_branch_share: float = 0.01  # changes that go to a release branch

    def reviewed(self, arm: Arm) -> Reviewing:
        """How people treat the pull requests of an arm."""
        return self.reviewing_of_agents or self.reviewing if arm == "agent" else self.reviewing


@dataclass(frozen=True)
class Truth:
    """Everything that a simulation needs to know besides its seed."""

    as_of: datetime  # moment of the export: nothing later has happened
    repositories: tuple[Repository, ...]
    page_size: int = 100  # pull requests per file
    awkward_in: str | None = None  # repository whose export also holds what collectors get wrong
    head_scans_share: float = 0.97  # pull requests whose head is scanned


@dataclass(frozen=True, slots=True)
class PlantedFinding:
    """A weakness as it was put in: where it is first reported, and what is decided about it."""

    finding_id: str
    tool: str
    rule: str
    path: str
    first_seen_at: datetime | None  # None = no scan has had the chance yet
    disposition: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlantedChange:
    """One pull request of the truth."""

    repository: str
    number: int
    authorship: Arm
    agent: str | None
    merged_at: datetime | None
    in_scope: bool  # merged to the protected branch, with at least one file that is not generated
    fate: Fate
    finding: PlantedFinding | None

    @property
    def escaped(self) -> bool:
        """A confirmed finding was first reported after the merge."""
        return self.fate == "escape" and self._is_decided

    @property
    def bypass(self) -> bool:
        """Merged over a finding that nobody had accepted."""
        return self.fate == "bypass" and self.merged_at is not None

    @property
    def _is_decided(self) -> bool:
        return self.finding is not None and self.finding.disposition is not None


@dataclass(frozen=True)
class Planted:
    """All pull requests that were written, in order."""

    changes: tuple[PlantedChange, ...]


@dataclass(frozen=True)
class Summary:
    """How much was written, and how much of what."""

    pulls: int
    merged: int
    escapes: int
    bypasses: int
    files: int
