"""What may be thrown away: small files once merged, versions that nobody keeps, and what crashes left."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from ingest.store.delta import COMPRESSION, Delta
from ingest.store.place import store_errors

MANY_FILES: Final = 24  # acts of people are small, and each is a file; reading many takes long
# a write that was killed leaves its half-written objects under such names; no vacuum knows them
_STAGING_PATTERNS: Final = ("*.parquet#*", "*.json#*", "*.staged")


def tidy(delta: Delta, kept_versions: Collection[int]) -> None:
    """Merge small files, then delete the files of versions that are neither kept nor current."""
    table = delta.open()
    with store_errors("compacting", delta.uri):
        table.optimize.compact(writer_properties=COMPRESSION)
        current = delta.version()
        options: dict[str, Any] = {
            "retention_hours": 0,
            "enforce_retention_duration": False,
            "full": True,  # also files of writes that never became a commit
            "keep_versions": sorted({version for version in kept_versions if version < current} | {current}),
        }
        fresh = delta.open()
        # Named are also files that an earlier clean-up took; a vacuum commits twice, be it for nothing.
        if any(delta.has_file(name) for name in fresh.vacuum(dry_run=True, **options)):
            fresh.vacuum(dry_run=False, **options)


def gather(delta: Delta) -> range:
    """Merge small files where there are many, and delete nothing; the versions that this made."""
    table = delta.open()
    version = table.version()
    if len(table.file_uris()) < MANY_FILES:
        return range(0)
    with store_errors("compacting", delta.uri):
        table.optimize.compact(writer_properties=COMPRESSION)
        delta.open().create_checkpoint()  # from here on, whoever opens the table reads the log
    return range(version + 1, delta.version() + 1)


def sweep(folder: Path) -> int:
    """Delete staging files of killed writers; how many there were."""
    left = [path for pattern in _STAGING_PATTERNS for path in folder.rglob(pattern)]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
