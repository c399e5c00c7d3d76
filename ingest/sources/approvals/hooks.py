"""What do hooks of coding agents tell of permission prompts?

Two shapes: what an agent hands to its hooks, one JSON object per line with a time that the hook's script
added (hooks bear none of their own); and timelines of a recorder that keep the hook's name alone. A
`PermissionRequest` is the moment at which a prompt is shown. No hook sees the answer: what follows from a
call that ran, or did not, is worked out later. `Notification` comes about six seconds late: it tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.claude_transcripts import mode_of
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
from ingest.sources.approvals.telling import moment, seconds, shown
from ingest.sources.approvals.tools import is_read_only, request_kind

CLAUDE: Final = "claude_code"
CODEX: Final = "codex"
VENDORS_BY_ADAPTER: Final = {
    "claudecode": CLAUDE, "claude": CLAUDE, "codex": CODEX, "codexcli": CODEX, "copilot": "copilot",
    "copilotcli": "copilot", "gemini": "gemini", "geminicli": "gemini", "opencode": "opencode",
    "cursor": "cursor",
}  # fmt: skip
_TIMES: Final = ("ts", "timestamp", "received_at", "time")
_WRAPPERS: Final = ("event", "payload", "hook", "input", "data")  # below which scripts put what they got
_NAMES: Final = (
    "PreToolUse", "PermissionRequest", "PostToolUse", "PostToolUseFailure", "PermissionDenied",
    "UserPromptSubmit", "Notification", "Stop", "StopFailure", "SubagentStart", "SubagentStop",
    "SessionStart", "SessionEnd", "PreCompact", "PostCompact", "ConfigChange", "Setup",
)  # fmt: skip
_RECORDED: Final = ("seq", "ts", "kind", "session_id")  # what every line of a recorder bears
_RECEIVED: Final = "hook_received"
_OTHERS: Final = ("cursor_version", "conversation_id")  # of agents whose hooks bear the same names
_OTHER_HOME: Final = "/.gemini/"
_GEMINI_NOTICE: Final = "ToolPermission"
_SESSIONS_KEPT: Final = 500  # of one file of hooks, for the part after


def _recognises(head: bytes, _name: str) -> bool:
    return any(_is_recorded(entry) or _is_hook(_unwrapped(entry)) for entry in entries_in(head))


def _is_recorded(entry: Entry) -> bool:
    return all(name in entry for name in _RECORDED) and "payload" not in entry


def _is_hook(entry: Entry) -> bool:
    is_foreign = any(name in entry for name in _OTHERS) or _OTHER_HOME in (
        text(entry, "transcript_path") or ""
    )
    is_gemini = text(entry, "notification_type") == _GEMINI_NOTICE
    is_named = text(entry, "hook_event_name") in _NAMES and text(entry, "session_id") is not None
    return is_named and not is_foreign and not is_gemini


def _unwrapped(entry: Entry) -> Entry:
    """What the agent handed to the hook, with the time that the script put around it."""
    if "hook_event_name" in entry:
        return entry
    inner = next((part(entry, name) for name in _WRAPPERS if "hook_event_name" in part(entry, name)), {})
    return {**entry, **inner} if inner else entry


def _read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    timeline = _Timeline(context)
    yield from read_through(records, timeline.telling, timeline.take, timeline.state)


class _Timeline:
    """One file of hooks; sessions of several agents may stand in it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.telling = Telling(context, CLAUDE)
        self.vendors: dict[str, str] = dict(_texts(part(context.state, "vendors")))
        self.modes: dict[str, str] = dict(_texts(part(context.state, "modes")))

    def state(self) -> Mapping[str, Any]:
        """What is known of the sessions seen last."""
        return {"vendors": _last(self.vendors), "modes": _last(self.modes)}

    def take(self, told: Entry, record: Record) -> None:
        """One line."""
        entry = _unwrapped(told)
        session = text(entry, "session_id")
        is_known = session is not None and (_is_recorded(entry) or "hook_event_name" in entry)
        at = next((at for name in _TIMES if (at := moment(entry.get(name)))), None)
        if session is None or not is_known or at is None:
            self.telling.unreadable(record)
        elif "hook_event_name" in entry:
            self._take_hook(entry, self._row(entry, session, at), record)
        else:
            self._take_recorded(entry, self._row(entry, session, at), record)

    def _row(self, entry: Entry, session: str, at: datetime) -> dict[str, Any]:
        vendor = _vendor_of(entry) or self.vendors.get(session)
        if vendor:
            self.vendors[session] = vendor
        is_guess = "hook_event_name" in entry  # their shape is that of Claude Code's hooks
        row = {"vendor": vendor or (CLAUDE if is_guess else "other"), "session_id": session, "at": at}
        is_side = text(entry, "agent_id") is not None
        return row | ({"is_interactive": None} if is_side else {})

    def _take_recorded(self, entry: Entry, row: dict[str, Any], record: Record) -> None:
        is_asked = text(entry, "kind") == _RECEIVED and text(entry, "hook_name") == "PermissionRequest"
        if is_asked:
            self.telling.signal(record, row | {"kind": "asked"})
        else:
            self.telling.skip("lines of a recorder that tell of no prompt")

    def _take_hook(self, entry: Entry, row: dict[str, Any], record: Record) -> None:
        self._see(entry, row, record)
        tell = _TELL.get(text(entry, "hook_event_name") or "")
        told = tell(entry, self.context) if tell else {}
        if told:
            self.telling.signal(record, row | {"model": text(entry, "model")} | told)
        else:
            self.telling.skip("hooks that tell of no prompt, call or task")

    def _see(self, entry: Entry, row: dict[str, Any], record: Record) -> None:
        mode, session, vendor = mode_of(text(entry, "permission_mode")), row["session_id"], row["vendor"]
        if mode and self.modes.get(session) != mode:
            self.modes[session] = mode
            self.telling.signal(record, row | {"kind": "mode", "mode": mode})
        self.telling.sighting("mode", mode, row["at"], vendor=vendor)
        self.telling.sighting("model", text(entry, "model"), row["at"], vendor=vendor)
        self.telling.sighting(
            "mcp_server", server_of(text(entry, "tool_name") or ""), row["at"], vendor=vendor
        )


