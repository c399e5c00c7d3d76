"""Which repositories are known, how far is each, and who reads it? One account for all threads of a run."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Condition

import polars as pl

from ingest.sources.github import state as states
from ingest.sources.github.asking import Identity, OtherRepositoryFault
from ingest.sources.github.batches import Batch
from ingest.sources.github.faults import GitHubFault
from ingest.sources.github.held import Held
from ingest.sources.github.state import RepositoryState


class TakenFault(GitHubFault):
    """Another name of the settings means the same repository, and it is being read."""


class Register:
    """States by GitHub's id; safe for threads."""

    def __init__(self, cursor: Mapping[str, str], published: pl.DataFrame) -> None:
        self._states = {id_: states.read(text) for id_, text in cursor.items()}
        self._published = published
        self._held: dict[str, Held] = {}
        self._taken: set[str] = set()
        self._unsure: set[str] = set()  # of the taken ones: the name may turn out to be another's
        self._lock = Condition()

    @property
    def states(self) -> list[RepositoryState]:
        """All that are known."""
        with self._lock:
            return list(self._states.values())

    def state(self, repository_id: str) -> RepositoryState | None:
        """How far a repository is; null when it was never read."""
        with self._lock:
            return self._states.get(repository_id)

    def held(self, state: RepositoryState) -> Held:
        """What is held of it: published, and replayed since."""
        with self._lock:
            if state.id not in self._held:
                self._held[state.id] = Held.of(self._published, state.name, state.rollups)
            return self._held[state.id]

    def take(self, repository_id: str) -> None:
        """Begin to read a repository; a TakenFault if somebody does already.

        Whoever took it before may yet find that its name means another one, and give it back: until that is
        clear, wait.
        """
        with self._lock:
            self._lock.wait_for(lambda: repository_id not in self._unsure)
            if repository_id in self._taken:
                raise TakenFault
            self._taken.add(repository_id)
            self._unsure.add(repository_id)

    def settle(self, repository_id: str) -> None:
        """It is clear that the repository that was taken is the one that is read, or that nobody reads it."""
        with self._lock:
            self._unsure.discard(repository_id)
            self._lock.notify_all()

    def give_back(self, repository_id: str) -> None:
        """Not read after all."""
        with self._lock:
            self._taken.discard(repository_id)
            self.settle(repository_id)

    def begin(self, identity: Identity, asked_as: str) -> tuple[RepositoryState, Held]:
        """Take a repository that is met for the first time; a fault if it is known by another name.

        One that was renamed before keeps the name that the settings have: it is the name that their
        patterns match.
        """
        with self._lock:
            if identity.id in self._states:
                raise OtherRepositoryFault(identity)
            self.take(identity.id)
            self.settle(identity.id)
            state = RepositoryState(
                id=identity.id, name=self._free_name(identity, asked_as), now=identity.name
            )
            self._states[state.id] = state
            return state, self.held(state)

    def _free_name(self, identity: Identity, asked_as: str) -> str:
        """Its first name; with its number where another repository bore that name when it was read first."""
        names = {state.name.lower() for state in self._states.values()}
        is_spelling = asked_as.lower() == identity.name.lower()
        name = identity.name if is_spelling else asked_as
        is_free = name.lower() not in names
        return name if is_free else f"{name}@{identity.database_id or identity.id}"

    def replayed(self, batch: Batch) -> None:
        """Take note of a kept batch: it is held now, and the reading goes on behind it."""
        with self._lock:
            self._states[batch.state.id] = batch.state
            self.held(batch.state).note(batch.exchanges)

    def begin_anew(self) -> None:
        """Forget how far all are, so that everything is read again; numbers of batches go on.

        What was read of bypassed rules stays: GitHub tells no more than a month of them.
        """
        with self._lock:
            self._states = {id_: _anew(state) for id_, state in self._states.items()}


def _anew(state: RepositoryState) -> RepositoryState:
    return RepositoryState(
        id=state.id,
        name=state.name,
        now=state.now,
        batch=state.batch,
        rules_read_at=state.rules_read_at,
        rules_since_at=state.rules_since_at,
    )
