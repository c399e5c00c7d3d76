"""How is one repository asked? Every answer tells whose it is, when it was given, and what was withheld."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Final, Protocol

from ingest.errors import SourceError
from ingest.sources.github.faults import FieldsFault, GitHubFault, StoppedFault
from ingest.sources.github.fewer_fields import without
from ingest.sources.github.older import Part
from ingest.sources.github.withheld import repository_of

_WORD: Final = re.compile(r"[A-Za-z]{4,}")
ISSUES: Final = "issues"
_WITHHELD: Final = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES"})


class Asked(Protocol):
    """What a connection answers to a query: `connection.Answer`."""

    @property
    def data(self) -> dict[str, Any]:
        """What was asked for, null where it could not be told."""

    @property
    def errors(self) -> tuple[dict[str, Any], ...]:
        """Problems that can be lived with."""

    @property
    def at(self) -> datetime:
        """GitHub's clock."""


class Asks(Protocol):
    """The part of a connection that asks by GraphQL."""

    def ask(self, query: str, variables: Mapping[str, Any]) -> Asked:
        """Answer of a query."""


@dataclass(frozen=True)
class Identity:
    """A repository as it calls itself today."""

    id: str
    database_id: int | None
    name: str  # owner/name
    default_branch: str | None


class OtherRepositoryFault(GitHubFault):
    """The name belongs to another repository than the one that was meant."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(identity.name)
        self.identity = identity


class WithheldFault(GitHubFault):
    """A whole list of the repository may not be read; without it GitHub tells nothing at all."""


@dataclass(frozen=True)
class Told:
    """One answer about a repository."""

    repository: dict[str, Any]
    kept: dict[str, Any]  # the answer as it goes into a batch
    at: datetime

    @property
    def readable(self) -> dict[str, Any]:
        """What is told of the repository, without what was withheld."""
        return repository_of(self.kept)

    def part(self, aliases: set[str]) -> dict[str, Any]:
        """The answer without the other aliases, errors included."""
        repository = {name: value for name, value in self.repository.items() if name in aliases}
        errors = [one for one in self.kept.get("errors", ()) if _alias_of(one) in aliases]
        return {"data": {"repository": repository}} | ({"errors": errors} if errors else {})


def _alias_of(error: Mapping[str, Any]) -> str | None:
    path = list(error.get("path") or ())
    return str(path[1]) if len(path) > 1 else None


@dataclass
class Common:
    """What all repositories of one run share."""

    unknown: set[Part] = field(default_factory=set)  # parts that this server's schema does not have
    stopped: Event = field(default_factory=Event)
    met: dict[str, str] = field(default_factory=dict)  # id -> owner/name by which it was met

    def meet(self, identity: Identity) -> None:
        """Take note of a repository; two that are given one id would vanish in each other."""
        name = self.met.setdefault(identity.id, identity.name)
        if name.lower() != identity.name.lower():
            raise SourceError(
                f"{identity.name}: GitHub gives it the same id ({identity.id}) as {name}; one of the two "
                "cannot be followed, and this one was not read"
            )


class Asker:
    """Asks about one repository, and remembers what the answers say of it."""

    def __init__(self, connection: Asks, name: str, common: Common, meant: str | None = None) -> None:
        self.name = name  # owner/name that requests use
        self.identity: Identity | None = None
        self.at: datetime | None = None  # GitHub's clock at the last answer
        self.requests = 0
        self.denied: dict[str, str] = {}  # part that was withheld in this run -> GitHub's words
        self._told: set[str] = set()  # words of questions that were answered with nothing of it withheld
        self._connection, self._common, self._meant = connection, common, meant

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Told:
        """Answer of a query about the repository.

        Raises
        ------
        SourceError
            GitHub does not know the repository, or may not tell of it.
        OtherRepositoryFault
            The name belongs to another one than was meant.
        WithheldFault
            Its issues may not be read.
        TooMuchFault
            Ask for less.
        """
        if self._common.stopped.is_set():
            raise StoppedFault
        owner, _, name = self.name.partition("/")
        answer = self._answer(query, {"owner": owner, "name": name, **(variables or {})})
        self.at = answer.at
        repository = answer.data.get("repository")
        if not isinstance(repository, dict):
            self._refuse_withheld(answer.errors)
            raise SourceError(self._not_there(answer.errors))
        self._recognise(repository)
        self._note_withheld(query, answer.errors)
        kept = {"data": answer.data} | ({"errors": list(answer.errors)} if answer.errors else {})
        return Told(repository, kept, answer.at)

    def _answer(self, query: str, variables: Mapping[str, Any]) -> Asked:
        """Ask without what this server does not know, which it says part by part."""
        while True:
            text = without(query, self._common.unknown) if self._common.unknown else query
            self.requests += 1
            try:
                return self._connection.ask(text, variables)
            except FieldsFault as fault:
                if without(query, {*self._common.unknown, *fault.fields}) == without(text, ()):
                    raise SourceError(
                        f"{self.name}: this server does not know {fault}, and no question can go without; "
                        "GitHub Enterprise Server 3.4 or later is expected"
                    ) from fault
                self._common.unknown.update(fault.fields)

    def _not_there(self, errors: tuple[dict[str, Any], ...]) -> str:
        said = "; ".join(str(error.get("message")) for error in errors)
        told = f" (GitHub says: {said})" if said else ""
        return (
            f"{self.name}: there is no such repository, or the token may not read it{told}; "
            "check the name under `repositories`, and that the token or App was given access to it"
        )

    def _refuse_withheld(self, errors: tuple[dict[str, Any], ...]) -> None:
        """Issues are a part that may be missing, though GitHub's list of them is never null."""
        said = [str(error.get("message")) for error in errors if _part_of(error) == ISSUES]
        if said:
            self.denied[ISSUES] = said[0]
            raise WithheldFault(said[0])

    def _recognise(self, repository: Mapping[str, Any]) -> None:
        branch = repository.get("defaultBranchRef") or {}
        name = repository.get("nameWithOwner") or self.name
        own_id = repository.get("id") or f"name:{name.lower()}"  # better than none: followed by its name
        told = Identity(own_id, repository.get("databaseId"), name, branch.get("name"))
        if self._meant is not None and told.id != self._meant:
            raise OtherRepositoryFault(told)
        if self.identity is None:
            self._common.meet(told)
        self.identity, self._meant, self.name = told, told.id, told.name

    def _note_withheld(self, query: str, errors: tuple[dict[str, Any], ...]) -> None:
        withheld = {
            _part_of(error): str(error.get("message")) for error in errors if error.get("type") in _WITHHELD
        }
        self.denied |= withheld
        self._told |= set(_WORD.findall(query)) - withheld.keys()

    def still_denied(self, before: Mapping[str, str]) -> dict[str, str]:
        """Parts that may not be read, without those that were told in this run."""
        kept = {part: said for part, said in before.items() if part not in self._told}
        return kept | self.denied


def _part_of(error: Mapping[str, Any]) -> str:
    """The field that was withheld, as the schema calls it."""
    names = [step for step in error.get("path") or () if isinstance(step, str)]
    if names[1:] and names[1].startswith("incidents"):
        return ISSUES
    return names[-1] if len(names) > 2 else "pullRequest"  # noqa: PLR2004 - repository, and an alias