def _vendor_of(entry: Entry) -> str | None:
    """Whose agent: by the recorder's word, or by what only one of them hands to its hooks."""
    named = text(entry, "adapter", "vendor", "agent")
    if named:
        return VENDORS_BY_ADAPTER.get(named.lower().replace("-", "").replace("_", ""), "other")
    path = (text(entry, "transcript_path") or "").replace("\\", "/")
    is_codex = "/.codex/" in path or ("turn_id" in entry and "prompt_id" not in entry)
    return CODEX if is_codex else (CLAUDE if "/.claude/" in path else None)


def _tool(entry: Entry, context: Context) -> dict[str, Any]:
    tool = text(entry, "tool_name")
    known = {
        "tool_name": tool, "request_kind": request_kind(tool), "is_read_only": is_read_only(tool),
        "mode": mode_of(text(entry, "permission_mode")),
    }  # fmt: skip
    return known | shown(spelled(entry.get("tool_input")), context)


def _called(entry: Entry, context: Context) -> dict[str, Any]:
    call = text(entry, "tool_use_id")
    return {"kind": "called", "call_id": call, **_tool(entry, context)} if call else {}


def _asked(entry: Entry, context: Context) -> dict[str, Any]:
    return {"kind": "asked", "call_id": text(entry, "tool_use_id"), **_tool(entry, context)}


def _ended(entry: Entry, _context: Context) -> dict[str, Any]:
    ran = {
        "kind": "ended", "call_id": text(entry, "tool_use_id"), "tool_name": text(entry, "tool_name"),
        "decision": "accept", "source_raw": "ran", "run_seconds": seconds(entry.get("duration_ms")),
    }  # fmt: skip
    return ran if ran["call_id"] else {}


def _failed(entry: Entry, context: Context) -> dict[str, Any]:
    told = _ended(entry, context)
    return told | {"source_raw": "failed"} if told else {}


def _denied(entry: Entry, _context: Context) -> dict[str, Any]:
    refused = {
        "kind": "ended", "call_id": text(entry, "tool_use_id"), "tool_name": text(entry, "tool_name"),
        "decision": "reject", "actor": "model", "source_raw": "auto mode classifier",
    }  # fmt: skip
    return refused if refused["call_id"] else {}


def _prompted(entry: Entry, context: Context) -> dict[str, Any]:
    is_side = text(entry, "agent_id") is not None
    return {} if is_side else {"kind": "prompted", **shown(text(entry, "prompt"), context)}


_TELL: Final[Mapping[str, Callable[[Entry, Context], dict[str, Any]]]] = {
    "PreToolUse": _called,
    "PermissionRequest": _asked,
    "PostToolUse": _ended,
    "PostToolUseFailure": _failed,
    "PermissionDenied": _denied,
    "UserPromptSubmit": _prompted,
}


def _texts(told: Entry) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in told.items() if isinstance(value, str))


def _last(told: Mapping[str, str]) -> dict[str, str]:
    return dict(list(told.items())[-_SESSIONS_KEPT:])


HOOKS: Final = Format(
    "hooks",
    "what hooks of Claude Code and Codex saw, with the time added; or a recorder's timeline of them",
    "lines",
    _recognises,
    _read,
)
