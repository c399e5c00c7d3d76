"""Transcripts of Claude Code: hand-made entries in the shape of versions 2.0.64 to 2.1.157."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.approvals.base import Place
from ingest.sources.approvals.claude_outcomes import FAILED, RAN, outcome_of
from ingest.sources.approvals.claude_transcripts import CLAUDE_TRANSCRIPTS
from tests.ingest.approvals.reading import Reading, at, context, lines, read
from tests.ingest.approvals.spoiling import spoilt

SECRET = "correct-horse-battery"  # noqa: S105 - stands for any text that must not be kept
REJECTED = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it"


def entry(kind: str, second: float, **more: Any) -> dict[str, Any]:
    return {
        "type": kind, "uuid": f"u-{second}", "parentUuid": None, "sessionId": "s-1", "isSidechain": False,
        "version": "2.1.104", "timestamp": f"2026-04-12T16:44:{second:06.3f}Z", **more,
    }  # fmt: skip


def call(identity: str, second: float, tool: str = "Edit", **more: Any) -> dict[str, Any]:
    block = {"type": "tool_use", "id": identity, "name": tool, "input": more.pop("input", {"path": SECRET})}
    told = {
        "id": more.pop("message", f"m-{identity}"),
        "role": "assistant",
        "model": "opus",
        "content": [block],
    }
    return entry("assistant", second, message=told, **more)


def result(identity: str, second: float, content: Any = SECRET, **more: Any) -> dict[str, Any]:
    block = {
        "type": "tool_result",
        "tool_use_id": identity,
        "content": content,
        "is_error": more.pop("is_error", False),
    }
    return entry("user", second, message={"role": "user", "content": [block]}, **more)


def says(told: Any, second: float, **more: Any) -> dict[str, Any]:
    return entry("user", second, message={"role": "user", "content": told}, **more)


def told_by(*entries: dict[str, Any], **about: Any) -> Reading:
    return read(CLAUDE_TRANSCRIPTS, lines(*entries), context(**about))


def test_a_call_tells_tool_kind_size_and_moment() -> None:
    row = told_by(call("t1", 6.725, input={"file_path": "a.py", "new_string": "é"})).one("called")
    assert (row["call_id"], row["tool_name"], row["request_kind"], row["is_read_only"]) == (
        "t1",
        "Edit",
        "edit",
        False,
    )
    assert row["at"] == at("2026-04-12T16:44:06.725Z")
    assert row["content_chars"] == len('{"file_path": "a.py", "new_string": "é"}') == 40
    assert (row["vendor"], row["session_id"], row["agent_version"], row["model"]) == (
        "claude_code",
        "s-1",
        "2.1.104",
        "opus",
    )


def test_calls_of_one_message_are_a_batch_though_their_lines_are_apart() -> None:
    told = told_by(
        call("a", 1, message="m"),
        result("a", 2),
        call("b", 3, message="m"),
        result("b", 4),
        call("c", 5, message="n"),
    )
    places = {row["call_id"]: (row["batch_place"], row["batch_count"]) for row in told.of("called")}
    assert places == {"a": (0, 2), "b": (1, 2), "c": (0, 1)}


def test_a_text_of_the_next_message_ends_the_batch_and_a_repeated_line_does_not_swell_it() -> None:
    spoken = entry(
        "assistant", 3, message={"id": "n", "model": "opus", "content": [{"type": "text", "text": SECRET}]}
    )
    told = told_by(call("a", 1, message="m"), call("a", 1, message="m"), spoken)
    assert [row["batch_count"] for row in told.of("called")] == [1]


def test_a_call_that_ran_names_nobody() -> None:
    row = told_by(call("a", 1), result("a", 3)).one("ended")
    assert (row["decision"], row["actor"], row["source_raw"]) == ("accept", None, "ran")


@pytest.mark.parametrize(
    ("said", "decision", "actor"),
    [
        (REJECTED, "reject", "human"),
        ("The user doesn’t want to proceed with this tool use.", "reject", "human"),
        ("Permission to use Bash with command ls && cat x has been denied.", "reject", "policy"),
        ("Permission to use Bash has been auto-denied (prompts unavailable).", "reject", "policy"),
        (
            "Permission for this action was denied by the Claude Code auto mode classifier. Reason: x",
            "reject",
            "model",
        ),
        (
            "some-model is temporarily unavailable, so auto mode cannot determine the safety of Bash",
            "reject",
            "policy",
        ),
        (
            "Claude requested permissions to write to a.py, but you haven't granted it yet.",
            "reject",
            "policy",
        ),
        ("PreToolUse:Bash hook error: [guard.sh]: no", "reject", "hook"),
        ("The user doesn't want to take this action right now. STOP", "cancelled", "unknown"),
        ("[Tool call skipped: the turn ended to deliver the message that follows", "cancelled", "unknown"),
        ("[Request interrupted by user for tool use]", "cancelled", "unknown"),
        ("Exit code 1\nThe user doesn't want to proceed with this tool use", "accept", None),
        ("<tool_use_error>File has not been read yet</tool_use_error>", "accept", None),
    ],
)
def test_fixed_sentences_tell_who_refused(said: str, decision: str, actor: str | None) -> None:
    for content in (said, [{"type": "text", "text": said}]):
        outcome = outcome_of({"is_error": True, "content": content})
        assert (outcome.decision, outcome.actor) == (decision, actor)


@pytest.mark.parametrize("is_error", [False, None, "true"])
def test_a_file_that_quotes_a_refusal_is_none(is_error: Any) -> None:
    assert outcome_of({"is_error": is_error, "content": REJECTED}) == RAN


@pytest.mark.parametrize("content", [None, 7, {}, [], ["x"], [{"text": 7}]])
def test_a_failed_result_without_text_was_refused_by_nobody(content: Any) -> None:
    assert outcome_of({"is_error": True, "content": content}) == FAILED


def test_the_mode_is_unknown_before_any_entry_tells_it() -> None:
    told = told_by(call("a", 1), says("go", 2, permissionMode="default"), call("b", 3))
    assert [row["mode"] for row in told.of("called")] == [None, "default"]
    assert [(row["mode"], row["at"].second) for row in told.of("mode")] == [("default", 2)]


def test_a_mode_entry_has_no_time_and_holds_from_the_next_entry_that_has_one() -> None:
    change = {"type": "permission-mode", "permissionMode": "bypassPermissions", "sessionId": "s-1"}
    told = told_by(says("go", 1, permissionMode="plan"), change, call("a", 5), call("b", 6))
    assert [(row["mode"], row["at"].second) for row in told.of("mode")] == [("plan", 1), ("bypass", 5)]
    assert [row["mode"] for row in told.of("called")] == ["bypass", "bypass"]
    assert told.names("mode") == ["plan", "bypass"]


def test_only_what_a_person_wrote_is_a_task() -> None:
    told = told_by(
        says("fix it", 1),
        says([{"type": "text", "text": "and that"}, {"type": "image"}], 2),
        says("[Request interrupted by user for tool use]", 3),
        says("<local-command-stdout>ok</local-command-stdout>", 4),
        says("<command-name>/model</command-name>", 5),
        says("a skill's text", 6, isMeta=True),
        says("a summary", 7, isCompactSummary=True),
        says("task of a subagent", 8, isSidechain=True),
        result("x", 9),
    )
    assert [row["content_chars"] for row in told.of("prompted")] == [6, 9]


@pytest.mark.parametrize(
    ("entrypoint", "expected"),
    [
        ("cli", True),
        ("claude-vscode", True),
        ("sdk-cli", False),
        ("sdk-py", False),
        ("mcp", None),
        (None, None),
    ],
)
def test_the_entrypoint_tells_whether_a_person_sits_there(entrypoint: str | None, expected: object) -> None:
    told = told_by(call("a", 1, **({"entrypoint": entrypoint} if entrypoint else {})))
    assert told.one("called")["is_interactive"] is expected
    assert told.names("setting") == ([f"entrypoint = {entrypoint}"] if entrypoint else [])


def test_what_the_settings_say_fills_what_the_log_leaves_out() -> None:
    place = Place("acme/pay", "search", "jo@example.org", is_interactive=True)
    row = told_by(call("a", 1), place=place).one("called")
    assert (row["repository"], row["team"], row["reviewer"], row["is_interactive"]) == (
        "acme/pay",
        "search",
        "p-14",
        True,
    )


def test_calls_of_subagents_are_kept_and_tell_neither_batch_nor_person() -> None:
    told = told_by(
        call("a", 1, message="m", entrypoint="cli"),
        call("x", 2, message="side", isSidechain=True),
        call("b", 3, message="m"),
        place=Place(is_interactive=True),
    )
    rows = {row["call_id"]: row for row in told.of("called")}
    assert (rows["x"]["is_interactive"], rows["x"]["batch_count"], rows["x"]["batch_place"]) == (
        None,
        None,
        None,
    )
    assert [(rows[each]["batch_place"], rows[each]["batch_count"]) for each in "ab"] == [(0, 2), (1, 2)]


def test_no_text_of_prompts_requests_and_results_is_kept() -> None:
    told = told_by(
        says(f"do {SECRET}", 1, cwd=SECRET, gitBranch=SECRET),
        call("a", 2, input={"command": SECRET}),
        result("a", 3, f"{REJECTED} the user said: {SECRET}", is_error=True, toolUseResult=SECRET),
        {"type": "summary", "summary": SECRET},
    )
    assert SECRET not in repr(told)
    assert told.one("ended")["actor"] == "human"


def test_a_seeded_request_is_known_by_its_marker() -> None:
    row = told_by(call("a", 1, "Bash", input={"command": "rm -rf / # pilot-canary-7f3a91"})).one("called")
    assert (row["canary_id"], row["content_text"]) == ("pilot-canary-7f3a91", None)


def test_text_is_kept_without_secrets_only_where_the_settings_ask() -> None:
    token = "ghp_" + "a1B2" * 9
    row = told_by(call("a", 1, input={"command": f"curl -H {token} " + "x " * 3000}), keep_text=True).one(
        "called"
    )
    assert token[:12] not in row["content_text"]
    assert len(row["content_text"]) == 2000


def test_models_versions_and_servers_are_seen_once_a_day() -> None:
    told = told_by(
        call("a", 1, "mcp__jira__search"), call("b", 2, "mcp__jira__find"), call("c", 3, version="2.1.105")
    )
    assert told.names("mcp_server") == ["jira"]
    assert told.names("agent_version") == ["2.1.104", "2.1.105"]
    assert told.names("model") == ["opus"]


def test_messages_that_no_model_wrote_do_not_change_the_model() -> None:
    failed = entry("assistant", 2, message={"id": "n", "model": "<synthetic>", "content": []})
    assert told_by(call("a", 1), failed, call("b", 3)).of("called")[1]["model"] == "opus"


def test_what_cannot_be_read_goes_to_quarantine_and_reading_goes_on() -> None:
    records = [
        b'{"type": "us',
        b"[1]",
        b"",
        b"\xff",
        *lines(entry("user", 1) | {"timestamp": "noon"}, call("a", 2)),
    ]
    told = read(CLAUDE_TRANSCRIPTS, records)
    assert len(told.of("unreadable")) == 4
    assert [row["raw_ref"] for row in told.of("unreadable")] == [
        "log.jsonl#0",
        "log.jsonl#1",
        "log.jsonl#3",
        "log.jsonl#4",
    ]
    assert told.one("called")["call_id"] == "a"
    assert all("kind" in "".join(rules) for rules in told.broken())


def test_entries_that_tell_nothing_are_counted() -> None:
    told = told_by(
        {"type": "summary", "summary": "x"},
        entry("progress", 1),
        entry("assistant", 2, message={"content": []}),
    )
    assert sum(told.left_out.values()) == 3
    assert not told.of("called")


def test_a_growing_file_reads_as_the_whole_one() -> None:
    change = {"type": "permission-mode", "permissionMode": "acceptEdits", "sessionId": "s-1"}
    records = lines(
        says("go", 1, permissionMode="default", entrypoint="cli"), call("a", 2, message="m"), result("a", 3),
        call("b", 4, message="n"), call("c", 5, message="n"), result("b", 6), change, call("d", 7),
    )  # fmt: skip
    wholly = read(CLAUDE_TRANSCRIPTS, records).signals
    for cut in (1, 2, 3, 5, 6, 7):  # between messages
        first = read(CLAUDE_TRANSCRIPTS, records[:cut])
        then = read(CLAUDE_TRANSCRIPTS, records[cut:], context(state=first.state))
        assert _by_id([*first.signals, *then.signals]) == _by_id(wholly)


def test_a_message_cut_in_two_goes_on_with_its_places() -> None:
    records = lines(call("a", 1, message="m"), call("b", 2, message="m"))
    first = read(CLAUDE_TRANSCRIPTS, records[:1])
    then = read(CLAUDE_TRANSCRIPTS, records[1:], context(state=first.state))
    assert (then.one("called")["batch_place"], then.one("called")["batch_count"]) == (1, 2)


def test_another_session_in_the_same_file_knows_nothing_of_the_first() -> None:
    told = told_by(says("go", 1, permissionMode="plan"), call("a", 2, sessionId="s-2"))
    assert (told.one("called")["session_id"], told.one("called")["mode"]) == ("s-2", None)


def _by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["signal_id"]: {**row, "raw_ref": None} for row in rows}


def test_transcripts_are_known_by_their_content() -> None:
    head = b"\n".join(lines({"type": "summary", "summary": "x", "leafUuid": "y"}, says("go", 1)))
    assert CLAUDE_TRANSCRIPTS.recognises(head, "any")
    assert CLAUDE_TRANSCRIPTS.recognises(
        b"\n".join(lines(says("x" * 9999, 1)))[:800] + b'"type":"user"', "any"
    )
    for other in (
        {"type": "session_meta", "payload": {}, "timestamp": "x"},
        {"type": "user.message", "data": {}},
        {},
    ):
        assert not CLAUDE_TRANSCRIPTS.recognises(b"\n".join(lines(other)), "any")


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_spoilt_value_stops_reading_or_breaks_the_contract(data: st.DataObject) -> None:
    entries = [says("go", 1, permissionMode="default"), call("a", 2), result("a", 3, REJECTED, is_error=True)]
    told = told_by(*[data.draw(spoilt(each)) for each in entries])
    assert len(told.broken()) == len(told.of("unreadable"))
