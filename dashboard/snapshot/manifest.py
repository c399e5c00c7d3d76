"""What does a sealed snapshot say about itself, and is it still what it was?

manifest.json names every file with its SHA-256 and size, the tables and policies behind them, and
the digest of the snapshot sealed before: whoever holds the last manifest can check all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from ingest.errors import SnapshotError
from ingest.store import Published

MANIFEST: Final = "manifest.json"
_NAME: Final = re.compile(r"\d{4}-W\d{2}(\.[1-9]\d*)?")


@dataclass(frozen=True)
class Manifest:
    """A manifest as it stands in its folder."""

    document: Mapping[str, Any]  # docs/schemas/manifest.schema.json
    digest: str  # SHA-256 of the file

    @property
    def name(self) -> str:
        """The snapshot: its week, and .2, .3 ... for restatements."""
        return str(self.document["name"])

    @property
    def previous(self) -> tuple[str, str] | None:
        """Name and digest of the snapshot sealed before; None for the first."""
        previous = self.document["previous"]
        return (str(previous["name"]), str(previous["digest"])) if previous else None

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """File name -> its `sha256` and `size`."""
        files: Mapping[str, Mapping[str, Any]] = self.document["files"]
        return files


def publication_in(said: Mapping[str, Any]) -> Published:
    """A publication, as a manifest names it."""
    return Published(said["run_id"], datetime.fromisoformat(said["at"]), said["versions"])


def name_of(week: str, restatement: int) -> str:
    """How a snapshot is called.

    >>> name_of("2026-W33", 1), name_of("2026-W33", 2)
    ('2026-W33', '2026-W33.2')
    """
    return week if restatement == 1 else f"{week}.{restatement}"


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits, as `sha256sum` prints it."""
    return sha256(content).hexdigest()


def listed(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Digest and size of each file, as a manifest lists them."""
    return {
        name: {"sha256": digest_of(content), "size": len(content)} for name, content in sorted(files.items())
    }


def manifest_bytes(document: Mapping[str, Any]) -> bytes:
    """The file manifest.json."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a snapshot's folder.

    Raises
    ------
    SnapshotError
        It is missing, or is none.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise SnapshotError(f"{folder.name}: {MANIFEST} cannot be read ({error.strerror})") from error
    try:
        manifest = Manifest(orjson.loads(content), digest_of(content))
        _ = (manifest.name, manifest.previous, [file["sha256"] for file in manifest.files.values()])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"{folder.name}: {MANIFEST} is damaged: it is no manifest any more") from error
    return manifest


def folders(root: Path) -> tuple[Path, ...]:
    """The snapshots below a folder, by name; what is called otherwise is none."""
    if not root.is_dir():
        return ()
    return tuple(sorted(path for path in root.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)))


def broken_files(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """What is wrong with the files of a snapshot, one sentence each; empty when all are as sealed."""
    there = {path.name for path in folder.iterdir()}
    missing = [f"{name} is missing" for name in manifest.files if name not in there]
    unknown = sorted(there - manifest.files.keys() - {MANIFEST})
    changed = [
        f"{name} has changed since it was sealed"
        for name, sealed in manifest.files.items()
        if name in there and not _is_as_sealed(folder / name, sealed)
    ]
    linked = [f"{MANIFEST} is a link to another file"] if (folder / MANIFEST).is_symlink() else []
    return (*linked, *missing, *changed, *(f"{name} was not there when it was sealed" for name in unknown))


def _is_as_sealed(path: Path, sealed: Mapping[str, Any]) -> bool:
    if not _is_own_file(path) or path.stat().st_size != sealed["size"]:
        return False
    return bool(digest_of(path.read_bytes()) == sealed["sha256"])


def _is_own_file(path: Path) -> bool:
    """Whether it is a file in its folder; a link leads to bytes that nobody sealed or sends."""
    return path.is_file() and not path.is_symlink()


def is_complete(folder: Path, manifest: Manifest) -> bool:
    """Whether every file is there in its size: a look that reads none of them."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if _is_own_file(path)}
    return all(sizes.get(name) == sealed["size"] for name, sealed in manifest.files.items())
