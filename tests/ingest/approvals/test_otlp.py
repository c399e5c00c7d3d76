from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.sources.approvals.base import Context, Found, Place, Record, frame
from ingest.sources.approvals.framing import framed, head
from ingest.sources.approvals.otlp import OTLP, desk

REAL = Path(__file__).parents[3] / ".." / "shared" / "real" / "approvals" / "otlp"
AT = 1_784_204_668_056_000_000
CONTEXT = Context("log", lambda account: f"p-{account}" if account else None)
Told = Mapping[str, Any]


def log(name: str, at: int = AT, span: str = "06cf12e679151d82", **told: Any) -> dict[str, Any]:
    return {"name": name, "at": at, "span": span, "told": {key.replace("__", "."): told[key] for key in told}}


def value_of(told: Any) -> dict[str, Any]:
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {kinds[type(told)]: told}


def attributes(told: Told) -> list[dict[str, Any]]:
    return [{"key": key, "value": value_of(value)} for key, value in told.items()]


def in_json(events: Iterable[Told], resource: Told, numbers: type = int) -> bytes:
    """Logs as OTLP/JSON; whole numbers as numbers or as text."""
    records = [
        {
            "timeUnixNano": numbers(event["at"]),
            "body": {"stringValue": event["name"]},
            "spanId": event["span"],
            "attributes": attributes(event["told"]),
        }
        for event in events
    ]
    scopes = [{"scope": {}, "logRecords": records}]
    return orjson.dumps(
        {"resourceLogs": [{"resource": {"attributes": attributes(resource)}, "scopeLogs": scopes}]}
    )


def fill(target: Any, told: Told) -> None:
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}
    for key, value in told.items():
        setattr(target.add(key=key).value, kinds[type(value)], value)


def in_protobuf(events: Iterable[Told], resource: Told) -> bytes:
    request = ExportLogsServiceRequest()
    part = request.resource_logs.add()
    fill(part.resource.attributes, resource)
    scope = part.scope_logs.add()
    for event in events:
        record = scope.log_records.add(time_unix_nano=event["at"], span_id=bytes.fromhex(event["span"]))
        record.body.string_value = event["name"]
        fill(record.attributes, event["told"])
    return request.SerializeToString()


def read(contents: Sequence[bytes], context: Context = CONTEXT) -> Found:
    records = [Record(content, place) for place, content in enumerate(contents)]
    return single(list(OTLP.read(records, context)))


def single(found: Sequence[Found]) -> Found:
    [only] = found
    return only


def rows(*events: Told, context: Context = CONTEXT, **resource: Any) -> list[dict[str, Any]]:
    told = {"service.name": "claude-code", **{key.replace("__", "."): resource[key] for key in resource}}
    signals = read([in_json(events, told)], context).signals
    assert isinstance(signals, pl.DataFrame)
    return signals.to_dicts()


def decision(**told: Any) -> dict[str, Any]:
    every = {"session__id": "s1", "tool_name": "Edit", "tool_use_id": "c1", "decision": "accept"}
    return log("claude_code.tool_decision", **{**every, "source": "user_temporary", **told})


def sightings(*events: Told, service: str = "claude-code") -> set[tuple[str, str, str]]:
    found = read([in_json(events, {"service.name": service})])
    return {(each["vendor"], each["kind"], each["name"]) for each in found.sightings}


@pytest.mark.skipif(not REAL.exists(), reason="needs the real captures")
def test_the_real_capture_joins_a_decision_with_its_wait() -> None:
    path = next(REAL.glob("*.jsonl"))
    assert OTLP.recognises(head(path), path.name)
    signals = single(list(OTLP.read(framed(path, "otlp"), CONTEXT))).signals
    decided, waited = pl.DataFrame(signals).to_dicts()
    assert (decided["kind"], waited["kind"]) == ("decided", "waited")
    assert decided["call_id"] == "toolu_016MeTE6z8nPoGgzupmm612r"
    assert decided["span_id"] == waited["span_id"] == "06cf12e679151d82"
    assert waited["parent_id"] == "fff18c18117dc306"
    assert (waited["ended_at"] - waited["at"]).total_seconds() == pytest.approx(6.466, abs=0.001)
    assert decided["at"].timestamp() == pytest.approx(1784204668.056)
    assert (decided["decision"], decided["actor"], decided["source_raw"]) == (
        "accept",
        "human",
        "user_temporary",
    )
    assert (decided["reviewer"], decided["is_interactive"], decided["agent_version"]) == (
        None,
        None,
        "2.1.210",
    )


