from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.settings import ApprovalMapping, ApprovalsSettings
from ingest.sources.approvals.base import Format
from ingest.sources.approvals.formats import FORMATS, format_of
from ingest.sources.approvals.framing import framed, head
from tests.ingest.approvals.reading import SHARED, context, lines, read

REAL = sorted(SHARED.glob("*/*.jsonl"))
BY_FOLDER = {
    "claude_code": "claude_transcripts", "codex": "codex_rollouts", "copilot": "copilot_events",
    "copilot_otel": "copilot_otel", "gemini": "gemini_chats", "hooks": "hooks", "opencode": "opencode_parts",
    "otlp": "otlp",
}  # fmt: skip
needs_real_files = pytest.mark.skipif(not REAL, reason="the real files are not beside this checkout")


def claimants(path: Path) -> list[Format]:
    return [each for each in FORMATS if each.recognises(head(path), path.name)]


@needs_real_files
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_real_file_is_claimed_by_its_format_and_no_other(path: Path):
    assert [each.name for each in claimants(path)] == [BY_FOLDER[path.parent.name]]


@needs_real_files
def test_all_29_real_files_are_read_to_their_end_and_none_gives_nothing():
    taken: Counter[str] = Counter()
    for path in REAL:
        told = format_of(head(path), path.name, None)
        assert told is not None
        records = framed(path, told.framing)
        found = list(told.read(records, context(path.name)))
        assert (records.consumed, records.cut, records.damaged_count) == (path.stat().st_size, False, 0)
        assert any(len(each.signals) or each.sightings or each.left_out for each in found)
        taken[told.name] += 1

    assert sum(taken.values()) == 29
    assert set(taken) == set(BY_FOLDER.values())


@pytest.mark.parametrize(
    ("beginning", "name", "told"),
    [
        (
            b'{\n  "hrTime": [1, 2],\n  "attributes": {"event.name": "gemini_cli.tool_call"}}',
            "t.log",
            "gemini_outfile",
        ),
        (
            b'{"session_id":"s","hook_event_name":"Notification","notification_type":"ToolPermission"}',
            "h.jsonl",
            "gemini_outfile",
        ),
        (b'{"type":"permission.asked","properties":{"id":"per_1"},"ts":1}', "bus.jsonl", "opencode_events"),
        (b'{"type":"permission.v2.replied","data":{}}', "bus.jsonl", "opencode_events"),
        (
            b'{"conversation_id":"c","hook_event_name":"beforeShellExecution","cursor_version":"2"}',
            "c.jsonl",
            "cursor_hooks",
        ),
        (b'{"permissions": {}}', "acme/.claude/settings.json", "agent_settings"),
        (b'model = "x"', "home/.codex/config.toml", "agent_settings"),
        (
            b'{"session_id":"s","hook_event_name":"PermissionRequest","tool_name":"Bash","ts":1}',
            "h.jsonl",
            "hooks",
        ),
    ],
)
def test_formats_without_a_real_file_are_told_by_what_they_hold(beginning: bytes, name: str, told: str):
    assert [each.name for each in FORMATS if each.recognises(beginning, name)] == [told]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b"a,b\n1,2\n", b"[]", b'{"hello": "world"}', b"#!/bin/sh"]
)
def test_nobody_takes_what_nobody_knows(content: bytes):
    assert format_of(content, "unknown.bin", None) is None


@pytest.mark.parametrize(("content", "told"), [(b'{"a": 1}\n', "mapped_lines"), (b"a,b\n", "mapped_table")])
def test_a_mapping_stands_before_what_a_file_looks_like(content: bytes, told: str):
    told_to = ApprovalsSettings(paths=["**"], mapping=[ApprovalMapping(paths=["own/*"])])
    chosen = format_of(content, "own/x", told_to)

    assert chosen is not None
    assert chosen.name == told


def test_every_format_has_a_name_of_its_own_and_says_what_it_is():
    assert len({each.name for each in FORMATS}) == len(FORMATS)
    assert all(each.meaning for each in FORMATS)


# -- laws of the formats that tell records one by one ------------------------------------------------

