"""What do Gemini CLI's events say of permission prompts?

Source: the agent's own code (scheduler and `tool-call-decision`). `accept` is also said of what a rule
allowed, `auto_accept` also of what a person allowed for good, and `reject` also of what a person allowed and
saved: only `modify` proves a person. Durations hold the wait for an answer, and are not taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ingest.sources.approvals.otlp.desk import Desk
from ingest.sources.approvals.otlp.events import Event, spelled
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "gemini"
_MODES: Final = {"default": "default", "autoedit": "accept_edits", "yolo": "bypass", "plan": "plan"}
_ACCEPTED: Final = ("accept", "autoaccept", "modify")


def _common(event: Event, desk: Desk, kind: str) -> dict[str, Any]:
    text = event.text
    person = text("user.email") or text("installation.id") or desk.context.place.person
    return {
        "vendor": VENDOR,
        "session_id": text("session.id"),
        "kind": kind,
        "at": event.at,
        "span_id": event.span_id,
        "is_interactive": desk.context.place.is_interactive,
        "reviewer": desk.person(person),
        "team": desk.team(event),
        "repository": desk.repository(event),
        "agent_version": event.origin.version,
    }


def _mode_of(told: str | None) -> str | None:
    return _MODES.get(spelled(told), "other") if told else None


def _decision(word: str, has_run: bool) -> str | None:  # noqa: FBT001 - one fact of the event
    """A call that ran was accepted, whatever its word."""
    if has_run or word in _ACCEPTED:
        return "accept"
    return "reject" if word == "reject" else None


def _call(event: Event, desk: Desk) -> None:
    tool, said = event.text("function_name"), event.text("decision")
    word = spelled(said)
    told = {
        "call_id": event.text("call_id") or event.text("tool_call_id") or _made_id(event, tool),
        "tool_name": tool,
        "request_kind": "mcp" if event.text("tool_type") == "mcp" else request_kind(tool),
        "is_read_only": None if event.text("tool_type") == "mcp" else is_read_only(tool),
        "mode": _mode_of(event.text("active_approval_mode")),
        "decision": _decision(word, event.text("success") == "true"),
        "actor": "human" if word == "modify" else "unknown",
        "source_raw": said,
    }
    desk.signal(_common(event, desk, "decided" if said else "ended") | told | _shown(event, desk))


def _made_id(event: Event, tool: str | None) -> str:
    """The event names no call: what it asked in, the tool and the moment stand for it."""
    return f"{event.text('prompt_id') or ''}/{tool or ''}/{event.at}"


def _shown(event: Event, desk: Desk) -> dict[str, str | None]:
    return desk.shown(event.text("function_args"))


def _prompted(event: Event, desk: Desk) -> None:
    desk.signal(_common(event, desk, "prompted") | {"content_chars": event.whole("prompt_length")})


def _switched(event: Event, desk: Desk) -> None:
    told = event.text("to_mode") or event.text("approval_mode") or event.text("active_approval_mode")
    desk.signal(_common(event, desk, "mode") | {"mode": _mode_of(told) or "other", "source_raw": told})


def _started(event: Event, desk: Desk) -> None:
    desk.sighting(VENDOR, "model", event.text("model"), event)
    mode = event.text("approval_mode")
    desk.sighting(VENDOR, "setting", f"approval_mode = {mode}" if mode else None, event)
    for server in (event.text("mcp_servers") or "").split(","):
        desk.sighting(VENDOR, "mcp_server", server.strip(), event)


def _model(event: Event, desk: Desk) -> None:
    desk.sighting(VENDOR, "model", event.text("model"), event)


HANDLERS: Final[Mapping[str, Callable[[Event, Desk], None]]] = {
    "gemini_cli.tool_call": _call,
    "gemini_cli.user_prompt": _prompted,
    "gemini_cli.approval_mode_switch": _switched,
    "gemini_cli.config": _started,
    "gemini_cli.api_request": _model,
}
