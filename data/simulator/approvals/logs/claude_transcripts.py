"""What does a transcript of Claude Code tell: calls, results and rejects, and no word on an accepted prompt.

A prompt that was never answered is missing from it altogether.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from data.simulator.approvals.logs.claude_otlp import MODES
from data.simulator.approvals.logs.sessions import (
    SYNTHETIC,
    Conversation,
    ended_at,
    iso,
    lines,
    tool_input,
    uuid_of,
)
from data.simulator.approvals.planted import PlantedDecision, PlantedSession

REJECTED: Final = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file "
    "edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to "
    "tell you how to proceed."
)
WRITING: Final = timedelta(milliseconds=3)  # the result is written down after hooks were told of it
DENIED: Final = "Permission to use {tool} with command invented has been denied."


def transcript(conversation: Conversation) -> bytes:
    """One session's file, as JSON lines."""
    return lines(_entries(*conversation))


def _entries(session: PlantedSession, decided: Sequence[PlantedDecision]) -> Iterator[dict[str, Any]]:
    mode = MODES[session.mode]
    yield {
        "type": "permission-mode",
        "permissionMode": mode,
        "sessionId": session.session_id,
        SYNTHETIC: True,
    }
    task = {"message": {"role": "user", "content": "invented task"}, "permissionMode": mode}
    yield _entry(session, "user", session.started_at, task)
    answered = (one for one in decided if one.decided_at is not None)
    for _, calls in groupby(answered, lambda one: one.called_at):
        yield from _message(tuple(calls))


def _message(calls: Sequence[PlantedDecision]) -> Iterator[dict[str, Any]]:
    """One message of the agent, and what came of its calls."""
    for one in calls:
        yield _entry(one.session, "assistant", one.called_at, _call(one))
    for one in calls:
        yield from _outcome(one, (ended_at(one) or one.called_at) + WRITING)


def _outcome(one: PlantedDecision, at: datetime) -> Iterator[dict[str, Any]]:
    yield _entry(one.session, "user", at, _result(one))
    if _is_rejected(one):
        text = [{"type": "text", "text": "[Request interrupted by user for tool use]"}]
        yield _entry(one.session, "user", at, {"message": {"role": "user", "content": text}})


def _entry(session: PlantedSession, kind: str, at: datetime, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind, "isSidechain": False,
        "uuid": uuid_of(f"{session.session_id} {kind} {at} {sorted(told)}"),
        "userType": "external", "entrypoint": "cli" if session.is_interactive else "sdk-cli",
        "sessionId": session.session_id, "version": session.agent_version, "timestamp": iso(at), **told,
        SYNTHETIC: True,
    }  # fmt: skip


def _call(one: PlantedDecision) -> dict[str, Any]:
    """Calls of one message carry the same message id, each on a line of its own."""
    first = f"{one.session.session_id} {one.called_at}"
    call = {"type": "tool_use", "id": one.call_id, "name": one.tool_name, "input": tool_input(one)}
    message_id = f"msg_{uuid_of(first).replace('-', '')}"
    message = {"id": message_id, "role": "assistant", "model": one.session.model, "content": [call]}
    return {"message": message}


def _result(one: PlantedDecision) -> dict[str, Any]:
    refused = REJECTED if _is_rejected(one) else DENIED.format(tool=one.tool_name)
    is_error = one.decision == "reject"
    content = {
        "type": "tool_result", "tool_use_id": one.call_id, "is_error": is_error,
        "content": refused if is_error else "done",
    }  # fmt: skip
    said: Any = "User rejected tool use" if _is_rejected(one) else {"stdout": "done"}
    return {"message": {"role": "user", "content": [content]}, "toolUseResult": said}


def _is_rejected(one: PlantedDecision) -> bool:
    return one.decision == "reject" and one.actor == "human"
