"""What do Codex's telemetry and its rollouts tell: who decided, but never when a prompt was shown?

Telemetry names the decision and its source in lower case and without underscores. Rollouts drop every event
of an approval: they hold calls and what came of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from data.simulator.approvals.logs.encoding import Message, attributes
from data.simulator.approvals.logs.sessions import (
    SYNTHETIC,
    Conversation,
    conversations,
    ended_at,
    iso,
    lines,
    nanoseconds,
    tool_input,
)
from data.simulator.approvals.planted import Actor, PlantedDecision, PlantedSession

POLICIES: Final = {"bypass": "never"}  # approval policy of a mode; all others ask on request
SOURCES: Final[dict[Actor, str]] = {"human": "user", "model": "automated_reviewer", "unknown": "user"}
SCOPES: Final = {"permanent": "approvedexecpolicyamendment"}


def codex_messages(planted: Iterable[PlantedDecision]) -> Iterator[Message]:
    """Messages in the shape of OTLP/JSON, one per session."""
    for session, decided in conversations(planted):
        resource = attributes({"service.name": "codex_cli_rs", "service.version": session.agent_version,
                               "pilot.synthetic": True})  # fmt: skip
        scope = {"scope": {"name": "codex_otel"}, "logRecords": list(_records(session, decided))}
        yield {"resourceLogs": [{"resource": {"attributes": resource}, "scopeLogs": [scope]}]}


def _records(session: PlantedSession, decided: Sequence[PlantedDecision]) -> Iterator[Message]:
    policy = {"approval_policy": _policy(session), "sandbox_policy": "workspace-write"}
    yield _record(session, "codex.conversation_starts", session.started_at, policy)
    task = {"prompt_length": "42", "prompt": "[REDACTED]"}
    yield _record(session, "codex.user_prompt", session.started_at, task)
    for one in decided:
        if one.decided_at is not None:
            yield from _of_call(one, one.decided_at)


def _of_call(one: PlantedDecision, decided_at: datetime) -> Iterator[Message]:
    named = {"tool_name": one.tool_name, "call_id": one.call_id}
    told = {"decision": _decision(one), "source": SOURCES.get(one.actor, "config")}
    yield _record(one.session, "codex.tool_decision", decided_at, named | told)
    at = ended_at(one)
    if one.decision == "accept" and at is not None:
        ran = {
            "duration_ms": round(1000 * one.run_seconds), "success": "true", "output": "done",
            "arguments": orjson.dumps(tool_input(one)).decode(),
        }  # fmt: skip
        yield _record(one.session, "codex.tool_result", at, named | ran)


def _record(session: PlantedSession, event: str, at: datetime, told: dict[str, Any]) -> Message:
    common = {
        "event.name": event, "event.timestamp": iso(at), "conversation.id": session.session_id,
        "app.version": session.agent_version, "user.email": session.reviewer.account,
        "originator": "codex_cli_rs" if session.is_interactive else "codex_exec", "model": session.model,
    }  # fmt: skip
    return {
        "timeUnixNano": nanoseconds(at), "observedTimeUnixNano": nanoseconds(at),
        "body": {"stringValue": event}, "attributes": attributes(common | told),
    }  # fmt: skip


def _policy(session: PlantedSession) -> str:
    return POLICIES.get(session.mode, "on-request")


def _decision(one: PlantedDecision) -> str:
    if one.decision == "reject":
        return "denied"
    return SCOPES.get(one.scope or "once", "approved")


def rollout(conversation: Conversation) -> bytes:
    """One session's rollout, as JSON lines."""
    session, decided = conversation
    return lines(_entries(session, decided))


def _entries(session: PlantedSession, decided: Sequence[PlantedDecision]) -> Iterator[dict[str, Any]]:
    at = session.started_at
    meta = {
        "id": session.session_id, "timestamp": iso(at), "originator": "codex-tui", "source": "cli",
        "cli_version": session.agent_version, SYNTHETIC: True,
    }  # fmt: skip
    yield _entry(at, "session_meta", meta)
    turn = {"approval_policy": _policy(session), "model": session.model}
    yield _entry(at, "turn_context", turn)
    yield _entry(at, "event_msg", {"type": "user_message", "message": "invented task"})
    for one in decided:
        yield from _call_and_output(one)


def _call_and_output(one: PlantedDecision) -> Iterator[dict[str, Any]]:
    call = {
        "type": "function_call", "name": one.tool_name, "call_id": one.call_id,
        "arguments": orjson.dumps(tool_input(one)).decode(),
    }  # fmt: skip
    yield _entry(one.called_at, "response_item", call)
    at = ended_at(one)
    if at is not None:
        ran = f"Exit code: 0\nWall time: {one.run_seconds} seconds\nOutput:\ndone"
        said = ran if one.decision == "accept" else _refusal(one)
        output = {"type": "function_call_output", "call_id": one.call_id, "output": said}
        yield _entry(at, "response_item", output)


def _refusal(one: PlantedDecision) -> str:
    what = "patch" if one.kind == "edit" else "exec command"
    return f"{what} rejected by {'user' if one.actor == 'human' else 'policy'}"


def _entry(at: datetime, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": iso(at), "type": kind, "payload": payload}
