"""What do the logs of Gemini CLI say: the telemetry of its `outfile`, its hooks, its chat transcripts?

Its `decision` tells nothing of people (`accept` also stands where a rule allowed the call unasked, a lasting
grant reads `auto_accept`, one that was saved reads `reject`); only `modify` is always a person. That a person
was asked, the hook notification ToolPermission says. A call's `duration_ms` includes the wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.telling import (
    Told,
    digest,
    first_moment,
    items,
    mapping,
    moment,
    number,
    seconds,
    shown,
    text,
    told_by,
    truth,
)  # fmt: skip
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "gemini"
NO_PERMISSION: Final = "telemetry of Gemini that says nothing of permissions"
NO_HOOK: Final = "hooks of Gemini that say nothing of permissions"
NO_CALLS: Final = "calls in Gemini chats: they do not say who allowed them"
NO_TASK: Final = "lines of Gemini chats that say nothing of permissions"
MODES: Final = {"default": "default", "autoedit": "accept_edits", "yolo": "bypass", "plan": "plan"}
_KINDS: Final = {  # of what a person is asked to confirm
    "exec": "command", "edit": "edit", "mcp": "mcp", "info": "fetch", "ask_user": "question",
    "exit_plan_mode": "plan",
}  # fmt: skip
_OWN_HOOKS: Final = (b'"BeforeTool"', b'"AfterTool"', b'"BeforeAgent"', b'"AfterAgent"', b'"BeforeModel"')
_OWN_EVENT: Final = re.compile(rb'(?<!\\)"gemini_cli\.')  # not inside a text of another log
_RESOURCE_PLACES: Final = ("attributes", "_attributes", "_memoizedAttributes", "_syncAttributes")
_ACCEPTED: Final = ("accept", "auto_accept", "modify")
_BY_RULE: Final = "policy_violation"
_MODELS: Final = ("model", "gen_ai.request.model")


def mode_of(word: Any) -> str | None:
    """Permission mode in words of the contract.

    >>> [mode_of(word) for word in ("autoEdit", "yolo", "auto_edit", "zen", None)]
    ['accept_edits', 'bypass', 'accept_edits', 'other', None]
    """
    told = text(word)
    return MODES.get(told.lower().replace("_", ""), "other") if told else None


# -- telemetry and hooks ---------------------------------------------------------------------------


def _is_outfile(head: bytes, _name: str) -> bool:
    is_otlp = any(word in head for word in (b'"resourceLogs"', b'"resourceSpans"', b'"resourceMetrics"'))
    is_telemetry = _OWN_EVENT.search(head) is not None or (
        b'"gemini-cli"' in head and b'"service.name"' in head
    )
    is_hook = b'"hook_event_name"' in head and any(word in head for word in _OWN_HOOKS)
    is_told = is_telemetry or is_hook or b'"ToolPermission"' in head
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and is_told and not is_otlp


class _Outfile:
    """Reads telemetry records and hook notifications; nothing has to be remembered between them."""

    vendor = VENDOR

    def __init__(self, context: Context) -> None:
        self._context = context

    def left(self) -> Mapping[str, Any]:
        return {}

    def tell(self, said: Mapping[str, Any]) -> Told:
        if "hook_event_name" in said or "notification_type" in said:
            return self._hook(said)
        event = _Event(said, self._context)
        reader = {
            "tool_call": self._call, "user_prompt": self._task, "config": self._configuration,
            "approval_mode_switch": self._switch,
        }.get(event.name)  # fmt: skip
        return reader(event) if reader else Told((), event.sightings(), NO_PERMISSION)

    def _hook(self, said: Mapping[str, Any]) -> Told:
        if said.get("notification_type") != "ToolPermission":
            return Told(left_out=NO_HOOK)
        details = mapping(said.get("details"))
        what = text(details.get("command")) or text(details.get("fileDiff")) or text(details.get("prompt"))
        tool = text(details.get("toolName"))
        kind = _KINDS.get(str(details.get("type"))) or request_kind(tool)
        asked = {
            "vendor": VENDOR, "session_id": text(said.get("session_id")), "kind": "asked",
            "at": first_moment(said, ("timestamp", "ts", "received_at", "time")),
            "tool_name": tool, "request_kind": kind, "is_read_only": is_read_only(tool),
            "source_raw": "ToolPermission", **shown(what, self._context),
        }  # fmt: skip
        return Told([asked])

    def _call(self, event: _Event) -> Told:
        tool = event.text("function_name")
        call = {
            **event.common(), "call_id": event.call_id(tool), "tool_name": tool,
            "request_kind": "mcp" if event.text("tool_type") == "mcp" else request_kind(tool),
            "is_read_only": None if event.text("tool_type") == "mcp" else is_read_only(tool),
            "mode": mode_of(event.told.get("active_approval_mode")),
            **shown(event.text("function_args"), self._context),
        }  # fmt: skip
        word = event.text("decision")
        called = {**call, "kind": "called", "at": event.began_at()}
        ended = {**call, "kind": "ended", "source_raw": word, **_outcome(event, word)}
        decided = {**call, "kind": "decided", "source_raw": word, "decision": "accept", "actor": "human"}
        return Told([called, ended, *([decided] if word == "modify" else [])], event.sightings())

    def _task(self, event: _Event) -> Told:
        size = number(event.told.get("prompt_length"))
        task = {**event.common(), "kind": "prompted", "content_chars": None if size is None else int(size)}
        return Told([task], event.sightings())

    def _switch(self, event: _Event) -> Told:
        mode = mode_of(event.told.get("to_mode"))
        switched = {**event.common(), "kind": "mode", "mode": mode}
        return Told([switched], [*event.sightings(), event.sighting("mode", mode)])

    def _configuration(self, event: _Event) -> Told:
        mode = mode_of(event.told.get("approval_mode"))
        started = {**event.common(), "kind": "mode", "mode": mode, "model": event.text("model")}
        servers = (event.text("mcp_servers") or "").split(",")
        seen = [event.sighting("mcp_server", name.strip()) for name in servers if name.strip()]
        seen.append(event.sighting("mode", mode))
        return Told([started] if mode else [], [*event.sightings(), *seen])


def _outcome(event: _Event, word: str | None) -> dict[str, Any]:
    """What came of a call: it ran, it was refused, or it failed and nobody can say whether it was allowed."""
    error = event.text("error_type") or event.text("error.type") or event.text("error")
    if truth(event.told.get("success")):
        return {"decision": "accept"}  # whatever the word says: a saved grant reads "reject" and runs
    if error == _BY_RULE:
        return {"decision": "reject", "actor": "policy"}
    if word in _ACCEPTED:
        return {"decision": "accept"}
    return {"decision": "reject"} if word == "reject" and not error else {}


class _Event:
    """One log record as JavaScript's OpenTelemetry writes it."""

    def __init__(self, said: Mapping[str, Any], context: Context) -> None:
        self.told = mapping(said.get("attributes"))
        self._resource = _attributes_of(mapping(said.get("resource")))
        self._span = mapping(said.get("spanContext"))
        self._context = context
        self.name = str(self.told.get("event.name") or "").removeprefix("gemini_cli.").removeprefix("plan.")
        self.at = moment(self.told.get("event.timestamp")) or moment(said.get("hrTime"))

    def text(self, name: str) -> str | None:
        return text(self.told.get(name))

    @property
    def version(self) -> str | None:
        return text(self._resource.get("service.version"))

    def common(self) -> dict[str, Any]:
        person = self.text("user.email") or self.text("installation.id")
        session = self.text("session.id") or text(self._resource.get("session.id"))
        return {
            "vendor": VENDOR, "session_id": session, "at": self.at, "agent_version": self.version,
            "is_interactive": truth(self.told.get("interactive")), "reviewer": self._context.person(person),
        }  # fmt: skip

    def call_id(self, tool: str | None) -> str:
        """The log seldom has an id of a call: what else it says of it names it."""
        told = self.text("call_id") or self.text("tool_call_id")
        if told:
            return told
        names = ("session.id", "prompt_id", "event.timestamp", "duration_ms", "content_length")
        return digest(tool, self._span.get("spanId"), *(self.told.get(name) for name in names))

    def began_at(self) -> datetime | None:
        told = moment(self.told.get("start_time"))
        lasted = seconds(self.told.get("duration_ms"))
        if told or lasted is None or self.at is None:
            return told or self.at
        return self.at - timedelta(seconds=min(lasted, 1e7))

    def sighting(self, kind: str, name: str | None) -> dict[str, Any]:
        return {"vendor": VENDOR, "kind": kind, "name": name, "place": "telemetry", "seen_at": self.at}

    def sightings(self) -> list[dict[str, Any]]:
        model = next((name for name in map(self.text, _MODELS) if name), None)
        told = (("agent_version", self.version), ("model", model))
        return [self.sighting(kind, name) for kind, name in told if name]


