"""What does reading a log of detectors give, and what does a reader know beside its records?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
import polars as pl

from ingest.contracts import DETECTIONS, LABELS_TABLE, Table
from ingest.redaction import without_secrets
from ingest.settings import DetectionMapping, LabelMapping
from ingest.sources.approvals.base import Framing

Mapping_ = DetectionMapping | LabelMapping
UNREADABLE: Final = "unreadable"  # no word of VERDICTS: a record that is damaged
UNRECOGNISED: Final = "unrecognised"  # the same: a record in which no format finds a detector's answer
UNKNOWN: Final = "unknown"  # a version that nobody told
TEXT_CHARS: Final = 20_000  # of an item, where it is kept at all
_REDACTED_CHARS: Final = 40_000  # read for secrets, so that none is cut in two before it is seen
WORD_CHARS: Final = 60  # what is longer is no word of a log's vocabulary, but somebody's text
NAME_CHARS: Final = 100  # the same of names of detectors and of versions
# What no word of a vocabulary, name, number or moment has in it: an address, or what looks like a secret.
NO_WORD_HAS: Final = (
    r"[\w.+-]@[\w-]+\.[A-Za-z]{2}"
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-|AKIA|ASIA|AIza|eyJ|hf_|npm_|pypi-)\w"
)
_NO_WORD: Final = re.compile(NO_WORD_HAS)
_PROVENANCE: Final = ("source", "ingested_at")  # set on the way into the store
Row = Mapping[str, Any]


def is_word(said: str, chars: int = WORD_CHARS) -> bool:
    """Whether a text may be a word of a log's vocabulary: neither long, nor an address or a secret.

    >>> is_word("Not detected"), is_word("rosa@acme.example"), is_word("tell me " * 20)
    (True, False, False)
    """
    return len(said) <= chars and _NO_WORD.search(said) is None


def schema_of(table: Table) -> dict[str, pl.DataType]:
    """Columns that a reader fills."""
    return {name: kind for name, kind in table.polars_schema.items() if name not in _PROVENANCE}


DETECTION_SCHEMA: Final = schema_of(DETECTIONS)
LABEL_SCHEMA: Final = schema_of(LABELS_TABLE)


@dataclass(frozen=True)
class Place:
    """What the settings say of a log, and where in its lines things stand."""

    detector: str | None = None
    version: str | None = None
    threshold: float | None = None
    threshold_op: str | None = None
    surface: str | None = None
    cohort: str | None = None
    repository: str | None = None
    response: str | None = None
    event: str | None = None
    at: str | None = None
    content: str | None = None


@dataclass(frozen=True)
class Log:
    """One log, under the name that goes into tables, ledger and reports."""

    path: Path
    name: str
    place: Place = Place()
    mappings: tuple[Mapping_, ...] = ()  # of the settings that name it


@dataclass(frozen=True)
class Context:
    """What a reader needs to know beside the records."""

    name: str  # of the file, as people know it
    place: Place = Place()
    mappings: Sequence[Mapping_] = ()  # those of the log
    keep_text: bool = False
    state: Mapping[str, Any] = field(default_factory=dict)  # JSON values that the part before left


@dataclass(frozen=True)
class Found:
    """What some records gave; readers yield one for each block, so that memory stays flat."""

    detections: Sequence[Row] | pl.DataFrame = ()
    labels: Sequence[Row] | pl.DataFrame = ()
    selections: pl.DataFrame | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)  # for the part after; the last block's stands


class Read(Protocol):
    """Reads records, or a whole file, block by block."""

    def __call__(self, records: Any, context: Context, /) -> Iterator[Found]:
        """What they say."""


@dataclass(frozen=True)
class Kind:
    """What a file is."""

    name: str
    meaning: str  # one line, for people
    framing: Framing | None  # None: read by its own means, and anew whenever it changes
    read: Read

    @property
    def is_whole(self) -> bool:
        """Whether it is read anew whenever it changes."""
        return self.framing in {None, "whole"}


def frame(rows: Sequence[Row] | pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Rows as columns of a contract; what a row does not tell is null."""
    if isinstance(rows, pl.DataFrame):
        return rows
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def refused(reference: str, why: str = UNREADABLE) -> Row:
    """A row for a record that cannot be read: no contract takes it, and quarantine tells where it stands.

    >>> refused("guard.jsonl#120")["verdict"]
    'unreadable'
    """
    return {
        "event_id": digest(reference), "detector": UNKNOWN, "detector_version": UNKNOWN, "verdict": why,
        "score_kind": "none", "surface": "unknown", "cohort": "traffic", "raw_ref": reference,
    }  # fmt: skip


def digest(said: object) -> str:
    """A name for a record that has none of its own: the same record always has the same one.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), len(digest("x"))
    (True, 24)
    """
    told = orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return blake2b(told, digest_size=12).hexdigest()


def hash_of(content: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal digits.

    >>> hash_of("")[:8]
    'e3b0c442'
    """
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def told_of(content: str | None, *, keep_text: bool) -> dict[str, Any]:
    """What is stored of an item's text: its hash and size, and itself only where the settings ask for it.

    >>> told_of("hi", keep_text=False)["content_chars"], told_of(None, keep_text=True)
    (2, {})
    """
    if content is None:
        return {}
    kept = without_secrets(content[:_REDACTED_CHARS])[:TEXT_CHARS] if keep_text else None
    return {"content_sha256": hash_of(content), "content_chars": len(content), "content_text": kept}
