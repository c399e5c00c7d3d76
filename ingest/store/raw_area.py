"""Where are the answers of live sources kept, under names of their own and in order?

A folder holds `raw/<name>.gz`, an object store one row each; both are whole or not there at all.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

import polars as pl
from deltalake import write_deltalake

from ingest.errors import StoreError
from ingest.store.delta import opened
from ingest.store.durable import sync
from ingest.store.place import Place, store_errors

ENDING: Final = ".gz"
_SCHEMA: Final = {"name": pl.String, "content": pl.Binary}
_STAGED: Final = ".staged"
_LEVEL: Final = 6  # answers are kept for a year: a third smaller than the fastest level


class _Shelf(Protocol):
    """What a folder and an object store both can do; names end with ENDING here."""

    def names(self, prefix: str) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, content: bytes) -> None: ...

    def delete(self, name: str) -> None: ...


class RawArea:
    """Compressed bytes by name; safe for several threads that use different names."""

    def __init__(self, place: Place) -> None:
        self._root = place.at("raw")
        folder = place.folder
        self._shelf: _Shelf = _Rows(place) if folder is None else _Files(folder / "raw")

    def names(self, prefix: str) -> list[str]:
        """Names that begin so, sorted; a prefix ends with a slash."""
        with store_errors("listing kept answers", self._root):
            found = self._shelf.names(prefix)
        return sorted(name.removesuffix(ENDING) for name in found if name.endswith(ENDING))

    def read(self, name: str) -> bytes:
        """Bytes kept under a name."""
        with store_errors("reading a kept answer", f"{self._root}/{name}"):
            content = self._shelf.read(name + ENDING)
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise StoreError(
                f"{self._root}/{name}{ENDING}: is damaged ({error}); take it away and read anew "
                "with `pilot ingest github --full`"
            ) from error

    def keep(self, name: str, content: bytes) -> None:
        """Keep bytes, compressed: wholly or not at all."""
        with store_errors("keeping an answer", f"{self._root}/{name}"):
            self._shelf.write(name + ENDING, gzip.compress(content, _LEVEL, mtime=0))

    def drop(self, names: Sequence[str]) -> None:
        """Forget these."""
        with store_errors("dropping kept answers", self._root):
            for name in names:
                self._shelf.delete(name + ENDING)


class _Files:
    """Files below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, prefix: str) -> list[str]:
        paths = (self._root / prefix).rglob(f"*{ENDING}")
        return [path.relative_to(self._root).as_posix() for path in paths]

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # under its final name only when whole: a crash must not leave half a copy that looks kept
        staged = path.with_name(path.name + _STAGED)
        staged.write_bytes(content)
        sync(staged)
        os.replace(staged, path)  # noqa: PTH105 - the atomic one, by its name
        sync(path.parent)

    def delete(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)


class _Rows:
    """Rows of a small table, as object stores are listed and emptied well by its log only."""

    def __init__(self, place: Place) -> None:
        self._uri = place.at("raw", "answers")
        self._place = place
        self._writing = Lock()

    def names(self, prefix: str) -> list[str]:
        begins_so = pl.col("name").str.starts_with(prefix)
        found = self._scan().filter(begins_so).select("name").collect()
        return found["name"].to_list()

    def read(self, name: str) -> bytes:
        found = self._scan().filter(pl.col("name") == name).select("content").collect()
        if found.is_empty():
            raise FileNotFoundError(name)
        content: bytes = found.item()
        return content

    def write(self, name: str, content: bytes) -> None:
        row = pl.DataFrame({"name": [name], "content": [content]}, schema=_SCHEMA).to_arrow()
        with self._writing:
            # one commit: a crash between a deletion and an addition would lose what was kept before
            write_deltalake(
                self._uri, row, mode="overwrite", predicate=_is_named(name),
                storage_options=self._place.storage_options,
            )  # fmt: skip

    def delete(self, name: str) -> None:
        table = opened(self._uri, self._place)
        if table is not None:
            table.delete(_is_named(name))

    def _scan(self) -> pl.LazyFrame:
        table = opened(self._uri, self._place)
        if table is None:
            return pl.LazyFrame(schema=_SCHEMA)
        return pl.scan_delta(table, storage_options=self._place.storage_options)


def _is_named(name: str) -> str:
    quoted = name.replace("'", "''")
    return f"name = '{quoted}'"
