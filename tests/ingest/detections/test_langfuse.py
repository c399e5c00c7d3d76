"""Scores of Langfuse: evaluators say verdicts, people say labels."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from tests.ingest.detections.worlds import World


def score(number: int, **told: Any) -> dict[str, Any]:
    usual = {
        "id": f"s-{number}", "traceId": f"t-{number}", "name": "prompt_injection", "source": "EVAL",
        "dataType": "CATEGORICAL", "stringValue": "malicious", "value": 1,
        "timestamp": "2026-11-02T10:00:00.000Z",
    }  # fmt: skip
    return {**usual, **told}


SCORES = (
    score(1),
    score(2, dataType="BOOLEAN", value=0, stringValue="False", observationId="o-2", source="API"),
    score(3, dataType="NUMERIC", value=0.4, stringValue=None),
    score(4, name="helpfulness"),
    score(5, source="ANNOTATION", stringValue="benign", authorUserId="rosa", comment="asks jo@acme.example"),
)


def told(world: World) -> list[tuple[Any, ...]]:
    return [(row["event_id"], row["verdict"], row["score"]) for row in world.rows()]


EXPECTED = [("t-1", "flag", None), ("o-2", "pass", None), ("t-3", "pass", 0.4)]


def test_lists_lines_and_answers_of_the_interface_say_the_same(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "threshold": 0.5}]
    for content in (
        json.dumps(SCORES),
        "".join(json.dumps(each) + "\n" for each in SCORES),
        json.dumps({"data": SCORES, "meta": {"page": 1}}) + "\n",
        json.dumps(SCORES, indent=2),
    ):
        world.cursor = {}
        world.write("scores.json", content)
        assert world.pull().refused == {}
        assert told(world) == EXPECTED
        assert world.left_out == {"scores of something else than attacks": 1}
        (label,) = world.rows("labels")
        names = ("event_id", "annotator", "annotator_kind", "label", "choice", "reason")
        assert [label[name] for name in names] == ["t-5", "rosa", "human", "benign", "benign", "asks ***"]


def test_the_export_to_object_stores_has_other_names_and_tells_no_authors(world: World) -> None:
    names = {"traceId": "trace_id", "observationId": "observation_id", "dataType": "data_type",
             "stringValue": "string_value"}  # fmt: skip
    rows = [
        {names.get(key, key): value for key, value in each.items() if key != "authorUserId"}
        for each in SCORES
    ]
    stored = [{**row, "timestamp": "2026-11-02 10:00:00.000000"} for row in rows]
    world.place = [{"paths": ["logs/**"], "threshold": 0.5}]
    world.write("scores.csv", pl.DataFrame(stored, infer_schema_length=None).write_csv())
    world.pull()
    assert told(world) == EXPECTED
    assert {row["occurred_at"].isoformat() for row in world.rows()} == {"2026-11-02T10:00:00+00:00"}
    assert [row["annotator"] for row in world.rows("labels")] == ["annotator of Langfuse"]


def test_scores_inside_traces_are_of_the_trace_and_addresses_name_nobody(world: World) -> None:
    plain = {key: value for key, value in score(1).items() if key != "traceId"}
    mine = {**plain, "source": "ANNOTATION", "authorUserId": "rosa@acme.example"}
    trace = {"id": "t-9", "input": "hello", "scores": [plain, mine]}
    world.lines("traces.jsonl", json.dumps(trace), json.dumps({"id": "t-10", "scores": []}))
    world.pull()
    (row,) = world.rows()
    assert (row["event_id"], row["content_chars"], row["content_text"]) == ("t-9", 5, None)
    assert world.rows("labels") == []
    assert world.broken("labels") == {"annotator|nullability": 1}
    assert "rosa" not in str(world.table("labels").to_dicts())
