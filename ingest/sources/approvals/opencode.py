"""What do the logs of opencode say: bus events that a plugin wrote down, and stored parts of messages?

Only the events `permission.asked` and `permission.replied` hold decisions; a plugin appends them, with the
moment. Who answered they do not say: an answer is a person's, unless the same moment brought another one of
the same session, since one "always" or "reject" answers all that wait with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.telling import (
    Told,
    first_moment,
    items,
    mapping,
    moment,
    shown,
    text,
    told_by,
)  # fmt: skip
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "opencode"
NO_PERMISSION: Final = "events of opencode that say nothing of permissions"
NO_CALL: Final = "parts of opencode that are no calls"
_ASKED: Final = ("permission.asked", "permission.v2.asked", "permission.updated")
_REPLIED: Final = ("permission.replied", "permission.v2.replied")
_PART: Final = "message.part.updated"
_TIMES: Final = ("ts", "timestamp", "at", "received_at", "time", "_ts")
_ALONG_SECONDS: Final = 0.1  # answers of one session this close after a sweeping one come from it
_SWEEPING: Final = ("always", "reject")
_MOST_PENDING: Final = 500  # requests whose answer is waited for; more were never answered
_BY_PERSON: Final = "The user rejected permission"
_BY_RULE: Final = "The user has specified a rule"


def _moment_of(*said: Mapping[str, Any]) -> datetime | None:
    return next((at for at in (first_moment(each, _TIMES) for each in said) if at), None)


# -- events of the bus -----------------------------------------------------------------------------


def _is_events(head: bytes, _name: str) -> bool:
    return b'"permission.' in head and any(f'"{name}"'.encode() in head for name in (*_ASKED, *_REPLIED))


class _Events:
    """Reads events; an answer names its request only, so the request's call is remembered."""

    vendor = VENDOR

    def __init__(self, context: Context) -> None:
        self._context = context
        self._calls: dict[str, str] = dict(context.state.get("calls") or {})  # request -> call, still open
        self._last: list[Any] = list(context.state.get("last") or ())  # session, answer, moment

    def left(self) -> Mapping[str, Any]:
        return {"calls": self._calls, "last": self._last}

    def tell(self, said: Mapping[str, Any]) -> Told:
        event = mapping(said.get("event")) or mapping(said.get("payload")) or said
        about = mapping(event.get("properties")) or mapping(event.get("data"))
        kind = event.get("type")
        at = _moment_of(said, event) or moment(mapping(about.get("time")).get("created"))
        if kind in _ASKED:
            return Told([self._asked(about, at)])
        if kind in _REPLIED:
            return Told([self._replied(about, at, is_saved=".v2." in str(kind))])
        if kind == _PART:
            return _part(mapping(about.get("part")), text(about.get("sessionID")), self._context)
        return Told(left_out=NO_PERMISSION)

    def _asked(self, about: Mapping[str, Any], at: datetime | None) -> dict[str, Any]:
        request = text(about.get("id")) or text(about.get("requestID"))
        source = mapping(about.get("tool")) or mapping(about.get("source")) or about
        call = text(source.get("callID")) or request
        if request and call:
            self._remember(request, call)
        tool = text(about.get("permission")) or text(about.get("action")) or text(about.get("type"))
        return {
            "vendor": VENDOR, "session_id": text(about.get("sessionID")), "call_id": call, "kind": "asked",
            "at": at, "tool_name": tool, "request_kind": request_kind(tool),
            "is_read_only": is_read_only(tool), **shown(_shown_of(about), self._context),
        }  # fmt: skip

    def _remember(self, request: str, call: str) -> None:
        self._calls[request] = call
        if len(self._calls) > _MOST_PENDING:
            self._calls.pop(next(iter(self._calls)))

    def _replied(self, about: Mapping[str, Any], at: datetime | None, *, is_saved: bool) -> dict[str, Any]:
        request = text(about.get("requestID")) or text(about.get("permissionID")) or text(about.get("id"))
        word = text(about.get("reply")) or text(about.get("response")) or "not told"
        session = text(about.get("sessionID"))
        came_along = self._came_along(session, word, at)
        return {
            "vendor": VENDOR, "session_id": session, "kind": "decided", "at": at, "source_raw": word,
            "call_id": self._calls.pop(request, request) if request else None,
            **_answer(word, came_along=came_along, is_saved=is_saved),
        }  # fmt: skip

    def _came_along(self, session: str | None, word: str, at: datetime | None) -> bool:
        """Whether an answer was given with another one just before it."""
        before = moment(self._last[2]) if len(self._last) == len(("session", "answer", "moment")) else None
        is_near = (
            before is not None and at is not None and 0 <= (at - before).total_seconds() <= _ALONG_SECONDS
        )
        is_along = is_near and self._last[:2] == [session, word] and word in _SWEEPING
        if not is_along and at is not None:
            self._last = [session, word, at.isoformat()]
        return is_along


