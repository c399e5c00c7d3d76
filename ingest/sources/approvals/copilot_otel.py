"""What do spans of GitHub Copilot tell of agents?

`COPILOT_OTEL_FILE_EXPORTER_PATH` writes spans and metrics as the JavaScript SDK holds them (`startTime` as
seconds and nanoseconds), not as OTLP. No attribute tells of a permission: versions and models alone are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.session_lines import Entry, Telling, entries_in, part, read_through, text
from ingest.sources.approvals.telling import moment

VENDOR: Final = "copilot"
_TYPES: Final = ("span", "metric", "log")
_SERVICE: Final = "copilot"  # in the name of the service
_NAMESPACE: Final = "github.copilot"
_SPANS: Final = "spans of Copilot carry no permission"
_OTHERS: Final = "metrics and logs of Copilot's telemetry carry no permission"
_PARTS_OF_TIME: Final = 2


def _recognises(head: bytes, _name: str) -> bool:
    return any(map(_is_own, entries_in(head)))


def _is_own(entry: Entry) -> bool:
    service = text(part(part(entry, "resource"), "attributes"), "service.name") or ""
    is_named = (text(entry, "name") or "").startswith(_NAMESPACE)
    return text(entry, "type") in _TYPES and (_SERVICE in service or is_named)


def _read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    telling = Telling(context, VENDOR)

    def take(entry: Entry, _record: Record) -> None:
        is_span = text(entry, "type") == "span"
        at = _started_at(entry) if is_span else None
        if at is not None:
            _see(telling, entry, at)
        telling.skip(_SPANS if is_span else _OTHERS)

    yield from read_through(records, telling, take, lambda: context.state)


def _see(telling: Telling, entry: Entry, at: datetime) -> None:
    resource, attributes = part(part(entry, "resource"), "attributes"), part(entry, "attributes")
    telling.sighting("agent_version", text(resource, "service.version"), at)
    telling.sighting("model", text(attributes, "gen_ai.response.model", "gen_ai.request.model"), at)


def _started_at(entry: Entry) -> datetime | None:
    told = entry.get("startTime")
    is_pair = isinstance(told, list) and len(told) == _PARTS_OF_TIME
    return moment(told[0]) if is_pair and isinstance(told, list) else None


COPILOT_OTEL: Final = Format(
    "copilot_otel",
    "spans that GitHub Copilot exports to a file: versions and models; they carry no permission",
    "lines",
    _recognises,
    _read,
)
