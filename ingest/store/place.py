"""Where the store is: a folder of this machine, or a bucket of S3, Azure or Google."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlparse

import polars as pl
from deltalake.exceptions import DeltaError

from ingest.errors import StoreError

CLOUD_SCHEMES: Final = ("s3", "s3a", "abfs", "abfss", "az", "gs")
ONE_LETTER: Final = 1  # a Windows drive is not a scheme


@dataclass(frozen=True)
class Place:
    """Root of a store and the options to reach it."""

    root: str  # absolute folder, or URI without a final slash
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """The root as a folder; None on an object store."""
        return None if "://" in self.root else Path(self.root)

    def at(self, *parts: str) -> str:
        """Address of something inside the store."""
        return "/".join([self.root, *parts])

    @property
    def storage_options(self) -> dict[str, str] | None:
        """Options as deltalake and polars take them."""
        return dict(self.options) or None


def place_of(uri: str, options: Mapping[str, str] | None) -> Place:
    """Understand a store's address, or say what addresses look like."""
    scheme = urlparse(uri).scheme
    if scheme in CLOUD_SCHEMES:
        return Place(uri.rstrip("/"), dict(options or {}))
    if scheme == "file":
        return _folder(unquote(urlparse(uri).path), options)
    if len(scheme) > ONE_LETTER and "://" in uri:
        raise StoreError(
            f"store uri {uri!r}: seen the scheme {scheme!r}, expected a folder or one of "
            f"{', '.join(f'{known}://' for known in CLOUD_SCHEMES)}; correct [store] uri"
        )
    return _folder(uri, options)


def _folder(path: str, options: Mapping[str, str] | None) -> Place:
    folder = Path(path).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"store {folder}: is a file, expected a folder; correct [store] uri")
    return Place(str(folder), dict(options or {}))


@contextmanager
def store_errors(doing: str, where: str) -> Iterator[None]:
    """Turn whatever the libraries beneath raise into one sentence with a remedy."""
    try:
        yield
    except PermissionError as error:
        raise StoreError(f"{where}: {doing} is not permitted; make it writable for this user") from error
    except (DeltaError, OSError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())[:300]
        raise StoreError(f"{where}: {doing} failed ({reason}); {_remedy(reason)}") from error


def _remedy(reason: str) -> str:
    said = reason.lower()
    if "no space" in said or "file too large" in said or "quota" in said:
        return "free space and run again: nothing that was published is lost"
    if "permission denied" in said or "read-only" in said:
        return "make the store writable for this user"
    if "commit" in said and "conflict" in said:
        return "another program writes to this store; run again when it has finished"
    return (
        "readers still have the last published state if its files are whole; restore the damaged files "
        "from a copy, or move the store away and ingest again"
    )
