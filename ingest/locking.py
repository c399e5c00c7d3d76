"""Who is writing to this folder: one writer at a time, and a dead one does not block the next.

The kernel's file lock (flock) ends with its process, however that ends; the text in the lock file
only tells people who holds it. Clocks are read here because waiting and "since when" are about real time.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import orjson

from ingest.errors import StoreError

LOCK_FILE: Final = ".lock"
_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Holder:
    """Who writes, told to those who wait."""

    pid: int
    host: str
    purpose: str
    since: str  # ISO 8601, UTC

    @classmethod
    def here(cls, purpose: str) -> Holder:
        """Name the running process, now."""
        return cls(
            os.getpid(), socket.gethostname(), purpose, datetime.now(UTC).isoformat(timespec="seconds")
        )

    @classmethod
    def told(cls, text: bytes | str) -> Holder | None:
        """Read back what a holder told; None when it had no time to tell."""
        try:
            return cls(**orjson.loads(text))
        except (orjson.JSONDecodeError, TypeError):
            return None

    @property
    def text(self) -> str:
        """Spelled as the lock keeps it."""
        return orjson.dumps(asdict(self)).decode()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.purpose}, since {self.since})"


@dataclass(frozen=True)
class Waiting:
    """How long to wait for another writer, and whom to tell that we wait."""

    seconds: float = 0
    tell: Callable[[str], None] | None = None


def wait_for(attempt: Callable[[], bool], holder: Callable[[], str], waiting: Waiting, pause: float) -> None:
    """Try until it is ours; after the time to wait, say who holds it."""
    deadline = time.monotonic() + waiting.seconds
    is_told = False
    while not attempt():
        if time.monotonic() >= deadline:
            raise StoreError(
                f"the store is being written by {holder()}; only one writer is allowed: "
                f"wait for it to finish, or end that process, and run again"
            )
        if waiting.tell and not is_told:
            waiting.tell(f"waiting for {holder()}")
            is_told = True
        time.sleep(pause)


@contextmanager
def folder_lock(folder: Path, purpose: str, waiting: Waiting) -> Iterator[None]:
    """Hold the only right to write below a folder."""
    path = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); make the folder writable for this user, "
            f"or correct [store] uri"
        ) from error
    with stream:
        wait_for(lambda: _locked(stream), lambda: _holder(path), waiting, _PAUSE_SECONDS)
        _tell(stream, Holder.here(purpose))
        try:
            yield
        finally:
            stream.truncate(0)


def _locked(stream: TextIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tell(stream: TextIO, holder: Holder) -> None:
    stream.truncate(0)
    stream.write(holder.text)
    stream.flush()


def _holder(path: Path) -> str:
    told = Holder.told(path.read_text(encoding="utf-8"))
    return str(told) if told else "another process that has not told its name yet"
