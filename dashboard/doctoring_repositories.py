"""Which repositories does the configuration mean, as GitHub knows them today?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard import wording
from dashboard.complaints import Complaint
from ingest.sources.github.connection import Connection
from ingest.sources.github.introducing import look_up
from ingest.sources.github.state import RepositoryState

REPOSITORY: Final = "repository"
NAMED: Final = 3  # repositories that a line names; the rest is counted
WILD: Final = frozenset("*?[")


@dataclass(frozen=True)
class Looked:
    """A name or a pattern of the configuration, and what there is of it."""

    asked: str
    names: Sequence[str]  # what a pattern takes in
    today: str | None  # a repository of it that can be seen; None = none
    is_archived: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether it may mean several."""
        return bool(WILD & set(self.asked))


def looked_at(connection: Connection, asked: str, names: Sequence[str]) -> Looked:
    """What there is of a name (one request) or a pattern (none: its owner was asked already)."""
    if WILD & set(asked):
        return Looked(asked, names, names[0])
    seen = look_up(connection, names[0])
    return Looked(asked, names, seen.name, seen.is_archived) if seen else Looked(asked, names, None)


def judged(looked: Looked, known: Iterable[RepositoryState]) -> Complaint:
    """What is to be said of it; `known` are the repositories that were read before."""
    if looked.is_pattern:
        count = wording.plural(len(looked.names), "repository", "repositories")
        return Complaint("ok", REPOSITORY, f"{looked.asked}: {count}: {_some(looked.names)}")
    if looked.today is None:
        remedy = "check the name; give the token, or the App's installation, access to it"
        return Complaint("error", REPOSITORY, f"{looked.asked}: is not there, or may not be seen", remedy)
    return _named_today(looked, looked.today, {state.name.lower() for state in known})


def _named_today(looked: Looked, today: str, firsts: set[str]) -> Complaint:
    archived = ", archived" if looked.is_archived else ""
    if today.lower() == looked.asked.lower():
        return Complaint("ok", REPOSITORY, f"{looked.asked}: found{archived}")
    seen = f"{looked.asked}: is called {today} today{archived}"
    if looked.asked.lower() in firsts:
        return Complaint("ok", REPOSITORY, seen)
    remedy = f"write {today} in its place: the tables know, or will know, no other name of it"
    return Complaint("warning", REPOSITORY, seen, remedy)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
