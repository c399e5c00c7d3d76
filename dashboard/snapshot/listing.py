"""Which snapshots are there, and what did each say?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.snapshot.manifest import folders, is_complete, read_manifest
from ingest.errors import SnapshotError, UsageError


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
    problem: str  # why the manifest cannot be read; empty = it can


def entries(root: Path) -> tuple[Entry, ...]:
    """All snapshots below a folder, in the order in which they were sealed."""
    listed = [_entry(folder) for folder in folders(root)]
    return tuple(sorted(listed, key=lambda entry: (entry.sealed_at, entry.name)))


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
