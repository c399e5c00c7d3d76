"""What did an item say: read again from its log, as nothing of it is stored?

The text goes to whoever labels it, and nowhere else. A log that was changed, moved or deleted gives nothing,
and neither does a text that is not the one that the detector saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from ingest.errors import PilotError
from ingest.settings import DetectionsSettings
from ingest.sources.approvals.framing import head
from ingest.sources.detections import places
from ingest.sources.detections.kinds import kind_of, opened
from ingest.sources.detections.mapped import Parquet
from ingest.sources.detections.places import inside
from ingest.sources.detections.pulling import SETTING
from ingest.sources.detections.records import Kind, Log, hash_of
from ingest.sources.detections.shapes import Table, objects

_ROW = "row "


def text_of(row_ref: str, sha256: str | None, settings: DetectionsSettings, base: Path) -> str | None:
    """Text of the item that a row of `detections` is about; None where it cannot be had.

    Parameters
    ----------
    row_ref
        `raw_ref` of the row: the file's name and the place in it.
    sha256
        `content_sha256` of the row; without it nothing could say that a text is the right one.
    settings, base
        [sources.detections], and the folder that its paths start from.
    """
    if sha256 is None:
        return None
    try:
        candidates = _candidates(row_ref, settings, base)
        return next((text for text in candidates if hash_of(text) == sha256), None)
    except (PilotError, OSError, pl.exceptions.PolarsError):
        return None


def _candidates(row_ref: str, settings: DetectionsSettings, base: Path) -> Iterator[str]:
    """Every text of the record at a place."""
    name, _, at = row_ref.rpartition("#")
    logs = places.logs(settings, settings.place, base, SETTING)
    log = next((each for each in logs if each.name == name), None)
    kind = kind_of(head(log.path), log) if log else None
    if log is None or kind is None:
        return
    if kind.name.endswith("_columns"):
        yield from _cell(log, at)
        return
    record = _record(log, kind, row_ref, at)
    if record is not None:
        yield from _told(log, record)
        yield from _strings(record)


def _cell(log: Log, at: str) -> Iterator[str]:
    column = _content_of(log)
    row = int(at.removeprefix(_ROW)) - 1
    told = pl.scan_parquet(log.path).select(column).slice(row, 1).collect()
    yield from (str(value) for value in told.to_series() if value is not None)


def _record(log: Log, kind: Kind, row_ref: str, at: str) -> Mapping[str, Any] | None:
    """The record at a place; of a file that is read by offsets only this one is read."""
    start = int(at) if at.isdigit() and kind.framing in {"lines", "objects"} else 0
    records = opened(kind, log, start)
    if isinstance(records, Parquet):
        return None
    rows = records.rows(log.name) if isinstance(records, Table) else objects(records, log.name)
    wanted = islice(rows, 1) if start else rows
    return next((said for place, said in wanted if place == row_ref), None)


def _told(log: Log, record: Mapping[str, Any]) -> Iterator[str]:
    """What the settings call the content."""
    found = inside(record, log.place.content or _content_of(log))
    if isinstance(found, str):
        yield found


def _content_of(log: Log) -> str:
    """Their column that holds the text."""
    return next((each.rename["content"] for each in log.mappings if "content" in each.rename), "content")


def _strings(said: Any) -> Iterator[str]:
    """Every text in a record: its hash tells which is meant."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        for value in said.values():
            yield from _strings(value)
    elif isinstance(said, list):
        for value in said:
            yield from _strings(value)
