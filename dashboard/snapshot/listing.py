"""Which snapshots are there, and what did each say?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dashboard.documents import plain
from dashboard.snapshot.manifest import folders, is_complete, read_manifest
from ingest.errors import SnapshotError, StoreError, UsageError
from ingest.store import Store

GONE: Final = "gone"


@dataclass(frozen=True)
class Entry:
    """One snapshot at a glance, from its manifest; the files are not read."""

    name: str
    week: str
    restatement: int
    sealed_at: str  # ISO 8601, UTC
    previous: str | None
    pilots: tuple[dict[str, Any], ...]  # name, as_of, state, allowed, policy_digest ... of each
    complete: bool  # every file is there in its size; `pilot snapshot verify` reads them
    problem: str  # "gone", or why the manifest cannot be read; empty = it can


def entries(root: Path) -> tuple[Entry, ...]:
    """All snapshots below a folder, in the order in which they were sealed."""
    listed = [_entry(folder) for folder in folders(root)]
    return tuple(sorted(listed, key=lambda entry: (entry.sealed_at, entry.name)))


def gone(store: Store, root: Path) -> tuple[Entry, ...]:
    """Snapshots that the store's list names, but whose folder is not there.

    Nothing where the list cannot be read: what lies there can be named all the same, and
    `pilot snapshot verify` says why.
    """
    try:
        rows = store.sealed()
    except StoreError:
        return ()
    there = {folder.name for folder in folders(root)}
    return tuple(_missing(row) for row in rows.iter_rows(named=True) if row["name"] not in there)


def _missing(row: Mapping[str, Any]) -> Entry:
    said = {name: row[name] for name in ("name", "week", "restatement", "previous")}
    return Entry(**said, sealed_at=plain(row["sealed_at"]), pilots=(), complete=False, problem=GONE)


def _entry(folder: Path) -> Entry:
    try:
        manifest = read_manifest(folder)
        said = manifest.document
        return Entry(
            name=folder.name,
            week=said["week"],
            restatement=said["restatement"],
            sealed_at=said["sealed_at"],
            previous=manifest.previous[0] if manifest.previous else None,
            pilots=tuple(said["pilots"]),
            complete=is_complete(folder, manifest),
            problem="",
        )
    except (SnapshotError, KeyError) as error:
        week, _, restatement = folder.name.partition(".")
        return Entry(
            folder.name, week, int(restatement or 1), "", None, (), complete=False, problem=str(error)
        )


def folder_of(root: Path, name: str) -> Path:
    """The folder of a snapshot by its name, or a folder that `--out` has written, by its path."""
    for folder in (root / name, Path(name)):
        if folder.is_dir():
            return folder
    there = ", ".join(entry.name for entry in entries(root)) or "none"
    raise UsageError(f"no snapshot {name!r} in {root} and no folder of that name; there are: {there}")