MOMENT = "2026-11-02T10:00:00Z"
HOOK = {"conversation_id": "c", "cursor_version": "2", "ts": MOMENT, "duration": 900, "command": "ls"}
LOGS: dict[str, list[dict[str, Any]]] = {
    "gemini_chats": [
        {"sessionId": "c-1", "projectHash": "f"},
        {"id": "1", "timestamp": MOMENT, "type": "user", "content": "fix it"},
        {"sessionId": "c-2", "projectHash": "f"},
        {"id": "1", "timestamp": MOMENT, "type": "user", "content": [{"text": "and this"}]},
    ],
    "opencode_events": [
        {"type": "permission.asked", "properties": {"id": "p1", "sessionID": "s", "permission": "bash",
         "tool": {"callID": "k1"}, "metadata": {"command": "ls"}}, "ts": MOMENT},
        {"type": "permission.asked", "properties": {"id": "p2", "sessionID": "s", "tool": {"callID": "k2"}},
         "ts": MOMENT},
        {"type": "permission.replied", "properties": {"sessionID": "s", "requestID": "p1", "reply": "always"},
         "ts": MOMENT},
        {"type": "permission.replied", "properties": {"sessionID": "s", "requestID": "p2", "reply": "always"},
         "ts": MOMENT},
    ],
    "cursor_hooks": [
        {**HOOK, "hook_event_name": "beforeShellExecution"},
        {**HOOK, "hook_event_name": "beforeMCPExecution"},
        {**HOOK, "hook_event_name": "afterShellExecution"},
        {**HOOK, "hook_event_name": "preToolUse", "tool_use_id": "t", "tool_name": "Write", "tool_input": {}},
        {**HOOK, "hook_event_name": "afterMCPExecution"},
    ],
    "opencode_parts": [
        {"type": "tool", "tool": "bash", "callID": "c", "sessionID": "s",
         "state": {"status": "completed", "input": {"command": "ls"},
                   "time": {"start": 1793613600000, "end": 1793613601000}}},
        {"type": "text", "text": "go on", "_role": "user", "_ts": 1793613600000, "_model": "m"},
    ],
    "gemini_outfile": [
        {"hook_event_name": "Notification", "notification_type": "ToolPermission", "session_id": "s",
         "timestamp": MOMENT, "details": {"type": "exec", "command": "ls"}},
        {"attributes": {"event.name": "gemini_cli.tool_call", "event.timestamp": MOMENT, "session.id": "s",
         "function_name": "run_shell_command", "duration_ms": 5, "success": True}, "resource": {}},
    ],
}  # fmt: skip
NAMED = {each.name: each for each in FORMATS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(-1e308, 1e308)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)  # fmt: skip


def places(said: Any, way: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Ways to every value inside an object."""
    inner = said.items() if isinstance(said, dict) else ()
    return [way, *(place for name, value in inner for place in places(value, (*way, name)))][way == () :]


def replaced(said: Any, way: tuple[str, ...], value: Any) -> Any:
    return {**said, way[0]: replaced(said[way[0]], way[1:], value)} if way else value


@pytest.mark.parametrize("name", LOGS)
def test_read_in_two_parts_a_log_says_what_it_says_at_once(name: str):
    records = lines(*LOGS[name])
    whole = read(NAMED[name], records)
    for cut in range(1, len(records)):
        first = read(NAMED[name], records[:cut])
        later = read(NAMED[name], records[cut:], context(state=json.loads(json.dumps(first.state))))
        both = [*first.signals, *later.signals]
        assert [row["signal_id"] for row in both] == [row["signal_id"] for row in whole.signals]


@pytest.mark.parametrize("name", LOGS)
def test_every_log_here_holds_signals_that_the_contract_takes(name: str):
    reading = read(NAMED[name], lines(*LOGS[name]))

    assert reading.signals
    assert not reading.broken()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_strange_value_anywhere_costs_no_more_than_its_own_record(data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(LOGS)))
    records = LOGS[name]
    which = data.draw(st.integers(0, len(records) - 1))
    way = data.draw(st.sampled_from(places(records[which])))
    strange = replaced(records[which], way, data.draw(JSON))
    told = read(NAMED[name], lines(*records[:which], strange, *records[which + 1 :]))
    alone = read(NAMED[name], lines(*records[:which]))

    kept = {row["signal_id"] for row in told.signals}
    assert {row["signal_id"] for row in alone.signals} <= kept


@pytest.mark.parametrize("name", LOGS)
def test_nothing_that_was_written_or_shown_stands_in_what_is_given(name: str):
    spoken = ("ls", "fix it", "and this", "go on")
    said = json.dumps(LOGS[name])
    for word in spoken:
        said = said.replace(f'"{word}"', '"cat /home/ann/plan9.txt"')
    reading = read(NAMED[name], lines(*json.loads(said)))

    assert "plan9" in said
    assert "plan9" not in str(reading)
