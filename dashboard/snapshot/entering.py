"""How does a snapshot get into the store's list, also when the run that wrote it was killed before?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from dashboard.snapshot.manifest import Manifest, broken_files, folders, publication_in, read_manifest
from ingest.contracts import SNAPSHOTS
from ingest.errors import SnapshotError
from ingest.store import Store, pins_of

SOURCE: Final = "snapshot"


def adopted(store: Store, root: Path) -> pl.DataFrame:
    """The list of sealed snapshots, with whole folders entered that a killed run could not enter."""
    rows = store.sealed()
    waiting = {path.name for path in folders(root)} - set(rows["name"])
    while waiting:
        after = last_sealed(rows)
        followers = [name for name in sorted(waiting) if _follows(root / name, after)]
        if not followers:
            raise SnapshotError(
                f"{root}: {', '.join(sorted(waiting))} not in the list of {store.uri} and no next "
                f"link of its chain; move away what another store sealed, or name another [snapshot] folder"
            )
        _adopt(store, root / followers[0])
        waiting.remove(followers[0])
        rows = store.sealed()
    return rows


def last_sealed(rows: pl.DataFrame) -> tuple[str, str] | None:
    """Name and digest of the snapshot that was sealed last, by the list; None before the first."""
    return rows.select("name", "manifest_digest").row(-1) if rows.height else None


def _follows(folder: Path, last: tuple[str, str] | None) -> bool:
    manifest = read_manifest(folder)
    return manifest.previous == last and manifest.name == folder.name


def _adopt(store: Store, folder: Path) -> None:
    manifest = read_manifest(folder)
    broken = broken_files(folder, manifest)
    known = {one.run_id for one in store.publications()}
    if broken or manifest.document["published"]["run_id"] not in known:
        why = "; ".join(broken) or "it was sealed from another store"
        raise SnapshotError(f"{folder}: cannot be entered into the list of snapshots ({why}); move it away")
    enter(store, manifest)


def enter(store: Store, manifest: Manifest) -> None:
    """Put a snapshot at the end of the store's list."""
    store.seal(_row(manifest))


def _row(manifest: Manifest) -> pl.DataFrame:
    """The row of `snapshots` that a manifest is entered with; the contract says what each column holds."""
    said = manifest.document
    published = [publication_in(each) for each in (said["published"], *said["published_before"])]
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
        "source": SOURCE,
        "ingested_at": sealed_at,
        "raw_ref": manifest.name,
        "extras": None,
    }
    return pl.DataFrame([row], schema=SNAPSHOTS.polars_schema)
