"""Which repositories have another name today than in the tables, and what does that mean for patterns?

Tables keep the first name that was known of a repository, so that history stays in one piece. A
configuration may say either name: patterns that fit today's name take in the first one, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from ingest.ledger import last_cursor
from ingest.settings import AuthorshipOverride, AuthorshipSettings
from ingest.sources.github import state as states
from ingest.sources.github.state import RepositoryState
from metrics.pilot import Pilot
from metrics.scope import matches

GITHUB: Final = "github"  # the source whose cursor tells names


@dataclass(frozen=True)
class Renamed:
    """One repository that bears a new name."""

    first: str  # owner/name in the tables
    now: str  # owner/name today


def known_repositories(runs: pl.DataFrame) -> tuple[RepositoryState, ...]:
    """What the latest published run of the live source left of each repository."""
    return tuple(states.read(text) for text in last_cursor(runs, GITHUB).values())


def renamed(runs: pl.DataFrame) -> tuple[Renamed, ...]:
    """Repositories whose name had changed by the latest published run of the live source."""
    moved = [
        Renamed(state.name, state.now)
        for state in known_repositories(runs)
        if state.name.lower() != state.now.lower()
    ]
    return tuple(sorted(moved, key=lambda each: each.first))


def following(patterns: Sequence[str], moved: Iterable[Renamed]) -> tuple[str, ...]:
    """The patterns, and the first names of those that they know by today's name only.

    >>> following(["acme/pay"], [Renamed("acme/payments", "acme/pay"), Renamed("acme/a", "acme/b")])
    ('acme/pay', 'acme/payments')
    """
    known_by_new_name = [each.first for each in moved if is_known_by_new_name(each, patterns)]
    return (*patterns, *known_by_new_name)


def by_first_names(patterns: Sequence[str], moved: Iterable[Renamed]) -> list[str]:
    """The patterns with the names of the tables in the place of today's.

    >>> by_first_names(["acme/Pay", "acme/web-*"], [Renamed("acme/payments", "acme/pay")])
    ['acme/payments', 'acme/web-*']
    """
    first = {each.now.lower(): each.first for each in moved}
    return [first.get(pattern.lower(), pattern) for pattern in patterns]


def by_todays_names(patterns: Sequence[str], moved: Iterable[Renamed]) -> list[str]:
    """The patterns with today's names in the place of those of the tables.

    >>> by_todays_names(["acme/payments", "acme/web-*"], [Renamed("acme/payments", "acme/pay")])
    ['acme/pay', 'acme/web-*']
    """
    today = {each.first.lower(): each.now for each in moved}
    return [today.get(pattern.lower(), pattern) for pattern in patterns]


def is_known_by_new_name(one: Renamed, patterns: Sequence[str]) -> bool:
    """Whether patterns fit today's name of a repository and not its first."""
    return matches(one.now, patterns) and not matches(one.first, patterns)


def pilot_following(pilot: Pilot, moved: Sequence[Renamed]) -> Pilot:
    """The pilot with its repositories, and those it leaves out, under the names of the tables."""
    return replace(
        pilot,
        repositories=following(pilot.repositories, moved),
        exclude=following(pilot.exclude, moved),
    )


def authorship_following(settings: AuthorshipSettings, moved: Sequence[Renamed]) -> AuthorshipSettings:
    """The corrections, each also for repositories that it knows by today's name only."""
    every = [copy for override in settings.override for copy in _copies(override, moved)]
    return settings.model_copy(update={"override": every})


def _copies(override: AuthorshipOverride, moved: Sequence[Renamed]) -> Iterable[AuthorshipOverride]:
    yield override
    if override.repository is not None:
        for each in moved:
            if is_known_by_new_name(each, [override.repository]):
                yield override.model_copy(update={"repository": each.first})
