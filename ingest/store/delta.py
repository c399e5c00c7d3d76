"""How one Delta table is opened, read at a version, appended to, and merged into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import TableNotFoundError

from ingest.errors import StoreError
from ingest.store.changes import ACTION, DELETE, STORED_MONTH, WRITE, Changes
from ingest.store.place import Place, store_errors
from ingest.store.rows import MONTH

# log clean-up would make versions unreadable that publications pin
CONFIGURATION: Final = {"delta.enableExpiredLogCleanup": "false"}
COMPRESSION: Final = WriterProperties(compression="ZSTD", compression_level=1)
UPKEEP: Final = frozenset({"OPTIMIZE", "VACUUM START", "VACUUM END"})  # commits that change no row


class MissingFilesError(StoreError):
    """A version is in the log, but files of it are not there any more; `lack` says how many."""

    def __init__(self, message: str, lack: str) -> None:
        super().__init__(message)
        self.lack = lack


def opened(uri: str, place: Place) -> DeltaTable | None:
    """Open a table as it is now; None when nothing was ever committed there."""
    with store_errors("looking for the table", uri):
        try:
            return DeltaTable(uri, storage_options=place.storage_options)
        except TableNotFoundError:
            return None


def is_begun(uri: str, place: Place) -> bool:
    """Whether anything was ever committed there; on a folder the log, which grows, is not read for that."""
    if place.folder is None:
        return opened(uri, place) is not None
    with store_errors("looking for the table", uri):
        return bool(DeltaTable.is_deltatable(uri))


class Delta:
    """One Delta table, partitioned by month."""

    def __init__(self, place: Place, *parts: str) -> None:
        self._place = place
        self.uri = place.at(*parts)

    def exists(self) -> bool:
        """Whether anything was ever committed here."""
        return is_begun(self.uri, self._place)

    def open(self, version: int | None = None) -> DeltaTable:
        """Open the table at a version, or as it is now."""
        with store_errors(f"opening version {'latest' if version is None else version}", self.uri):
            return DeltaTable(self.uri, version=version, storage_options=self._place.storage_options)

    def version(self) -> int:
        """Tell the number of the latest commit."""
        return self.open().version()

    def has_news(self, since: int, until: int) -> bool:
        """Whether rows changed from one version to a later one; merging and dropping files changes none."""
        if since == until:
            return False
        with store_errors("reading the log", self.uri):
            commits = self.open(until).history(until - since)
        return any(commit["operation"] not in UPKEEP for commit in commits)

    def has_file(self, name: str) -> bool:
        """Whether a file, named as the log names it, is there."""
        if self._place.folder is not None:
            return Path(self.uri, name).exists()
        try:
            pl.scan_parquet(
                f"{self.uri}/{name}", storage_options=self._place.storage_options
            ).collect_schema()
        except FileNotFoundError:
            return False
        except pl.exceptions.PolarsError:  # half a file is one, too
            return True
        return True

    def scan(self, version: int | None = None) -> pl.LazyFrame:
        """Rows at a version, lazily; that its files are there is looked at now, where that is cheap."""
        table = self.open(version)
        with store_errors("reading", self.uri):
            is_remote = self._place.folder is None
            lazy = pl.scan_delta(table, storage_options=self._place.storage_options)
            if is_remote and version is not None:
                self._refuse_incomplete(table)
            return lazy if is_remote else self._scan_files(table, lazy.collect_schema())

    def _refuse_incomplete(self, table: DeltaTable) -> None:
        """Look whether the files of an old version are there: an object store would tell in mid-reading."""
        files = table.file_uris()
        if not files or table.version() == self.version():
            return
        try:
            pl.scan_parquet(
                files,
                storage_options=self._place.storage_options,
                missing_columns="insert",
                extra_columns="ignore",
                hive_partitioning=False,
            ).select(pl.len()).collect()
        except FileNotFoundError as error:
            raise self._missing(table.version(), str(error), "lacks some of its files") from error

    def _missing(self, version: int, first: str, lack: str) -> MissingFilesError:
        message = (
            f"{self.uri}: version {version} {lack}, the first is {first}; "
            f"restore the store from a copy, or read a later publication"
        )
        return MissingFilesError(message, lack)

    def _scan_files(self, table: DeltaTable, schema: pl.Schema) -> pl.LazyFrame:
        """Read the files of a folder by their real names; `scan_delta` fails below a space or an umlaut."""
        files = [Path(unquote(uri)) for uri in table.file_uris()]
        missing = [file.name for file in files if not file.exists()]
        if missing:
            lack = f"lacks {len(missing)} of its {len(files)} files"
            raise self._missing(table.version(), missing[0], lack)
        if not files:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(
            files,
            schema=schema,
            hive_schema={MONTH: pl.String()},
            missing_columns="insert",
            glob=False,
        ).select(schema.names())

    def append(self, rows: pl.DataFrame) -> None:
        """Add rows in one commit, making the table and new columns as needed."""
        with store_errors("appending", self.uri):
            write_deltalake(
                self.uri,
                rows,
                mode="append",
                partition_by=[MONTH],
                schema_mode="merge",
                configuration=CONFIGURATION,
                writer_properties=COMPRESSION,
                storage_options=self._place.storage_options,
            )

    def merge(self, changes: Changes, key: Sequence[str], updated: Sequence[str]) -> None:
        """Write changed rows in one commit; of rows that exist only the `updated` columns change."""
        if changes.rows.is_empty():
            return
        if not changes.months:
            inside = [name for name in changes.rows.columns if name not in (STORED_MONTH, ACTION)]
            self.append(changes.rows.select(inside))
            return
        with store_errors("merging", self.uri):
            self._merge(changes, key, updated)

    def _merge(self, changes: Changes, key: Sequence[str], updated: Sequence[str]) -> None:
        rows = changes.rows
        actions = rows if ACTION in rows.columns else rows.with_columns(pl.lit(WRITE).alias(ACTION))
        inside = [name for name in actions.columns if name not in (STORED_MONTH, ACTION)]
        merger = self.open().merge(
            actions,
            _predicate(changes.months, key),
            source_alias="s",
            target_alias="t",
            merge_schema=True,
            writer_properties=COMPRESSION,
        )
        (
            merger.when_matched_delete(predicate=f"s.{ACTION} = '{DELETE}'")
            .when_matched_update(_same(updated), predicate=f"s.{ACTION} = '{WRITE}'")
            .when_not_matched_insert(_same(inside))
            .execute()
        )


def _predicate(months: Sequence[str], key: Sequence[str]) -> str:
    # the months are named one by one so that files of all others are not even opened
    static = ", ".join(f"'{month}'" for month in months)
    keys = " AND ".join(f"t.{name} = s.{name}" for name in key)
    return f"t.{MONTH} IN ({static}) AND t.{MONTH} = s.{STORED_MONTH} AND {keys}"


def _same(names: Sequence[str]) -> dict[str, str]:
    return {name: f"s.{name}" for name in names}