def _answer(word: str, *, came_along: bool, is_saved: bool) -> dict[str, Any]:
    decision = {"once": "accept", "always": "accept", "reject": "reject"}.get(word, word)
    if came_along:  # nobody looked at this one
        return {"decision": decision, "actor": "policy", "scope": "carried"}
    lasting = "permanent" if is_saved else "session"  # the first version forgets when it is closed
    return {"decision": decision, "actor": "human", "scope": {"once": "once", "always": lasting}.get(word)}


def _shown_of(about: Mapping[str, Any]) -> str | None:
    """The command or the change that was shown; else the patterns that are asked for."""
    details = mapping(about.get("metadata"))
    whole = text(details.get("command")) or text(details.get("diff"))
    patterns = items(about.get("patterns")) or items(about.get("resources"))
    return whole or "\n".join(each for each in patterns if isinstance(each, str)) or None


# -- parts of messages -----------------------------------------------------------------------------


def _is_parts(head: bytes, _name: str) -> bool:
    is_call = b'"callID"' in head and b'"state"' in head and b'"tool"' in head
    return is_call or (b'"step-start"' in head and b'"snapshot"' in head)


class _Parts:
    """Reads stored parts; the session is the file's name where they do not tell it."""

    vendor = VENDOR

    def __init__(self, context: Context) -> None:
        self._context = context
        self._session = PurePosixPath(context.name).stem or "unknown"

    def left(self) -> Mapping[str, Any]:
        return {}

    def tell(self, said: Mapping[str, Any]) -> Told:
        session = text(said.get("sessionID")) or self._session
        if said.get("type") == "tool":
            return _part(said, session, self._context)
        seen = _models(said)
        is_task = said.get("type") == "text" and said.get("_role") == "user"
        return Told([_task(said, session)], seen) if is_task else Told((), seen, NO_CALL)


def _task(said: Mapping[str, Any], session: str) -> dict[str, Any]:
    size = len(said["text"]) if isinstance(said.get("text"), str) else None
    at = moment(mapping(said.get("time")).get("start")) or _moment_of(said)
    return {
        "vendor": VENDOR, "session_id": session, "kind": "prompted", "at": at, "content_chars": size,
        "model": text(said.get("_model")),
    }  # fmt: skip


def _models(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    name, at = text(said.get("_model")), _moment_of(said)
    seen = {"vendor": VENDOR, "kind": "model", "name": name, "place": "transcript", "seen_at": at}
    return [seen] if name and at else []


def _part(part: Mapping[str, Any], session: str | None, context: Context) -> Told:
    """A call and what came of it; it began before anybody was asked, so how long it ran is not known."""
    if part.get("type") != "tool":
        return Told(left_out=NO_CALL)
    state, tool = mapping(part.get("state")), text(part.get("tool"))
    times = mapping(state.get("time"))
    call = {
        "vendor": VENDOR, "session_id": text(part.get("sessionID")) or session, "tool_name": tool,
        "call_id": text(part.get("callID")) or text(part.get("id")), "request_kind": request_kind(tool),
        "is_read_only": is_read_only(tool), **shown(_input_of(state), context),
    }  # fmt: skip
    began, ended = moment(times.get("start")), moment(times.get("end"))
    called = {**call, "kind": "called", "at": began or _moment_of(part)}
    if state.get("status") not in ("completed", "error"):
        return Told([called] if called["at"] else [], left_out=None if called["at"] else NO_CALL)
    return Told([called, {**call, "kind": "ended", "at": ended or _moment_of(part), **_outcome(state)}])


def _input_of(state: Mapping[str, Any]) -> str | None:
    told = mapping(state.get("input"))
    return text(told.get("command")) or text(told.get("content")) or text(told.get("newString"))


def _outcome(state: Mapping[str, Any]) -> dict[str, Any]:
    error = state.get("error")
    told = error if isinstance(error, str) else ""
    if told.startswith(_BY_PERSON):
        return {"decision": "reject", "actor": "human", "source_raw": "user rejected"}
    if told.startswith(_BY_RULE):
        return {"decision": "reject", "actor": "policy", "source_raw": "rule"}
    return {"decision": "accept", "source_raw": "ran"}


def _read_events(records: Iterable[Record], context: Context) -> Iterator[Found]:
    return told_by(_Events(context), records, context)


def _read_parts(records: Iterable[Record], context: Context) -> Iterator[Found]:
    return told_by(_Parts(context), records, context)


OPENCODE_EVENTS: Final = Format(
    "opencode_events", "bus events of opencode that a plugin writes down: who was asked, what was answered",
    "lines", _is_events, _read_events,
)  # fmt: skip
OPENCODE_PARTS: Final = Format(
    "opencode_parts", "stored parts of messages of opencode: calls and what came of them, no decisions",
    "objects", _is_parts, _read_parts,
)  # fmt: skip
