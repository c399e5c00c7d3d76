"""How completely was each repository read live? By what the latest published run left in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads

import polars as pl

from dashboard.renames import GITHUB, known_repositories
from ingest.sources.github.state import RepositoryState


@dataclass(frozen=True)
class Completeness:
    """How far the reading of one repository is."""

    repository: str  # owner/name today
    held: int  # pull requests in the tables, without those that are gone
    is_read_once: bool  # whether every page of them was read
    listed_at: datetime | None  # when all their numbers were listed last, by GitHub's clock
    unread: int  # pull requests of which GitHub would not tell all
    looked_at: datetime | None  # end of the last run that asked and was answered


def completeness(runs: pl.DataFrame, held: Mapping[str, int]) -> tuple[Completeness, ...]:
    """Of every repository that was ever read live, by name; `held` counts by the name in the tables."""
    answered = tuple(_answered(runs))
    found = [
        Completeness(
            state.now,
            held.get(state.name, 0),
            state.walked,
            state.swept_at,
            len(state.unread),
            _looked_at(state, answered),
        )
        for state in known_repositories(runs)
    ]
    return tuple(sorted(found, key=lambda each: each.repository))


def last_requests(runs: pl.DataFrame) -> int | None:
    """How many requests the last run of the live source took; None before the first."""
    mine = runs.filter(pl.col("source") == GITHUB).sort("published_at")
    return mine["requests"].item(-1) if mine.height else None


@dataclass(frozen=True)
class _Run:
    """A run that asked GitHub: when it ended, whom it knew, and from whom nothing, or not all, came."""

    at: datetime
    known: frozenset[str]  # ids
    refused: frozenset[str]


def _answered(runs: pl.DataFrame) -> Iterator[_Run]:
    """Runs of the live source that asked somebody, the latest first."""
    is_asking = (pl.col("source") == GITHUB) & (pl.col("requests") > 0)
    told = runs.filter(is_asking).sort("published_at", descending=True)
    for at, cursor, refused in told.select("published_at", "cursor", "files_refused").iter_rows():
        yield _Run(at, frozenset(loads(cursor or "{}")), frozenset(loads(refused or "{}")))


def _looked_at(state: RepositoryState, answered: tuple[_Run, ...]) -> datetime | None:
    names = {state.now, state.name, GITHUB}
    return next((run.at for run in answered if state.id in run.known and not names & run.refused), None)
