"""What a source is: how to find its files, and how to turn one into rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from time import sleep
from typing import Final, Protocol

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
    judged: Mapping[str, pl.DataFrame] = field(default_factory=dict)  # table -> key and derived columns
    # Rows that are too many to hold, made part by part when they are asked for; taken before `frames`.
    more: Iterable[Mapping[str, pl.DataFrame]] = ()


class RawArea(Protocol):
    """Where answers are kept before they are parsed; names are paths below the store's `raw`."""

    def names(self, prefix: str) -> list[str]:
        """Names that begin so, sorted."""

    def read(self, name: str) -> bytes:
        """Bytes kept under a name."""

    def keep(self, name: str, content: bytes) -> None:
        """Keep bytes, compressed: wholly or not at all."""

    def drop(self, names: Sequence[str]) -> None:
        """Forget these."""


@dataclass(frozen=True)
class Outside:
    """What of the world a live source may use; the joining place fills it in."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # kind -> text
    sleep: Callable[[float], None] = sleep
    tell: Callable[[Progress], None] = lambda _progress: None
    from_raw: bool = False  # parse what was kept; ask nobody
    full: bool = False  # read everything anew
    mirrors: Path | None = None  # folder in which mirrors of repositories are kept; None = none are


DONE: Final = "done"  # what a live source says when it is through with a place


@dataclass(frozen=True)
class Progress:
    """How far a live source is with one place; None = not known."""

    place: str  # repository
    doing: str  # "reading pull requests", "waiting: limit reached, 41 s left"
    done: int = 0
    total: int | None = None
    requests: int = 0
    points_left: int | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Surroundings:
    """What the pipeline hands to a live source for one run."""

    raw: RawArea
    held: pl.DataFrame  # pull requests as published: see HELD
    cursor: Mapping[str, str]  # what the last published run left
    now: Callable[[], datetime]
    outside: Outside
    take: Callable[[Parsed, str], None]  # rows of one batch, and its name; call it from one thread only
    repositories: tuple[str, ...] = ()  # names that the tables know, published or not
    base: Path = Path()  # folder that relative paths start from
    erased: frozenset[str] = frozenset()  # pseudonyms of people who are to be forgotten


HELD: Final = (
    "repository", "number", "updated_at", "head_sha", "checks_at_merge", "closed_at", "gone_at",
    "additions", "deletions", "changed_file_count",
)  # fmt: skip


@dataclass(frozen=True)
class Pulled:
    """What a live source did."""

    cursor: Mapping[str, str]
    requests: int = 0
    batches: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)  # place -> why nothing, or not all, came from it
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveSource:
    """An entry of SOURCES that asks a server instead of reading files."""

    name: str
    meaning: str
    pull: Callable[[IngestSettings, Surroundings], Pulled]


@dataclass(frozen=True)
class Source:
    """One entry of SOURCES."""

    name: str
    meaning: str  # one line for `pilot describe`
    fetch: Callable[[IngestSettings, Path], Sequence[SourceFile]]  # settings, folder of pilot.toml
    parse: Callable[[SourceFile, IngestSettings], Parsed]  # raises RefusedFileError
    settings_key: Callable[[IngestSettings, SourceFile], object]  # what a change of re-parses the file


AnySource = Source | LiveSource
