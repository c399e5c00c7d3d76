"""Events of GitHub Copilot CLI: hand-made in the shape of its published types (1.0.77 and later)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.approvals.base import Place
from ingest.sources.approvals.copilot_events import COPILOT_EVENTS, mode_of
from ingest.sources.approvals.copilot_requests import request_of
from tests.ingest.approvals.reading import SHARED, Reading, at, context, lines, read
from tests.ingest.approvals.spoiling import spoilt

SECRET = "correct-horse-battery"  # noqa: S105 - stands for any text that must not be kept
NOBODY = "denied-no-approval-rule-and-could-not-request-from-user"
JIRA = {"kind": "mcp", "serverName": "jira", "toolName": "find"}
SHELL = {
    "kind": "shell", "toolCallId": "c1", "fullCommandText": SECRET, "intention": SECRET,
    "commands": [{"identifier": "echo", "readOnly": True}], "hasWriteFileRedirection": True,
}  # fmt: skip
PLAIN = {**SHELL, "hasWriteFileRedirection": False}


def event(kind: str, second: float, **data: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "data": data,
        "id": f"e-{second}",
        "timestamp": f"2026-08-03T21:38:{second:06.3f}Z",
        "parentId": None,
    }


def start(**more: Any) -> dict[str, Any]:
    return event("session.start", 0, **{"sessionId": "s-1", "copilotVersion": "1.0.77", **more})


def asked(second: float, identity: str = "q1", **more: Any) -> dict[str, Any]:
    request = more.pop("permissionRequest", SHELL)
    return event("permission.requested", second, requestId=identity, permissionRequest=request, **more)


def answered(second: float, kind: str, source: str | None = None, identity: str = "q1") -> dict[str, Any]:
    told = {"decisionSource": source} if source else {}
    return event(
        "permission.completed", second, requestId=identity, result={"kind": kind, "feedback": SECRET}, **told
    )


def told_by(*entries: dict[str, Any], **about: Any) -> Reading:
    return read(COPILOT_EVENTS, lines(*entries), context(**about))


def test_a_request_and_its_answer_are_the_best_evidence_there_is() -> None:
    told = told_by(start(), asked(40.507), answered(43.086, "denied-interactively-by-user"))
    ask, said = told.one("asked"), told.one("decided")
    assert (ask["call_id"], ask["tool_name"], ask["request_kind"], ask["is_read_only"]) == (
        "c1",
        "shell",
        "command",
        False,
    )
    assert (ask["content_chars"], ask["session_id"], ask["agent_version"]) == (len(SECRET), "s-1", "1.0.77")
    assert (said["call_id"], said["decision"], said["actor"], said["scope"]) == (
        "c1",
        "reject",
        "human",
        None,
    )
    assert (said["at"] - ask["at"]).total_seconds() == 2.579
    assert (said["tool_name"], said["content_chars"]) == ("shell", len(SECRET))


@pytest.mark.parametrize(
    ("kind", "source", "decision", "actor", "scope"),
    [
        ("approved", "human_response", "accept", "human", "once"),
        ("approved-for-session", "human_response", "accept", "human", "session"),
        ("approved-for-location", "human_response", "accept", "human", "permanent"),
        ("denied-interactively-by-user", "human_response", "reject", "human", None),
        ("approved", "assisted_approval", "accept", "model", "once"),
        ("approved", "host_policy", "accept", "policy", "once"),
        (NOBODY, "unattended_fallback", "reject", "policy", None),
        (NOBODY, None, "reject", "policy", None),
        ("approved", "authorization_carry_forward", "accept", "policy", "carried"),
        ("approved", "something_new", "accept", "unknown", "once"),
        ("approved", None, "accept", "unknown", "once"),
        ("approved-for-session", None, "accept", "unknown", "session"),
        ("cancelled", None, "cancelled", "unknown", None),
        ("denied-by-rules", None, "reject", "policy", None),
        ("denied-by-content-exclusion-policy", None, "reject", "policy", None),
        ("denied-by-permission-request-hook", None, "reject", "hook", None),
        ("denied-interactively-by-user", "host_policy", "reject", "policy", None),
    ],
)  # fmt: skip
def test_who_decided_is_what_the_log_says_and_never_a_person_by_default(
    kind: str, source: str | None, decision: str, actor: str, scope: str | None
) -> None:
    said = told_by(start(), asked(1), answered(2, kind, source)).one("decided")
    assert (said["decision"], said["actor"], said["scope"]) == (decision, actor, scope)
    assert said["source_raw"] == (source or kind)


def test_a_kind_that_decides_nothing_tells_nothing() -> None:
    told = told_by(start(), asked(1), answered(2, "no-result"), answered(3, "brand-new"))
    assert not told.of("decided")


def test_a_request_that_a_hook_answered_was_never_shown() -> None:
    told = told_by(start(), asked(1, resolvedByHook=True), answered(2, "approved"))
    assert not told.of("asked")
    assert (told.one("decided")["actor"], told.one("decided")["call_id"]) == ("hook", "c1")


def test_a_grant_that_was_carried_forward_raised_no_prompt() -> None:
    said = told_by(
        start(), event("permission.carriedForward", 1, requestId="q", toolCallId="c9", recordId="r")
    ).one("decided")
    assert (said["call_id"], said["decision"], said["actor"], said["scope"]) == (
        "c9",
        "accept",
        "policy",
        "carried",
    )


def test_an_unanswered_request_stays_so() -> None:
    told = told_by(start(), asked(1), event("session.shutdown", 9))
    assert [row["kind"] for row in told.signals] == ["asked"]
    assert told.state["open"] == {}


def test_without_a_call_the_request_names_itself() -> None:
    request = {"kind": "url", "url": "https://x.example"}
    told = told_by(start(), asked(1, permissionRequest=request), answered(2, "approved", "human_response"))
    assert {row["call_id"] for row in told.signals} == {"q1"}


@pytest.mark.parametrize(
    ("asks", "tool", "kind", "reads", "chars"),
    [
        ({"kind": "read", "path": "a/b.py"}, "read", "read", True, 6),
        ({"kind": "write", "diff": "+1\n-2", "fileName": "a"}, "write", "edit", False, 5),
        ({"kind": "url", "url": "https://x"}, "url", "fetch", None, 9),
        ({**JIRA, "readOnly": True, "args": {"q": 1}}, "mcp__jira__find", "mcp", True, 8),
        (JIRA, "mcp__jira__find", "mcp", None, None),
        ({"kind": "custom-tool", "toolName": "deploy", "args": {}}, "deploy", "other", None, None),
        ({"kind": "memory", "fact": "x"}, "memory", "edit", False, 1),
        ({"kind": "shell", "fullCommandText": "ls"}, "shell", "command", None, 2),
        (PLAIN, "shell", "command", True, 21),
        ({**PLAIN, "commands": [{"readOnly": True}, {"readOnly": False}]}, "shell", "command", False, 21),
        ({**PLAIN, "commands": [{"readOnly": True}, {}]}, "shell", "command", None, 21),
        ({}, None, "other", None, None),
    ],
)  # fmt: skip
def test_requests_tell_what_they_would_do(
    asks: Any, tool: str | None, kind: str, reads: object, chars: int | None
) -> None:
    row = request_of(asks, context())
    assert (row["tool_name"], row["request_kind"], row["is_read_only"]) == (tool, kind, reads)
    assert row["content_chars"] == chars


def test_a_tool_that_ran_names_nobody() -> None:
    run = event(
        "tool.execution_start",
        1,
        toolCallId="c1",
        toolName="bash",
        arguments={"command": SECRET},
        model="gpt-5",
    )
    told = told_by(
        start(),
        run,
        event("tool.execution_complete", 2, toolCallId="c1", success=True, result={"content": SECRET}),
    )
    assert (told.one("called")["tool_name"], told.one("called")["model"]) == ("bash", "gpt-5")
    assert (told.one("ended")["decision"], told.one("ended")["actor"]) == ("accept", None)
    assert SECRET not in repr(told)


@pytest.mark.parametrize(
    ("verdict", "code", "decision"),
    [
        ("denied-by-rules", None, "reject"),
        ("approved", None, "accept"),
        (None, "denied", "reject"),
        (None, "failure", None),
    ],
)
def test_a_call_that_failed_ran_only_where_that_is_told(
    verdict: str | None, code: str | None, decision: str | None
) -> None:
    answer = [asked(1), answered(2, verdict)] if verdict else []
    end = event(
        "tool.execution_complete", 3, toolCallId="c1", success=False, error={"code": code, "message": SECRET}
    )
    assert told_by(start(), *answer, end).one("ended")["decision"] == decision


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        ({"mode": "manual"}, "default"), ({"mode": "assisted"}, "auto"), ({"mode": "allow-all"}, "bypass"),
        ({"mode": "new"}, "other"), ({"allowAllPermissionMode": "off"}, "default"),
        ({"allowAllPermissionMode": "on", "allowAllPermissions": True}, "bypass"),
        ({"allowAllPermissions": False}, "default"),
        ({}, None),
    ],
)  # fmt: skip
def test_changes_of_permissions_are_the_mode(data: dict[str, Any], mode: str | None) -> None:
    assert mode_of(data) == mode


def test_the_mode_stands_beside_later_requests_and_is_unknown_before() -> None:
    told = told_by(
        start(), asked(1), event("session.permissions_changed", 2, mode="allow-all"), asked(3, "q2")
    )
    assert [row["mode"] for row in told.of("asked")] == [None, "bypass"]
    assert told.one("mode")["mode"] == "bypass"


@pytest.mark.parametrize(
    ("named", "expected"),
    [("acme/pay", "acme/pay"), ("xxxxxxxx", "told/elsewhere"), ("/home/jo/pay", "told/elsewhere")],
)
def test_the_repository_is_taken_only_as_owner_and_name(named: str, expected: str) -> None:
    told = told_by(
        start(context={"repository": named, "cwd": SECRET}), asked(1), place=Place("told/elsewhere")
    )
    assert told.one("asked")["repository"] == expected


def test_only_what_a_person_wrote_is_a_task() -> None:
    told = told_by(
        start(), event("user.message", 1, content="fix it", transformedContent=SECRET),
        event("user.message", 2, content="go on", source="autopilot"),
        event("system.message", 3, content=SECRET),
    )  # fmt: skip
    assert told.one("prompted")["content_chars"] == 6
    assert SECRET not in repr(told)


def test_models_are_seen_but_not_the_router_that_picks_them() -> None:
    told = told_by(
        start(),
        event("session.model_change", 1, newModel="auto"),
        event("session.auto_mode_resolved", 2, chosenModel="gpt-5-mini"),
    )
    assert (told.names("model"), told.names("agent_version")) == (["gpt-5-mini"], ["1.0.77"])


def test_a_growing_file_reads_as_the_whole_one() -> None:
    end = event("tool.execution_complete", 5, toolCallId="c1", success=False)
    records = lines(
        start(),
        event("session.permissions_changed", 1, mode="manual"),
        asked(2),
        answered(4, "approved"),
        end,
    )
    wholly = {row["signal_id"]: {**row, "raw_ref": None} for row in read(COPILOT_EVENTS, records).signals}
    for cut in range(1, len(records)):
        first = read(COPILOT_EVENTS, records[:cut])
        assert SECRET not in repr(first.state)
        then = read(COPILOT_EVENTS, records[cut:], context(state=first.state))
        assert {
            row["signal_id"]: {**row, "raw_ref": None} for row in [*first.signals, *then.signals]
        } == wholly


def test_a_file_whose_start_is_gone_is_named_by_its_folder() -> None:
    told = told_by(asked(1), name="x/session-state/s-7/events.jsonl")
    assert told.one("asked")["session_id"] == "s-7"


def test_what_cannot_be_read_goes_to_quarantine_and_reading_goes_on() -> None:
    told = read(
        COPILOT_EVENTS,
        [b"{", *lines({"type": "user.message", "data": {}, "timestamp": "noon"}, start(), asked(1))],
    )
    assert len(told.of("unreadable")) == 2
    assert len(told.of("asked")) == 1


def test_events_are_known_by_their_content() -> None:
    assert COPILOT_EVENTS.recognises(lines(start())[0], "any")
    for other in (
        {"type": "user", "sessionId": "s"},
        {"type": "span", "name": "chat"},
        {"type": "event_msg", "payload": {}},
    ):
        assert not COPILOT_EVENTS.recognises(lines(other)[0], "any")


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_spoilt_value_stops_reading_or_breaks_the_contract(data: st.DataObject) -> None:
    entries = [
        start(),
        asked(1),
        answered(2, "approved"),
        event("tool.execution_complete", 3, toolCallId="c1", success=True),
    ]
    told = told_by(*[data.draw(spoilt(each)) for each in entries])
    assert len(told.broken()) == len(told.of("unreadable"))


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of real logs is not here")
def test_the_real_request_was_asked_and_never_answered() -> None:
    content = (SHARED / "copilot" / "irrlicht_2-19_0_events.jsonl").read_bytes()
    told = read(COPILOT_EVENTS, content.splitlines())
    row = told.one("asked")
    assert (row["at"], row["content_chars"], row["is_read_only"]) == (
        at("2026-08-03T16:03:15.923Z"),
        37,
        False,
    )
    assert not told.of("decided")
    assert not told.of("ended")
    assert not told.broken()


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of real logs is not here")
def test_the_real_session_without_a_request_ran_its_tool_and_asked_nobody() -> None:
    told = read(COPILOT_EVENTS, (SHARED / "copilot" / "irrlicht_2-11_events.jsonl").read_bytes().splitlines())
    assert [row["kind"] for row in told.signals] == ["prompted", "called", "ended"]
    assert told.one("ended")["actor"] is None
    assert told.names("model") == ["gpt-5-mini"]
