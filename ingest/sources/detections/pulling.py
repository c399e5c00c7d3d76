"""How are logs of detectors read: which there are, what each is, and what the settings say of it?

No copies of them are kept, as they hold what people wrote to a model; each is read on from where it ended
(:mod:`ingest.sources.tailing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, ClassVar, Final

import polars as pl

from ingest.checking import check
from ingest.contracts import DETECTIONS, LABELS_TABLE, SELECTIONS
from ingest.errors import RefusedFileError
from ingest.settings import DetectionsSettings, IngestSettings
from ingest.sources.approvals.framing import HEAD
from ingest.sources.base import Parsed, Pulled, Surroundings
from ingest.sources.detections import places
from ingest.sources.detections.kinds import kind_of, opened
from ingest.sources.detections.records import (
    DETECTION_SCHEMA,
    LABEL_SCHEMA,
    Context,
    Found,
    Kind,
    Log,
    frame,
)
from ingest.sources.tailing import Block, Cut, Reading, Tail

SETTING: Final = "[sources.detections]"
NO_LOG: Final = "is no log of a known format"


def pull(settings: IngestSettings, around: Surroundings) -> Pulled:
    """Read what is new in the files that [sources.detections] names.

    Raises
    ------
    SourceError
        No file matches.
    """
    wanted = settings.sources.detections
    if wanted is None or around.outside.from_raw:  # no bytes of logs are kept, so there is nothing to parse
        return Pulled(around.cursor)
    return _Run(around, settings=wanted).all()


def parsed(found: Found, judged_at: datetime | None = None) -> Parsed:
    """Rows of one block as tables; with a moment, rows that stand there already are set right, too."""
    detections = frame(found.detections, DETECTION_SCHEMA)
    tables = {DETECTIONS.name: detections, LABELS_TABLE.name: frame(found.labels, LABEL_SCHEMA)}
    if found.selections is not None:
        tables[SELECTIONS.name] = found.selections
    judged = {DETECTIONS.name: _judged(detections, judged_at)} if judged_at else {}
    return Parsed(tables, found.left_out, found.unknown_columns, judged=judged)


def _judged(detections: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """What rows that stand there already say now; one that breaks its contract now sets nothing right."""
    stamped = detections.with_columns(source=pl.lit(""), ingested_at=pl.lit(at).dt.cast_time_unit("us"))
    return check(stamped, DETECTIONS).valid.select(*DETECTIONS.key, *DETECTIONS.derived)


def mark_of(*told: object) -> str:
    """Mark of what the settings say of a log.

    >>> mark_of("a") == mark_of("a"), mark_of("a") == mark_of("b")
    (True, False)
    """
    return blake2b(repr(told).encode(), digest_size=8).hexdigest()


def flaw_of(beginning: bytes) -> str:
    r"""What is plainly wrong with a file of no known format; empty = nothing that can be seen.

    >>> flaw_of(b"PAR\0"), flaw_of(b"a,b"), flaw_of(b'{"a": 1}')
    ('is no log of a known format: it is binary', '', '')
    >>> flaw_of(b'{"a": ')
    'is no log of a known format: it seems cut, as its only record begins as JSON and does not end'
    """
    if b"\0" in beginning and not beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"{NO_LOG}: it is binary"
    text = beginning.strip()
    is_open = text.startswith((b"{", b"[")) and not text.endswith((b"}", b"]"))
    is_cut = is_open and len(beginning) < HEAD and b"\n" not in text
    return f"{NO_LOG}: it seems cut, as its only record begins as JSON and does not end" if is_cut else ""


def context_of(log: Log, settings: DetectionsSettings, state: Mapping[str, Any]) -> Context:
    """What a reader needs to know of a log beside its records."""
    return Context(log.name, log.place, log.mappings, settings.keep_text, state)


@dataclass(kw_only=True)
class _Run(Tail[Log, Kind]):
    """What one call of `pull` works with, and what it did so far."""

    settings: DetectionsSettings

    place: ClassVar[str] = "logs of detectors"
    guide: ClassVar[str] = "docs/detectors.md"

    def logs(self) -> Iterable[Log]:
        return places.logs(self.settings, self.settings.place, self.around.base, SETTING)

    def no_files(self) -> Mapping[str, str]:
        return places.no_files(self.settings, self.around.base)

    def format_of(self, beginning: bytes, log: Log) -> Kind | None:
        kind = kind_of(beginning, log)
        if kind is None and (flaw := flaw_of(beginning)):
            raise RefusedFileError(f"{flaw}. Mend it, or leave it out by `exclude`")
        return kind

    def is_whole(self, name: str) -> bool:
        return name.endswith(("_whole", "_table", "_columns"))

    def records(self, reading: Reading[Log, Kind]) -> Cut:
        return opened(reading.format, reading.log, reading.start)

    def blocks(self, reading: Reading[Log, Kind], records: Any) -> Iterator[Block]:
        context = context_of(reading.log, self.settings, reading.state)
        for found in reading.format.read(records, context):
            yield Block(parsed(found, reading.judged_at), found.state)

    def told(self, log: Log) -> str:
        mappings = [each.model_dump_json() for each in log.mappings]
        return mark_of(log.place, mappings, self.settings.keep_text)

    def unknown(self) -> str:
        return (
            f"{NO_LOG}, by its first 64 KB (docs/detectors.md names them). Leave it out by "
            "`exclude`, say where the answer stands by [[sources.detections.place]] `response`, or map its "
            "columns by [[sources.detections.mapping]]"
        )
