from __future__ import annotations

from typing import Any

from ingest.sources.approvals.cursor import CURSOR_HOOKS, NO_CALL, TWICE
from tests.ingest.approvals.reading import context, lines, read


def hook(name: str, second: int = 0, **told: Any) -> dict[str, Any]:
    common = {"conversation_id": "c-1", "generation_id": "g-1", "cursor_version": "2.4.1", "model": "gpt-6"}
    when = f"2026-11-02T10:00:{second:02d}Z"
    return {**common, "hook_event_name": name, "user_email": "ann@example.com", "ts": when, **told}


def test_a_command_before_and_after_is_one_call_and_never_an_answer():
    before = hook("beforeShellExecution", 1, command="npm test", permission="ask")
    after = hook("afterShellExecution", 9, command="npm test", output="ok", duration=2500)
    reading = read(CURSOR_HOOKS, lines(before, after))
    called, ended = reading.one("called"), reading.one("ended")

    assert called["call_id"] == ended["call_id"]
    assert (called["request_kind"], called["content_chars"], called["reviewer"]) == ("command", 8, "p-15")
    assert (ended["decision"], ended["actor"], ended["run_seconds"]) == ("accept", None, 2.5)
    assert {row["kind"] for row in reading.signals} == {"called", "ended"}
    assert "ann@" not in str(reading)
    assert not reading.broken()


def test_ends_meet_the_oldest_open_call_of_their_kind_also_in_the_next_part():
    first = read(
        CURSOR_HOOKS, lines(*(hook("beforeShellExecution", second, command="ls") for second in (1, 2)))
    )
    ends = [hook("afterShellExecution", second, duration=1) for second in (3, 4)]
    later = read(CURSOR_HOOKS, lines(*ends), context(state=first.state))

    assert [row["call_id"] for row in later.of("ended")] == [row["call_id"] for row in first.of("called")]
    assert later.state["open"] == []


def test_reading_only_is_read_only_and_waits_for_no_end():
    reading = read(CURSOR_HOOKS, lines(hook("beforeReadFile", file_path="/home/ann/x.py", content="secret")))

    assert (reading.one("called")["request_kind"], reading.one("called")["is_read_only"]) == ("read", True)
    assert reading.state["open"] == []
    assert "secret" not in str(reading)
    assert "/home" not in str(reading)


def test_where_general_hooks_are_written_down_the_special_ones_are_not_counted_again():
    told = {"tool_name": "Shell", "tool_use_id": "t-1", "tool_input": {"command": "npm test"}}
    hooks = [
        hook("preToolUse", 1, **told),
        hook("beforeShellExecution", 2, command="npm test"),
        hook("afterShellExecution", 8, duration=5000),
        hook("postToolUse", 8, duration=5000, **told),
    ]
    reading = read(CURSOR_HOOKS, lines(*hooks))

    assert [(row["kind"], row["call_id"]) for row in reading.signals] == [("called", "t-1"), ("ended", "t-1")]
    assert reading.left_out == {TWICE: 2}


def test_tasks_versions_and_models_are_seen_and_the_rest_left_out():
    reading = read(
        CURSOR_HOOKS, lines(hook("beforeSubmitPrompt", prompt="do it"), hook("stop", model="default"))
    )

    assert reading.one("prompted")["content_chars"] == 5
    assert (reading.names("agent_version"), reading.names("model")) == (["2.4.1"], ["gpt-6"])
    assert reading.left_out == {NO_CALL: 1}
    assert "do it" not in str(reading)


def test_a_marker_is_kept_where_the_command_is_not():
    called = read(CURSOR_HOOKS, lines(hook("beforeShellExecution", command="x # pilot-canary-ab12"))).one(
        "called"
    )
    assert (called["canary_id"], called["content_text"]) == ("pilot-canary-ab12", None)


def test_hooks_without_a_moment_go_to_quarantine():
    assert read(CURSOR_HOOKS, lines(hook("beforeShellExecution", ts=None))).broken() == [["at|nullability"]]
