"""Which events does an OTLP message in protobuf hold?

A message does not say what it is: requests for logs, spans and metrics begin alike. Each is tried, and the
one whose times stand where they belong is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest.sources.approvals.otlp.events import (
    BROKEN,
    FAULTS,
    METRICS,
    UNWANTED,
    Asked,
    Event,
    Origin,
    Value,
    moment,
    plain_number,
    written,
)

_CLAUDE: Final = "claude_code."
_MICROSECOND: Final = 1000  # nanoseconds


def binary_events(content: bytes, asked: Asked) -> list[Event]:
    """Wanted events of a message; ValueError when it is none of the protocol."""
    for trial in _TRIALS:
        found = trial(content, asked)
        if found is not None:
            return found
    raise ValueError("no OTLP message: a request that exports logs, spans or metrics was expected")


def is_binary_message(content: bytes) -> bool:
    """Whether it is a whole message of the protocol.

    >>> is_binary_message(b"no such thing"), is_binary_message(b"")
    (False, False)
    """
    try:
        binary_events(content, Asked(()))
    except ValueError:
        return False
    return True


def _logs(content: bytes, asked: Asked) -> list[Event] | None:
    request = _parsed(ExportLogsServiceRequest, content)
    parts = request.resource_logs if request else ()
    records = [record for part in parts for scope in part.scope_logs for record in scope.log_records]
    if not any(_is_log(record, asked) for record in records):
        return None
    return [
        event
        for part in parts
        for scope in part.scope_logs
        for event in _events(scope.log_records, asked.origin(_told(part.resource.attributes)), asked, _log)
    ]


def _is_log(record: LogRecord, asked: Asked) -> bool:
    """Whether it tells a moment where a log record does, or is wanted without one."""
    is_wanted = asked.has_timeless and record.event_name in asked.wanted
    return bool(record.time_unix_nano or record.observed_time_unix_nano) or is_wanted


def _spans(content: bytes, asked: Asked) -> list[Event] | None:
    request = _parsed(ExportTraceServiceRequest, content)
    parts = request.resource_spans if request else ()
    if not any(
        span.start_time_unix_nano for part in parts for scope in part.scope_spans for span in scope.spans
    ):
        return None
    return [
        event
        for part in parts
        for scope in part.scope_spans
        for event in _events(scope.spans, asked.origin(_told(part.resource.attributes)), asked, _span)
    ]


def _metrics(content: bytes, asked: Asked) -> list[Event] | None:
    request = _parsed(ExportMetricsServiceRequest, content)
    parts = request.resource_metrics if request else ()
    if not any(metric.name for part in parts for scope in part.scope_metrics for metric in scope.metrics):
        return None
    asked.others[METRICS] += 1
    return []


_TRIALS: Final[tuple[Callable[[bytes, Asked], list[Event] | None], ...]] = (_logs, _spans, _metrics)


def _parsed(kind: Any, content: bytes) -> Any:
    try:
        return kind.FromString(content)
    except DecodeError:
        return None


def _events(records: Iterable[Any], origin: Origin, asked: Asked, read: Any) -> Iterator[Event]:
    for record in records:
        if asked.has_span_events and isinstance(record, Span):
            yield from _inside(record, origin, asked)
        try:
            event = read(record, origin, asked)
        except FAULTS:
            asked.others[BROKEN] += 1
            continue
        if event is None:
            asked.others[UNWANTED] += 1
        else:
            yield event


def _log(record: LogRecord, origin: Origin, asked: Asked) -> Event | None:
    name = record.body.string_value
    is_wanted = name in asked.wanted
    if not is_wanted and name.startswith(_CLAUDE):
        return None
    told = _told(record.attributes)
    full = name if is_wanted else asked.name_of(name or record.event_name, told, origin)
    if not full:
        return None
    exact = moment(record.time_unix_nano) if record.time_unix_nano >= _MICROSECOND else None
    at = exact or written(told) or asked.moment(record.observed_time_unix_nano)
    return Event(full, told, at, None, record.span_id.hex() or None, None, origin)


def _span(record: Span, origin: Origin, asked: Asked) -> Event | None:
    if record.name not in asked.wanted:
        return None
    began, ended = asked.moment(record.start_time_unix_nano), asked.moment(record.end_time_unix_nano)
    ids = (record.span_id.hex() or None, record.parent_span_id.hex() or None)
    return Event(record.name, _told(record.attributes), began, ended, *ids, origin)


def _inside(span: Span, origin: Origin, asked: Asked) -> Iterator[Event]:
    """Wanted events of a span; they are of the span."""
    ids = (span.span_id.hex() or None, span.parent_span_id.hex() or None)
    for event in span.events:
        if event.name not in asked.wanted:
            continue
        try:
            at = asked.moment(event.time_unix_nano)
        except FAULTS:
            asked.others[BROKEN] += 1
            continue
        yield Event(event.name, _told(event.attributes), at, None, *ids, origin)


def _told(attributes: Iterable[KeyValue]) -> dict[str, Value]:
    return {each.key: each.value.string_value or _plain(each.value) for each in attributes}


def _plain(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    if kind == "int_value":
        return str(value.int_value)
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    if kind == "double_value":
        return plain_number(value.double_value)
    return "" if kind == "string_value" else None
