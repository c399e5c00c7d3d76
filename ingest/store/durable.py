"""What makes acknowledged commits survive a power cut: the library beneath does not flush them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import orjson


def sync(path: Path) -> None:
    """Flush one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_commits(table: Path, versions: range) -> None:
    """Flush the data files, log entries and folders of these commits, data first."""
    log = table / "_delta_log"
    entries = [log / f"{version:020d}.json" for version in versions]
    added = [file for entry in entries for file in _added_files(table, entry)]
    # a file that a later commit of the same range replaced may be cleaned up already
    for file in filter(Path.exists, added):
        sync(file)
    for folder in sorted({file.parent for file in added if file.parent.exists()}):
        sync(folder)
    for entry in [*entries, *_checkpoints(log, versions)]:
        sync(entry)
    for folder in (log, table, table.parent, table.parent.parent):
        sync(folder)


def _added_files(table: Path, entry: Path) -> Iterator[Path]:
    for line in entry.read_bytes().splitlines():
        action = orjson.loads(line)
        if "add" in action:
            yield table / unquote(action["add"]["path"])


def _checkpoints(log: Path, versions: range) -> list[Path]:
    found = [path for version in versions for path in log.glob(f"{version:020d}.checkpoint*.parquet")]
    pointer = log / "_last_checkpoint"
    return [*found, pointer] if pointer.exists() else found
