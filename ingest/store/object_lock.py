"""Who is writing to this bucket: a lock for object stores, which have no file locks.

One row in a small Delta table names the holder. Taking the lock replaces that row, and of two
replacements of the same row only one can be committed (object stores refuse to put what is there).
A holder renews its row; one that has not for EXPIRY is taken for dead, so hosts must agree on the time
to within a minute. A holder that was suspended for longer finds another name before it publishes, and stops.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from ingest.errors import StoreError
from ingest.locking import Holder, Waiting, wait_for
from ingest.store.delta import opened
from ingest.store.place import Place, store_errors

EXPIRY: Final = timedelta(seconds=120)
_RENEWAL_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 1.0
_FREE: Final = ""


class ObjectLock:
    """The right to write to one object store."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._uri = place.at("lock")
        self._options = place.storage_options
        self._token = uuid.uuid4().hex
        self._holder = _FREE

    def confirm(self) -> None:
        """Refuse to go on when somebody else took the lock meanwhile."""
        row = self._row()
        if row is None or row["token"] != self._token:
            raise StoreError(
                f"{self._uri}: this writer was silent for more than {EXPIRY.seconds} s and lost its lock to "
                f"{_told(row)}; nothing was published, run again"
            )

    @contextmanager
    def held(self, purpose: str, waiting: Waiting) -> Iterator[None]:
        """Hold the lock, renewing it in the background."""
        self._holder = Holder.here(purpose).text
        with store_errors("locking", self._uri):
            wait_for(self._taken, lambda: _told(self._row()), waiting, _PAUSE_SECONDS)
        stopped = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(stopped,), daemon=True)
        renewal.start()
        try:
            yield
        finally:
            stopped.set()
            renewal.join()
            self._release()

    def _renew(self, stopped: threading.Event) -> None:
        while not stopped.wait(_RENEWAL_SECONDS):
            # a failed renewal is not the end: the next may succeed, and `confirm` decides in the end
            self._put(self._token, self._holder)

    def _release(self) -> None:
        row = self._row()
        if row is not None and row["token"] == self._token:
            self._put(_FREE, _FREE)

    def _taken(self) -> bool:
        row = self._row()
        is_held = row is not None and row["token"] != _FREE
        if row is not None and is_held and datetime.now(UTC) - row["renewed_at"] < EXPIRY:
            return False
        # the second look catches stores whose put-if-absent is not one
        return self._put(self._token, self._holder) and (self._row() or {}).get("token") == self._token

    def _table(self) -> DeltaTable | None:
        return opened(self._uri, self._place)

    def _row(self) -> dict[str, Any] | None:
        table = self._table()
        if table is None:
            return None
        rows = pl.scan_delta(table, storage_options=self._options).collect()
        return rows.row(0, named=True) if rows.height else None

    def _put(self, token: str, holder: str) -> bool:
        row = pl.DataFrame({"token": [token], "holder": [holder], "renewed_at": [datetime.now(UTC)]})
        table = self._table()
        try:
            if table is None:
                write_deltalake(self._uri, row, mode="error", storage_options=self._options)
            else:
                write_deltalake(table, row, mode="overwrite")
        except (CommitFailedError, DeltaError):
            return False
        return True


def _told(row: dict[str, Any] | None) -> str:
    told = Holder.told(row["holder"]) if row else None
    return str(told) if told else "another process that has not told its name yet"