@pytest.mark.parametrize(
    ("source", "actor", "scope"),
    [
        ("config", "policy", None),
        ("hook", "hook", None),
        ("user_permanent", "human", "permanent"),
        ("user_temporary", "human", "once"),
        ("user_abort", "human", None),
        ("something_new", "unknown", None),
    ],
)
def test_the_source_says_who_decided(source: str, actor: str, scope: str | None) -> None:
    [row] = rows(decision(source=source))
    assert (row["actor"], row["scope"], row["source_raw"]) == (actor, scope, source)


@pytest.mark.parametrize(
    ("entrypoint", "is_interactive", "actor"),
    [
        ("cli", True, "human"),
        ("claude-vscode", True, "human"),
        ("claude-desktop", True, "human"),
        ("sdk-ts", False, "unknown"),
        ("client", False, "unknown"),
    ],
)
def test_without_a_person_before_it_a_user_may_be_a_rule(
    entrypoint: str, *, is_interactive: bool, actor: str
) -> None:
    [row] = rows(decision(app__entrypoint=entrypoint))
    assert (row["is_interactive"], row["actor"]) == (is_interactive, actor)
    [ruled] = rows(decision(app__entrypoint=entrypoint, source="config"))
    assert ruled["actor"] == "policy"


def test_the_settings_say_what_telemetry_does_not() -> None:
    place = Place("acme/pay", "payments", "jane@example.com", is_interactive=False)
    [row] = rows(decision(), context=replace(CONTEXT, place=place))
    assert (row["repository"], row["team"], row["reviewer"]) == ("acme/pay", "payments", "p-jane@example.com")
    assert (row["is_interactive"], row["actor"]) == (False, "unknown")
    told = {"vcs__repository__url__full": "https://user:pw@h.example/acme/search.git", "department": "search"}
    [row] = rows(decision(), context=replace(CONTEXT, place=place), **told)
    assert (row["repository"], row["team"]) == ("acme/search", "search")


def test_an_abort_is_a_reject_of_a_person() -> None:
    [row] = rows(decision(decision="", source="user_abort"))
    assert (row["decision"], row["actor"]) == ("reject", "human")


def test_the_best_known_account_stands_for_a_person() -> None:
    every = {"user__id": "i", "user__email": "e@example.com", "user__account_uuid": "u"}
    people = [
        rows(decision(**{name: every[name] for name in list(every)[:count]}))[0]["reviewer"]
        for count in range(4)
    ]
    assert people == [None, "p-i", "p-e@example.com", "p-u"]
    assert rows(decision(user__id="<REDACTED>"))[0]["reviewer"] is None


def test_each_event_of_claude_code_becomes_its_signal() -> None:
    common = {"session__id": "s1"}
    told = rows(
        log(
            "claude_code.tool_result",
            **common,
            tool_use_id="c1",
            duration_ms="1500",
            tool_input_size_bytes=312,
        ),
        log("claude_code.user_prompt", **common, prompt="<REDACTED>", prompt_length="30"),
        log(
            "claude_code.permission_mode_changed", **common, to_mode="bypassPermissions", trigger="shift_tab"
        ),
        log(
            "claude_code.hook_execution_start",
            **common,
            hook_event="PermissionRequest",
            hook_name="PermissionRequest:Bash",
        ),
        log("claude_code.hook_execution_start", **common, hook_event="Stop"),
        log("claude_code.compaction", **common),
    )
    by_kind = {row["kind"]: row for row in told}
    assert set(by_kind) == {"ended", "prompted", "mode", "asked"}
    ended = by_kind["ended"]
    assert (ended["decision"], ended["actor"], ended["run_seconds"], ended["content_chars"]) == (
        "accept",
        None,
        1.5,
        312,
    )
    assert by_kind["prompted"]["content_chars"] == 30
    assert by_kind["mode"]["mode"] == "bypass"
    assert (by_kind["asked"]["tool_name"], by_kind["asked"]["call_id"]) == ("Bash", None)
    assert {row["session_id"] for row in told} == {"s1"}


