"""How do the messages of an OTLP file become signals?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ingest.sources.approvals.base import Context, Found, Record
from ingest.sources.approvals.otlp import claude_code, claude_columns, codex, gemini
from ingest.sources.approvals.otlp.binary_messages import binary_events, is_binary_message
from ingest.sources.approvals.otlp.desk import Desk
from ingest.sources.approvals.otlp.events import BROKEN, FAULTS, METRICS, Asked, Event
from ingest.sources.approvals.otlp.json_messages import json_events

AGENTS: Final = (claude_code, codex, gemini)
HANDLERS: Final[Mapping[str, Callable[[Event, Desk], None]]] = {
    name: handler for agent in AGENTS for name, handler in agent.HANDLERS.items()
}
VENDORS: Final = {name: agent.VENDOR for agent in AGENTS for name in agent.HANDLERS}
FOREIGN: Final = "telemetry of other services"
_MARKS: Final = (b"claude", b"codex", b"gemini_cli")  # of these agents' services and events
_JSON_BEGINNINGS: Final = (b'"resourceLogs"', b'"resourceSpans"', b'"resourceMetrics"')
_EVENT_BEGINNINGS: Final = _JSON_BEGINNINGS[:2]
_NEAR: Final = 4_096


def recognises(head: bytes, _name: str) -> bool:
    """Whether a file that begins so is OTLP: JSON that names its resources, or messages of protobuf."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return any(beginning in start[:_NEAR] for beginning in _JSON_BEGINNINGS)
    return head.startswith(b"\n") and (is_binary_message(head) or _is_cut_message(head))


def _is_cut_message(head: bytes) -> bool:
    """A message that is longer than what is looked at, or more than one: resources come first in it."""
    return b"service.name" in head[:_NEAR] or any(mark in head[:_NEAR] for mark in _MARKS)


def read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    """Signals and sightings of messages, block by block."""
    desk, asked = Desk(context, claude_columns.signals), Asked(frozenset(HANDLERS))
    for record in records:
        _take(record, desk, asked)
        if desk.is_full:
            yield _found(desk, asked)
    yield _found(desk, asked)


def _found(desk: Desk, asked: Asked) -> Found:
    desk.left_out.update(asked.others)
    asked.others.clear()
    return desk.found()


def _take(record: Record, desk: Desk, asked: Asked) -> None:
    content = record.content
    if not any(mark in content for mark in _MARKS):
        _pass_by(record, desk)
        return
    if content.startswith(b"{") and not any(beginning in content for beginning in _EVENT_BEGINNINGS):
        desk.left_out[METRICS] += 1
        return
    desk.begin(record)
    try:
        events = _events(content, asked)
    except FAULTS:
        desk.refuse(record, "other")
        return
    if _hand_on(events, desk) + asked.others.pop(BROKEN, 0):
        desk.refuse(record, "other")


def _pass_by(record: Record, desk: Desk) -> None:
    """Nothing of these agents is in it; that it is a message at all is seen by its ends, or by reading it."""
    content = record.content
    is_plain = content.startswith(b'{"resource') and content.endswith(b"}")
    if is_plain or _is_message(content):
        desk.left_out[FOREIGN] += 1
    else:
        desk.refuse(record, "other")


def _is_message(content: bytes) -> bool:
    try:
        _events(content, Asked(()))
    except FAULTS:
        return False
    return True


def _events(content: bytes, asked: Asked) -> list[Event]:
    is_json = content.startswith(b"{") or content.lstrip().startswith(b"{")
    return json_events(content, asked) if is_json else binary_events(content, asked)


def _hand_on(events: Iterable[Event], desk: Desk) -> int:
    """Give events to those who know them; how many of them said something impossible."""
    faults, origin = 0, None
    for event in events:
        try:
            HANDLERS[event.name](event, desk)
        except FAULTS:
            faults += 1
        if event.origin is not origin:
            origin = event.origin
            version = event.text("app.version") or origin.version
            desk.sighting(VENDORS[event.name], "agent_version", version, event)
    return faults
