"""How does Claude Code's telemetry tell of a session: log records, and the spans of waiting?

One message of logs and one of spans per session, as a collector's batches would hold them. A prompt that was
never answered leaves no trace in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from data.simulator.approvals.logs.encoding import Message, attributes
from data.simulator.approvals.logs.sessions import (
    Conversation,
    conversations,
    ended_at,
    hexadecimal,
    iso,
    milliseconds,
    nanoseconds,
    tool_input,
    uuid_of,
)
from data.simulator.approvals.planted import PlantedDecision, PlantedSession
from data.simulator.approvals.truth import Mode

MODES: Final[dict[Mode, str]] = {
    "default": "default", "accept_edits": "acceptEdits", "plan": "plan", "auto": "auto",
    "bypass": "bypassPermissions",
}  # fmt: skip
LOGS: Final = "com.anthropic.claude_code.events"
TRACING: Final = "com.anthropic.claude_code.tracing"


@dataclass(frozen=True)
class Telling:
    """What an organisation's settings let the telemetry say beside the decisions."""

    retention_days: int | None = None  # told by `retention_sweep`, in each person's first session
    servers: tuple[str, ...] = ()  # MCP servers that are connected to
    names_team: bool = True  # resource attributes `team` and `repository`
    is_short: bool = False  # only what decides: no spans around calls, little of what nobody was asked


@dataclass
class _Log:
    """The records of one session so far."""

    session: PlantedSession
    telling: Telling
    records: list[Message] = field(default_factory=list)

    def add(self, event: str, at: datetime, told: dict[str, Any], span_id: str = "") -> None:
        """One more record, numbered."""
        common = {
            **_common(self.session, is_short=self.telling.is_short), "event.name": event,
            "event.timestamp": None if self.telling.is_short else iso(at),
            "event.sequence": len(self.records) + 1,
        }  # fmt: skip
        joined = {"traceId": _trace_id(self.session), "spanId": span_id} if span_id else {}
        self.records.append(
            {
                "timeUnixNano": nanoseconds(at), "observedTimeUnixNano": nanoseconds(at),
                "body": {"stringValue": f"claude_code.{event}"}, "attributes": attributes(common | told),
                **joined,
            }
        )  # fmt: skip


USUAL: Final = Telling()


def claude_messages(planted: Iterable[PlantedDecision], telling: Telling = USUAL) -> Iterator[Message]:
    """Messages in the shape of OTLP/JSON: logs and spans of each session."""
    met: set[str] = set()
    for session, decided in conversations(planted):
        is_first = session.reviewer.account not in met
        met.add(session.reviewer.account)
        yield _logs((session, decided), telling, is_first=is_first)
        yield from _spans(session, decided, telling)


def _common(session: PlantedSession, *, is_short: bool) -> dict[str, Any]:
    told = {
        "session.id": session.session_id, "user.email": session.reviewer.account,
        "app.entrypoint": "cli" if session.is_interactive else "sdk-cli",
    }  # fmt: skip
    account = {"user.id": uuid_of(session.reviewer.account), "app.version": session.agent_version}
    return told if is_short else told | account


def _resource(session: PlantedSession, telling: Telling) -> Message:
    told = {
        "service.name": "claude-code", "service.version": session.agent_version,
        "team": session.reviewer.team if telling.names_team else None,
        "repository": session.repository if telling.names_team else None,
        "pilot.synthetic": True,
    }  # fmt: skip
    return {"attributes": attributes(told)}


def _logs(conversation: Conversation, telling: Telling, *, is_first: bool) -> Message:
    session, decided = conversation
    log = _Log(session, telling)
    _begin(log, is_first=is_first)
    for one in sorted(decided, key=_answered_at):
        if one.decided_at is not None:
            _tell(log, one, one.decided_at)
    scope = {"scope": {"name": LOGS}, "logRecords": log.records}
    return {"resourceLogs": [{"resource": _resource(session, telling), "scopeLogs": [scope]}]}


def _answered_at(one: PlantedDecision) -> datetime:
    return one.decided_at or one.called_at


def _begin(log: _Log, *, is_first: bool) -> None:
    session = log.session
    if is_first:
        _settle(log, log.telling)
    if session.mode != "default":
        changed = {"from_mode": "default", "to_mode": MODES[session.mode], "trigger": "shift_tab"}
        log.add("permission_mode_changed", session.started_at, changed)
    # Real payloads carry this number as a string.
    log.add("user_prompt", session.started_at, {"prompt_length": "42", "prompt": "<REDACTED>"})
    model = {"model": session.model, "duration_ms": 900}
    log.add("api_request", session.started_at + timedelta(seconds=1), model)


