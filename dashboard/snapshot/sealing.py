"""How does a week become a snapshot that stands, whatever happens in between?

Under the store's lock: the files are written aside and flushed, the folder gets its name in one
step, then the store enters it into its list. Killed before the name: the next run clears what was
left. Killed after it: the next run that makes the very same week enters the folder, which is whole.
No other unlisted folder is ever entered: it could be anybody's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from dashboard.composition import LOCK_WAIT_SECONDS, Session
from dashboard.snapshot.attesting import Link, attested
from dashboard.snapshot.comparing import Difference, differences
from dashboard.snapshot.content import Content
from dashboard.snapshot.entering import adopted, enter, last_sealed
from dashboard.snapshot.files import files_of, is_sealed_in, write_files
from dashboard.snapshot.making import content_of, ready
from dashboard.snapshot.manifest import (
    MANIFEST,
    Manifest,
    broken_files,
    folders,
    name_of,
    read_manifest,
)
from dashboard.snapshot.weeks import Week
from ingest.errors import SnapshotError, StoreError
from ingest.store.durable import sync

STAGING: Final = ".staging"
PURPOSE: Final = "snapshot"


# What a manifest says by its content alone, whichever run wrote it and when.
ATTESTED: Final = ("name", "week", "restatement", "pilots", "published_before", "content_digest", "previous")


@dataclass(frozen=True)
class _Made:
    """What this run would seal if nothing stood there."""

    content: Content
    files: Mapping[str, bytes]
    attested: Mapping[str, Any]  # of its manifest, by ATTESTED


@dataclass(frozen=True)
class Sealed:
    """What came of sealing a week."""

    manifest: Manifest
    folder: Path
    is_new: bool  # False: it stood already, nothing has changed
    restates: str | None = None  # the snapshot of the same week that this one differs from
    is_entered: bool = False  # a killed run had left it out of the store's list, this one entered it

    @property
    def name(self) -> str:
        """The snapshot's name."""
        return self.manifest.name

    @property
    def digest(self) -> str:
        """Digest of its manifest."""
        return self.manifest.digest

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """What it says differently from the one that it restates."""
        return differences(self.folder.parent / self.restates, self.folder) if self.restates else ()


def seal(session: Session, week: Week, on_wait: Callable[[str], None] | None = None) -> Sealed:
    """Seal a week, or find that it stands.

    Raises
    ------
    UsageError
        There is nothing to say about that week yet.
    SnapshotError
        What was sealed of this week before is broken or gone, or a folder is not in the store's list.
    """
    ready(session, week)  # before anything is written or waited for
    with session.store.lock(PURPOSE, wait_seconds=LOCK_WAIT_SECONDS, on_wait=on_wait):
        fresh = replace(session)  # what another writer published while we waited is seen
        root = _prepared(session.snapshot_folder)
        return _sealed(fresh, content_of(fresh, week), root)


def _prepared(root: Path) -> Path:
    """The folder of all snapshots, rid of what a killed run left."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(root / STAGING, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"{root}: cannot be written ({error.strerror}); make it writable, or correct [snapshot] folder"
        ) from error
    return root


def _sealed(session: Session, content: Content, root: Path) -> Sealed:
    files = files_of(content)
    before = session.store.sealed()
    _refuse_unlisted(root, before, _made(session, content, files))
    rows = adopted(session.store, root)
    of_week = _names(rows, content.week)
    standing = [_unbroken(root / name) for name in of_week]
    # of older knowledge every restatement may be the one; of the present only the last
    candidates = standing if session.known_at is not None else standing[-1:]
    same = next((each for each in reversed(candidates) if is_sealed_in(each, content, files)), None)
    if same is not None:
        is_entered = same.name not in set(before["name"])
        return Sealed(same, root / same.name, is_new=False, is_entered=is_entered)
    link = Link(len(of_week) + 1, last_sealed(rows))
    manifest = attested(session, content, link, files)
    folder = _placed(root, name_of(content.week, link.restatement), files | {MANIFEST: manifest})
    fresh = read_manifest(folder)
    enter(session.store, fresh)
    return Sealed(fresh, folder, is_new=True, restates=of_week[-1] if of_week else None)


def _made(session: Session, content: Content, files: Mapping[str, bytes]) -> _Made:
    rows = session.store.sealed()
    link = Link(len(_names(rows, content.week)) + 1, last_sealed(rows))
    document = orjson.loads(attested(session, content, link, files))
    return _Made(content, files, {name: document[name] for name in ATTESTED})


def _names(rows: pl.DataFrame, week: str) -> list[str]:
    """The listed snapshots of a week, in the order of sealing."""
    return rows.filter(pl.col("week") == week)["name"].to_list()


def _refuse_unlisted(root: Path, rows: pl.DataFrame, made: _Made) -> None:
    """Refuse folders that no run of this store entered, but for the one that a killed run has left."""
    listed = set(rows["name"])
    for folder in folders(root):
        if folder.name not in listed and not _is_just(folder, made):
            raise SnapshotError(
                f"{folder} is not in the store's list and is not what this run has made, so it is not known "
                f"who sealed it; move it away, or compare it with `pilot snapshot diff`"
            )


def _is_just(folder: Path, made: _Made) -> bool:
    """Whether a folder holds to the byte what this run has made, and its manifest says the same of it."""
    try:
        manifest = read_manifest(folder)
        said = {name: manifest.document[name] for name in ATTESTED}
        is_same = is_sealed_in(manifest, made.content, made.files)
    except (SnapshotError, KeyError, TypeError, ValueError):  # none of ours says so little, or such things
        return False
    return folder.name == said["name"] and said == made.attested and is_same


def _unbroken(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise SnapshotError(
            f"{folder} is gone; restore it from a copy that was sent, then seal this week again"
        )
    manifest = read_manifest(folder)
    broken = broken_files(folder, manifest)
    if broken:
        raise SnapshotError(
            f"{folder.name}: {broken[0]}; restore it from a copy that was sent, then seal this week again"
        )
    return manifest


def _placed(root: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """The files under the snapshot's name: all of them, flushed, or none."""
    try:
        write_files(root / STAGING, files)
        os.replace(root / STAGING, root / name)  # noqa: PTH105 - the atomic one, by its name
        sync(root)
    except OSError as error:
        raise StoreError(
            f"{root / name}: cannot be written ({error.strerror}); nothing was sealed, make room or make the "
            f"folder writable and run again"
        ) from error
    return root / name
