"""One run of the live source: what was kept but not published first, then every repository, several at once.

Threads gather and pack batches; the calling thread keeps each below `raw`, parses what it kept and hands
the rows on, so that only one thread touches the store.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from queue import Empty
from threading import Lock
from typing import Final

from ingest.errors import SourceError
from ingest.settings import GitHubSettings, IngestSettings
from ingest.sources.base import Outside, Progress, Pulled, Surroundings
from ingest.sources.github import state as states
from ingest.sources.github.batches import Batch, unpacked
from ingest.sources.github.connection import Hub
from ingest.sources.github.credentials import credentials_of
from ingest.sources.github.crew import Crew, Ended, Failed, Kept, Message, Reached, Refused
from ingest.sources.github.keeping import kept_batches, let_go, read_batch, unpublished
from ingest.sources.github.parse import parse_batch
from ingest.sources.github.reading import FILES_UNREAD
from ingest.sources.github.register import Register
from ingest.sources.github.state import RepositoryState
from ingest.sources.github.targets import Owned, Target, Targets, asked_for, list_owned, targets

_WAKING_SECONDS: Final = 0.2


def pull(settings: IngestSettings, surroundings: Surroundings) -> Pulled:
    """Bring the tables up to date with GitHub, or parse again what was kept of it.

    Raises
    ------
    SourceError
        The credentials are not accepted, GitHub cannot be reached, or a limit lasts too long. What was
        kept stays: the next run goes on from there.
    StoreError
        A kept batch is damaged.
    """
    run = _Run(settings, surroundings)
    return run.from_raw() if surroundings.outside.from_raw else run.live()


@dataclass
class _Account:
    """What the run did so far."""

    states: dict[str, RepositoryState] = field(default_factory=dict)  # of what was read in this run
    batches: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def unread(self) -> dict[str, str]:
        """Pull requests that GitHub would not tell."""
        return {
            f"{state.now}#{number}": f"{state.now}#{number}: GitHub did not tell all of it ({said}); it is "
            "asked for again in every run"
            for state in self.states.values()
            for number, said in state.unread.items()
            if not said.startswith(FILES_UNREAD)
        }

    @property
    def left_out(self) -> Counter[str]:
        """Parts that may not be read, with the number of repositories; and lists of files that never came."""
        denied = Counter(
            f"{part}: may not be read ({said})"
            for state in self.states.values()
            for part, said in state.denied.items()
        )
        said = [said for state in self.states.values() for said in state.unread.values()]
        files_count = sum(one.startswith(FILES_UNREAD) for one in said)
        return denied + Counter({"list of changed files that GitHub did not tell": files_count})


class _Run:
    """What one call of `pull` works with."""

    def __init__(self, settings: IngestSettings, surroundings: Surroundings) -> None:
        self._settings, self._around = settings, surroundings
        self._published = {id_: states.read(text) for id_, text in surroundings.cursor.items()}
        self._register = Register(surroundings.cursor, surroundings.held)
        self._account = _Account()
        self._outside = _one_at_a_time(surroundings.outside)

    # Without a request

    def from_raw(self) -> Pulled:
        """Parse all kept batches again, in order; the state is the published one or that of later batches."""
        names = [name for inside in kept_batches(self._around.raw).values() for name in inside]
        if not names:
            raise SourceError(
                "github: no answers are kept yet below raw/github of the store; "
                "run `pilot ingest github` first"
            )
        for done, name in enumerate(names):
            batch = self._parse(read_batch(self._around.raw, name), name)
            self._outside.tell(Progress(batch.state.now, "reading kept answers", done + 1, len(names)))
        return self._pulled()

    def _replay(self) -> None:
        """Hand on what an earlier run kept and did not publish."""
        for name in unpublished(self._around.raw, self._published):
            batch = self._parse(read_batch(self._around.raw, name), name)
            self._register.replayed(batch)
            self._outside.tell(Progress(batch.state.now, "taking up what was kept"))

    def _parse(self, batch: Batch, name: str) -> Batch:
        self._around.take(parse_batch(batch, name, self._settings), name)
        self._account.batches += 1
        known = self._account.states.get(batch.state.id) or self._published.get(batch.state.id)
        if known is None or batch.state.batch > known.batch:
            self._account.states[batch.state.id] = batch.state
        return batch

    # With GitHub

    def live(self) -> Pulled:
        """Ask GitHub."""
        source = self._settings.sources.github
        if source is None or not asked_for(self._settings):
            raise SourceError(
                "[sources.github] names no repositories; write `repositories` there, or in a [[pilot]]"
            )
        self._begin()
        credentials = credentials_of(source, self._outside.secrets)
        hub = Hub(source, credentials, self._outside, self._around.now)
        crew = Crew(hub, self._settings, self._register, (self._outside, self._around.now))
        try:
            chosen = self._targets(hub)
            self._account.refused |= chosen.refused
            self._follow(crew, chosen.found)
        finally:
            crew.stop()
        self._let_go(source)
        return replace(self._pulled(), requests=hub.requests)

    def _begin(self) -> None:
        self._replay()  # numbers of batches go on behind what was kept
        if self._outside.full:
            self._register.begin_anew()

    def _targets(self, hub: Hub) -> Targets:
        def owned(owner: str) -> list[Owned]:
            connection = hub.connect()
            try:
                return list_owned(connection, owner, hub.pause)
            finally:
                connection.close()

        return targets(self._settings, self._register.states, owned)

    def _follow(self, crew: Crew, found: list[Target]) -> None:
        """Take what the threads tell until all have ended."""
        busy = crew.start(found)
        while busy:
            message = _next(crew)
            busy -= isinstance(message, Ended)
            self._take(message)

    def _take(self, message: Message) -> None:
        match message:
            case Kept(name, content):
                self._around.raw.keep(name, content)
                self._parse(unpacked(content, name), name)
            case Reached(state):
                self._account.states[state.id] = state
            case Refused(place, why):
                self._account.refused[place] = why
            case Failed(error):
                raise error

    def _let_go(self, source: GitHubSettings) -> None:
        days = source.keep_raw_days if self._settings.sources.keep_raw else 0
        let_go(self._around.raw, self._published, self._around.now() - timedelta(days=days))

    def _pulled(self) -> Pulled:
        account = self._account
        reached = {id_: states.written(state) for id_, state in account.states.items()}
        return Pulled(
            {**self._around.cursor, **reached},
            batches=account.batches,
            refused=account.refused | account.unread,
            left_out=account.left_out,
        )


def _next(crew: Crew) -> Message:
    """What a thread tells next. A wait without an end would not be woken by Ctrl-C."""
    while True:
        try:
            return crew.told.get(timeout=_WAKING_SECONDS)
        except Empty:
            continue


def _one_at_a_time(outside: Outside) -> Outside:
    """Let only one thread tell at a time."""
    lock = Lock()

    def tell(progress: Progress) -> None:
        with lock:
            outside.tell(progress)

    return replace(outside, tell=tell)
