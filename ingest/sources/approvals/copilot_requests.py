"""What was asked for in a permission request of GitHub Copilot CLI?"""

from __future__ import annotations

from typing import Any, Final

from ingest.sources.approvals.base import Context
from ingest.sources.approvals.session_lines import SERVER_PREFIX, Entry, parts, spelled, text
from ingest.sources.approvals.telling import shown
from ingest.sources.approvals.tools import is_read_only, request_kind

_KINDS: Final = {
    "shell": "command", "write": "edit", "read": "read", "url": "fetch", "mcp": "mcp", "memory": "edit",
}  # fmt: skip
_CONTENTS: Final = {  # kind -> what a person sees of it
    "shell": ("fullCommandText",),
    "write": ("diff", "newFileContents"),
    "read": ("path",),
    "url": ("url",),
    "memory": ("fact",),
}
_READS: Final = {"read": True, "write": False, "memory": False}
_OWN_TEXT: Final = ("custom-tool", "hook")  # what names itself
_WORDLESS: Final = ("kind", "toolCallId", "serverName", "toolName", "toolTitle", "intention")


def request_of(request: Entry, context: Context) -> dict[str, Any]:
    """Columns of a request: tool, kind, whether it only reads, and what was shown."""
    tool = _tool_of(request)
    kind = text(request, "kind") or ""
    return {
        "tool_name": tool,
        "request_kind": _KINDS.get(kind) or request_kind(tool) or "other",
        "is_read_only": _is_read_only(request, kind, tool),
        **shown(_content_of(request, kind), context),
    }


def _tool_of(request: Entry) -> str | None:
    kind, server, tool = text(request, "kind"), text(request, "serverName"), text(request, "toolName")
    if kind == "mcp" and server:
        return f"{SERVER_PREFIX}{server}__{tool or ''}"
    return tool if tool and kind in _OWN_TEXT else kind


def _is_read_only(request: Entry, kind: str, tool: str | None) -> bool | None:
    if kind == "shell":
        return _only_reads(request)
    if kind == "mcp":
        said = request.get("readOnly")
        return said if isinstance(said, bool) else None
    return is_read_only(tool) if kind in _OWN_TEXT else _READS.get(kind)


def _only_reads(request: Entry) -> bool | None:
    """A command only reads if every part of it says so, and nothing is written by redirection."""
    told = [command.get("readOnly") for command in parts(request, "commands")]
    writes = request.get("hasWriteFileRedirection")
    if writes is True or False in told:
        return False
    return True if told and writes is False and all(each is True for each in told) else None


def _content_of(request: Entry, kind: str) -> str | None:
    names = _CONTENTS.get(kind)
    if names is not None:
        return text(request, *names)
    told = request["args"] if "args" in request else {k: v for k, v in request.items() if k not in _WORDLESS}
    return spelled(told) if told else None
