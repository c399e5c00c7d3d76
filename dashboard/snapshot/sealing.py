"""How does a week become a snapshot that stands, whatever happens in between?

Under the store's lock: the files are written aside and flushed, the folder gets its name in one
step, then the store enters it into its list. Killed before the name: the next run clears what was
left. Killed after it: the next run enters the folder, which is whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from dashboard.composition import LOCK_WAIT_SECONDS, Session, clock
from dashboard.documents import plain
from dashboard.snapshot.comparing import Difference, differences
from dashboard.snapshot.content import Content, PilotWeek, content_of, ready
from dashboard.snapshot.files import files_of, is_sealed_in, write_files
from dashboard.snapshot.manifest import (
    MANIFEST,
    Manifest,
    broken_files,
    digest_of,
    folders,
    listed,
    manifest_bytes,
    name_of,
    read_manifest,
)
from dashboard.snapshot.weeks import Week
from ingest.contracts import SNAPSHOTS
from ingest.errors import SnapshotError, StoreError
from ingest.store import Published, pins_of
from ingest.store.durable import sync

STAGING: Final = ".staging"
PURPOSE: Final = "snapshot"


@dataclass(frozen=True)
class Sealed:
    """What came of sealing a week."""

    name: str
    folder: Path
    is_new: bool  # False: it stood already, nothing has changed
    digest: str  # of the manifest
    restates: str | None  # the snapshot of the same week that this one differs from
    differences: tuple[Difference, ...]  # from that one


def seal(session: Session, week: Week, on_wait: Callable[[str], None] | None = None) -> Sealed:
    """Seal a week, or find that it stands.

    Raises
    ------
    UsageError
        There is nothing to say about that week yet.
    SnapshotError
        What was sealed of this week before is broken, or the folder holds foreign snapshots.
    """
    ready(session, week)  # before anything is written or waited for
    with session.store.lock(PURPOSE, wait_seconds=LOCK_WAIT_SECONDS, on_wait=on_wait):
        fresh = replace(session)  # what another writer published while we waited is seen
        root = _prepared(session.snapshot_folder)
        return _sealed(fresh, content_of(fresh, week), root, adopted(session, root))


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


def adopted(session: Session, root: Path) -> pl.DataFrame:
    """The list of sealed snapshots, with whole folders entered that a killed run could not enter."""
    rows = session.store.sealed()
    waiting = {path.name for path in folders(root)} - set(rows["name"])
    while waiting:
        after = _last(rows)
        followers = [name for name in sorted(waiting) if _follows(root / name, after)]
        if not followers:
            raise SnapshotError(
                f"{root}: {', '.join(sorted(waiting))} not in the list of {session.store.uri} and no next "
                f"link of its chain; move away what another store sealed, or name another [snapshot] folder"
            )
        _enter(session, root / followers[0])
        waiting.remove(followers[0])
        rows = session.store.sealed()
    return rows


def _last(rows: pl.DataFrame) -> tuple[str, str] | None:
    """Name and digest of the snapshot that was sealed last."""
    return rows.select("name", "manifest_digest").row(-1) if rows.height else None


def _follows(folder: Path, last: tuple[str, str] | None) -> bool:
    manifest = read_manifest(folder)
    return manifest.previous == last and manifest.name == folder.name


def _enter(session: Session, folder: Path) -> None:
    manifest = read_manifest(folder)
    broken = broken_files(folder, manifest)
    known = {one.run_id for one in session.store.publications()}
    if broken or manifest.document["published"]["run_id"] not in known:
        why = "; ".join(broken) or "it was sealed from another store"
        raise SnapshotError(f"{folder}: cannot be entered into the list of snapshots ({why}); move it away")
    session.store.seal(_row(manifest))


def _row(manifest: Manifest) -> pl.DataFrame:
    """The row of `snapshots` that a manifest is entered with."""
    said = manifest.document
    published = [_publication(each) for each in (said["published"], *said["published_before"])]
    sealed_at = datetime.fromisoformat(said["sealed_at"])
    row = {
        "name": manifest.name,
        **{name: said[name] for name in ("week", "restatement", "product_version")},
        "sealed_at": sealed_at,
        "manifest_digest": manifest.digest,
        "run_id": published[0].run_id,
        "published_at": published[0].at,
        "versions": orjson.dumps(published[0].versions, option=orjson.OPT_SORT_KEYS).decode(),
        "pins": pins_of(published),
        "previous": manifest.previous[0] if manifest.previous else None,
        "source": PURPOSE,
        "ingested_at": sealed_at,
        "raw_ref": manifest.name,
        "extras": None,
    }
    return pl.DataFrame([row], schema=SNAPSHOTS.polars_schema)


def _publication(said: Mapping[str, Any]) -> Published:
    return Published(said["run_id"], datetime.fromisoformat(said["at"]), said["versions"])


def _sealed(session: Session, content: Content, root: Path, rows: pl.DataFrame) -> Sealed:
    files = files_of(content)
    of_week = rows.filter(pl.col("week") == content.week)["name"].to_list()
    standing = [_unbroken(root / name) for name in of_week]
    # of older knowledge every restatement may be the one; of the present only the last
    candidates = standing if session.known_at is not None else standing[-1:]
    same = next((each for each in reversed(candidates) if is_sealed_in(each, content, files)), None)
    if same is not None:
        return Sealed(
            same.name, root / same.name, is_new=False, digest=same.digest, restates=None, differences=()
        )
    name = name_of(content.week, len(of_week) + 1)
    manifest = manifest_bytes(
        _document(session, content, (name, len(of_week) + 1), _last(rows)) | {"files": listed(files)}
    )
    folder = _placed(root, name, files | {MANIFEST: manifest})
    session.store.seal(_row(read_manifest(folder)))
    restates = of_week[-1] if of_week else None
    changes = differences(root / restates, folder) if restates else ()
    return Sealed(
        name, folder, is_new=True, digest=digest_of(manifest), restates=restates, differences=changes
    )


def _unbroken(folder: Path) -> Manifest:
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


def _document(
    session: Session, content: Content, called: tuple[str, int], last: tuple[str, str] | None
) -> dict[str, Any]:
    """The manifest but for its files."""
    document = {
        "name": called[0],
        "week": content.week,
        "restatement": called[1],
        "sealed_at": clock(),
        "product_version": version("pilot-metrics"),
        "known_at": session.known_at,
        "published": _published(content.published),
        "published_before": [_published(each) for each in _before(content)],
        "pilots": [_pilot(each) for each in content.pilots],
        "content_digest": content.digest,
        "previous": {"name": last[0], "digest": last[1]} if last else None,
    }
    described: dict[str, Any] = plain(document)
    return described


def _published(published: Published) -> dict[str, Any]:
    return {
        "run_id": published.run_id,
        "at": published.at,
        "versions": dict(sorted(published.versions.items())),
    }


def _before(content: Content) -> tuple[Published, ...]:
    """The publications that the verdicts of the week before rest on, each once."""
    found = [pilot.before_published for pilot in content.pilots if pilot.before_published]
    return tuple({one.run_id: one for one in found}.values())


def _pilot(week: PilotWeek) -> dict[str, Any]:
    return {
        "name": week.pilot,
        "timezone": week.timezone,
        "start": week.start,
        "end": week.end,
        "as_of": week.as_of,
        "state": week.verdict.state,
        "allowed": week.verdict.allowed,
        "policy_digest": week.verdict.policy_digest,
    }
