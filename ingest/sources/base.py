"""What a source is: how to find its files, and how to turn one into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path

import polars as pl

from ingest.errors import SourceError
from ingest.settings import IngestSettings


@dataclass(frozen=True)
class SourceFile:
    """One input file, named as people know it."""

    path: Path  # absolute
    name: str  # relative to the configuration, with forward slashes; goes into raw_ref

    def read(self) -> bytes:
        """All its bytes; a file that cannot be opened is a source error that says why."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SourceError(
                f"{self.name}: cannot be read ({error.strerror}); check its permissions"
            ) from error

    @property
    def digest(self) -> str:
        """SHA-256 of its content, read in blocks."""
        try:
            with self.path.open("rb") as stream:
                return file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise SourceError(
                f"{self.name}: cannot be read ({error.strerror}); check its permissions"
            ) from error


@dataclass(frozen=True)
class Parsed:
    """What one file gave, before any check."""

    frames: Mapping[str, pl.DataFrame]  # table name -> rows; provenance columns but raw_ref not yet set
    left_out: Mapping[str, int] = field(default_factory=dict)  # reason -> input that is no row by definition
    unknown_columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # table -> columns set aside


@dataclass(frozen=True)
class Source:
    """One entry of SOURCES."""

    name: str
    meaning: str  # one line for `pilot describe`
    fetch: Callable[[IngestSettings, Path], Sequence[SourceFile]]  # settings, folder of pilot.toml
    parse: Callable[[SourceFile, IngestSettings], Parsed]  # raises RefusedFileError
    settings_key: Callable[[IngestSettings, SourceFile], object]  # what a change of re-parses the file
