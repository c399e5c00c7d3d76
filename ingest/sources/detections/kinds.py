"""What is a file of detections: a log, an export, telemetry, or a table that a mapping names?

What a mapping names is read by that mapping, whatever it looks like; else the content decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from ingest.sources.approvals.base import Framing
from ingest.sources.approvals.framing import Framed, framed
from ingest.sources.detections import envelopes, formats, langfuse, otel
from ingest.sources.detections.mapped import Parquet, read_columns, read_objects, read_table
from ingest.sources.detections.records import Kind, Log, Read
from ingest.sources.detections.shapes import Shape, Table, first_objects, objects, shape_of

_FRAMINGS: Final[dict[Shape, Framing | None]] = {
    "lines": "lines", "objects": "objects", "whole": "whole", "table": None, "columns": None,
}  # fmt: skip
OWN: Final = "tables of one's own (CSV, JSON, JSON lines, Parquet), by [[sources.detections.mapping]]"
EXPORTS: Final = "scores and traces of Langfuse (JSON, JSON lines, CSV)"
LOGS: Final = "logs of an application around a detector's answer, one JSON object a line"
_MAPPED: Final[dict[Shape, Read]] = {
    "lines": read_objects, "objects": read_objects, "whole": read_objects, "table": read_table,
    "columns": read_columns,
}  # fmt: skip


def mapped(head: bytes) -> Kind:
    """How a file is read that a mapping names."""
    shape = shape_of(head)
    return Kind(f"mapped_{shape}", OWN, _FRAMINGS[shape], _MAPPED[shape])


def kind_of(head: bytes, log: Log) -> Kind | None:
    """What a file is, by its first unpacked bytes; None when nobody knows it."""
    if log.mappings:
        return mapped(head)
    if otel.recognises(head, log.name):
        return otel.OTEL
    shape = shape_of(head)
    if shape == "columns":
        return None
    lines = first_objects(head, shape) or _first_record(log, shape)
    if langfuse.recognises(lines):
        read = langfuse.read_table if shape == "table" else langfuse.read
        return Kind(f"langfuse_{shape}", EXPORTS, _FRAMINGS[shape], read)
    is_log = shape != "table" and envelopes.recognises(lines, log.place)
    return Kind(f"log_{shape}", LOGS, _FRAMINGS[shape], envelopes.read) if is_log else None


def _first_record(log: Log, shape: Shape) -> list[Mapping[str, Any]]:
    """The first object of a file that begins with one longer than the bytes by which files are known."""
    framing = _FRAMINGS[shape]
    found = objects(framed(log.path, framing, 0), log.name) if framing else iter(())
    return [said for _, said in islice(found, 1) if said is not None]


def opened(kind: Kind, log: Log, start: int, *, is_growing: bool = True) -> Framed | Table | Parquet:
    """A file's records, as its kind reads them."""
    if kind.framing is not None:
        return framed(log.path, kind.framing, start)
    is_columns = kind.name.endswith("_columns")
    return Parquet(log.path) if is_columns else Table(log.path, is_growing=is_growing)


def known() -> str:
    """Everything that can be read, in words."""
    answers = "; ".join(each.meaning for each in formats.FORMATS)
    return f"{OWN}; {otel.OTEL.meaning}; {EXPORTS}; {LOGS}, which may be: {answers}"
