"""Which repositories are to be read? Names and patterns of the settings become repositories.

A name costs no request. Patterns cost one list of repositories for each owner that they name; archived
repositories belong to it, as their past counts too. A repository that was renamed or moved is known by
its id, so the settings may call it by the name that the tables use or by today's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from ingest.errors import SourceError
from ingest.settings import IngestSettings
from ingest.sources.github import questions
from ingest.sources.github.asking import Asks
from ingest.sources.github.faults import HubError, UnansweredFault
from ingest.sources.github.sizing import PageSize, adaptively
from ingest.sources.github.state import RepositoryState

_WILD: Final = frozenset("*?[")


@dataclass(frozen=True)
class Target:
    """A repository that is to be read."""

    asked: str  # as the settings call it: a name or a pattern
    now: str  # owner/name that requests use
    id: str | None = None  # GitHub's; None = never met

    @property
    def names(self) -> tuple[str, ...]:
        """Names to ask it by: today's, and if that means another one now, that of the settings."""
        return (self.now,) if _WILD & set(self.asked) else tuple(dict.fromkeys((self.now, self.asked)))


@dataclass(frozen=True)
class Owned:
    """A repository as its owner's list tells it."""

    id: str
    name: str  # owner/name


@dataclass
class Targets:
    """What the settings name, each repository once."""

    found: list[Target] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # name or pattern -> why nothing comes of it

    def add(self, target: Target) -> None:
        """Take a repository, unless it is there already."""
        keys = {(one.id, one.now.lower()) for one in self.found}
        is_known = any(
            name == target.now.lower() or (target.id is not None and known == target.id)
            for known, name in keys
        )
        if not is_known:
            self.found.append(target)


def targets(
    settings: IngestSettings,
    known: Iterable[RepositoryState],
    owned: Callable[[str], Sequence[Owned]],
) -> Targets:
    """Repositories of the settings; `owned` lists those of an owner and is asked once for each."""
    states, listed = tuple(known), cache(owned)
    chosen = Targets()
    for asked in asked_for(settings):
        try:
            found = [one for one in _found(asked, states, listed) if not _is_left_out(one, settings, states)]
        except HubError:
            raise
        except SourceError as error:
            chosen.refused[asked] = str(error)
            continue
        for one in found:
            chosen.add(one)
    return chosen


def asked_for(settings: IngestSettings) -> list[str]:
    """Names and patterns: those of the source, or else those of the pilots."""
    source = settings.sources.github
    own = source.repositories if source else []
    return list(dict.fromkeys(own or settings.repositories))


def _found(
    asked: str, states: Sequence[RepositoryState], owned: Callable[[str], Sequence[Owned]]
) -> list[Target]:
    owner, slash, name = asked.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise SourceError(f"{asked!r}: seen under `repositories`, expected owner/name, such as acme/payments")
    if not _WILD & set(asked):
        state = _named(asked, states)
        return [Target(asked, state.now if state else asked, state.id if state else None)]
    if _WILD & set(owner):
        raise SourceError(f"{asked}: whose repositories these are must be written out, such as acme/pay*")
    return _matching(asked, states, owned(owner))


def _named(asked: str, states: Sequence[RepositoryState]) -> RepositoryState | None:
    """The repository that bears this name today, or else the one that the tables know by it."""
    today = (state for state in states if _is_same(state.now, asked))
    once = (state for state in states if _is_same(state.name, asked))
    return next(today, None) or next(once, None)


def _matching(asked: str, states: Sequence[RepositoryState], owned: Sequence[Owned]) -> list[Target]:
    """Those of the owner's list, and those that bore such a name when they were read first."""
    listed = [Target(asked, one.name, one.id) for one in owned if _matches(one.name, asked)]
    ids = {one.id for one in listed}
    today = {one.id: one.name for one in owned}
    renamed = [
        Target(asked, today.get(state.id, state.now), state.id)
        for state in states
        if _matches(state.name, asked) and state.id not in ids
    ]
    if not listed and not renamed:
        raise SourceError(
            f"{asked}: matches none of the {len(owned)} repositories of {asked.partition('/')[0]} that the "
            "token may see; check the pattern, and what the token or App was given access to"
        )
    return listed + renamed


def _is_left_out(target: Target, settings: IngestSettings, states: Sequence[RepositoryState]) -> bool:
    source = settings.sources.github
    patterns = [*settings.exclude, *(source.exclude if source else [])]
    names = [target.now, *(state.name for state in states if state.id == target.id)]
    return any(_matches(name, pattern) for name in names for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    """GitHub's names do not tell large letters from small ones."""
    return fnmatchcase(name.lower(), pattern.lower())


def _is_same(name: str, other: str) -> bool:
    return name.lower() == other.lower()


def list_owned(connection: Asks, owner: str, pause: Callable[[int], None]) -> list[Owned]:
    """Repositories of an organisation or a person, archived ones included.

    Raises
    ------
    SourceError
        There is no such owner, or the list is not told.
    """
    try:
        return list(_listed(connection, owner, pause))
    except UnansweredFault as fault:
        raise SourceError(
            f"{owner}/*: GitHub does not tell the repositories of {owner} ({fault.said}); run again, or "
            "write their names out under `repositories`"
        ) from fault


def _listed(connection: Asks, owner: str, pause: Callable[[int], None]) -> Iterator[Owned]:
    size, after, goes_on = PageSize(questions.LIGHT_AT_ONCE, questions.LIGHT_AT_ONCE), None, True
    while goes_on:

        def ask(count: int, place: str | None = after) -> dict[str, Any]:
            return _owners_page(connection, owner, {"first": count, "after": place})

        page = adaptively(size, ask, pause)
        yield from (Owned(one["id"], one["nameWithOwner"]) for one in page.get("nodes") or () if one)
        info = page.get("pageInfo") or {}
        after, goes_on = info.get("endCursor"), bool(info.get("hasNextPage"))


def _owners_page(connection: Asks, owner: str, page: dict[str, Any]) -> dict[str, Any]:
    answer = connection.ask(questions.OWNED, {"owner": owner, **page})
    told = answer.data.get("repositoryOwner")
    if told is None:
        raise SourceError(
            f"{owner}/*: GitHub knows no organisation or person called {owner}; check `repositories`"
        )
    listed: dict[str, Any] = told.get("repositories") or {}
    return listed
