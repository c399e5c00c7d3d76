"""What do Codex's events say of permission prompts?

Source: the agent's own code (`otel` crate). It says who decided, never when a prompt was shown. Words of
decisions come in several spellings, and are compared without underscores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ingest.sources.approvals.otlp.desk import Desk
from ingest.sources.approvals.otlp.events import Event, spelled
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "codex"
_ACTORS: Final = {"user": "human", "config": "policy", "automatedreviewer": "model"}
_MODES: Final = {"never": "bypass", "onrequest": "default", "untrusted": "default", "onfailure": "default"}
_TIMED_OUT: Final = "timedout"


def _is_interactive(event: Event, desk: Desk) -> bool | None:
    """`codex exec` runs without anybody before it."""
    originator = spelled(event.text("originator"))
    return False if "exec" in originator else desk.context.place.is_interactive


def _common(event: Event, desk: Desk, kind: str) -> dict[str, Any]:
    text = event.text
    person = text("user.account_id") or text("user.email") or desk.context.place.person
    return {
        "vendor": VENDOR,
        "session_id": text("conversation.id"),
        "kind": kind,
        "at": event.at,
        "span_id": event.span_id,
        "is_interactive": _is_interactive(event, desk),
        "reviewer": desk.person(person),
        "team": desk.team(event),
        "repository": desk.repository(event),
        "agent_version": text("app.version") or event.origin.version,
        "model": text("model") or text("slug"),
    }


def _call(event: Event) -> dict[str, Any]:
    tool = event.text("tool_name")
    return {
        "call_id": event.text("call_id"),
        "tool_name": tool,
        "request_kind": request_kind(tool),
        "is_read_only": is_read_only(tool),
    }


def decision_of(word: str) -> str | None:
    """Decision in the contract's words; None for a word that does not tell.

    >>> [decision_of(word) for word in ("approvedforsession", "denied", "abort", "timedout", "new")]
    ['accept', 'reject', 'reject', 'cancelled', None]
    """
    if word.startswith("approved"):
        return "accept"
    if word.startswith("denied") or word == "abort":
        return "reject"
    return "cancelled" if word == _TIMED_OUT else None


def scope_of(word: str) -> str | None:
    """How far an approval reaches.

    >>> [scope_of(word) for word in ("approved", "approvedforsession", "approvedexecpolicyamendment")]
    ['once', 'session', 'permanent']
    """
    if "amendment" in word or "withnetworkpolicy" in word:
        return "permanent"
    return {"approved": "once", "approvedforsession": "session"}.get(word)


def _actor(word: str, source: str, is_interactive: bool | None) -> str:  # noqa: FBT001 - null is a third state
    if word == _TIMED_OUT:
        return "none"
    actor = _ACTORS.get(source, "unknown")
    return "unknown" if actor == "human" and is_interactive is False else actor


def _decided(event: Event, desk: Desk) -> None:
    word, source = spelled(event.text("decision")), event.text("source")
    signal = _common(event, desk, "decided") | _call(event)
    actor = _actor(word, spelled(source), signal["is_interactive"])
    told = {
        "decision": decision_of(word),
        "actor": actor,
        "scope": scope_of(word) if actor == "human" else None,
        "source_raw": source,
    }
    desk.signal(signal | told)


def _ended(event: Event, desk: Desk) -> None:
    """What came of a call; its duration may hold the wait for an answer, and is not taken."""
    arguments = event.text("arguments")
    told = {
        "decision": "accept" if event.text("success") == "true" else None,
        "content_chars": len(arguments) if arguments else None,
    }
    desk.signal(_common(event, desk, "ended") | _call(event) | desk.shown(arguments) | told)
    desk.sighting(VENDOR, "mcp_server", event.text("mcp_server"), event)


def _prompted(event: Event, desk: Desk) -> None:
    desk.signal(_common(event, desk, "prompted") | {"content_chars": event.whole("prompt_length")})


def _started(event: Event, desk: Desk) -> None:
    policy = event.text("approval_policy")
    if policy:
        mode = _MODES.get(spelled(policy), "other")
        desk.signal(_common(event, desk, "mode") | {"mode": mode, "source_raw": policy})
    desk.sighting(VENDOR, "setting", f"approval_policy = {policy}" if policy else None, event)
    desk.sighting(VENDOR, "model", event.text("model") or event.text("slug"), event)
    sandbox = event.text("sandbox_policy")
    desk.sighting(VENDOR, "setting", f"sandbox_policy = {sandbox}" if sandbox else None, event)
    for server in (event.text("mcp_servers") or "").split(","):
        desk.sighting(VENDOR, "mcp_server", server.strip(), event)


HANDLERS: Final[Mapping[str, Callable[[Event, Desk], None]]] = {
    "codex.tool_decision": _decided,
    "codex.tool_result": _ended,
    "codex.user_prompt": _prompted,
    "codex.conversation_starts": _started,
}
