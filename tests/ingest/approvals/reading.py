"""How tests hand records to a format, as pulling does, and look at what it gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from ingest.checking import check
from ingest.contracts import APPROVAL_SIGNALS
from ingest.sources.approvals.base import Context, Format, Record, frame, sighting_frame

SHARED = Path(__file__).parents[3] / ".." / "shared" / "real" / "approvals"
Row = dict[str, Any]


def pseudonym(account: str | None) -> str | None:
    return f"p-{len(account)}" if account else None


def context(name: str = "log.jsonl", **parts: Any) -> Context:
    return Context(**{"name": name, "person": pseudonym, **parts})


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)


@dataclass(frozen=True)
class Reading:
    """What a format gave for some records."""

    signals: list[Row]
    sightings: list[Row]
    left_out: Counter[str]
    state: Mapping[str, Any]

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.signals if row["kind"] == kind]

    def one(self, kind: str) -> Row:
        (row,) = self.of(kind)
        return row

    def names(self, kind: str) -> list[str]:
        return [row["name"] for row in self.sightings if row["kind"] == kind]

    def broken(self) -> list[list[str]]:
        """Rules that the signals break, as quarantine would name them."""
        now = pl.lit(datetime(2026, 12, 1, tzinfo=UTC)).dt.cast_time_unit("us")
        stamped = frame(self.signals).with_columns(source=pl.lit("approvals"), ingested_at=now)
        return check(stamped, APPROVAL_SIGNALS).rejected["broken_rules"].to_list()


def read(told: Format, records: Iterable[bytes], about: Context | None = None) -> Reading:
    """Signals as columns of the contract hold them."""
    source = [Record(content, place) for place, content in enumerate(records)]
    found = list(told.read(source, about or context()))
    rows = [row for one in found for row in one.signals]
    signals = frame(rows).to_dicts()
    sightings = sighting_frame([row for one in found for row in one.sightings]).to_dicts()
    left_out: Counter[str] = Counter()
    for one in found:
        left_out.update(one.left_out)
    return Reading(signals, sightings, left_out, found[-1].state if found else {})


def lines(*said: Mapping[str, Any]) -> Sequence[bytes]:
    return [orjson.dumps(each) for each in said]
