"""How do many requests share one disk: written together, flushed once, answered when it is true?"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from ingest.receiving.spool import Message, Spool

TOGETHER: Final = 256  # messages that one flush may wait for
_WAKE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class _Job:
    message: Message
    kept: Future[None]


class Writer:
    """The only thread that writes to a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    def submit(self, message: Message) -> Future[None]:
        """Ask for a message to be kept; the future is done when it is on the disk, or fails with OSError."""
        kept: Future[None] = Future()
        self._jobs.put(_Job(message, kept))
        return kept

    def close(self) -> None:
        """Write what was asked for before, then end."""
        self._jobs.put(None)
        self._thread.join()
        self._spool.close()

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._batch()
            if batch:
                self._keep(batch)

    def _batch(self) -> tuple[list[_Job], bool]:
        """What waits now, and whether more may come."""
        batch: list[_Job] = []
        try:
            job = self._jobs.get(timeout=_WAKE_SECONDS)
            while job is not None:
                batch.append(job)
                if len(batch) >= TOGETHER:
                    return batch, True
                job = self._jobs.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _keep(self, batch: list[_Job]) -> None:
        error: OSError | None = None
        try:
            self._spool.keep([job.message for job in batch])
        except OSError as found:
            error = found
        for job in batch:
            with suppress(Exception):  # nobody waits any longer: the request was given up
                job.kept.set_result(None) if error is None else job.kept.set_exception(error)
