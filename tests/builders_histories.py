"""Generated histories as pilots: written, ingested, and compared with what is true of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from data.simulator import histories
from data.simulator.histories import HistoryTruth, PlantedWeakness, WrittenHistory
from tests.acceptance.helpers_pilot import ingest, table

SMALL = HistoryTruth(changes=120)
CONFIG = """
as_of = 2026-08-17T00:00:00Z
[[pilot]]
name = "ledger"
repositories = ["acme/ledger"]
protected_branch = "main"
start_on = 2026-03-02
[sources]
keep_raw = false
[sources.github_export]
paths = ["raw/pull_requests/**/*.json"]
[sources.sarif]
paths = ["raw/scans/**/*.sarif"]
"""
WITH_GIT = """
[sources.git]
[[sources.git.repository]]
name = "acme/ledger"
url = "raw/repository.git"
"""
WITH_TRIAGE = """
[sources.triage]
paths = ["triage.csv"]
"""
Row = dict[str, Any]
Pair = tuple[str, int | None]  # commit, pull request


@dataclass(frozen=True)
class Pilot:
    """A history and the pilot that reads it."""

    folder: Path
    seed: int
    truth: HistoryTruth
    written: WrittenHistory

    @property
    def config(self) -> Path:
        return self.folder / "pilot.toml"

    def findings(self) -> pl.DataFrame:
        return table(self.config, "findings")

    def ids(self) -> frozenset[str]:
        return frozenset(self.findings()["finding_id"])

    def ingest(self) -> Pilot:
        ingest(self.config)
        return self

    def copied(self, folder: Path) -> Pilot:
        """A copy of everything, the lake included."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    def rewritten(self, **changed: Any) -> Pilot:
        """The same history written again over the old one, with another truth."""
        truth = replace(self.truth, **changed)
        shutil.rmtree(self.folder / "raw")
        return replace(
            self, truth=truth, written=histories.write(self.folder / "raw", self.seed, truth)
        ).ingest()

    def matched(self) -> Matched:
        return Matched(self.written, self.findings(), table(self.config, "scans"))


def pilot(folder: Path, seed: int, truth: HistoryTruth = SMALL, settings: str = WITH_GIT) -> Pilot:
    """A history that is written and ingested."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pilot.toml").write_text(CONFIG + settings, encoding="utf-8")
    return Pilot(folder, seed, truth, histories.write(folder / "raw", seed, truth)).ingest()


@dataclass(frozen=True)
class Matched:
    """Findings beside the weaknesses that they are, by the place of their first report."""

    written: WrittenHistory
    findings: pl.DataFrame
    scans: pl.DataFrame

    @cached_property
    def rows(self) -> list[tuple[Row, PlantedWeakness | None]]:
        commits = dict(self.scans.select("scan_id", "commit_sha").iter_rows())
        return [
            (
                row,
                self._reported.get((commits[row["first_seen_scan"]], row["path"], row["line"], row["rule"])),
            )
            for row in self.findings.sort("finding_id").iter_rows(named=True)
        ]

    @cached_property
    def _reported(self) -> dict[tuple[str, str, int, str], PlantedWeakness]:
        return {
            (seen.commit, seen.path, seen.line, rule): weakness
            for weakness in self.written.seen
            for seen in weakness.sightings
            for _, rule in weakness.rules
        }

    @cached_property
    def pull_requests(self) -> dict[str, int | None]:
        """Commit of the main branch -> its pull request."""
        return {one.sha: one.pull_request for one in self.written.commits}

    def right(self, weakness: PlantedWeakness) -> frozenset[Pair]:
        """Introducing changes that are right for a weakness."""
        commits = {weakness.introduced_commit, weakness.proposed_commit} - {None}
        own = {(sha, weakness.introduced_by) for sha in commits if sha}
        return frozenset(own | {(sha, self.pull_requests[sha]) for sha in weakness.also_right})

    def is_right(self, row: Row, weakness: PlantedWeakness) -> bool:
        """Whether a finding has its change: the commit that landed, or the one that was to land."""
        return (row["introduced_commit"], row["introduced_by"]) in self.right(weakness)

    def wrong(self) -> list[str]:
        """Findings with another change than the true one, in words."""
        return [
            self.words(row, weakness)
            for row, weakness in self.rows
            if weakness is None or not self.is_right(row, weakness)
        ]

    def doubled(self) -> list[str]:
        """Weaknesses that are more than one finding, in words."""
        numbers = [weakness.number for _, weakness in self.rows if weakness]
        return [self.words(row, one) for row, one in self.rows if one and numbers.count(one.number) > 1]

    def merged(self) -> list[str]:
        """Weaknesses that are no finding of their own, in words."""
        found = {weakness.number for _, weakness in self.rows if weakness}
        return [self.words({}, one) for one in self.written.seen if one.number not in found]

    def words(self, row: Row, weakness: PlantedWeakness | None) -> str:
        names = (
            "finding_id",
            "rule",
            "path",
            "line",
            "method",
            "confidence",
            "introduced_by",
            "introduced_commit",
        )
        told = " ".join(f"{name}={row.get(name)}" for name in names if name in row)
        if weakness is None:
            return f"{told}: no scan reports that"
        happened = ", ".join(f"{one.what} {one.commit[:8]}" for one in weakness.happenings)
        right = sorted((sha[:8], number or 0) for sha, number in self.right(weakness))
        return f"#{weakness.number} {told}: right {right}; landed {weakness.is_landed}; {happened}"


def runs_of(folder: Path) -> Iterator[Path]:
    """SARIF files of a pilot, in their order."""
    yield from sorted((folder / "raw" / "scans").glob("*.sarif"))


def say(lines: Iterable[str]) -> str:
    """What a failing comparison prints."""
    return "\n" + "\n".join(lines)
