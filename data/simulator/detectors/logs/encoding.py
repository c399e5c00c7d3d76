"""How do lines get into a file, and what does an application write around a detector's answer?"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO
from typing import Any, Final

import orjson

from data.simulator.detectors.truth import Item

Line = Mapping[str, Any]


def json_lines(lines: Iterable[Line]) -> bytes:
    """One object per line."""
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def csv_table(columns: tuple[str, ...], rows: Iterable[Line]) -> bytes:
    """A header, and a row for each; what is None is empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return iso(value) if isinstance(value, datetime) else value


def iso(moment: datetime) -> str:
    """A moment in UTC, to the second.

    >>> from datetime import UTC
    >>> iso(datetime(2026, 8, 17, 9, 30, tzinfo=UTC))
    '2026-08-17T09:30:00Z'
    """
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


FEW: Final = ("timestamp", "request_id", "seed_id", "response")  # what a terse application writes


def envelope(item: Item, answer: Any, *, is_terse: bool = False) -> Line:
    """What an application writes around an answer; what it does not know it leaves out."""
    told = {
        "timestamp": None if item.occurred_at is None else iso(item.occurred_at),
        "request_id": item.event_id,
        "conversation_id": item.conversation_id,
        "seed_id": item.seed_id,
        "surface": item.surface,
        "input": item.text,
        "response": answer,
    }
    kept = FEW if is_terse else tuple(told)
    return {name: told[name] for name in kept if told[name] is not None}