def _attributes_of(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a resource, wherever a version of the library keeps them."""
    pairs = [pair for pair in items(resource.get("_rawAttributes")) if isinstance(pair, list)]
    raw = {str(pair[0]): pair[1] for pair in pairs if len(pair) > 1}
    told = [mapping(resource.get(place)) for place in _RESOURCE_PLACES]
    return {name: value for one in (raw, *told) for name, value in one.items()}


def _read_outfile(records: Iterable[Record], context: Context) -> Iterator[Found]:
    return told_by(_Outfile(context), records, context)


# -- chat transcripts ------------------------------------------------------------------------------


def _is_chat(head: bytes, _name: str) -> bool:
    return b'"projectHash"' in head and b'"sessionId"' in head


class _Chats:
    """Reads chats; a file may hold several sessions one after another."""

    vendor = VENDOR

    def __init__(self, context: Context) -> None:
        self._session = text(context.state.get("session"))

    def left(self) -> Mapping[str, Any]:
        return {"session": self._session}

    def tell(self, said: Mapping[str, Any]) -> Told:
        if "projectHash" in said:
            self._session = text(said.get("sessionId")) or self._session
            parts = [self._message(mapping(each)) for each in items(said.get("messages"))]
            return _joined(parts)
        return self._message(said)

    def _message(self, said: Mapping[str, Any]) -> Told:
        if said.get("type") == "user":
            return self._task(said)
        seen = {
            "vendor": VENDOR, "kind": "model", "name": text(said.get("model")), "place": "transcript",
            "seen_at": moment(said.get("timestamp")),
        }  # fmt: skip
        return Told((), [seen] if seen["name"] else [], NO_CALLS if said.get("toolCalls") else NO_TASK)

    def _task(self, said: Mapping[str, Any]) -> Told:
        size = _size_of(said.get("content"))
        if size is None:  # a tool's answer, not a person
            return Told(left_out=NO_TASK)
        task = {
            "vendor": VENDOR, "session_id": self._session, "kind": "prompted",
            "at": moment(said.get("timestamp")), "content_chars": size,
        }  # fmt: skip
        return Told([task])


def _size_of(content: Any) -> int | None:
    """Characters that a person wrote; None when no person did."""
    if isinstance(content, str):
        return len(content)
    texts = [each.get("text") for each in items(content) if isinstance(each, dict)]
    told = [each for each in texts if isinstance(each, str)]
    return sum(map(len, told)) if told else None


def _joined(parts: list[Told]) -> Told:
    """Many messages of one record as one answer."""
    signals = [row for part in parts for row in part.signals]
    sightings = [row for part in parts for row in part.sightings]
    reasons = [part.left_out for part in parts if part.left_out]
    return Told(signals, sightings, max(reasons, key=reasons.count) if reasons else None)


def _read_chats(records: Iterable[Record], context: Context) -> Iterator[Found]:
    return told_by(_Chats(context), records, context)


GEMINI_OUTFILE: Final = Format(
    "gemini_outfile", "telemetry that Gemini CLI writes to its outfile, and its hooks", "objects",
    _is_outfile, _read_outfile,
)  # fmt: skip
GEMINI_CHATS: Final = Format(
    "gemini_chats", "chat transcripts of Gemini CLI: tasks and models, no decisions", "objects",
    _is_chat, _read_chats,
)  # fmt: skip
