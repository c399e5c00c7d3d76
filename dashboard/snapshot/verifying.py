"""Are the sealed snapshots what they were, every byte and every link from one to the next?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.snapshot.manifest import Manifest, broken_files, folders, read_manifest
from ingest.errors import SnapshotError, StoreError, UsageError
from ingest.store import Store

Rows = Mapping[str, Mapping[str, Any]]  # name -> row of `snapshots`, in the order of sealing


@dataclass(frozen=True)
class Verified:
    """One snapshot, looked at."""

    name: str
    broken: tuple[str, ...]  # one sentence each; empty = every byte and link is as sealed


@dataclass(frozen=True)
class Verification:
    """All snapshots that were asked for, in the order in which they were sealed."""

    snapshots: tuple[Verified, ...]
    without_store: str  # why the store's list could not be compared; empty = it was

    @property
    def first_broken(self) -> Verified | None:
        """Where the chain breaks first."""
        return next((each for each in self.snapshots if each.broken), None)

    def refuse_broken(self) -> None:
        """Raise SnapshotError that names the first broken link, if there is one."""
        first = self.first_broken
        if first is not None:
            count = sum(bool(each.broken) for each in self.snapshots)
            raise SnapshotError(
                f"{count} of {len(self.snapshots)} snapshots do not verify, the first is {first.name}: "
                f"{first.broken[0]}; restore it from a copy that was sent"
            )


def verify(store: Store, root: Path, names: Sequence[str] = ()) -> Verification:
    """Check all snapshots, or some by name.

    The store's list is the witness for manifests and removed folders. Where it cannot be read, the
    files and the links between the folders are checked alone, and that is said.
    """
    found = {folder.name: _opened(folder) for folder in folders(root)}
    rows, why = _rows(store, found)
    order = _in_order(rows, found)
    unknown = [name for name in names if name not in order]
    if unknown:
        there = ", ".join(order) or "none"
        raise UsageError(f"no snapshot {unknown[0]!r} in {root} or in the store's list; there are: {there}")
    look = _Look(root, rows, found, order)
    looked_at = [name for name in order if not names or name in names]
    return Verification(tuple(Verified(name, tuple(look.broken(name))) for name in looked_at), why)


def refuse_nothing(store: Store, root: Path, verification: Verification) -> None:
    """Raise SnapshotError where there is neither a snapshot nor a store that could have had one."""
    if not verification.snapshots and not store.publications():
        raise SnapshotError(
            f"{store.uri}: no store is there and no snapshot in {root}; the tables should be in "
            f"{store.uri}/tables: restore them from a copy, or correct [store] uri; before the first ingest "
            f"there is nothing to verify"
        )


def _rows(store: Store, found: Mapping[str, Manifest | str]) -> tuple[Rows | None, str]:
    """The store's list, or why there is none: an empty store is no witness against what was sealed."""
    try:
        rows = {row["name"]: row for row in store.sealed().iter_rows(named=True)}
        is_emptied = bool(found) and not rows and not store.publications()
    except StoreError as error:
        return None, str(error)
    if is_emptied:
        return None, f"{store.uri} holds no tables; restore them from a copy, or correct [store] uri"
    return rows, ""


def _opened(folder: Path) -> Manifest | str:
    try:
        return read_manifest(folder)
    except SnapshotError as error:
        return str(error).removeprefix(f"{folder.name}: ")


def _in_order(rows: Rows | None, found: Mapping[str, Manifest | str]) -> list[str]:
    """As sealed: by the store's list, else by the moments that the manifests tell."""
    sealed_at = {
        name: str(manifest.document.get("sealed_at", "")) if isinstance(manifest, Manifest) else ""
        for name, manifest in found.items()
    }
    rest = sorted(found.keys() - (rows or {}).keys(), key=lambda name: (sealed_at[name], name))
    return [*(rows or {}), *rest]


@dataclass(frozen=True)
class _Look:
    """What is there to compare with."""

    root: Path
    rows: Rows | None
    found: Mapping[str, Manifest | str]  # the manifest of each folder, or why it cannot be read
    order: Sequence[str]

    def broken(self, name: str) -> Iterator[str]:
        """Everything that is wrong with one snapshot."""
        manifest = self.found.get(name)
        if manifest is None:
            yield f"the folder {self.root / name} is gone"
        elif isinstance(manifest, str):
            yield manifest
        else:
            yield from broken_files(self.root / name, manifest)
            yield from self._not_as_listed(name, manifest)
            yield from self._broken_link(name, manifest)

    def _not_as_listed(self, name: str, manifest: Manifest) -> Iterator[str]:
        if manifest.name != name:
            yield f"the folder holds the snapshot {manifest.name}"
        if self.rows is None:
            return
        if name not in self.rows:
            yield (
                "is not in the store's list: move it away, or compare it with `pilot snapshot diff`; "
                "if a run was killed, sealing the same week again enters it"
            )
        elif self.rows[name]["manifest_digest"] != manifest.digest:
            yield "manifest.json has changed since it was sealed"

    def _broken_link(self, name: str, manifest: Manifest) -> Iterator[str]:
        """The link to the snapshot before: its name by the order of sealing, its digest as it is now."""
        place = self.order.index(name)
        expected = self.order[place - 1] if place else None
        linked = manifest.previous[0] if manifest.previous else None
        if linked != expected:
            yield f"its link leads to {linked or 'none'}, but sealed before it was {expected or 'none'}"
        elif manifest.previous is not None and manifest.previous[1] != self._digest(manifest.previous[0]):
            yield f"its link does not fit {linked} as it is now"

    def _digest(self, name: str) -> str | None:
        """Digest of a manifest as it lies there, or as the store has listed it when it is gone."""
        manifest = self.found.get(name)
        if isinstance(manifest, Manifest):
            return manifest.digest
        return str(self.rows[name]["manifest_digest"]) if self.rows and name in self.rows else None