def test_a_bare_event_name_is_accepted_from_claude_code_only() -> None:
    event = decision(event__name="tool_decision") | {"name": ""}
    assert [row["kind"] for row in rows(event)] == ["decided"]
    assert rows(event, service__name="other with claude in it") == []


def test_no_text_is_kept_unless_asked_for_and_then_without_secrets() -> None:
    command = "curl -H token=ghp_0123456789abcdefghijABCDEFGHIJ012345 # pilot-canary-7f3a91"
    event = decision(tool_name="Bash", tool_parameters=orjson.dumps({"full_command": command}).decode())
    [row] = rows(event)
    assert (row["content_text"], row["canary_id"], row["content_chars"]) == (
        None,
        "pilot-canary-7f3a91",
        len(command),
    )
    assert "curl" not in str(row)
    [row] = rows(event, context=replace(CONTEXT, keep_text=True))
    assert "curl" in row["content_text"]
    assert "ghp_" not in row["content_text"]


def test_facts_about_agents_become_sightings() -> None:
    told = sightings(
        log("claude_code.api_request", model="claude-sonnet-4-5", app__version="2.1.294"),
        log("claude_code.mcp_server_connection", server_name="jira"),
        log("claude_code.mcp_server_connection", transport_type="stdio"),
        log("claude_code.plugin_loaded", plugin__name="review"),
        log("claude_code.hook_registered", hook_event="PreToolUse", hook_source="policySettings"),
        log("claude_code.retention_sweep", period_days=30, used_default=True),
    )
    assert told == {
        ("claude_code", "agent_version", "2.1.294"),
        ("claude_code", "model", "claude-sonnet-4-5"),
        ("claude_code", "mcp_server", "jira"),
        ("claude_code", "mcp_server", "name held back, stdio"),
        ("claude_code", "plugin", "review"),
        ("claude_code", "hook", "PreToolUse of policySettings"),
        ("claude_code", "retention_days", "30"),
    }


@pytest.mark.parametrize(
    ("said", "source", "expected"),
    [
        ("approved", "user", ("accept", "human", "once")),
        ("ApprovedForSession", "user", ("accept", "human", "session")),
        ("approved_execpolicy_amendment", "user", ("accept", "human", "permanent")),
        ("approved", "config", ("accept", "policy", None)),
        ("denied", "automated_reviewer", ("reject", "model", None)),
        ("abort", "user", ("reject", "human", None)),
        ("timedout", "user", ("cancelled", "none", None)),
        ("something", "", (None, "unknown", None)),
    ],
)
def test_codex_says_who_decided_in_several_spellings(
    said: str, source: str, expected: tuple[str | None, str, str | None]
) -> None:
    told = {"conversation__id": "s", "call_id": "c", "tool_name": "exec_command", "model": "gpt"}
    event = log("", event__name="codex.tool_decision", decision=said, source=source, **told)
    [row] = rows(event, service__name="codex_cli_rs")
    assert (row["decision"], row["actor"], row["scope"]) == expected
    assert (row["vendor"], row["session_id"], row["call_id"], row["request_kind"]) == (
        "codex",
        "s",
        "c",
        "command",
    )


