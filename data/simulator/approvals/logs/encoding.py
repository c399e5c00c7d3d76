"""How does a collector lay OTLP messages into a file: as lines, or behind lengths, packed or not?

A message is a dict in the shape of OTLP/JSON; the binary forms hold just the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson
import zstandard
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

Message = dict[str, Any]

LENGTH_BYTES: Final = 4  # big-endian, before each message
AS_TEXT: Final = ("duration_ms", "tool_input_size_bytes")  # int64 as a string, as OTLP/JSON wants it


def attribute(key: str, value: str | float | bool) -> Message:  # noqa: FBT001 - a value, not a switch
    """One attribute; whole numbers come as JSON numbers or as strings, as collectors have been seen to do.

    >>> attribute("event.sequence", 3), attribute("duration_ms", 3)
    ({'key': 'event.sequence', 'value': {'intValue': 3}}, {'key': 'duration_ms', 'value': {'intValue': '3'}})
    """
    if isinstance(value, bool):
        return {"key": key, "value": {"boolValue": value}}
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value) if key in AS_TEXT else value}}
    if isinstance(value, float):
        return {"key": key, "value": {"doubleValue": value}}
    return {"key": key, "value": {"stringValue": value}}


def attributes(told: dict[str, Any]) -> list[Message]:
    """Attributes of a record; what is None is not told."""
    return [attribute(key, value) for key, value in told.items() if value is not None]


def json_lines(messages: Iterable[Message]) -> bytes:
    """One message per line: the collector's `format: json`."""
    return b"".join(orjson.dumps(message) + b"\n" for message in messages)


def length_prefixed(messages: Iterable[Message]) -> bytes:
    """Protobuf messages behind their lengths: the collector's `format: proto`."""
    return b"".join(_behind_length(binary(message)) for message in messages)


def zstd_messages(messages: Iterable[Message], *, as_json: bool = False) -> bytes:
    """Each message packed by itself, behind its length: what `compression: zstd` long meant."""
    packer = zstandard.ZstdCompressor(level=3)
    encode = orjson.dumps if as_json else binary
    return b"".join(_behind_length(packer.compress(encode(message))) for message in messages)


def zstd_stream(messages: Iterable[Message], *, as_json: bool = True) -> bytes:
    """The whole file as one stream: native compression of newer collectors."""
    plain = json_lines(messages) if as_json else length_prefixed(messages)
    return zstandard.ZstdCompressor(level=3).compress(plain)


def _behind_length(message: bytes) -> bytes:
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def binary(message: Message) -> bytes:
    """An export request as protobuf."""
    if "resourceLogs" in message:
        logs = map(_resource_logs, message["resourceLogs"])
        told: bytes = ExportLogsServiceRequest(resource_logs=logs).SerializeToString(deterministic=True)
        return told
    spans = map(_resource_spans, message["resourceSpans"])
    made: bytes = ExportTraceServiceRequest(resource_spans=spans).SerializeToString(deterministic=True)
    return made


def _resource_logs(part: Message) -> ResourceLogs:
    scopes = [
        ScopeLogs(scope=_scope(scope), log_records=map(_log_record, scope["logRecords"]))
        for scope in part["scopeLogs"]
    ]
    return ResourceLogs(resource=_resource(part), scope_logs=scopes)


def _resource_spans(part: Message) -> ResourceSpans:
    scopes = [
        ScopeSpans(scope=_scope(scope), spans=map(_span, scope["spans"])) for scope in part["scopeSpans"]
    ]
    return ResourceSpans(resource=_resource(part), scope_spans=scopes)


def _resource(part: Message) -> Resource:
    return Resource(attributes=_pairs(part["resource"]["attributes"]))


def _scope(part: Message) -> InstrumentationScope:
    return InstrumentationScope(name=part["scope"]["name"])


def _log_record(record: Message) -> LogRecord:
    return LogRecord(
        time_unix_nano=int(record["timeUnixNano"]),
        observed_time_unix_nano=int(record["observedTimeUnixNano"]),
        body=_value(record["body"]),
        attributes=_pairs(record["attributes"]),
        trace_id=bytes.fromhex(record.get("traceId", "")),
        span_id=bytes.fromhex(record.get("spanId", "")),
    )


def _span(span: Message) -> Span:
    return Span(
        trace_id=bytes.fromhex(span["traceId"]),
        span_id=bytes.fromhex(span["spanId"]),
        parent_span_id=bytes.fromhex(span.get("parentSpanId", "")),
        name=span["name"],
        start_time_unix_nano=int(span["startTimeUnixNano"]),
        end_time_unix_nano=int(span["endTimeUnixNano"]),
        attributes=_pairs(span["attributes"]),
    )


def _pairs(told: list[Message]) -> list[KeyValue]:
    return [KeyValue(key=each["key"], value=_value(each["value"])) for each in told]


def _value(told: Message) -> AnyValue:
    if "intValue" in told:
        return AnyValue(int_value=int(told["intValue"]))
    if "boolValue" in told:
        return AnyValue(bool_value=told["boolValue"])
    if "doubleValue" in told:
        return AnyValue(double_value=told["doubleValue"])
    return AnyValue(string_value=told["stringValue"])
