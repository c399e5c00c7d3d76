"""What do the hooks of Cursor say, written down with the moment by a script? Calls only, never an answer.

A hook sees the call before a person does and not what the person said. Where both the general hooks
(`preToolUse`) and the special ones (`beforeShellExecution` ...) are written down, the general ones are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.telling import (
    Told,
    digest,
    first_moment,
    mapping,
    seconds,
    shown,
    text,
    told_by,
)  # fmt: skip
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "cursor"
NO_CALL: Final = "hooks of Cursor that are no calls"
TWICE: Final = "calls that two hooks of Cursor told"
_TIMES: Final = ("ts", "timestamp", "received_at", "time")
_BEFORE: Final = {"beforeShellExecution": "Shell", "beforeMCPExecution": "MCP", "beforeReadFile": "Read"}
_AFTER: Final = {"afterShellExecution": "Shell", "afterMCPExecution": "MCP"}
_ENDS: Final = ("postToolUse", "postToolUseFailure")
_KINDS: Final = {"Shell": "command", "MCP": "mcp", "Read": "read"}
_MOST_OPEN: Final = 200  # calls whose end is waited for
_MOST_GENERAL: Final = 200  # conversations whose general hooks are known
_NO_MODEL: Final = "default"


def _is_hooks(head: bytes, _name: str) -> bool:
    is_hook = b'"hook_event_name"' in head
    return is_hook and (b'"cursor_version"' in head or b'"conversation_id"' in head)


class _Hooks:
    """Reads hooks; a special hook names no call, so the open ones of its kind are remembered in order."""

    vendor = VENDOR

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: list[list[str]] = [list(each) for each in context.state.get("open") or ()]
        self._general: list[str] = list(context.state.get("general") or ())

    def left(self) -> Mapping[str, Any]:
        return {"open": self._open, "general": self._general}

    def tell(self, said: Mapping[str, Any]) -> Told:
        event = str(said.get("hook_event_name"))
        row = self._common(said)
        if event == "beforeSubmitPrompt":
            return Told([{**row, "kind": "prompted", "content_chars": _size(said)}], _seen(row))
        if event == "preToolUse":
            self._meet(row["session_id"])
            return Told([{**row, "kind": "called", **self._general_call(said)}], _seen(row))
        if event in _ENDS:
            return Told([{**row, "kind": "ended", **self._general_call(said), **_ran(said)}], _seen(row))
        return self._special(event, said, row)

    def _common(self, said: Mapping[str, Any]) -> dict[str, Any]:
        model = text(said.get("model"))
        return {
            "vendor": VENDOR,
            "session_id": text(said.get("conversation_id")) or text(said.get("session_id")),
            "at": first_moment(said, _TIMES),
            "reviewer": self._context.person(text(said.get("user_email"))),
            "agent_version": text(said.get("cursor_version")),
            "model": None if model == _NO_MODEL else model,
        }

    def _meet(self, session: str | None) -> None:
        if session and session not in self._general:
            self._general = [*self._general[-_MOST_GENERAL + 1 :], session]

    def _general_call(self, said: Mapping[str, Any]) -> dict[str, Any]:
        tool, given = text(said.get("tool_name")), said.get("tool_input")
        what = text(mapping(given).get("command")) or (orjson.dumps(given).decode() if given else None)
        call = {"call_id": text(said.get("tool_use_id")), "tool_name": tool}
        return {**call, **_kind_of(tool), **shown(what, self._context)}

    def _special(self, event: str, said: Mapping[str, Any], row: dict[str, Any]) -> Told:
        tool = _BEFORE.get(event) or _AFTER.get(event)
        if tool is None:
            return Told((), _seen(row), NO_CALL)
        if row["session_id"] in self._general:
            return Told(left_out=TWICE)
        if event in _AFTER:
            call = self._close(row, tool)
            ended = {
                **row,
                "kind": "ended",
                "call_id": call,
                "tool_name": tool,
                **_kind_of(tool),
                **_ran(said),
            }
            return Told([ended], _seen(row))
        what = shown(text(said.get("command")) or text(said.get("tool_input")), self._context)
        called = {**row, "kind": "called", "call_id": self._begin(row, tool), "tool_name": tool}
        return Told([{**called, **_kind_of(tool), **what}], _seen(row))

    def _begin(self, row: Mapping[str, Any], tool: str) -> str:
        call = digest(row["session_id"], tool, row["at"], len(self._open))
        if tool in _AFTER.values():  # only what also ends is waited for
            self._open = [*self._open[-_MOST_OPEN + 1 :], [str(row["session_id"]), tool, call]]
        return call

    def _close(self, row: Mapping[str, Any], tool: str) -> str:
        """The oldest open call of that kind; an end without one is a call that was not written down."""
        mine = [each for each in self._open if each[:2] == [str(row["session_id"]), tool]]
        if not mine:
            return digest(row["session_id"], tool, row["at"])
        self._open.remove(mine[0])
        return mine[0][2]


def _kind_of(tool: str | None) -> dict[str, Any]:
    kind = _KINDS.get(tool or "") or request_kind(tool)
    return {"request_kind": kind, "is_read_only": is_read_only(tool)}


def _ran(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"decision": "accept", "source_raw": "ran", "run_seconds": seconds(said.get("duration"))}


def _size(said: Mapping[str, Any]) -> int | None:
    prompt = said.get("prompt")
    return len(prompt) if isinstance(prompt, str) else None


def _seen(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = (("agent_version", row["agent_version"]), ("model", row["model"]))
    return [
        {"vendor": VENDOR, "kind": kind, "name": name, "place": "hooks", "seen_at": row["at"]}
        for kind, name in told
        if name
    ]


def _read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    return told_by(_Hooks(context), records, context)


CURSOR_HOOKS: Final = Format(
    "cursor_hooks", "hooks of Cursor that a script writes down: calls, never answers", "lines",
    _is_hooks, _read,
)  # fmt: skip
