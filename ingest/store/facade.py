"""How the rest of the product uses the tables: write, judge, publish; read what was published.

::

    with store.lock("ingest"):
        store.write(PULL_REQUESTS, checked.valid)
        store.publish(runs)              # one commit: from now on readers see all of it
    tables = store.read("pull_requests", store.published())
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contracts import BY_NAME, TABLES, Table
from ingest.contracts.ingest_runs import INGEST_RUNS
from ingest.contracts.snapshots import SNAPSHOTS
from ingest.errors import StoreError
from ingest.locking import Waiting, folder_lock
from ingest.store.changes import Changes, changes_of, judgements, replacement
from ingest.store.delta import Delta, MissingFilesError
from ingest.store.durable import sync_commits
from ingest.store.history import CleanedUpError, oldest_whole
from ingest.store.keeping import keep_raw as keep_copy
from ingest.store.keeping import quarantine as add_to_quarantine
from ingest.store.keeping import raw as read_copy
from ingest.store.ledger import add, empty, entries, latest, published_by, rows_of, stamped
from ingest.store.object_lock import ObjectLock
from ingest.store.pins import pinned
from ingest.store.place import place_of, store_errors
from ingest.store.raw_area import RawArea
from ingest.store.rows import SEQUENCE, STORED_ONLY, completed, in_contract, prepared, stored_columns
from ingest.store.upkeep import gather, sweep, tidy
from ingest.store.values import Published, Written

CHUNK_ROWS: Final = 250_000  # keeps a write of millions of rows within about a gigabyte
_NOTHING: Final = Written(0, 0, 0)


class Store:
    """Tables, refused rows and raw copies below one address: a folder, s3://, abfss:// or gs://.

    Not for use by several threads at once; several processes are what the lock is for. Every
    method that writes takes the lock itself unless the caller holds it already.
    """

    def __init__(self, uri: str, storage_options: Mapping[str, str] | None = None) -> None:
        self._place = place_of(uri, storage_options)
        self._lock_depth = 0
        self._object_lock = ObjectLock(self._place) if self._place.folder is None else None
        self._ledger = self._delta(INGEST_RUNS.name)
        self._snapshots = self._delta(SNAPSHOTS.name)

    @property
    def uri(self) -> str:
        """Address of the store, as people know it."""
        return str(self._place.root)

    @property
    def folder(self) -> Path | None:
        """The store as a folder of this machine; None on an object store."""
        return self._place.folder

    def _delta(self, name: str) -> Delta:
        return Delta(self._place, "tables", name)

    # -- one writer -------------------------------------------------------------------------------

    @contextmanager
    def lock(
        self, purpose: str, *, wait_seconds: float = 0, on_wait: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Be the only writer; StoreError names the other one. Reading needs no lock."""
        if self._lock_depth:
            with self._deeper():
                yield
            return
        waiting = Waiting(wait_seconds, on_wait)
        with self._lock_of_place(purpose, waiting), self._deeper():
            yield

    def _lock_of_place(self, purpose: str, waiting: Waiting) -> AbstractContextManager[None]:
        if self._object_lock is not None:
            return self._object_lock.held(purpose, waiting)
        return folder_lock(Path(self._place.root), purpose, waiting)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._lock_depth += 1
        try:
            yield
        finally:
            self._lock_depth -= 1

    # -- writing ----------------------------------------------------------------------------------

    def write(self, table: Table, rows: pl.DataFrame) -> Written:
        """Take rows that hold their contract: newer states replace older ones, events only appear.

        What was judged afterwards (the table's derived columns) stays until it is judged again.
        A replay changes nothing and commits nothing.
        """
        with self.lock(f"write {table.name}"):
            parts = (self._write_part(table, part) for part in rows.iter_slices(CHUNK_ROWS))
            return sum(parts, _NOTHING)

    def _write_part(self, table: Table, rows: pl.DataFrame) -> Written:
        with store_errors("writing", self._delta(table.name).uri):
            changes = changes_of(prepared(rows, table), self._stored(table), table)
        updated = [name for name in stored_columns(table) if name not in table.derived]
        return self._commit(table, changes, updated)

    def judge(self, table: Table, rows: pl.DataFrame) -> Written:
        """Set derived columns by key where they differ; rows need the key and what was judged."""
        with self.lock(f"judge {table.name}"):
            stored = self._stored(table)
            if stored is None or rows.is_empty():
                return Written(0, 0, rows.height)
            with store_errors("judging", self._delta(table.name).uri):
                changes = judgements(rows, stored, table)
            judged = [name for name in table.derived if name in rows.columns]
            return self._commit(table, changes, judged)

    def replace(
        self, table: Table, rows: pl.DataFrame, source: str, among: pl.DataFrame | None = None
    ) -> Written:
        """Make the rows of one source exactly these; keys that another source gave stay as they are.

        With `among`, columns of the table, only stored rows that have these values are in question.
        """
        with self.lock(f"replace {table.name}"):
            own = prepared(rows.with_columns(pl.lit(source).alias("source")), table)
            stored = self._stored(table)
            if stored is not None and among is not None:
                stored = stored.join(among.lazy(), on=among.columns, how="semi")
            with store_errors("replacing", self._delta(table.name).uri):
                changes = (
                    changes_of(own, None, table)
                    if stored is None
                    else replacement(own, stored, table, source)
                )
            updated = [name for name in stored_columns(table) if name not in table.derived]
            return self._commit(table, changes, updated)

    def _commit(self, table: Table, changes: Changes, updated: list[str]) -> Written:
        self._delta(table.name).merge(changes, table.key, updated)
        return Written(changes.inserted, changes.updated, changes.unchanged, changes.deleted)

    def _stored(self, table: Table) -> pl.LazyFrame | None:
        delta = self._delta(table.name)
        if delta.exists():
            return completed(delta.scan(), table)
        self._refuse_lost(table)
        return None

    def _refuse_lost(self, table: Table) -> None:
        """Refuse to begin a table anew that was published once: its log is gone."""
        self._refuse_lost_tables(self.published(), present=BY_NAME.keys() - {table.name})

    def _refuse_lost_tables(self, published: Published | None, present: Collection[str]) -> None:
        lost = [name for name in (published.versions if published else {}) if name not in present]
        if published is not None and lost:
            raise StoreError(
                f"{self._delta(lost[0]).uri}: was published at version {published.versions[lost[0]]}, but is "
                f"not there any more; restore it from a copy, or move the whole store away and ingest again"
            )

    def quarantine(self, table: Table, rejected: pl.DataFrame, run_id: str) -> None:
        """Keep refused rows as text, with the rules they broke and the run that met them first."""
        with self.lock(f"quarantine {table.name}"):
            add_to_quarantine(self._quarantine_of(table.name), table, rejected, run_id)

    def quarantined(self, name: str) -> pl.LazyFrame:
        """Refused rows of a table: text, `broken_rules`, `run_id`."""
        delta = self._quarantine_of(name)
        if not delta.exists():
            texts = dict.fromkeys(BY_NAME[name].columns, pl.String())
            return pl.LazyFrame(schema={**texts, "broken_rules": pl.List(pl.String), "run_id": pl.String()})
        return delta.scan().select(pl.exclude(*STORED_ONLY))

    def _quarantine_of(self, name: str) -> Delta:
        return Delta(self._place, "quarantine", name)

    def keep_raw(self, content: bytes, digest: str) -> str:
        """Keep a compressed copy of an input; its name inside the store."""
        return keep_copy(self._place, content, digest)

    def raw(self, name: str) -> bytes:
        """Read the bytes kept under a name that `keep_raw` gave."""
        return read_copy(self._place, name)

    @property
    def raw_area(self) -> RawArea:
        """Where live sources keep their answers, under names of their own."""
        return RawArea(self._place)

    # -- publishing -------------------------------------------------------------------------------

    def publish(self, runs: pl.DataFrame) -> Published:
        """Make the tables as they are now what readers see, and say so in the ledger: one commit.

        On a folder everything is flushed to the disk before this returns.
        """
        with self.lock("publish"):
            before = self.published()
            versions = dict(self._versions())
            self._refuse_lost_tables(before, versions)
            self._flush_tables(versions, before.versions if before else {})
            self._add(self._ledger, stamped(runs, versions), INGEST_RUNS)
            return self._published_now()

    def _add(self, ledger: Delta, rows: pl.DataFrame, table: Table) -> None:
        """One commit of a ledger, flushed; not by a writer that lost its lock meanwhile."""
        if self._object_lock is not None:
            self._object_lock.confirm()
        self._flush(table.name, add(ledger, rows, table))

    def _versions(self) -> Iterator[tuple[str, int]]:
        for table in TABLES:
            delta = self._delta(table.name)
            if table.kind != "ledger" and delta.exists():
                yield table.name, delta.version()

    def _flush_tables(self, versions: Mapping[str, int], flushed: Mapping[str, int]) -> None:
        for name, version in versions.items():
            self._flush(name, range(flushed.get(name, -1) + 1, version + 1))

    def _flush(self, name: str, versions: range) -> None:
        if self._place.folder is None or not versions:
            return
        with store_errors("flushing to the disk", self._delta(name).uri):
            sync_commits(self._place.folder / "tables" / name, versions)

    def _published_now(self) -> Published:
        published = self.published()
        if published is None:
            raise StoreError(
                f"{self._ledger.uri}: the publication just made cannot be read back; look at the disk"
            )
        return published

    # -- reading ----------------------------------------------------------------------------------

    def published(self, known_at: datetime | None = None) -> Published | None:
        """Look up the publication in force, now or as it was known at a moment; None when there was none."""
        row = latest(self._entries(known_at))
        return None if row is None else published_by(row)

    def publications(self) -> tuple[Published, ...]:
        """Everything that was ever published, the oldest first, readable or not."""
        runs = self._entries(None).unique(SEQUENCE, keep="last", maintain_order=True)
        return tuple(published_by(row) for row in runs.iter_rows(named=True))

    def has_news(self, since: Published | None, until: Published) -> bool:
        """Whether a later publication holds other rows; upkeep alone moves versions, but no rows."""
        if since is None:
            return bool(until.versions)
        if since.versions.keys() != until.versions.keys():
            return True
        return any(
            self._delta(name).has_news(since.versions[name], version)
            for name, version in until.versions.items()
        )

    def version(self, name: str) -> int | None:
        """Tell the number of a table's latest commit, published or not; None before the first."""
        delta = self._delta(name)
        return delta.version() if delta.exists() else None

    def _entries(self, known_at: datetime | None) -> pl.DataFrame:
        with store_errors("reading the ledger", self._ledger.uri):
            return entries(self._ledger, known_at)

    def runs(self, known_at: datetime | None = None) -> pl.DataFrame:
        """Ledger rows in the order they were published."""
        return self._entries(known_at).select(list(INGEST_RUNS.columns))

    def read(self, name: str, published: Published) -> pl.LazyFrame:
        """Read a table as it was published: exactly the contract's columns."""
        if name == INGEST_RUNS.name:
            return self.runs(published.at).lazy()
        version = published.versions.get(name)
        try:
            return empty(name) if version is None else self._contract_rows(name, version)
        except MissingFilesError as error:
            if self._is_kept(name, published):
                raise
            raise self._cleaned_up(published, f"{name} {error.lack}") from error

    def _is_kept(self, name: str, published: Published) -> bool:
        """Whether clean-up may not have taken its files: then something else damaged the store."""
        return published.versions[name] in self._kept_versions(()).get(name, frozenset())

    def _cleaned_up(self, published: Published, lack: str) -> CleanedUpError:
        oldest = oldest_whole(self.publications(), self._delta)
        rest = (
            f"the oldest that can be read is of {oldest.at:%Y-%m-%dT%H:%M:%SZ}" if oldest else "none is left"
        )
        return CleanedUpError(
            f"{self.uri}: asked for what was published at {published.at:%Y-%m-%dT%H:%M:%SZ} (run "
            f"{published.run_id}), but {lack}: they were cleaned up ([store] keep_days, and no snapshot "
            f"refers to them); {rest}, choose a later --known-at"
        )

    def current(self, name: str) -> pl.LazyFrame:
        """Read a table as it is now, published or not: for the writer's own derivations only."""
        return self._contract_rows(name, None) if self._delta(name).exists() else empty(name)

    def _contract_rows(self, name: str, version: int | None) -> pl.LazyFrame:
        return in_contract(self._delta(name).scan(version), BY_NAME[name])

    # -- sealing ----------------------------------------------------------------------------------

    def seal(self, row: pl.DataFrame) -> None:
        """Enter a snapshot into the list of sealed ones: one commit, flushed to the disk on a folder."""
        with self.lock("seal"):
            self._add(self._snapshots, row, SNAPSHOTS)

    def sealed(self) -> pl.DataFrame:
        """Rows of `snapshots` in the order in which they were sealed."""
        with store_errors("reading the list of snapshots", self._snapshots.uri):
            return rows_of(self._snapshots, SNAPSHOTS).select(list(SNAPSHOTS.columns))

    # -- upkeep -----------------------------------------------------------------------------------

    def compact(self, keep: Collection[Published]) -> None:
        """Merge small files and delete what nobody needs.

        Kept are the publications given, the one in force, and what sealed snapshots refer to.
        """
        with self.lock("compact"):
            kept = self._kept_versions(keep)
            for name, _ in self._versions():
                tidy(self._delta(name), kept.get(name, frozenset()))
            for delta in self._unpinned():
                tidy(delta, [delta.version()])  # a reader may have it open
            if self._place.folder is not None:
                sweep(self._place.folder)

    def gather(self, table: Table) -> None:
        """Merge the small files of a table and of the ledger where there are many; nothing is deleted."""
        with self.lock("gather"):
            for name, delta in ((table.name, self._delta(table.name)), (INGEST_RUNS.name, self._ledger)):
                if delta.exists():
                    self._flush(name, gather(delta))

    def _kept_versions(self, keep: Collection[Published]) -> dict[str, frozenset[int]]:
        """Table -> its versions that clean-up may not touch."""
        in_force = self.published()
        kept = pinned(self.sealed())
        for one in (*keep, *([in_force] if in_force else [])):
            for name, version in one.versions.items():
                kept[name] = kept.get(name, frozenset()) | {version}
        return kept

    def _unpinned(self) -> list[Delta]:
        kept_aside = [self._quarantine_of(table.name) for table in TABLES]
        return [delta for delta in (self._ledger, self._snapshots, *kept_aside) if delta.exists()]
