"""Hooks of Claude Code and Codex: what agents hand over, with a time added, and timelines of a recorder."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.approvals.hooks import HOOKS
from tests.ingest.approvals.reading import SHARED, Reading, at, context, lines, read
from tests.ingest.approvals.spoiling import spoilt

SECRET = "correct-horse-battery"  # noqa: S105 - stands for any text that must not be kept


def hook(name: str, second: float, **more: Any) -> dict[str, Any]:
    return {
        "hook_event_name": name, "session_id": "s-1", "transcript_path": "/x/.claude/projects/p/s-1.jsonl",
        "cwd": SECRET, "permission_mode": "default", "ts": f"2026-04-12T18:44:{second:06.3f}+02:00", **more,
    }  # fmt: skip


def tool(name: str, second: float, **more: Any) -> dict[str, Any]:
    return hook(name, second, **{"tool_name": "Bash", "tool_input": {"command": SECRET}, **more})


def recorded(kind: str, second: float, **more: Any) -> dict[str, Any]:
    return {
        "seq": 1,
        "ts": f"2026-04-12T18:44:{second:06.3f}+02:00",
        "kind": kind,
        "session_id": "s-1",
        **more,
    }


def told_by(*entries: dict[str, Any], **about: Any) -> Reading:
    return read(HOOKS, lines(*entries), context(**about))


def test_a_permission_request_is_the_moment_of_asking() -> None:
    row = told_by(tool("PermissionRequest", 6.76)).one("asked")
    assert (row["at"], row["call_id"], row["tool_name"]) == (at("2026-04-12T16:44:06.760Z"), None, "Bash")
    assert (row["vendor"], row["mode"], row["request_kind"]) == ("claude_code", "default", "command")
    assert row["content_chars"] == len('{"command": "correct-horse-battery"}') == 36


def test_a_call_and_its_end_are_told_with_the_time_that_the_tool_ran() -> None:
    told = told_by(
        tool("PreToolUse", 1, tool_use_id="t1"),
        tool("PostToolUse", 9, tool_use_id="t1", duration_ms=1500, tool_response=SECRET),
    )
    assert told.one("called")["call_id"] == "t1"
    ended = told.one("ended")
    assert (ended["decision"], ended["actor"], ended["run_seconds"]) == ("accept", None, 1.5)


def test_a_tool_that_failed_was_refused_by_nobody() -> None:
    row = told_by(tool("PostToolUseFailure", 9, tool_use_id="t1", error=SECRET)).one("ended")
    assert (row["decision"], row["source_raw"], row["run_seconds"]) == ("accept", "failed", None)


def test_a_denial_of_auto_mode_is_the_models() -> None:
    row = told_by(tool("PermissionDenied", 2, tool_use_id="t1", reason=SECRET)).one("ended")
    assert (row["decision"], row["actor"]) == ("reject", "model")


def test_a_task_is_told_by_its_size_and_a_notification_by_nothing() -> None:
    told = told_by(
        hook("UserPromptSubmit", 1, prompt=SECRET),
        hook("UserPromptSubmit", 1, prompt="x", agent_id="side"),
        hook("Notification", 7, notification_type="permission_prompt", message=SECRET),
    )
    assert told.one("prompted")["content_chars"] == len(SECRET)
    assert sum(told.left_out.values()) == 2
    assert not told.of("asked")


def test_the_mode_is_told_when_it_changes() -> None:
    told = told_by(
        hook("Stop", 1),
        hook("Stop", 2),
        hook("Stop", 3, permission_mode="bypassPermissions"),
        hook("Stop", 4, session_id="s-2"),
    )
    assert [(row["session_id"], row["mode"]) for row in told.of("mode")] == [
        ("s-1", "default"),
        ("s-1", "bypass"),
        ("s-2", "default"),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ts", "2026-04-12T16:44:06.5Z"),
        ("timestamp", 1776012246.5),
        ("received_at", 1776012246500),
        ("time", 1776012246500),
    ],
)
def test_the_time_that_a_script_added_is_found(name: str, value: object) -> None:
    entry = tool("PermissionRequest", 0)
    del entry["ts"]
    assert told_by(entry | {name: value}).one("asked")["at"] == at("2026-04-12T16:44:06.5Z")


def test_a_hook_without_a_time_cannot_be_read() -> None:
    entry = tool("PermissionRequest", 0)
    del entry["ts"]
    told = told_by(entry, entry | {"ts": "2026-04-12T16:44:06"})
    assert len(told.of("unreadable")) == 2


def test_what_a_script_wrapped_is_unwrapped() -> None:
    inner = tool("PermissionRequest", 0)
    del inner["ts"]
    assert told_by({"received_at": "2026-04-12T16:44:06Z", "event": inner}).one("asked")["at"].second == 6


@pytest.mark.parametrize(
    ("more", "vendor"),
    [
        ({}, "claude_code"),
        ({"transcript_path": "/x/.codex/sessions/2026/rollout-1.jsonl"}, "codex"),
        ({"transcript_path": "C:\\Users\\x\\.codex\\sessions\\r.jsonl"}, "codex"),
        ({"transcript_path": None, "turn_id": "t", "model": "gpt"}, "codex"),
        ({"adapter": "codex"}, "codex"),
        ({"transcript_path": None}, "claude_code"),
    ],
)
def test_whose_hook_it_is_shows_in_what_was_handed_over(more: dict[str, Any], vendor: str) -> None:
    assert told_by(tool("PermissionRequest", 1, **more)).one("asked")["vendor"] == vendor


def test_a_recorder_names_the_agent_once_and_keeps_only_names_of_hooks() -> None:
    records = lines(
        recorded("transcript_new", 1, adapter="codex", transcript_path=SECRET),
        recorded("hook_received", 2, hook_name="PermissionRequest"),
        recorded("hook_received", 3, hook_name="PostToolUse"),
    )
    told = read(HOOKS, records)
    assert (told.one("asked")["vendor"], told.one("asked")["tool_name"]) == ("codex", None)
    assert sum(told.left_out.values()) == 2
    first = read(HOOKS, records[:1])
    assert read(HOOKS, records[1:], context(state=first.state)).one("asked")["vendor"] == "codex"


def test_a_session_that_a_recorder_never_introduced_is_of_another_agent() -> None:
    assert (
        told_by(recorded("hook_received", 2, hook_name="PermissionRequest")).one("asked")["vendor"] == "other"
    )


def test_subagents_have_nobody_before_them_for_certain() -> None:
    row = told_by(tool("PreToolUse", 1, tool_use_id="t1", agent_id="side")).one("called")
    assert row["is_interactive"] is None


def test_calls_without_a_name_tell_nothing_that_could_be_joined() -> None:
    told = told_by(tool("PreToolUse", 1), tool("PostToolUse", 2), tool("PermissionDenied", 3))
    assert sum(told.left_out.values()) == 3


def test_no_text_is_kept_and_models_and_servers_are_seen() -> None:
    told = told_by(tool("PreToolUse", 1, tool_use_id="t1", tool_name="mcp__jira__search", model="gpt-5.5"))
    assert SECRET not in repr(told)
    assert (told.names("mcp_server"), told.names("model"), told.names("mode")) == (
        ["jira"],
        ["gpt-5.5"],
        ["default"],
    )


def test_what_is_left_for_the_next_part_stays_small() -> None:
    told = told_by(*(hook("Stop", 1, session_id=f"s-{number}") for number in range(700)))
    assert len(told.state["vendors"]) == len(told.state["modes"]) == 500


@pytest.mark.parametrize(
    "entry",
    [
        {"hook_event_name": "beforeShellExecution", "conversation_id": "c", "session_id": "s"},
        {"hook_event_name": "Notification", "session_id": "s", "notification_type": "ToolPermission"},
        {"hook_event_name": "SessionStart", "session_id": "s", "transcript_path": "/x/.gemini/tmp/a.json"},
        {"hook_event_name": "PreToolUse", "session_id": "s", "cursor_version": "1"},
        {"type": "user", "sessionId": "s"},
    ],
)
def test_hooks_of_other_agents_are_not_taken_for_these(entry: dict[str, Any]) -> None:
    assert not HOOKS.recognises(lines(entry)[0], "any")


def test_hooks_are_known_by_their_content() -> None:
    assert HOOKS.recognises(lines(hook("Stop", 1))[0], "any")
    assert HOOKS.recognises(lines({"at": 1, "payload": hook("Stop", 1)})[0], "any")
    assert HOOKS.recognises(lines(recorded("presession_created", 1))[0], "any")


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_spoilt_value_stops_reading_or_breaks_the_contract(data: st.DataObject) -> None:
    entries = [tool("PermissionRequest", 1), tool("PostToolUse", 2, tool_use_id="t", duration_ms=7)]
    told = told_by(
        *[data.draw(spoilt(each)) for each in entries],
        data.draw(spoilt(recorded("hook_received", 3, adapter="x"))),
    )
    assert len(told.broken()) == len(told.of("unreadable"))


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of real logs is not here")
@pytest.mark.parametrize(
    ("name", "vendor", "moments"),
    [
        (
            "irrlicht_15_permission_hooks",
            "claude_code",
            ["2026-04-12T16:44:06.760080Z", "2026-04-12T16:44:31.944662Z", "2026-04-12T16:44:57.101261Z"],
        ),
        ("irrlicht_2-19", "claude_code", ["2026-05-17T22:27:27.751525Z"]),
        ("irrlicht_5-4", "claude_code", ["2026-05-29T21:34:37.428870Z"]),
        ("irrlicht_codex_2-19", "codex", ["2026-08-17T22:40:47.019525Z"]),
    ],
)
def test_real_timelines_tell_when_prompts_were_shown(name: str, vendor: str, moments: list[str]) -> None:
    content = (SHARED / "hooks" / f"{name}.events.jsonl").read_bytes()
    assert HOOKS.recognises(content[:65536], name)
    told = read(HOOKS, content.splitlines())
    assert [(row["vendor"], row["at"]) for row in told.signals] == [(vendor, at(each)) for each in moments]
    assert not told.broken()
