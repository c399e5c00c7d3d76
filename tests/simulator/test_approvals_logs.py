"""Each log tells of the planted decisions what its format tells, in the shape of its format."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

import orjson
import pytest
import zstandard
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from data.simulator.approvals import PlantedDecision, Work
from data.simulator.approvals.logs import (
    Telling,
    claude_messages,
    claude_settings,
    codex_messages,
    conversations,
    copilot_events,
    csv_table,
    gemini_outfile,
    hook_lines,
    json_lines,
    length_prefixed,
    mcp_servers,
    opencode_events,
    rollout,
    transcript,
    zstd_messages,
    zstd_stream,
)
from data.simulator.approvals.logs.encoding import binary
from data.simulator.approvals.logs.sessions import shown_text, tool_input
from data.simulator.approvals.logs.tables import RENAME
from data.simulator.approvals.truth import Vendor
from tests.simulator.helpers_approvals import planted, reviewer, workplace

Attributes = dict[str, Any]


def of(vendor: Vendor, **more: Any) -> Sequence[PlantedDecision]:
    return planted(workplace(vendor, **more))


def loaded(content: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in content.splitlines()]


def told(record: dict[str, Any]) -> Attributes:
    return {each["key"]: next(iter(each["value"].values())) for each in record["attributes"]}


def logs(messages: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Attributes]]:
    for message in messages:
        for part in message.get("resourceLogs", []):
            for record in part["scopeLogs"][0]["logRecords"]:
                yield record, told(record)


def spans(messages: Sequence[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    parts = [part for message in messages for part in message.get("resourceSpans", [])]
    return {
        span["spanId"]: span
        for part in parts
        for span in part["scopeSpans"][0]["spans"]
        if span["name"] == name
    }


def behind_lengths(content: bytes) -> Iterator[bytes]:
    while content:
        end = 4 + int.from_bytes(content[:4], "big")
        assert len(content) >= end
        yield content[4:end]
        content = content[end:]


# -- OTLP ----------------------------------------------------------------------------------------------


def test_every_answer_is_a_record_that_leads_to_its_wait() -> None:
    drawn = of("claude_code")
    messages = list(claude_messages(drawn))
    waits = spans(messages, "claude_code.tool.blocked_on_user")
    decided = {had["tool_use_id"]: (record, had) for record, had in logs(messages) if "source" in had}
    answered = [one for one in drawn if one.decided_at is not None]
    assert len(decided) == len(answered) < len(drawn)
    for one in (one for one in answered if one.actor == "human"):
        record, had = decided[one.call_id]
        wait = waits[record["spanId"]]
        lasted = int(wait["endTimeUnixNano"]) - int(wait["startTimeUnixNano"])
        assert lasted == pytest.approx(1e9 * (one.wait_seconds or 0.0))
        assert (had["decision"], had["source"].split("_")[0]) == (one.decision, "user")


def test_rules_hooks_and_sessions_without_anybody_have_the_words_of_claude_code() -> None:
    messages = list(claude_messages(of("claude_code", work=Work(sdk_share=0.5))))
    words = Counter((had["app.entrypoint"], had["source"]) for _, had in logs(messages) if "source" in had)
    assert {source for entrypoint, source in words if entrypoint == "sdk-cli"} == {"config", "user_temporary"}
    assert {"config", "user_temporary", "user_reject"} <= {source for _, source in words}


def test_numbers_come_as_strings_and_as_numbers() -> None:
    parts = [
        each for record, _ in logs(list(claude_messages(of("claude_code")))) for each in record["attributes"]
    ]
    kinds = {
        (each["key"], next(iter(each["value"])), type(next(iter(each["value"].values())))) for each in parts
    }
    assert ("prompt_length", "stringValue", str) in kinds
    assert ("event.sequence", "intValue", int) in kinds
    assert ("tool_input_size_bytes", "intValue", str) in kinds


def test_retention_and_servers_are_told_once_for_each_person() -> None:
    drawn = of("claude_code")
    messages = list(claude_messages(drawn, Telling(20, ("tracker",))))
    events = [had for _, had in logs(messages)]
    people = {one.session.reviewer.account for one in drawn}
    sweeps = [had for had in events if had["event.name"] == "retention_sweep"]
    assert {had["user.email"] for had in sweeps} == people
    assert len(sweeps) == len(people)
    assert {had["period_days"] for had in sweeps} == {20}
    assert {had["server_name"] for had in events if "server_name" in had} == {"tracker"}


@pytest.mark.parametrize("messages", [claude_messages, codex_messages])
def test_all_containers_hold_the_same_messages(messages: Any) -> None:
    made = list(messages(of("claude_code", reviewers=(reviewer(),))))
    as_protobuf = [binary(message) for message in made]
    unpacked = zstandard.ZstdDecompressor().decompress
    assert [orjson.loads(line) for line in json_lines(made).splitlines()] == made
    assert list(behind_lengths(length_prefixed(made))) == as_protobuf
    assert [unpacked(each) for each in behind_lengths(zstd_messages(made))] == as_protobuf
    packed_json = behind_lengths(zstd_messages(made, as_json=True))
    assert [orjson.loads(unpacked(each)) for each in packed_json] == made
    assert zstandard.ZstdDecompressor().decompressobj().decompress(zstd_stream(made)) == json_lines(made)
    stream = zstd_stream(made, as_json=False)
    assert zstandard.ZstdDecompressor().decompressobj().decompress(stream) == length_prefixed(made)


def test_protobuf_keeps_ids_as_bytes_and_numbers_as_numbers() -> None:
    messages = list(claude_messages(of("claude_code")))
    log = next(message for message in messages if "resourceLogs" in message)
    span = next(message for message in messages if "resourceSpans" in message)
    told_of = ExportLogsServiceRequest.FromString(binary(log)).resource_logs[0].scope_logs[0].log_records
    spans_of = ExportTraceServiceRequest.FromString(binary(span)).resource_spans[0].scope_spans[0].spans
    records = log["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert [each.span_id.hex() for each in told_of] == [record.get("spanId", "") for record in records]
    assert [each.time_unix_nano for each in told_of] == [int(record["timeUnixNano"]) for record in records]
    parts = span["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [each.parent_span_id.hex() for each in spans_of] == [
        part.get("parentSpanId", "") for part in parts
    ]


def test_no_message_is_empty() -> None:
    for message in claude_messages(of("claude_code"), Telling(is_short=True)):
        (part,) = message.get("resourceSpans", []) or message["resourceLogs"]
        (scope,) = part.get("scopeSpans") or part["scopeLogs"]
        assert scope.get("spans") or scope["logRecords"]


def test_codex_writes_its_words_without_underscores() -> None:
    drawn = of("codex", work=Work(permanent_share=0.5))
    words = {
        (had["decision"], had["source"]) for _, had in logs(list(codex_messages(drawn))) if "source" in had
    }
    assert {word for word, _ in words} == {"approved", "approvedexecpolicyamendment", "denied"}
    assert {source for _, source in words} == {"user", "config"}


# -- session files -------------------------------------------------------------------------------------


def test_a_transcript_tells_rejects_but_no_answered_prompt() -> None:
    drawn = of("claude_code")
    entries = [entry for each in conversations(drawn) for entry in loaded(transcript(each))]
    content = [part for entry in entries if "message" in entry for part in entry["message"]["content"]]
    results = [part for part in content if isinstance(part, dict) and part["type"] == "tool_result"]
    by_person = [part for part in results if part["content"].startswith("The user doesn't want to proceed")]
    rejected = [one for one in drawn if one.decision == "reject" and one.actor == "human"]
    assert {part["tool_use_id"] for part in by_person} == {one.call_id for one in rejected}
    assert len(results) == sum(one.decided_at is not None for one in drawn)


def test_calls_of_one_message_share_its_id() -> None:
    drawn = of("claude_code", work=Work(batch_share=1.0))
    entries = [entry for each in conversations(drawn) for entry in loaded(transcript(each))]
    calls = [entry for entry in entries if entry["type"] == "assistant"]
    assert max(Counter(entry["message"]["id"] for entry in calls).values()) == 3


def test_hooks_see_each_prompt_and_never_the_answer() -> None:
    drawn = of("claude_code")
    events = loaded(hook_lines(drawn))
    names = Counter(event["hook_event_name"] for event in events)
    assert names["PermissionRequest"] == sum(one.shown_at is not None for one in drawn)
    assert names["PreToolUse"] == len(drawn)
    assert not any(
        "tool_use_id" in event for event in events if event["hook_event_name"] == "PermissionRequest"
    )
    assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)


def test_copilot_names_who_decided_and_leaves_open_what_nobody_did() -> None:
    drawn = of("copilot")
    events = [event for each in conversations(drawn) for event in loaded(copilot_events(each))]
    asked, answers = (
        {event["data"]["requestId"]: event for event in events if event["type"] == f"permission.{kind}"}
        for kind in ("requested", "completed")
    )
    assert len(asked) == len(drawn)
    assert len(asked) - len(answers) == sum(one.decision == "pending" for one in drawn) > 0
    people = [key for key, event in answers.items() if event["data"]["decisionSource"] == "human_response"]
    waits = [
        datetime.fromisoformat(answers[key]["timestamp"]) - datetime.fromisoformat(asked[key]["timestamp"])
        for key in people
    ]
    planted_waits = sorted(one.wait_seconds or 0.0 for one in drawn if one.actor == "human")
    assert sorted(wait.total_seconds() for wait in waits) == pytest.approx(planted_waits)


def test_a_rollout_holds_no_event_of_an_approval() -> None:
    entries = [entry for each in conversations(of("codex")) for entry in loaded(rollout(each))]
    kinds = {entry["payload"].get("type") for entry in entries}
    assert kinds == {None, "user_message", "function_call", "function_call_output"}


def test_an_outfile_of_gemini_is_objects_over_many_lines() -> None:
    content = gemini_outfile(of("gemini")).decode()
    decoder, place, count = json.JSONDecoder(), 0, 0
    while place < len(content):
        _, end = decoder.raw_decode(content, place)
        place, count = end + 1, count + 1
    assert count > 100
    assert content.count("\n") > 10 * count


def test_the_bus_of_opencode_tells_what_was_asked_and_answered() -> None:
    drawn = of("opencode")
    names = Counter(event["type"] for event in loaded(opencode_events(drawn)))
    asked = [one for one in drawn if one.shown_at is not None]
    assert names["permission.asked"] == len(asked)
    assert names["permission.replied"] == sum(one.decided_at is not None for one in asked)


def test_a_table_has_a_row_for_each_answer() -> None:
    drawn = of("claude_code")
    table = list(csv.DictReader(StringIO(csv_table(drawn).decode())))
    assert len(table) == sum(one.decided_at is not None for one in drawn)
    assert set(RENAME.values()) == set(table[0]) - {"synthetic"}


def test_settings_files_are_what_agents_read() -> None:
    settings = orjson.loads(claude_settings("acceptEdits", 20, ("Bash(make:*)",)))
    assert (settings["permissions"]["defaultMode"], settings["cleanupPeriodDays"]) == ("acceptEdits", 20)
    assert list(orjson.loads(mcp_servers("tracker", "browser"))["mcpServers"]) == ["tracker", "browser"]


# -- all of them ---------------------------------------------------------------------------------------


def test_arguments_are_as_long_as_planted_and_carry_the_marker() -> None:
    for one in of("claude_code", work=Work(canary_share=0.2)):
        assert len(orjson.dumps(tool_input(one))) == one.chars
        assert (one.canary_id is not None) is ("pilot-canary-" in shown_text(one, one.chars))


def test_every_format_says_that_it_is_synthetic() -> None:
    claude = of("claude_code")
    for name, content in {
        "OTLP": json_lines(claude_messages(claude)), "Codex": json_lines(codex_messages(of("codex"))),
        "transcript": b"".join(map(transcript, conversations(claude))), "hooks": hook_lines(claude),
        "Copilot": b"".join(map(copilot_events, conversations(of("copilot")))),
        "opencode": opencode_events(of("opencode")),
    }.items():  # fmt: skip
        assert all(b"synthetic" in line for line in content.splitlines()), name
    for content in (gemini_outfile(of("gemini")), csv_table(claude), mcp_servers("a"),
                    *map(rollout, conversations(of("codex")))):  # fmt: skip
        assert b"synthetic" in content


@pytest.mark.parametrize("vendor", ["claude_code", "copilot", "codex", "gemini", "opencode"])
def test_nothing_depends_on_when_it_is_written(vendor: Vendor) -> None:
    for write in (hook_lines, gemini_outfile, opencode_events, csv_table):
        assert write(of(vendor)) == write(of(vendor))
