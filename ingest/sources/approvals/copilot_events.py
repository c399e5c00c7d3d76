"""What do events of GitHub Copilot CLI tell of permission prompts?

`~/.copilot/session-state/<session>/events.jsonl` keeps every request and every answer with its time: the
best evidence there is. A request that a hook has answered was never shown. One that stays without an answer
is pending, and tells no more. The session is named once, at its start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from ingest.contracts.pull_requests import REPOSITORY
from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.copilot_requests import request_of
from ingest.sources.approvals.copilot_verdicts import CARRIED, verdict_of
from ingest.sources.approvals.session_lines import (
    Entry,
    Telling,
    entries_in,
    part,
    read_through,
    server_of,
    spelled,
    text,
)
from ingest.sources.approvals.telling import moment, shown
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "copilot"
_FAMILIES: Final = ("session.", "assistant.", "user.message", "tool.", "permission.", "system.", "hook.")
MODES: Final = {"manual": "default", "assisted": "auto", "allow-all": "bypass"}
_ALLOW_ALL: Final = {"off": "default", "on": "bypass", "auto": "auto", "assisted": "auto"}
_NO_MODEL: Final = "auto"  # a router that picks one
_PERSON: Final = "user"  # the source of messages that a person wrote, where it is told
_REFUSED: Final = ("denied", "rejected")
_EVENTS_STEM: Final = "events"  # the folder bears the session's name
_OPEN_KEPT: Final = 200  # requests, for the part after


def mode_of(data: Entry) -> str | None:
    """Permission mode after a change, in words of the contract.

    >>> mode_of({"mode": "assisted"}), mode_of({"allowAllPermissions": True}), mode_of({})
    ('auto', 'bypass', None)
    """
    named, allowed = text(data, "mode"), text(data, "allowAllPermissionMode")
    if named:
        return MODES.get(named, "other")
    if allowed:
        return _ALLOW_ALL.get(allowed, "other")
    told = data.get("allowAllPermissions")
    return ("bypass" if told else "default") if isinstance(told, bool) else None


def _recognises(head: bytes, _name: str) -> bool:
    entries = list(entries_in(head))
    is_cut_line = not entries and head[:1] == b"{"
    return any(map(_is_own, entries)) or (is_cut_line and b'"copilotVersion":' in head)


def _is_own(entry: Entry) -> bool:
    kind = text(entry, "type") or ""
    is_event = isinstance(entry.get("data"), dict) and text(entry, "id") is not None
    return is_event and kind.startswith(_FAMILIES) and "timestamp" in entry


def _read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    events = _Events(context)
    yield from read_through(records, events.telling, events.take, events.state)


class _Events:
    """One file of events, in their order."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.telling = Telling(context, VENDOR)
        left, path = context.state, PurePosixPath(context.name)
        named = path.parent.name if path.stem == _EVENTS_STEM else path.stem
        self.session = text(left, "session") or named or path.stem
        self.version, self.model = text(left, "version"), text(left, "model")
        self.mode, self.repository = text(left, "mode"), text(left, "repository")
        self.open: dict[str, dict[str, Any]] = dict(part(left, "open"))  # request -> what it asked for
        self.verdicts: dict[str, Any] = dict(part(left, "verdicts"))  # call -> decision
        self.tell: Mapping[str, Callable[[Entry, datetime], dict[str, Any]]] = {
            "session.start": self._start,
            "session.resume": self._start,
            "session.model_change": self._learn_model,
            "session.auto_mode_resolved": self._learn_model,
            "session.permissions_changed": self._change_mode,
            "session.shutdown": self._shut_down,
            "user.message": self._prompted,
            "assistant.message": self._learn_model,
            "tool.execution_start": self._called,
            "tool.execution_complete": self._ended,
            "permission.requested": self._requested,
            "permission.completed": self._completed,
            "permission.carriedForward": self._carried,
        }

    def state(self) -> Mapping[str, Any]:
        """What the part after needs to know; no text of requests."""
        names = ("session", "version", "model", "mode", "repository")
        known = {name: getattr(self, name) for name in names}
        return known | {"open": _last(self.open), "verdicts": _last(self.verdicts)}

    def take(self, entry: Entry, record: Record) -> None:
        """One event."""
        at, kind = moment(entry.get("timestamp")), text(entry, "type")
        if at is None or kind is None:
            self.telling.unreadable(record)
            return
        tell = self.tell.get(kind)
        told = tell(part(entry, "data"), at) if tell else {}
        self._see(at)
        if told:
            self.telling.signal(record, self._row(at) | told)
        else:
            self.telling.skip("events of Copilot that tell of no prompt, call or task")

    def _row(self, at: datetime) -> dict[str, Any]:
        return {
            "session_id": self.session, "at": at, "agent_version": self.version, "model": self.model,
            "repository": self.repository,
        }  # fmt: skip

    def _see(self, at: datetime) -> None:
        self.telling.sighting("agent_version", self.version, at, repository=self.repository)
        self.telling.sighting("model", self.model, at, repository=self.repository)
        self.telling.sighting("mode", self.mode, at, repository=self.repository)

    def _start(self, data: Entry, at: datetime) -> dict[str, Any]:
        self.session = text(data, "sessionId") or self.session
        self.version = text(data, "copilotVersion") or self.version
        named = text(part(data, "context"), "repository") or ""
        self.repository = named if _is_repository(named) else self.repository
        return self._learn_model(data, at)

    def _learn_model(self, data: Entry, _at: datetime) -> dict[str, Any]:
        told = text(data, "newModel", "chosenModel", "selectedModel", "model")
        self.model = told if told and told != _NO_MODEL else self.model
        return {}

    def _change_mode(self, data: Entry, _at: datetime) -> dict[str, Any]:
        mode = mode_of(data)
        self.mode = mode or self.mode
        return {"kind": "mode", "mode": mode} if mode else {}

    def _shut_down(self, _data: Entry, _at: datetime) -> dict[str, Any]:
        """What is open now stays without an answer."""
        self.open, self.verdicts = {}, {}
        return {}

    def _prompted(self, data: Entry, _at: datetime) -> dict[str, Any]:
        is_of_person = text(data, "source") in (None, _PERSON)
        return {"kind": "prompted", **shown(text(data, "content"), self.context)} if is_of_person else {}

    def _called(self, data: Entry, at: datetime) -> dict[str, Any]:
        self._learn_model(data, at)
        call, tool = text(data, "toolCallId"), _tool_of(data)
        self.telling.sighting("mcp_server", server_of(tool or ""), at, repository=self.repository)
        known = {
            "kind": "called", "call_id": call, "tool_name": tool, "request_kind": request_kind(tool),
            "is_read_only": is_read_only(tool), "mode": self.mode,
        }  # fmt: skip
        return known | shown(spelled(data.get("arguments")), self.context) if call else {}

    def _ended(self, data: Entry, _at: datetime) -> dict[str, Any]:
        """A call that failed may have been refused: it is only said to have run where that is told."""
        call = text(data, "toolCallId")
        code = text(part(data, "error"), "code")
        decided = self.verdicts.pop(call, None) if call else None
        has_run = data.get("success") is True or decided == "accept"
        decision = "accept" if has_run else ("reject" if code in _REFUSED else decided)
        known = {
            "kind": "ended",
            "call_id": call,
            "decision": decision,
            "source_raw": "ran" if has_run else code,
        }
        return known if call else {}

    def _requested(self, data: Entry, at: datetime) -> dict[str, Any]:
        identity, request = text(data, "requestId"), part(data, "permissionRequest")
        call = text(request, "toolCallId") or identity
        if call is None:
            return {}
        told = request_of(request, self.context) | {"call_id": call, "mode": self.mode}
        is_by_hook = data.get("resolvedByHook") is True
        if identity:
            self.open[identity] = {k: v for k, v in told.items() if k != "content_text"} | {
                "by_hook": is_by_hook
            }
        self.telling.sighting(
            "mcp_server", server_of(told["tool_name"] or ""), at, repository=self.repository
        )
        return {} if is_by_hook else {"kind": "asked", **told}

    def _completed(self, data: Entry, _at: datetime) -> dict[str, Any]:
        identity = text(data, "requestId") or ""
        asked = dict(self.open.pop(identity, {}))
        is_by_hook = asked.pop("by_hook", False) is True
        call = text(asked, "call_id") or text(data, "toolCallId") or identity
        verdict = verdict_of(
            text(part(data, "result"), "kind"), text(data, "decisionSource"), is_by_hook=is_by_hook
        )
        if verdict is None or not call:
            return {}
        self.verdicts[call] = verdict.decision
        said = {
            "kind": "decided", "call_id": call, "decision": verdict.decision, "actor": verdict.actor,
            "scope": verdict.scope, "source_raw": verdict.source_raw,
        }  # fmt: skip
        return asked | said

    def _carried(self, data: Entry, _at: datetime) -> dict[str, Any]:
        """An earlier grant answered, and no prompt was raised."""
        call = text(data, "toolCallId", "requestId")
        said = {
            "kind": "decided", "call_id": call, "decision": "accept", "actor": "policy", "scope": "carried",
            "source_raw": CARRIED, "mode": self.mode,
        }  # fmt: skip
        return said if call else {}


def _tool_of(data: Entry) -> str | None:
    server, tool = text(data, "mcpServerName"), text(data, "mcpToolName")
    return f"mcp__{server}__{tool}" if server and tool else text(data, "toolName")


def _is_repository(named: str) -> bool:
    return re.fullmatch(REPOSITORY, named) is not None


def _last(told: Mapping[str, Any]) -> dict[str, Any]:
    return dict(list(told.items())[-_OPEN_KEPT:])


COPILOT_EVENTS: Final = Format(
    "copilot_events",
    "events of GitHub Copilot CLI (~/.copilot/session-state/*/events.jsonl): requests and answers with times",
    "lines",
    _recognises,
    _read,
)
