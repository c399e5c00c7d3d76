"""What does a rollout of Codex CLI tell of permission prompts?

Codex leaves every approval event out of its rollouts. They tell calls, what came of them, how long commands
ran, the approval policy, tasks, versions and models. That a person said no stands there only as the fixed
answer to the refused call; who said yes is not told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from ingest.sources.approvals.base import Context, Format, Found, Record
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
from ingest.sources.approvals.telling import moment, number, object_of, shown
from ingest.sources.approvals.tools import is_read_only, request_kind
from ingest.sources.sarif.origin import repository_name

VENDOR: Final = "codex"
_TYPES: Final = ("session_meta", "turn_context", "response_item", "event_msg", "compacted")
MODES: Final = {"never": "bypass", "untrusted": "default", "onrequest": "default", "onfailure": "default"}
_INTERACTIVE: Final = {"cli": True, "vscode": True, "exec": False}  # sources of sessions; others: not known
_PERSON: Final = "user"  # the reviewer of approvals, unless it is a model
_WALL_TIME: Final = re.compile(r"^Wall time: (\d{1,9}(?:\.\d{1,9})?) seconds?$", re.MULTILINE)
_HEADER: Final = 400  # characters in which the time stands; what follows is the tool's own output
_REJECTED: Final = re.compile(r"(?:exec command|patch) rejected by user\s*")
_REVIEWED: Final = "This action was rejected due to unacceptable risk."
_ADDRESS: Final = re.compile(r"(?:https?|ssh|git)://[^/]+/|[\w.-]+@[\w.-]+:")  # of a remote, not of a folder


def mode_of(policy: object, reviewer: object = None) -> str | None:
    """Permission mode in words of the contract; `auto` when a model reviews approvals.

    >>> mode_of("on-request"), mode_of("never"), mode_of("on-request", "auto_review"), mode_of(None)
    ('default', 'bypass', 'auto', None)
    """
    if policy is None:
        return None
    plain = policy.lower().replace("-", "").replace("_", "") if isinstance(policy, str) else ""
    mode = MODES.get(plain, "other")
    is_reviewed = isinstance(reviewer, str) and reviewer != _PERSON
    return "auto" if is_reviewed and mode == "default" else mode


def repository_of(address: str | None) -> str | None:
    """Owner and name in the address of a remote; a folder on somebody's machine is none.

    >>> repository_of("git@host.example:acme/pay.git"), repository_of("/home/jo/pay")
    ('acme/pay', None)
    """
    return repository_name(address) if _ADDRESS.match(address or "") else None


def _recognises(head: bytes, _name: str) -> bool:
    entries = list(entries_in(head))
    is_cut_line = not entries and head[:1] == b"{"  # instructions may be longer than the head
    return any(map(_is_own, entries)) or (is_cut_line and b'"type":"session_meta"' in head)


def _is_own(entry: Entry) -> bool:
    return text(entry, "type") in _TYPES and isinstance(entry.get("payload"), dict) and "timestamp" in entry


def _read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    rollout = _Rollout(context)
    yield from read_through(records, rollout.telling, rollout.take, rollout.state)


class _Rollout:
    """One rollout, entry by entry."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.telling = Telling(context, VENDOR)
        left = context.state
        self.session = text(left, "session")
        self.source, self.repository = text(left, "source"), text(left, "repository")
        self.mode, self.version, self.model = text(left, "mode"), text(left, "version"), text(left, "model")

    def state(self) -> Mapping[str, Any]:
        """What the part after needs to know."""
        names = ("session", "source", "repository", "mode", "version", "model")
        return {name: getattr(self, name) for name in names}

    def take(self, entry: Entry, record: Record) -> None:
        """One line."""
        at, payload = moment(entry.get("timestamp")), part(entry, "payload")
        if at is None or not payload:
            self.telling.unreadable(record)
            return
        before = len(self.telling.signals)
        self._heed(text(entry, "type"), payload, at, record)
        if len(self.telling.signals) == before:
            self.telling.skip("entries of rollouts without calls, results, tasks and changes of policy")

    def _heed(self, kind: str | None, payload: Entry, at: datetime, record: Record) -> None:
        if kind == "session_meta":
            self._begin(payload, at)
        elif kind == "turn_context":
            self._turn(payload, at, record)
        elif kind == "response_item":
            self._item(payload, at, record)
        elif kind == "event_msg" and text(payload, "type") == "user_message":
            told = {"kind": "prompted", **shown(text(payload, "message"), self.context)}
            self.telling.signal(record, self._row(at) | told)

    def _begin(self, payload: Entry, at: datetime) -> None:
        """The first one is the rollout's own; those of a session that it was forked from follow."""
        if self.session is None:
            self.session = text(payload, "id", "session_id")
            source = payload.get("source")
            self.source = source if source is None or isinstance(source, str) else "subagent"
            self.version = text(payload, "cli_version")
            self.repository = repository_of(text(part(payload, "git"), "repository_url"))
        self.telling.sighting("agent_version", self.version, at, repository=self.repository)

    def _turn(self, payload: Entry, at: datetime, record: Record) -> None:
        self.model = text(payload, "model") or self.model
        self.telling.sighting("model", self.model, at, repository=self.repository)
        mode = mode_of(payload.get("approval_policy"), payload.get("approvals_reviewer"))
        if mode and mode != self.mode:
            self.mode = mode
            told = {"kind": "mode", "mode": mode, "source_raw": text(payload, "approval_policy")}
            self.telling.signal(record, self._row(at) | told)
        self.telling.sighting("mode", self.mode, at, repository=self.repository)

    def _item(self, payload: Entry, at: datetime, record: Record) -> None:
        read = _ITEMS.get(text(payload, "type") or "")
        call = text(payload, "call_id")
        if read is None or call is None:
            return
        told = read(payload, self.context)
        self.telling.signal(record, self._row(at) | {"mode": self.mode, "call_id": call} | told)
        self.telling.sighting("mcp_server", server_of(told.get("tool_name") or ""), at)

    def _row(self, at: datetime) -> dict[str, Any]:
        told = _INTERACTIVE.get(self.source) if self.source else self.context.place.is_interactive
        return {
            "session_id": self.session or PurePosixPath(self.context.name).stem, "at": at,
            "agent_version": self.version, "model": self.model, "repository": self.repository,
            "is_interactive": told,
        }  # fmt: skip