def test_codex_tells_its_mode_and_servers_when_it_starts() -> None:
    told = {"conversation__id": "s", "approval_policy": "never", "mcp_servers": "jira, wiki", "model": "gpt"}
    event = log("codex.conversation_starts", **told)
    assert [(row["kind"], row["mode"]) for row in rows(event, service__name="codex")] == [("mode", "bypass")]
    assert {("codex", "mcp_server", "jira"), ("codex", "mcp_server", "wiki")} <= sightings(
        event, service="codex"
    )
    [prompted] = rows(
        log("codex.user_prompt", conversation__id="s", prompt_length="9"), service__name="codex"
    )
    assert (prompted["kind"], prompted["content_chars"]) == ("prompted", 9)
    [late] = rows(
        log("codex.user_prompt", at=0, conversation__id="s", event__timestamp="2026-07-16T12:24:28.056Z"),
        service__name="codex",
    )
    assert late["at"] == datetime(2026, 7, 16, 12, 24, 28, 56_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "success", "expected"),
    [
        ("accept", True, ("accept", "unknown")),
        ("auto_accept", True, ("accept", "unknown")),
        ("modify", True, ("accept", "human")),
        ("reject", True, ("accept", "unknown")),
        ("reject", False, ("reject", "unknown")),
    ],
)
def test_gemini_proves_a_person_only_when_the_request_was_changed(
    said: str, *, success: bool, expected: tuple[str, str]
) -> None:
    told = {"session__id": "s", "function_name": "replace", "active_approval_mode": "autoEdit"}
    event = log(
        "Tool call: replace.", event__name="gemini_cli.tool_call", decision=said, success=success, **told
    )
    [row] = rows(event, service__name="gemini-cli")
    assert (row["decision"], row["actor"], row["mode"]) == (*expected, "accept_edits")


