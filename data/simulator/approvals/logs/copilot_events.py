"""What does `events.jsonl` of GitHub Copilot CLI tell: each request, each answer, and who gave it.

Requests that were never answered are still open at `session.shutdown`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from data.simulator.approvals.logs.sessions import (
    SYNTHETIC,
    Conversation,
    ended_at,
    iso,
    lines,
    shown_text,
    uuid_of,
)
from data.simulator.approvals.planted import Actor, PlantedDecision, PlantedSession
from data.simulator.approvals.truth import Kind, Mode

MODES: Final[dict[Mode, str]] = {"auto": "assisted", "bypass": "allow-all"}
SOURCES: Final[dict[Actor, str]] = {
    "human": "human_response", "model": "assisted_approval", "policy": "host_policy", "hook": "host_policy",
    "unknown": "unattended_fallback",
}  # fmt: skip
TOOLS: Final[dict[Kind, str]] = {"command": "bash", "edit": "edit", "read": "view", "mcp": "mcp"}


def copilot_events(conversation: Conversation) -> bytes:
    """One session's file, as JSON lines in the order of time."""
    session, decided = conversation
    events = [*_beginning(session), *(event for one in decided for event in _of_request(one))]
    last_at = max((ended_at(one) or one.called_at for one in decided), default=session.started_at)
    ordered = sorted(events, key=lambda event: event["timestamp"])
    return lines([*ordered, _event(session, "session.shutdown", last_at + timedelta(minutes=1), _shutdown())])


def _shutdown() -> dict[str, Any]:
    return {"shutdownType": "routine"}


def _event(session: PlantedSession, kind: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    made_id = uuid_of(f"{session.session_id} {kind} {at} {sorted(data)}")
    return {"type": kind, "data": data, "id": made_id, "timestamp": iso(at), SYNTHETIC: True}


def _beginning(session: PlantedSession) -> Iterator[dict[str, Any]]:
    at = session.started_at
    context = {"repository": session.repository, "hostType": "github", "branch": "main"}
    start = {
        "sessionId": session.session_id, "version": 1, "producer": "copilot-agent",
        "copilotVersion": session.agent_version, "startTime": iso(at), "context": context,
    }  # fmt: skip
    yield _event(session, "session.start", at, start)
    model = {"newModel": session.model}
    yield _event(session, "session.model_change", at + timedelta(milliseconds=1), model)
    if session.mode in MODES:
        changed = {"mode": MODES[session.mode], "previousMode": "manual"}
        yield _event(session, "session.permissions_changed", at + timedelta(milliseconds=2), changed)
    task = {"content": "invented task"}
    yield _event(session, "user.message", at + timedelta(milliseconds=3), task)


def _of_request(one: PlantedDecision) -> Iterator[dict[str, Any]]:
    session, asked_at = one.session, one.shown_at or one.called_at
    call = {"toolCallId": one.call_id, "toolName": TOOLS[one.kind], "model": session.model}
    yield _event(session, "tool.execution_start", one.called_at, call)
    by_hook = {"resolvedByHook": True} if one.actor == "hook" else {}
    request = {"requestId": uuid_of(one.call_id), "permissionRequest": _asked_for(one), **by_hook}
    yield _event(session, "permission.requested", asked_at, request)
    if one.decided_at is not None:
        yield _event(session, "permission.completed", one.decided_at, _answer(one))
    at = ended_at(one)
    if one.decision == "accept" and at is not None:
        ran = {"toolCallId": one.call_id, "success": True}
        yield _event(session, "tool.execution_complete", at, ran)


def _asked_for(one: PlantedDecision) -> dict[str, Any]:
    text = shown_text(one, one.chars)
    shown: dict[str, dict[str, Any]] = {
        "command": {
            "kind": "shell", "fullCommandText": text, "hasWriteFileRedirection": False,
            "commands": [{"identifier": "invented", "readOnly": one.is_read_only is True}],
        },
        "edit": {"kind": "write", "diff": text, "fileName": "invented"},
        "read": {"kind": "read", "path": text},
        "mcp": {
            "kind": "mcp", "serverName": "tracker", "toolName": "create", "readOnly": False, "args": text,
        },
    }  # fmt: skip
    return {"toolCallId": one.call_id, **shown[one.kind]}


def _answer(one: PlantedDecision) -> dict[str, Any]:
    return {
        "requestId": uuid_of(one.call_id), "toolCallId": one.call_id, "result": {"kind": _result(one)},
        "decisionSource": SOURCES[one.actor],
    }  # fmt: skip


def _result(one: PlantedDecision) -> str:
    if one.decision == "reject":
        return "denied-interactively-by-user" if one.actor == "human" else "denied-by-rules"
    return "approved-for-location" if one.scope == "permanent" else "approved"
