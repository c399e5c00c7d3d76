"""What is a format of permission logs: how it is recognised, and how its records become signals?

A reader sees records, not files: whatever cuts a file into records (lines, length prefixes, a stream of
objects) stands in `framing`. It gives plain rows; `frame` makes them columns of the contract. A record that
cannot be read becomes a row that no contract takes (`unreadable`), so that it goes to quarantine with its
place; its text is never kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, Literal

import polars as pl

from ingest.contracts import AGENT_SIGHTINGS, APPROVAL_SIGNALS
from ingest.contracts import approvals as contract

Framing = Literal["lines", "objects", "otlp", "whole"]
# lines: one JSON value per line. objects: JSON values one after another, as `outfile` of Gemini CLI.
# otlp: lines, or messages behind a 4-byte big-endian length, each or all of them zstd. whole: one record.

SIGNALS: Final = "approval_signals"
SIGHTINGS: Final = "agent_sightings"
UNREADABLE: Final = "unreadable"  # no word of SIGNAL_KINDS: the row goes to quarantine
_PROVENANCE: Final = ("source", "ingested_at")  # set on the way into the store
SIGNAL_SCHEMA: Final = {
    name: kind for name, kind in APPROVAL_SIGNALS.polars_schema.items() if name not in _PROVENANCE
}
SIGHTING_SCHEMA: Final = {
    name: kind for name, kind in AGENT_SIGHTINGS.polars_schema.items() if name not in _PROVENANCE
}
WAITS: Final = "waits"  # in a reader's state: why a last record was left behind, in words
MARKER: Final = re.compile(contract.MARKER)
SAID: Final = (  # what tells one signal from another
    "vendor", "session_id", "call_id", "kind", "at", "ended_at", "span_id", "decision", "source_raw", "mode",
    "run_seconds", "tool_name",
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One record of a file."""

    content: bytes
    offset: int  # where it begins, in bytes of the unpacked file; goes into raw_ref


@dataclass(frozen=True)
class Place:
    """What the settings say of a file, where it does not say it itself."""

    repository: str | None = None
    team: str | None = None
    person: str | None = None  # whose machine it comes from; not yet a pseudonym
    is_interactive: bool | None = None


@dataclass(frozen=True)
class Context:
    """What a reader needs to know beside the records."""

    name: str  # of the file, as people know it
    person: Callable[[str | None], str | None]  # account, address or login -> pseudonym; None stays None
    place: Place = Place()
    keep_text: bool = False
    state: Mapping[str, Any] = field(default_factory=dict)  # JSON values that the part before left
    settings: Any = None  # ApprovalsSettings, for mapped tables


@dataclass(frozen=True)
class Found:
    """What some records gave; readers yield one for each block, so that memory stays flat."""

    signals: Sequence[Mapping[str, Any]] | pl.DataFrame = ()  # rows: any columns of the contract
    sightings: Sequence[Mapping[str, Any]] = ()  # vendor, kind, name, place, seen_at[, repository, team]
    left_out: Mapping[str, int] = field(
        default_factory=dict
    )  # reason -> records that tell nothing of prompts
    state: Mapping[str, Any] = field(default_factory=dict)  # for the part after; the last block's stands


@dataclass(frozen=True)
class Format:
    """One entry of FORMATS."""

    name: str
    meaning: str  # one line, for people
    framing: Framing
    recognises: Callable[[bytes, str], bool]  # first unpacked bytes of a file, and its name
    read: Callable[[Iterable[Record], Context], Iterator[Found]]


def unreadable(context: Context, record: Record, vendor: str = "other") -> dict[str, Any]:
    """A row for a record that cannot be read: no contract takes it, and quarantine tells where it stands."""
    return {
        "vendor": vendor, "session_id": "unknown", "kind": UNREADABLE, "at": datetime(1970, 1, 1, tzinfo=UTC),
        "raw_ref": f"{context.name}#{record.offset}",
    }  # fmt: skip


def marker_in(text: str | bytes | None) -> str | None:
    """Marker of a seeded request in a text.

    >>> marker_in("rm -rf build # pilot-canary-7f3a91"), marker_in("ls")
    ('pilot-canary-7f3a91', None)
    """
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
    found = MARKER.search(told)
    return found[0] if found else None


def signal_id(row: Mapping[str, Any]) -> str:
    """Identity of a signal by what it says, so that reading it twice changes nothing.

    >>> signal_id({"kind": "ended", "run_seconds": 5}) == signal_id({"kind": "ended", "run_seconds": 5.0})
    True
    """
    told = "\x1f".join(_as_text(row.get(name)) for name in (*SAID, *(_place_of(row))))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _as_text(value: object) -> str:
    """As Python writes it; a number as its column holds it, with a fraction."""
    return str(float(value)) if isinstance(value, int) else str(value)


def _place_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Only what cannot be read is told apart by its place."""
    return ("raw_ref",) if row.get("kind") == UNREADABLE else ()


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Signals as columns of the contract; what a row does not tell is null."""
    told = [{**row, "signal_id": row.get("signal_id") or signal_id(row)} for row in rows]
    return pl.DataFrame(told, schema=SIGNAL_SCHEMA)


def sighting_frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Sightings as columns of the contract: one per fact, place, repository, team and UTC day."""
    told: dict[str, dict[str, Any]] = {}
    for row in map(_sighting, rows):
        known = told.setdefault(row["sighting_id"], row)
        if row["seen_at"] < known["seen_at"]:  # the first moment of the day stands
            told[row["sighting_id"]] = row
    return pl.DataFrame(list(told.values()), schema=SIGHTING_SCHEMA)


def _sighting(row: Mapping[str, Any]) -> dict[str, Any]:
    day = row["seen_at"].astimezone(UTC).date().isoformat()
    said = (
        row["vendor"],
        row["kind"],
        row["name"],
        row["place"],
        row.get("repository"),
        row.get("team"),
        day,
    )
    return {**row, "sighting_id": blake2b(repr(said).encode(), digest_size=16).hexdigest()}
