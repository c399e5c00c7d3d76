"""Rollouts of Codex CLI: hand-made entries in the shape of version 0.130."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.approvals.base import Place
from ingest.sources.approvals.codex_rollouts import CODEX_ROLLOUTS, mode_of, repository_of
from tests.ingest.approvals.reading import SHARED, Reading, at, context, lines, read
from tests.ingest.approvals.spoiling import spoilt

SECRET = "correct-horse-battery"  # noqa: S105 - stands for any text that must not be kept


def entry(kind: str, second: float, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-05-23T21:50:{second:06.3f}Z", "type": kind, "payload": payload}


def meta(**more: Any) -> dict[str, Any]:
    return entry(
        "session_meta", 0, **{"id": "r-1", "cli_version": "0.130.0", "source": "cli", "cwd": SECRET, **more}
    )


def turn(second: float, policy: Any = "on-request", **more: Any) -> dict[str, Any]:
    return entry("turn_context", second, approval_policy=policy, model="gpt-5.5", **more)


def called(identity: str, second: float, **more: Any) -> dict[str, Any]:
    told = {"type": "function_call", "name": "exec_command", "arguments": SECRET, "call_id": identity}
    return entry("response_item", second, **(told | more))


def ended(identity: str, second: float, output: Any) -> dict[str, Any]:
    return entry("response_item", second, type="function_call_output", call_id=identity, output=output)


def told_by(*entries: dict[str, Any], **about: Any) -> Reading:
    return read(CODEX_ROLLOUTS, lines(*entries), context(**about))


def test_a_call_and_its_end_are_told_with_the_policy_then() -> None:
    told = told_by(
        meta(), turn(1), called("c1", 2), ended("c1", 5.5, "Chunk ID: 1\nWall time: 1.2500 seconds\nok")
    )
    row = told.one("called")
    assert (row["session_id"], row["call_id"], row["tool_name"], row["mode"]) == (
        "r-1",
        "c1",
        "exec_command",
        "default",
    )
    assert (row["request_kind"], row["is_read_only"], row["content_chars"]) == ("command", None, len(SECRET))
    assert (row["agent_version"], row["model"], row["is_interactive"]) == ("0.130.0", "gpt-5.5", True)
    end = told.one("ended")
    assert (end["decision"], end["actor"], end["run_seconds"]) == ("accept", None, 1.25)
    assert end["at"] == at("2026-05-23T21:50:05.500Z")


def test_a_patch_is_an_edit_and_a_local_shell_a_command() -> None:
    patch = entry(
        "response_item", 1, type="custom_tool_call", name="apply_patch", input="*** Begin", call_id="p"
    )
    shell = entry("response_item", 2, type="local_shell_call", action={"command": ["ls"]}, call_id="l")
    told = told_by(meta(), patch, shell).of("called")
    assert [(row["request_kind"], row["content_chars"]) for row in told] == [("edit", 9), ("command", 19)]


@pytest.mark.parametrize(
    ("output", "seconds"),
    [
        ("Wall time: 2 seconds\n", 2.0),
        ('{"output": "x", "metadata": {"exit_code": 0, "duration_seconds": 0.5}}', 0.5),
        ({"content": "Wall time: 3.5 seconds"}, 3.5),
        ([{"type": "input_text", "text": "Wall time: 4 seconds"}], 4.0),
        ("x" * 500 + "\nWall time: 9 seconds\n", None),  # what a command wrote
        ("it took: Wall time: 9 seconds", None),
        ('{"output": ', None),
        (None, None),
    ],
)
def test_the_time_that_a_command_ran_stands_above_its_output(output: Any, seconds: float | None) -> None:
    assert told_by(ended("c", 1, output)).one("ended")["run_seconds"] == seconds


@pytest.mark.parametrize(
    ("output", "decision", "actor"),
    [
        ("exec command rejected by user", "reject", "human"),
        ("patch rejected by user\n", "reject", "human"),
        ("This action was rejected due to unacceptable risk.\nReason: x", "reject", "model"),
        ("Wall time: 0 seconds\nexec command rejected by user", "accept", None),  # a file that says so
        ("grep: exec command rejected by user", "accept", None),
    ],
)
def test_a_refusal_is_the_whole_of_an_answer(output: str, decision: str, actor: str | None) -> None:
    row = told_by(ended("c", 1, output)).one("ended")
    assert (row["decision"], row["actor"]) == (decision, actor)


@pytest.mark.parametrize(
    ("policy", "reviewer", "mode"),
    [
        ("untrusted", None, "default"), ("on-failure", "user", "default"), ("OnRequest", None, "default"),
        ("never", "auto_review", "bypass"), ("on-request", "guardian_subagent", "auto"),
        ({"granular": {}}, None, "other"), ("new-one", None, "other"), (None, "auto_review", None),
    ],
)  # fmt: skip
def test_the_approval_policy_is_the_mode(policy: object, reviewer: object, mode: str | None) -> None:
    assert mode_of(policy, reviewer) == mode


def test_the_mode_is_told_when_it_changes() -> None:
    told = told_by(meta(), turn(1), turn(2), turn(3, "never"))
    assert [(row["mode"], row["source_raw"]) for row in told.of("mode")] == [
        ("default", "on-request"),
        ("bypass", "never"),
    ]


def test_a_task_stands_in_the_event_and_not_in_the_messages_to_the_model() -> None:
    to_model = entry(
        "response_item", 1, type="message", role="user", content=[{"type": "input_text", "text": SECRET}]
    )
    told = told_by(meta(), to_model, entry("event_msg", 2, type="user_message", message=SECRET))
    assert told.one("prompted")["content_chars"] == len(SECRET)
    assert SECRET not in repr(told)


@pytest.mark.parametrize(
    ("source", "expected"),
    [("vscode", True), ("exec", False), ("mcp", None), ({"subagent": "review"}, None), (None, True)],
)
def test_the_source_tells_whether_a_person_sits_there(source: Any, expected: object) -> None:
    told = told_by(meta(source=source), called("c", 1), place=Place(is_interactive=True))
    assert told.one("called")["is_interactive"] is expected


def test_a_fork_keeps_its_own_name_though_the_first_session_follows() -> None:
    told = told_by(meta(), meta(id="r-0", cli_version="0.1"), called("c", 1))
    assert (told.one("called")["session_id"], told.one("called")["agent_version"]) == ("r-1", "0.130.0")


def test_the_repository_is_read_from_the_remote_alone() -> None:
    told = told_by(
        meta(git={"repository_url": "https://jo:hunter2@host.example/acme/pay.git"}), called("c", 1)
    )
    assert told.one("called")["repository"] == "acme/pay"
    assert "hunter2" not in repr(told)
    assert repository_of("/home/jo/pay") is None
    assert repository_of(None) is None


def test_a_growing_rollout_reads_as_the_whole_one() -> None:
    records = lines(meta(), turn(1), called("c", 2), ended("c", 3, "ok"), turn(4, "never"), called("d", 5))
    wholly = {row["signal_id"]: {**row, "raw_ref": None} for row in read(CODEX_ROLLOUTS, records).signals}
    for cut in range(1, len(records)):
        first = read(CODEX_ROLLOUTS, records[:cut])
        then = read(CODEX_ROLLOUTS, records[cut:], context(state=first.state))
        assert {
            row["signal_id"]: {**row, "raw_ref": None} for row in [*first.signals, *then.signals]
        } == wholly


def test_what_cannot_be_read_goes_to_quarantine_and_the_rest_is_counted() -> None:
    told = read(
        CODEX_ROLLOUTS,
        [
            b'{"timest',
            *lines(
                {"timestamp": "noon", "type": "x", "payload": {"a": 1}}, entry("compacted", 1, message="")
            ),
        ],
    )
    assert len(told.of("unreadable")) == 2
    assert sum(told.left_out.values()) == 1


def test_servers_are_seen() -> None:
    told = told_by(
        meta(), called("a", 1, name="search", namespace="mcp__jira__"), called("b", 2, name="mcp__wiki__find")
    )
    assert told.names("mcp_server") == ["jira", "wiki"]
    assert [row["request_kind"] for row in told.of("called")] == ["mcp", "mcp"]


def test_rollouts_are_known_by_their_content() -> None:
    assert CODEX_ROLLOUTS.recognises(lines(meta())[0], "any")
    assert CODEX_ROLLOUTS.recognises(
        b'{"timestamp":"x","type":"session_meta","payload":{"base_instructions":"' + b"x" * 99, "any"
    )
    assert not CODEX_ROLLOUTS.recognises(lines({"type": "user", "sessionId": "s"})[0], "any")


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_spoilt_value_stops_reading_or_breaks_the_contract(data: st.DataObject) -> None:
    entries = [meta(git={"repository_url": "x"}), turn(1), called("c", 2), ended("c", 3, "ok")]
    told = told_by(*[data.draw(spoilt(each)) for each in entries])
    assert len(told.broken()) == len(told.of("unreadable"))


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of real logs is not here")
def test_the_real_rollout_tells_seven_calls_and_no_decision_of_anybody() -> None:
    content = (SHARED / "codex" / "irrlicht_2-18_plan_rollout.jsonl").read_bytes()
    told = read(CODEX_ROLLOUTS, content.splitlines())
    assert [row["content_chars"] for row in told.of("called")] == [210, 75, 57, 56, 57, 196, 210]
    assert {row["actor"] for row in told.of("ended")} == {None}
    assert [row["run_seconds"] for row in told.of("ended")] == [0.0, None, None, None, None, 0.0, 0.0]
    assert {row["mode"] for row in told.of("called")} == {"default"}
    assert not told.broken()
