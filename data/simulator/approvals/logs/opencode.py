"""What does a plugin that writes down opencode's bus see: `permission.asked` and `permission.replied`?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from data.simulator.approvals.logs.sessions import SYNTHETIC, lines, milliseconds, shown_text
from data.simulator.approvals.planted import PlantedDecision


def opencode_events(planted: Iterable[PlantedDecision]) -> bytes:
    """What was asked and answered, as JSON lines; what rules decided leaves no trace."""
    return lines(event for one in planted for event in _of_request(one))


def _of_request(one: PlantedDecision) -> Iterator[dict[str, Any]]:
    if one.shown_at is None:
        return
    request = f"per_{one.call_id}"
    asked = {
        "id": request, "sessionID": one.session.session_id, "permission": one.tool_name,
        "metadata": {"command": shown_text(one, one.chars)}, "tool": {"callID": one.call_id},
    }  # fmt: skip
    yield _event("permission.asked", one.shown_at, asked)
    if one.decided_at is not None:
        replied = {"sessionID": one.session.session_id, "requestID": request, "reply": _reply(one)}
        yield _event("permission.replied", one.decided_at, replied)


def _reply(one: PlantedDecision) -> str:
    if one.decision == "reject":
        return "reject"
    return "always" if one.scope == "permanent" else "once"


def _event(kind: str, at: datetime, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "properties": properties, "ts": milliseconds(at), SYNTHETIC: True}
