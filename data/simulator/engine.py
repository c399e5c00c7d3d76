"""One simulation: from a truth and a seed to a folder of raw files, a repository at a time.

::

    out/pull_requests/<owner+name>/page-00001.json    GraphQL pages
    out/scans/<owner+name>/main/2026-06-01.sarif      scans of the protected branch
    out/scans/<owner+name>/heads/2026-06-01.sarif     scans of pull request heads, by week of opening
    out/triage.csv                                    decisions about findings
    out/truth.json                                    what was put in; no source reads it

Memory holds one page, one week of head scans and the weak changes of one repository.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from data.simulator import awkward
from data.simulator.changes import Change, changes
from data.simulator.draws import stream
from data.simulator.files import (
    TRIAGE_COLUMNS,
    Listing,
    as_line,
    csv_line,
    triage_line,
    write_page,
    write_sarif,
)
from data.simulator.nodes import heads, pull_request
from data.simulator.sarif import Run
from data.simulator.scans import branch_files, folder, head_runs, week_of
from data.simulator.truth import Planted, PlantedChange, Repository, Summary, Truth
from data.simulator.weaknesses import Weakness

Progress = Callable[[int], None]  # pull requests written so far


def simulate(truth: Truth, seed: int, out: Path) -> Planted:
    """Write everything and return every planted change; for sizes that fit into memory."""
    told: list[PlantedChange] = []
    run(truth, seed, out, told.append)
    return Planted(tuple(told))


def run(truth: Truth, seed: int, out: Path, tell: Callable[[PlantedChange], None]) -> Summary:
    """Write everything, telling each planted change as it goes by; memory stays flat."""
    counts = _Counts()
    with (
        Listing(out / "triage.csv", closing="\n") as triage,
        Listing(out / "truth.json", "[\n", "\n]\n", ",\n") as known,
    ):
        triage.add(csv_line(TRIAGE_COLUMNS))
        for repository in truth.repositories:
            writer = _RepositoryWriter(truth, repository, seed, out, counts)
            for change in changes(truth, repository, seed):
                writer.take(change)
                if change.decision:
                    triage.add(triage_line(change.decision))
                told = change.told()
                known.add(as_line(told))
                tell(told)
                counts.take(told)
            writer.close()
    return counts.summary()


@dataclass
class _Counts:
    pulls: int = 0
    merged: int = 0
    escapes: int = 0
    bypasses: int = 0
    files: int = 2

    def take(self, change: PlantedChange) -> None:
        self.pulls += 1
        self.merged += change.merged_at is not None
        self.escapes += change.escaped
        self.bypasses += change.bypass

    def summary(self) -> Summary:
        return Summary(self.pulls, self.merged, self.escapes, self.bypasses, self.files)


@dataclass
class _RepositoryWriter:
    """Collects what belongs into one file and writes it as soon as it is complete."""

    truth: Truth
    repository: Repository
    seed: int
    out: Path
    counts: _Counts
    page: list[dict[str, Any]] = field(default_factory=list)
    before: list[dict[str, Any]] = field(default_factory=list)
    pages: int = 0
    heads: list[Run] = field(default_factory=list)
    week: date | None = None
    weak: list[Weakness] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = stream(self.seed, self.repository.name, "files")
        self.tools = [one.tool for one in self.repository.schedules if one.tool.scans_pull_requests]
        self.folder = folder(self.repository.name)

    def take(self, change: Change) -> None:
        """Add one pull request."""
        if len(self.page) >= self.truth.page_size:
            self._write_page(has_next=True)
        reviewing = self.repository.reviewed(change.pull.author.arm)
        node = pull_request(change.pull, reviewing.checks_failed_share, self.rng)
        self.page.append(node)
        oids = [one["commit"]["oid"] for one in node["commits"]["nodes"]]
        self._add_heads(change, heads(change.pull, oids))
        if change.weakness and change.reaches_branch:
            self.weak.append(change.weakness)

    def close(self) -> None:
        """Write what is left, and the scans of the protected branch."""
        if self.page:
            self._write_page(has_next=False)
        self._write_heads()
        for file in branch_files(self.repository, self.weak, self.truth.as_of, self.seed):
            write_sarif(self.out / "scans" / file.name, file.runs)
            self.counts.files += 1

    def _add_heads(self, change: Change, commits: list[str]) -> None:
        week = week_of(change.pull.arrival.opened_at)
        if week != self.week:
            self._write_heads()
            self.week = week
        self.heads.extend(head_runs(change, self.tools, commits))

    def _write_page(self, *, has_next: bool) -> None:
        self.pages += 1
        path = self.out / "pull_requests" / self.folder / f"page-{self.pages:05d}.json"
        is_awkward = self.truth.awkward_in == self.repository.name
        nodes = awkward.page(self.pages, self.page, self.before) if is_awkward else self.page
        write_page(path, self.repository.name, nodes, has_next=has_next)
        self.counts.files += 1
        self.before, self.page = self.page, []

    def _write_heads(self) -> None:
        if self.heads:
            write_sarif(self.out / "scans" / self.folder / "heads" / f"{self.week}.sarif", self.heads)
            self.counts.files += 1
        self.heads = []
