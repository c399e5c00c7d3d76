"""What is true of a generated history before anything is written, and what is told of it afterwards?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from data.simulator.histories.hands import Making

Way = Literal["squash", "merge", "rebase", "direct"]
Ending = Literal["lines above", "renames", "formatter"]  # what one last commit does to every weak file
Landing = Literal["merge_sha", "merge_commit", "rebase", "subject"]


@dataclass(frozen=True)
class HistoryTruth:
    """Everything that a history needs to know besides its seed."""

    repository: str = "acme/ledger"
    starts_at: datetime = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday
    changes: int = 220  # pull requests and direct pushes
    ways: tuple[tuple[Way, float], ...] = (
        ("squash", 0.5), ("merge", 0.15), ("rebase", 0.15), ("direct", 0.2),
    )  # fmt: skip
    weak_share: float = 0.45  # of the changes that add code: those that plant a weakness
    scan_every: int = 11  # changes between two scans of the main branch
    head_scans_share: float = 0.5  # pull requests whose head is scanned
    runs_per_file: int = 8
    endings: tuple[Ending, ...] = ()  # added to the same history, each with a scan after it


@dataclass(frozen=True)
class Sighting:
    """Where a weakness stands in a scanned commit."""

    commit: str
    path: str
    line: int
    tools: tuple[str, ...]  # those that report it


@dataclass(frozen=True)
class Happening:
    """What one commit of the main branch did to a weakness."""

    what: str
    commit: str


@dataclass(frozen=True)
class PlantedWeakness:
    """One weakness, from the change that brought it in to every scan that saw it."""

    number: int
    cwe: int
    rules: tuple[tuple[str, str], ...]  # tool -> name of the rule in it
    introduced_commit: str  # on the main branch; of what never landed: on the branch of its pull request
    proposed_commit: str | None  # first commit with it on the branch of a pull request; None = a direct push
    introduced_by: int | None  # pull request; None = a direct push
    path: str
    line: int
    is_landed: bool
    also_right: tuple[str, ...]  # commits that wrote it anew before anybody had looked
    sightings: tuple[Sighting, ...]  # in order of the scans
    happenings: tuple[Happening, ...]

    @property
    def is_seen(self) -> bool:
        """Whether any scan could report it."""
        return bool(self.sightings)

    @property
    def tools(self) -> frozenset[str]:
        """Tools that report it somewhere."""
        return frozenset(tool for seen in self.sightings for tool in seen.tools)


@dataclass(frozen=True)
class PlantedCommit:
    """One commit of the main branch."""

    sha: str
    pull_request: int | None
    landing: Landing | None
    making: Making
    is_merge: bool
    reverts: str | None
    surviving: tuple[tuple[str, int], ...]  # path at the head -> lines there that it wrote


@dataclass(frozen=True)
class PlantedScan:
    """One run of a tool."""

    tool: str
    commit: str
    pull_request: int | None
    at: datetime
    result_count: int


@dataclass(frozen=True)
class WrittenHistory:
    """What was written, and what is true of it."""

    folder: Path
    repository: str
    head: str
    ends_at: datetime
    weaknesses: tuple[PlantedWeakness, ...]
    commits: tuple[PlantedCommit, ...]  # of the main branch, in the order in which they landed
    scans: tuple[PlantedScan, ...]
    marks: tuple[tuple[str, str], ...]  # path -> class, where the repository itself tells it
    lines: int  # of all files at the head

    @property
    def bare(self) -> Path:
        """The repository."""
        return self.folder / "repository.git"

    @property
    def seen(self) -> tuple[PlantedWeakness, ...]:
        """Weaknesses that any scan could report."""
        return tuple(weakness for weakness in self.weaknesses if weakness.is_seen)