def _settle(log: _Log, telling: Telling) -> None:
    """What is told once: how long logs are kept, which servers are connected."""
    at = log.session.started_at
    if telling.retention_days is not None:
        kept = {
            "period_days": telling.retention_days,
            "used_default": False,
            "transcripts_deleted": 3,
            "files_past_cutoff": 3,
        }
        log.add("retention_sweep", at, kept)
    for server in telling.servers:
        connected = {"server_name": server, "status": "connected", "duration_ms": "120"}
        log.add("mcp_server_connection", at, connected)


def _tell(log: _Log, one: PlantedDecision, decided_at: datetime) -> None:
    told = {
        "tool_name": one.tool_name, "tool_use_id": one.call_id, "decision": one.decision,
        "source": source_of(one), "tool_parameters": _parameters(one),
    }  # fmt: skip
    log.add("tool_decision", decided_at, told, _waiting_id(one))
    at = ended_at(one)
    if one.decision == "accept" and at is not None and _is_told(one, log.telling):
        log.add("tool_result", at, _result(one))


def _is_told(one: PlantedDecision, telling: Telling) -> bool:
    """Whether more than the decision is told."""
    return one.shown_at is not None or not telling.is_short


def _result(one: PlantedDecision) -> dict[str, Any]:
    return {
        "tool_name": one.tool_name, "tool_use_id": one.call_id, "success": "true",
        "duration_ms": round(1000 * one.run_seconds), "tool_input_size_bytes": one.chars,
    }  # fmt: skip


def _parameters(one: PlantedDecision) -> str | None:
    """Commands are told in full, as with OTEL_LOG_TOOL_DETAILS=1."""
    if one.kind != "command":
        return None
    return orjson.dumps({"full_command": tool_input(one)["command"]}).decode()


def source_of(one: PlantedDecision) -> str:
    """Claude Code's word for who decided; without anybody before it a rule is called a user, too."""
    if one.actor == "human":
        accepted = "user_permanent" if one.scope == "permanent" else "user_temporary"
        return accepted if one.decision == "accept" else "user_reject"
    return {"hook": "hook", "unknown": "user_temporary"}.get(one.actor, "config")


def _trace_id(session: PlantedSession) -> str:
    return hexadecimal(f"trace {session.session_id}", 32)


def _waiting_id(one: PlantedDecision) -> str:
    return hexadecimal(f"waiting {one.call_id}", 16)


def _spans(
    session: PlantedSession, decided: Sequence[PlantedDecision], telling: Telling
) -> Iterator[Message]:
    """One message, or none where there is nothing to tell: nobody exports an empty one."""
    answered = [one for one in decided if one.decided_at is not None and _is_told(one, telling)]
    made = [span for one in answered for span in _spans_of(one, telling)]
    scope = {"scope": {"name": TRACING}, "spans": made}
    if made:
        yield {"resourceSpans": [{"resource": _resource(session, telling), "scopeSpans": [scope]}]}


def _spans_of(one: PlantedDecision, telling: Telling) -> Iterator[Message]:
    """The call, and below it the wait; a wait also stands for what nobody was asked (some 30 ms)."""
    whole_id = hexadecimal(f"call {one.call_id}", 16)
    shown_at, decided_at = one.shown_at or one.called_at, one.decided_at or one.called_at
    call = {"tool_use_id": one.call_id, "tool_name": one.tool_name, "span.type": "tool"}
    waited = {
        "decision": one.decision, "source": source_of(one),
        "duration_ms": milliseconds(decided_at) - milliseconds(shown_at),
    }  # fmt: skip
    if not telling.is_short:
        times = (one.called_at, ended_at(one) or decided_at)
        yield _span(one, ("claude_code.tool", whole_id, ""), times, call)
    names = ("claude_code.tool.blocked_on_user", _waiting_id(one), whole_id)
    yield _span(one, names, (shown_at, decided_at), waited)


def _span(
    one: PlantedDecision,
    names: tuple[str, str, str],  # name, own id, id of the span around it
    times: tuple[datetime, datetime],
    told: dict[str, Any],
) -> Message:
    session = one.session
    common = {
        "session.id": session.session_id,
        "app.entrypoint": "cli" if session.is_interactive else "sdk-cli",
    }
    around = {"parentSpanId": names[2]} if names[2] else {}
    return {
        "traceId": _trace_id(session), "spanId": names[1], **around, "name": names[0], "kind": 1,
        "startTimeUnixNano": nanoseconds(times[0]), "endTimeUnixNano": nanoseconds(times[1]),
        "attributes": attributes(common | told),
    }  # fmt: skip
