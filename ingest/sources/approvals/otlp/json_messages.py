"""Which events does an OTLP message in JSON hold?

The JSON of the protocol is not the JSON of protobuf: ids are hexadecimal, and whole numbers come as text and
as numbers. Only what is read here is decoded; events that nobody wants cost a look at their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, field
from msgspec.json import Decoder

from ingest.sources.approvals.otlp.events import (
    BROKEN,
    FAULTS,
    METRICS,
    UNWANTED,
    Asked,
    Event,
    Origin,
    Value,
    in_time,
    plain_number,
    written,
)

_CLAUDE: Final = "claude_code."


class _Part(Struct, gc=False, rename="camel"):
    """Any object; what is not told is null."""


class _Value(_Part, gc=False, rename="camel"):
    string_value: str | None = None
    int_value: int | str | None = None
    bool_value: bool | None = None
    double_value: float | str | None = None


class _Attribute(_Part, gc=False, rename="camel"):
    key: str
    value: _Value = field(default_factory=_Value)


class _Log(_Part, gc=False, rename="camel"):
    time_unix_nano: Any = None
    observed_time_unix_nano: Any = None
    event_name: str | None = None
    span_id: str | None = None
    body: _Value | None = None
    attributes: list[_Attribute] | None = None


class _SpanEvent(_Part, gc=False, rename="camel"):
    name: str = ""
    time_unix_nano: Any = None
    attributes: list[_Attribute] | None = None


class _Span(_Part, gc=False, rename="camel"):
    name: str = ""
    start_time_unix_nano: Any = None
    end_time_unix_nano: Any = None
    span_id: str | None = None
    parent_span_id: str | None = None
    attributes: list[_Attribute] | None = None
    events: list[_SpanEvent] | None = None


class _Scope(_Part, gc=False, rename="camel"):
    log_records: list[_Log] | None = None
    spans: list[_Span] | None = None


class _Resource(_Part, gc=False, rename="camel"):
    attributes: list[_Attribute] | None = None


class _Block(_Part, gc=False, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_Scope] | None = None
    scope_spans: list[_Scope] | None = None


class _Message(_Part, gc=False, rename="camel"):
    resource_logs: list[_Block] | None = None
    resource_spans: list[_Block] | None = None
    resource_metrics: list[Any] | None = None


_DECODE: Final = Decoder(_Message).decode


def json_events(content: bytes, asked: Asked) -> list[Event]:
    """Wanted events of a message; ValueError when it is no JSON, or no message."""
    message = _DECODE(content)
    asked.others[METRICS] += bool(message.resource_metrics)
    found: list[Event] = []
    for block in message.resource_logs or ():
        origin = _origin(block, asked)
        for scope in block.scope_logs or ():
            found += _logs(scope.log_records or (), origin, asked)
    for block in message.resource_spans or ():
        origin = _origin(block, asked)
        for scope in block.scope_spans or ():
            found += _spans(scope.spans or (), origin, asked)
    return found


def _origin(block: _Block, asked: Asked) -> Origin:
    return asked.origin(_told(block.resource.attributes if block.resource else None))


def _logs(records: Sequence[_Log], origin: Origin, asked: Asked) -> Iterator[Event]:
    """Events that are wanted; one that is no event spoils no other."""
    wanted, unwanted = asked.wanted, 0
    for record in records:
        body = record.body
        name = body.string_value if body else None
        told = None
        if name not in wanted:
            is_known = name is not None and name.startswith(_CLAUDE)
            told = {} if is_known else _told(record.attributes)
            name = None if is_known else asked.name_of(name or record.event_name, told, origin)
        if name is None:
            unwanted += 1
            continue
        told = _told(record.attributes) if told is None else told
        try:
            at = _at(record, told, asked)
        except FAULTS:
            asked.others[BROKEN] += 1
            continue
        yield Event(name, told, at, None, _id(record.span_id), None, origin)
    asked.others[UNWANTED] += unwanted


def _at(record: _Log, told: dict[str, Value], asked: Asked) -> int:
    if record.time_unix_nano:
        at = int(record.time_unix_nano) // 1000
        if at:
            return in_time(at)
    return written(told) or asked.moment(record.observed_time_unix_nano)


def _spans(spans: Sequence[_Span], origin: Origin, asked: Asked) -> Iterator[Event]:
    for span in spans:
        if asked.has_span_events:
            yield from _inside(span, origin, asked)
        if span.name not in asked.wanted:
            asked.others[UNWANTED] += 1
            continue
        try:
            times = (asked.moment(span.start_time_unix_nano), asked.moment(span.end_time_unix_nano))
        except FAULTS:
            asked.others[BROKEN] += 1
            continue
        ids = (_id(span.span_id), _id(span.parent_span_id))
        yield Event(span.name, _told(span.attributes), *times, *ids, origin)


def _inside(span: _Span, origin: Origin, asked: Asked) -> Iterator[Event]:
    """Wanted events of a span; they are of the span."""
    for event in span.events or ():
        if event.name not in asked.wanted:
            continue
        try:
            at = asked.moment(event.time_unix_nano)
        except FAULTS:
            asked.others[BROKEN] += 1
            continue
        ids = (_id(span.span_id), _id(span.parent_span_id))
        yield Event(event.name, _told(event.attributes), at, None, *ids, origin)


def _id(told: str | None) -> str | None:
    return told.lower() if told else None


def _told(attributes: Sequence[_Attribute] | None) -> dict[str, Value]:
    """Attributes as text; lists and bags have none."""
    return {
        each.key: text if (text := each.value.string_value) is not None else _plain(each.value)
        for each in attributes or ()
    }


def _plain(value: _Value) -> Value:
    if value.int_value is not None:
        return str(value.int_value)
    if value.bool_value is not None:
        return "true" if value.bool_value else "false"
    return None if value.double_value is None else plain_number(value.double_value)
