"""What do hooks of Claude Code see: each call, the moment of asking, and the end; never the answer.

The input of a hook carries no time; the script that writes these lines added `ts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from data.simulator.approvals.logs.claude_otlp import MODES
from data.simulator.approvals.logs.sessions import (
    SYNTHETIC,
    conversations,
    ended_at,
    iso,
    lines,
    tool_input,
    turn_at,
)
from data.simulator.approvals.planted import PlantedDecision, PlantedSession


def hook_lines(planted: Iterable[PlantedDecision]) -> bytes:
    """One person's file: what the hooks of all sessions were given, in the order of time."""
    events = [event for conversation in conversations(planted) for event in _events(*conversation)]
    return lines(sorted(events, key=lambda event: event["ts"]))


def _events(session: PlantedSession, decided: Sequence[PlantedDecision]) -> Iterator[dict[str, Any]]:
    yield _event(session, session.started_at, "UserPromptSubmit", {"prompt": "invented task"})
    for one in decided:
        yield from _of_call(one)


def _of_call(one: PlantedDecision) -> Iterator[dict[str, Any]]:
    call: dict[str, Any] = {"tool_name": one.tool_name, "tool_input": tool_input(one)}
    named = {"tool_name": one.tool_name, "tool_use_id": one.call_id}
    yield _event(one.session, turn_at(one), "PreToolUse", call | named)
    if one.shown_at is not None:
        yield _event(one.session, one.shown_at, "PermissionRequest", call)
    at = ended_at(one)
    if one.decision == "accept" and at is not None:
        ran = {"tool_response": {}, "duration_ms": round(1000 * one.run_seconds)}
        yield _event(one.session, at, "PostToolUse", named | ran)


def _event(session: PlantedSession, at: datetime, name: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "ts": iso(at), "hook_event_name": name, "session_id": session.session_id,
        "permission_mode": MODES[session.mode], **told, SYNTHETIC: True,
    }  # fmt: skip
