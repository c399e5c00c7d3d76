"""What does Gemini CLI write to its `outfile`: pretty-printed objects, one after another?

Its `decision` proves nothing about people: `accept` also stands where a rule allowed the call, a lasting
grant is called `auto_accept`. Only the hook notification ToolPermission says that somebody was asked; hooks
write it, and here it stands in the same file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from data.simulator.approvals.logs.sessions import (
    conversations,
    ended_at,
    iso,
    milliseconds,
    shown_text,
)
from data.simulator.approvals.planted import PlantedDecision, PlantedSession


def gemini_outfile(planted: Iterable[PlantedDecision]) -> bytes:
    """The file of all sessions; not JSON lines."""
    records = (each for conversation in conversations(planted) for each in _records(*conversation))
    return b"".join(
        orjson.dumps(each, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE) for each in records
    )


def _records(session: PlantedSession, decided: Sequence[PlantedDecision]) -> Iterator[dict[str, Any]]:
    mode = {"bypass": "yolo", "accept_edits": "autoEdit"}.get(session.mode, "default")
    started = {"model": session.model, "approval_mode": mode}
    yield _record(session, "gemini_cli.config", session.started_at, started)
    yield _record(session, "gemini_cli.user_prompt", session.started_at, {"prompt_length": 42})
    for one in decided:
        yield from _of_call(one)


def _of_call(one: PlantedDecision) -> Iterator[dict[str, Any]]:
    if one.shown_at is not None:
        yield _notification(one, one.shown_at)
    at = ended_at(one)
    if at is None:
        return
    called_at = milliseconds(one.called_at)
    told = {
        "function_name": one.tool_name, "duration_ms": milliseconds(at) - called_at, "start_time": called_at,
        "end_time": milliseconds(at), "success": one.decision == "accept", "decision": _word(one),
        "tool_type": "native", "prompt_id": one.call_id,
    }  # fmt: skip
    yield _record(one.session, "gemini_cli.tool_call", at, told)


def _word(one: PlantedDecision) -> str:
    if one.decision == "reject":
        return "reject"
    return "auto_accept" if one.scope == "permanent" else "accept"


def _notification(one: PlantedDecision, shown_at: datetime) -> dict[str, Any]:
    details = {"type": "edit" if one.kind == "edit" else "exec", "toolName": one.tool_name,
               "command": shown_text(one, one.chars)}  # fmt: skip
    return {
        "hook_event_name": "Notification", "notification_type": "ToolPermission", "timestamp": iso(shown_at),
        "session_id": one.session.session_id, "details": details, "synthetic": True,
    }  # fmt: skip


def _record(session: PlantedSession, event: str, at: datetime, told: dict[str, Any]) -> dict[str, Any]:
    since = milliseconds(at)
    common = {
        "session.id": session.session_id, "installation.id": f"install-{session.reviewer.account}",
        "user.email": session.reviewer.account, "interactive": session.is_interactive, "event.name": event,
        "event.timestamp": iso(at),
    }  # fmt: skip
    resource = {"service.name": "gemini-cli", "service.version": session.agent_version,
                "pilot.synthetic": True}  # fmt: skip
    return {
        "hrTime": [since // 1000, since % 1000 * 1_000_000], "resource": {"attributes": resource},
        "instrumentationScope": {"name": "gemini-cli"}, "_body": event, "attributes": common | told,
    }  # fmt: skip