def test_identities_are_those_that_rows_get() -> None:
    told = rows(decision(), log("claude_code.user_prompt", at=AT // 10**9 * 10**9, session__id="s1"))
    told += rows(log("claude_code.tool_result", session__id="s1", tool_name="Bash", duration_ms="1500.7"))
    told += rows(log("codex.user_prompt", conversation__id="s"), service__name="codex")
    plain = [{name: value for name, value in row.items() if name != "signal_id"} for row in told]
    assert frame(plain)["signal_id"].to_list() == [row["signal_id"] for row in told]


VALUES = st.one_of(
    st.sampled_from(["accept", "reject", "user_reject", "config", "Bash", "30", "<REDACTED>", "", "é\n"]),
    st.integers(-5, 2**40),
    st.booleans(),
    st.floats(0, 1e6),
)
NAMES = st.sampled_from(
    ["session.id", "conversation.id", "tool_use_id", "call_id", "tool_name", "decision", "source",
     "duration_ms", "prompt_length", "app.entrypoint", "user.id", "tool_parameters", "event.name", "model",
     "to_mode"]
)  # fmt: skip
EVENT_NAMES = st.sampled_from(
    ["claude_code.tool_decision", "claude_code.tool_result", "claude_code.permission_mode_changed",
     "claude_code.api_request", "codex.tool_decision", "gemini_cli.tool_call", "tool_decision", "other"]
)  # fmt: skip
EVENTS = st.builds(
    lambda name, at, told: {"name": name, "at": at, "span": "06cf12e679151d82", "told": told},
    EVENT_NAMES,
    st.integers(1_000, 2**62),
    st.dictionaries(NAMES, VALUES, max_size=8),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=st.lists(EVENTS, min_size=1, max_size=5), numbers=st.sampled_from([int, str]))
def test_json_and_protobuf_give_the_same(events: list[dict[str, Any]], numbers: type) -> None:
    resource = {"service.name": "claude-code", "service.version": "2.1.294", "repository": "acme/pay"}
    as_json = read([in_json(events, resource, numbers)])
    as_protobuf = read([in_protobuf(events, resource)])
    assert isinstance(as_json.signals, pl.DataFrame)
    assert as_json.signals.equals(as_protobuf.signals)
    assert (as_json.sightings, as_json.left_out) == (as_protobuf.sightings, as_protobuf.left_out)


def test_spans_in_protobuf_are_told_from_logs_and_metrics() -> None:
    spans = ExportTraceServiceRequest()
    part = spans.resource_spans.add()
    fill(part.resource.attributes, {"service.name": "claude-code"})
    span = part.scope_spans.add().spans.add(
        name="claude_code.tool", span_id=b"\x01" * 8, start_time_unix_nano=AT, end_time_unix_nano=AT + 5_000
    )
    fill(span.attributes, {"session.id": "s1", "tool_use_id": "c1", "tool_name": "Read"})
    metrics = ExportMetricsServiceRequest()
    metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="claude_code.code_edit_tool.decision")
    found = read([spans.SerializeToString(), metrics.SerializeToString()])
    [called] = pl.DataFrame(found.signals).to_dicts()
    assert (called["kind"], called["call_id"], called["span_id"]) == ("called", "c1", "01" * 8)
    assert (called["request_kind"], called["is_read_only"]) == ("read", True)
    assert sum(found.left_out.values()) == 1


def test_what_cannot_be_read_goes_to_quarantine_and_the_rest_is_read() -> None:
    good = in_json([decision()], {"service.name": "claude-code"})
    found = read([good[:-9], b"\x0aclaude", b"[1]claude", b"junk", good])
    kinds = pl.DataFrame(found.signals)["kind"].to_list()
    assert sorted(kinds) == ["decided", *["unreadable"] * 4]
    assert pl.DataFrame(found.signals)["raw_ref"].n_unique() == 5


def test_an_event_without_a_time_spoils_no_other() -> None:
    events = [decision(), decision(event__timestamp="soon") | {"at": 0}]
    kinds = [row["kind"] for row in rows(*events)]
    assert kinds == ["decided", "unreadable"]


def test_an_event_without_a_session_is_left_out_and_counted() -> None:
    found = read([in_json([decision(session__id="")], {"service.name": "claude-code"})])
    assert len(found.signals) == 0
    assert [count for reason, count in found.left_out.items() if "session" in reason] == [1]


def test_telemetry_of_others_is_left_out_and_counted() -> None:
    found = read([in_json([log("checkout")], {"service.name": "shop"})])
    assert (len(found.signals), dict(found.left_out)) == (0, {"telemetry of other services": 1})


def test_messages_of_every_packing_are_recognised_and_read_alike(tmp_path: Path) -> None:
    resource = {"service.name": "claude-code"}
    messages = [in_json([decision(tool_use_id=f"c{n}")], resource) for n in range(20)]
    binary = [in_protobuf([decision(tool_use_id=f"c{n}")], resource) for n in range(20)]
    pack = zstandard.ZstdCompressor().compress
    shapes = {
        "lines": b"\n".join(messages),
        "zstd": pack(b"\n".join(messages) + b"\n"),
        "binary": lengths(binary),
        "packed": lengths(map(pack, binary)),
        "packed json": lengths(map(pack, messages)),
    }
    for name, content in shapes.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert OTLP.recognises(head(path), name), name
        signals = single(list(OTLP.read(framed(path, "otlp"), CONTEXT))).signals
        assert pl.DataFrame(signals)["call_id"].to_list() == [f"c{n}" for n in range(20)], name


def lengths(messages: Iterable[bytes]) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


@pytest.mark.parametrize("start", [b"", b'{"type": "span"}', b"a,b\n1,2", b"\x00\x01\x02", b"\n\nno otlp"])
def test_other_files_are_not_taken_for_otlp(start: bytes) -> None:
    assert not OTLP.recognises(start, "log")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_message_never_stops_the_reading(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from([in_json, in_protobuf]))(
        [decision()], {"service.name": "claude-code"}
    )
    damaged = bytearray(message)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    read([bytes(damaged)])


def test_blocks_come_in_the_order_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "BLOCK", 1)
    events = [log("claude_code.tool_decision", AT, session__id=f"s{number}") for number in range(5)]
    found = list(OTLP.read([Record(in_json([event], {}), 0) for event in events], CONTEXT))
    sessions = [session for each in found for session in pl.DataFrame(each.signals)["session_id"]]
    assert sessions == [f"s{number}" for number in range(5)]
    assert len(found) == 6  # the last one holds what was left


def test_what_fails_while_frames_are_made_is_not_lost() -> None:
    def person(_account: str | None) -> str | None:
        raise ValueError("no key")

    records = [Record(in_json([log("claude_code.tool_decision", session__id="s", user__id="u")], {}), 0)]
    with pytest.raises(ValueError, match="no key"):
        list(OTLP.read(records, replace(CONTEXT, person=person)))
