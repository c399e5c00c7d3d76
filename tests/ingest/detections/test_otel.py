"""Results of evaluations in OpenTelemetry, as log records and in spans, in JSON and protobuf."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.ingest.detections.worlds import World

AT = "1793613600000000000"  # 2026-11-02T10:00:00Z
SPAN = "c2d9e1f0a3b47586"


def attributes(**told: Any) -> list[dict[str, Any]]:
    names = {"name": "gen_ai.evaluation.name", "label": "gen_ai.evaluation.score.label",
             "score": "gen_ai.evaluation.score.value", "why": "gen_ai.evaluation.explanation",
             "response": "gen_ai.response.id", "error": "error.type"}  # fmt: skip
    return [
        {"key": names[name], "value": {"doubleValue" if isinstance(value, float) else "stringValue": value}}
        for name, value in told.items()
    ]


def logs(*records: list[dict[str, Any]]) -> dict[str, Any]:
    told = [
        {"timeUnixNano": AT, "eventName": "gen_ai.evaluation.result", "spanId": SPAN, "attributes": each}
        for each in records
    ]
    return {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": told}]}]}


def spans(*records: list[dict[str, Any]]) -> dict[str, Any]:
    event = {"name": "gen_ai.evaluation.result", "timeUnixNano": AT}
    span = {
        "name": "chat", "spanId": SPAN, "startTimeUnixNano": AT, "endTimeUnixNano": AT,
        "events": [{**event, "attributes": each} for each in records],
    }  # fmt: skip
    return {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [span]}]}]}


ATTACK = attributes(name="prompt_injection", label="fail", score=0.93, why="SECRET", response="resp-1")


def test_a_log_record_says_a_verdict_and_its_explanation_is_not_kept(world: World) -> None:
    world.lines("o.jsonl", json.dumps(logs(ATTACK)))
    world.pull()
    (row,) = world.rows()
    names = ("event_id", "detector", "verdict", "verdict_raw", "score", "score_kind")
    assert [row[name] for name in names] == ["resp-1", "prompt_injection", "flag", "fail", 0.93, "other"]
    assert row["occurred_at"].isoformat() == "2026-11-02T10:00:00+00:00"
    assert "SECRET" not in str(world.table("detections").to_dicts())


def test_events_of_spans_say_the_same_and_stand_for_their_span(world: World) -> None:
    world.lines("o.jsonl", json.dumps(spans(ATTACK, attributes(name="jailbreak", label="pass"))))
    world.pull()
    assert [(row["event_id"], row["verdict"]) for row in world.rows()] == [("resp-1", "flag"), (SPAN, "pass")]


def test_protobuf_says_the_same(world: World) -> None:
    for name, kind, message in (
        ("logs.bin", ExportLogsServiceRequest, logs(ATTACK)),
        ("spans.bin", ExportTraceServiceRequest, spans(ATTACK)),
    ):
        told = json.loads(json.dumps(message).replace(SPAN, "wtnh8KO0dYY="))  # protobuf's JSON has base64
        content = ParseDict(told, kind()).SerializeToString()
        world.write(name, len(content).to_bytes(4, "big") + content)
    world.pull()
    assert [(row["event_id"], row["verdict"], row["score"]) for row in world.rows()] == [
        ("resp-1", "flag", 0.93)
    ]  # the same item and detector twice is one row
    assert world.table("detections").height == 2


def test_an_error_is_no_verdict_and_quality_is_no_detector(world: World) -> None:
    failed = attributes(name="prompt_injection", error="timeout", response="r-2")
    quality = attributes(name="relevance", label="pass", response="r-3")
    unclear = attributes(name="prompt_injection", label="purple", response="r-4")
    world.lines("o.jsonl", json.dumps(logs(failed, quality, unclear)))
    world.pull()
    assert [(row["event_id"], row["verdict"], row["verdict_raw"]) for row in world.rows()] == [
        ("r-2", "error", "timeout")
    ]
    assert world.left_out == {"evaluations of something else than attacks": 1}
    assert world.broken() == {"verdict|check__vocabulary": 1}


def timeless(observed: str) -> list[tuple[str, bytes]]:
    """A log record without a moment, and an event of a span, in JSON and protobuf."""
    record = {**logs(ATTACK)["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0],
              "timeUnixNano": "0", "observedTimeUnixNano": observed}  # fmt: skip
    message = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{**record, "spanId": "wtnh8KO0dYY="}]}]}]}
    told = ParseDict(message, ExportLogsServiceRequest()).SerializeToString()
    binary = len(told).to_bytes(4, "big") + told
    return [("o.jsonl", json.dumps(message).encode() + b"\n"), ("o.bin", binary)]


@pytest.mark.parametrize("place", [0, 1], ids=["json", "protobuf"])
@pytest.mark.parametrize(("observed", "at"), [("0", None), (AT, "2026-11-02T10:00:00+00:00")])
def test_a_moment_of_zero_is_unknown_and_costs_no_row(
    world: World, place: int, observed: str, at: str | None
) -> None:
    world.write(*timeless(observed)[place])
    world.pull()
    (row,) = world.rows()
    told = row["occurred_at"].isoformat() if row["occurred_at"] else None
    assert (row["event_id"], row["verdict"], told) == ("resp-1", "flag", at)


def test_an_event_of_a_span_without_a_moment_is_taken_and_one_with_a_wrong_one_refused(world: World) -> None:
    said = json.dumps(spans(ATTACK))
    world.lines("o.jsonl", said.replace(AT, "0"), said.replace(AT, "-5").replace("resp-1", "resp-2"))
    world.pull()
    assert [(row["event_id"], row["occurred_at"]) for row in world.rows()] == [("resp-1", None)]
    assert world.broken() == {"verdict|check__vocabulary": 1}


def test_the_threshold_of_the_settings_decides_where_a_score_is_told_with_a_label(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "threshold": 0.95}]
    failed = attributes(name="jailbreak", error="timeout", score=0.99, response="r")
    world.lines("o.jsonl", json.dumps(logs(ATTACK, failed)))
    world.pull()
    said = [(row["event_id"], row["verdict"], row["verdict_raw"]) for row in world.rows()]
    assert said == [("resp-1", "pass", "fail"), ("r", "error", "timeout")]


def test_a_score_alone_is_judged_by_the_threshold_that_the_settings_name(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "threshold": 0.5, "version": "7"}]
    world.lines("o.jsonl", json.dumps(logs(attributes(name="jailbreak", score=0.4, response="r"))), "{broken")
    world.pull()
    (row,) = world.rows()
    assert (row["verdict"], row["detector_version"], row["threshold_op"]) == ("pass", "7", ">=")
    assert world.broken() == {"verdict|check__vocabulary": 1}
