"""What did a run of a live source do in each repository, and what does the host not show there?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from dashboard import wording
from dashboard.renames import GITHUB, known_repositories
from ingest.pipeline import IngestReport
from ingest.sources.base import Progress
from ingest.sources.github.state import RepositoryState
from ingest.store import Store

MOST_NAMED: Final = 3  # repositories that one line can carry


@dataclass(frozen=True)
class Visited:
    """One repository in one run."""

    repository: str  # owner/name today
    changed: int  # pull requests that are new or differ from what was held
    requests: int  # for its pull requests, and lists of them


@dataclass(frozen=True)
class Visits:
    """What a run did in the repositories of the live source."""

    repositories: tuple[Visited, ...] = ()
    not_measured: str = ""  # what the host does not show, in words; empty = everything was shown


@dataclass
class Hearing:
    """Passes on how far live sources are, and keeps the latest word about each place."""

    tell: Callable[[Progress], None]
    latest: dict[str, Progress] = field(default_factory=dict)

    def __call__(self, told: Progress) -> None:
        """Take note; live sources tell one at a time."""
        self.latest[told.place] = told
        self.tell(told)


def visits(store: Store, report: IngestReport, told: Mapping[str, Progress]) -> Visits:
    """What the run of a report did, by its ledger rows, its tables and what it told on the way."""
    if not any(row["source"] == GITHUB for row in report.sources):
        return Visits()
    known = known_repositories(store.runs(report.published.at))
    visited = sorted((state for state in known if state.now in told), key=lambda state: state.now)
    changed = _changed(store, report)
    repositories = tuple(
        Visited(state.now, changed.get(state.name, 0), told[state.now].requests) for state in visited
    )
    return Visits(repositories, _not_measured(store, report, visited))


def _changed(store: Store, report: IngestReport) -> dict[str, int]:
    """Pull requests by repository whose rows this run wrote; those that read as before stay untouched."""
    started_at = report.sources[0]["started_at"]
    rows = store.read("pull_requests", report.published).filter(pl.col("ingested_at") == started_at)
    return dict(rows.group_by("repository").agg(pl.len()).collect().iter_rows())


def _not_measured(store: Store, report: IngestReport, visited: Iterable[RepositoryState]) -> str:
    names = {state.name: state.now for state in visited}
    is_refused = pl.col("repository").is_in(list(names)) & (pl.col("status") != "ok")
    refused = store.read("features", report.published).filter(is_refused)
    grouped = refused.group_by("feature", "status").agg(pl.col("repository").sort())
    return ", ".join(
        _words(feature, status, [names[name] for name in repositories], everywhere=len(names))
        for feature, status, repositories in grouped.sort("feature", "status").collect().iter_rows()
    )


def _words(feature: str, status: str, repositories: list[str], *, everywhere: int) -> str:
    """One refusal: "code scanning (switched off)", with the repositories unless it is all of them."""
    named = wording.some(repositories, MOST_NAMED)
    where = "" if len(repositories) == everywhere else f" in {named}"
    return f"{wording.FEATURE_WORDS[feature].lower()} ({wording.STATUS_WORDS[status]}{where})"