def _called(payload: Entry, context: Context) -> dict[str, Any]:
    named, space = text(payload, "name"), text(payload, "namespace")
    tool = f"{space}{named}" if space and named and space.startswith("mcp__") else named
    return _call(tool, spelled(payload.get("arguments", payload.get("input"))), context)


def _called_shell(payload: Entry, context: Context) -> dict[str, Any]:
    return _call("local_shell", spelled(payload.get("action")), context)


def _call(tool: str | None, content: str | None, context: Context) -> dict[str, Any]:
    known = {"tool_name": tool, "request_kind": request_kind(tool), "is_read_only": is_read_only(tool)}
    return {"kind": "called", **known, **shown(content, context)}


def _ended(payload: Entry, _context: Context) -> dict[str, Any]:
    output = _output_of(payload.get("output"))
    decision, actor, source = _outcome_of(output)
    return {
        "kind": "ended", "decision": decision, "actor": actor, "source_raw": source,
        "run_seconds": _run_seconds(output),
    }  # fmt: skip


def _output_of(told: object) -> str:
    if isinstance(told, dict):
        return _output_of(told.get("content"))
    if isinstance(told, list):
        return next((found for each in told if isinstance(each, dict) and (found := text(each, "text"))), "")
    return told if isinstance(told, str) else ""


def _outcome_of(output: str) -> tuple[str, str | None, str]:
    """Only the whole of an answer says so: output of a command may hold the same words."""
    if _REJECTED.fullmatch(output):
        return "reject", "human", "rejected by user"
    return (
        ("reject", "model", "automatic review") if output.startswith(_REVIEWED) else ("accept", None, "ran")
    )


def _run_seconds(output: str) -> float | None:
    """Time that a command ran, from the lines above its output, or from the JSON around it."""
    found = _WALL_TIME.search(output[:_HEADER])
    if found:
        return float(found[1])
    wrapped = object_of(output.encode("utf-8", "replace")) if output[:1] == "{" else None
    return number(part(wrapped, "metadata").get("duration_seconds")) if wrapped else None


_ITEMS: Final[Mapping[str, Callable[[Entry, Context], dict[str, Any]]]] = {
    "function_call": _called,
    "custom_tool_call": _called,
    "local_shell_call": _called_shell,
    "function_call_output": _ended,
    "custom_tool_call_output": _ended,
}

CODEX_ROLLOUTS: Final = Format(
    "codex_rollouts",
    "rollouts of Codex CLI (~/.codex/sessions): calls, run times, approval policy; no approvals",
    "lines",
    _recognises,
    _read,
)
