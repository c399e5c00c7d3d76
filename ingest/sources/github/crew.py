"""Who reads the repositories? Threads that each take the next one, and pack what they gather.

They tell the calling thread by a short queue: when the store is slower than GitHub they wait, and memory
stays flat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, Full, Queue
from threading import Thread
from typing import Final

from ingest.errors import SourceError
from ingest.redaction import without_secrets_in_json
from ingest.settings import GitHubSettings, IngestSettings
from ingest.sources.base import Outside, Progress
from ingest.sources.github.alerts.scans import Branches
from ingest.sources.github.asking import Common, Identity, OtherRepositoryFault
from ingest.sources.github.batches import packed
from ingest.sources.github.connection import Connection, Hub
from ingest.sources.github.faults import GitHubFault, HubError, StoppedFault
from ingest.sources.github.register import Register, TakenFault
from ingest.sources.github.state import RepositoryState
from ingest.sources.github.syncing import Means, Place, Steps, Surveyed, synced
from ingest.sources.github.targets import Target

_WAITING: Final = 4  # batches between the threads and the store
_POLL_SECONDS: Final = 0.05  # how soon a thread sees that the run ends while the queue is full
_PATIENCE_SECONDS: Final = 0.5  # for threads to end; they are daemons, so nothing hangs on them


@dataclass(frozen=True)
class Kept:
    """A batch is to be kept under this name; without secrets."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Reached:
    """A repository is read as far as this."""

    state: RepositoryState


@dataclass(frozen=True)
class Refused:
    """Nothing, or not all, came from a place."""

    place: str
    why: str


@dataclass(frozen=True)
class Failed:
    """The run cannot go on."""

    error: BaseException


@dataclass(frozen=True)
class Ended:
    """One thread has nothing more to do."""


Message = Kept | Reached | Refused | Failed | Ended


class Crew:
    """Threads that read repositories; each takes the next one until none is left."""

    def __init__(
        self,
        hub: Hub,
        settings: IngestSettings,
        register: Register,
        world: tuple[Outside, Callable[[], datetime]],
    ) -> None:
        self._hub, self._all_settings, self._register = hub, settings, register
        self._settings = settings.sources.github or GitHubSettings()
        self._outside, self._now = world
        self._common = Common()
        self._waiting: Queue[Target] = Queue()
        self._threads: list[Thread] = []
        self.told: Queue[Message] = Queue(_WAITING)

    def start(self, found: Iterable[Target]) -> int:
        """Begin to read these; how many threads do."""
        for target in found:
            self._waiting.put(target)
        count = min(self._settings.at_once, self._waiting.qsize())
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()
        return count

    def stop(self) -> None:
        """End all threads soon, whatever they do."""
        self._common.stopped.set()
        self._hub.stop()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def _work(self) -> None:
        try:
            self._read_all()
            self._put(Ended())
        except StoppedFault:
            return
        except BaseException as error:  # noqa: BLE001 - the calling thread raises it again
            self._put_at_last(error)

    def _put_at_last(self, error: BaseException) -> None:
        try:
            self._put(Failed(error))
        except StoppedFault:
            return

    def _read_all(self) -> None:
        connection = self._hub.connect()
        try:
            while True:
                target = self._waiting.get_nowait()
                self._read_or_refuse(connection, target)
        except Empty:
            return
        finally:
            connection.close()

    def _read_or_refuse(self, connection: Connection, target: Target) -> None:
        """Read one repository; what is wrong with it alone does not keep the others from being read."""
        try:
            self._read(connection, target)
        except TakenFault:
            return
        except (HubError, StoppedFault):
            raise
        except SourceError as error:
            self._put(Refused(target.now, str(error)))
        except OtherRepositoryFault as fault:
            why = f"{target.now}: another repository took this name while it was read ({fault}); run again"
            self._put(Refused(target.now, why))
        except GitHubFault as fault:
            why = f"{target.now}: GitHub did not answer ({fault}); what was read is kept, run again to go on"
            self._put(Refused(target.now, why))

    def _read(self, connection: Connection, target: Target) -> None:
        """Follow the repository by its id; where its names mean another one now, read that one."""
        state = self._register.state(target.id) if target.id else None
        other: Identity | None = None
        for name in target.names if state else ():
            try:
                self._sync(connection, name, state)
            except OtherRepositoryFault as fault:
                other = fault.identity
            else:
                return
        self._read_named(connection, other.name if other else target.now)

    def _read_named(self, connection: Connection, name: str) -> None:
        """Read whatever bears this name today; only its first answer may tell that it is known."""
        try:
            self._sync(connection, name, None)
        except OtherRepositoryFault as fault:
            self._sync(connection, name, self._register.state(fault.identity.id))

    def _sync(self, connection: Connection, name: str, state: RepositoryState | None) -> None:
        held = None
        if state is not None:
            self._register.take(state.id)
            held = self._register.held(state)
        try:
            self._hand_on(synced(Place(name, state, held), self._means(connection)), state)
        except OtherRepositoryFault:
            if state is not None:
                self._register.give_back(state.id)
            raise
        finally:
            self._settle(state)

    def _settle(self, state: RepositoryState | None) -> None:
        if state is not None:
            self._register.settle(state.id)

    def _means(self, connection: Connection) -> Means:
        tell = _Teller(self._hub, self._outside, self._now)
        begin = self._register.begin
        return Means(
            connection, self._settings, self._common, begin, self._hub.pause, self._beside_default, tell
        )

    def _beside_default(self, repository: str, default: str | None) -> Sequence[str]:
        """Protected branches whose alerts GitHub lists only when asked for by name."""
        return Branches.of(repository, default, self._all_settings).beside_default

    def _hand_on(self, steps: Steps, state: RepositoryState | None) -> None:
        """Pack each batch without secrets and hand it on, then the state that was reached.

        The first batch says that the name still means the repository.
        """
        while True:
            try:
                batch = next(steps)
            except StopIteration as end:
                self._put(Reached(end.value))
                return
            self._settle(state)
            secrets = {*self._hub.secrets, *self._outside.secrets.values()}
            self._put(Kept(batch.name, without_secrets_in_json(packed(batch), secrets)))

    def _put(self, message: Message) -> None:
        """Hand a message on when there is room; a StoppedFault if the run ends first."""
        while not self._common.stopped.is_set():
            try:
                self.told.put(message, timeout=_POLL_SECONDS)
            except Full:
                continue
            return
        raise StoppedFault


class _Teller:
    """Tells how far one repository is, with the time that the rest takes at the pace so far."""

    def __init__(self, hub: Hub, outside: Outside, now: Callable[[], datetime]) -> None:
        self._hub, self._outside, self._now = hub, outside, now
        self._began: tuple[datetime, Surveyed] | None = None

    def __call__(self, surveyed: Surveyed) -> None:
        if self._began is None or self._began[1].doing != surveyed.doing:
            self._began = self._now(), surveyed
        self._outside.tell(
            Progress(
                surveyed.place,
                surveyed.doing,
                surveyed.done,
                surveyed.total,
                surveyed.requests,
                self._hub.points_left,
                self._seconds_left(surveyed),
            )
        )

    def _seconds_left(self, surveyed: Surveyed) -> float | None:
        if self._began is None or surveyed.total is None:
            return None
        at, first = self._began
        done = surveyed.done - first.done
        seconds = (self._now() - at).total_seconds()
        return None if done <= 0 else max(0, surveyed.total - surveyed.done) * seconds / done
