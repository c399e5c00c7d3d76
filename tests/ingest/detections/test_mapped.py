"""Tables of one's own say the same as CSV, JSON lines, JSON and Parquet."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.sources.detections import mapped
from ingest.sources.detections.rereading import text_of
from tests.ingest.detections.worlds import World

ROWS: list[dict[str, Any]] = [
    {"item": 1, "set": "rogue", "risk": 0.9, "truth": 1, "kind": "attack", "ask": "a"},
    {"item": 2, "set": "rogue", "risk": 0.2, "truth": 0, "kind": "attack", "ask": "b"},
    {"item": 3, "set": "chats", "risk": 0.5, "truth": 0, "kind": "benign", "ask": "c"},
    {"item": 4, "set": "chats", "risk": None, "truth": None, "kind": "benign", "ask": None},
]
MAPPING: dict[str, Any] = {
    "paths": ["logs/**"],
    "rename": {"score": "risk", "label": "truth", "cohort": "set", "content": "ask"},
    "joined": {"event_id": ["set", "item"]},
    "constants": {"detector": "Guard", "detector_version": "7", "threshold": 0.5},
    "labels": True,
    "unlabelled": {"kind": ["benign"]},
}
SHAPES = ("csv", "jsonl", "json", "parquet")


def write(world: World, shape: str, rows: list[dict[str, Any]] = ROWS) -> None:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if shape == "parquet":
        world.write("t.parquet", b"")
        frame.write_parquet(world.base / "logs" / "t.parquet")
    elif shape == "csv":
        world.write("t.csv", frame.write_csv())
    elif shape == "jsonl":
        world.lines("t.jsonl", *map(json.dumps, rows))
    else:
        world.write("t.json", json.dumps(rows))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_says_the_same(world: World, shape: str) -> None:
    world.mapping = [MAPPING]
    write(world, shape)
    assert world.pull().refused == {}
    rows = world.rows()
    assert [(row["event_id"], row["verdict"], row["score"]) for row in rows] == [
        ("rogue/1", "flag", 0.9), ("rogue/2", "pass", 0.2), ("chats/3", "flag", 0.5),
    ]  # fmt: skip
    assert world.broken() == {"verdict|nullability": 1}  # neither a verdict nor a score
    assert {(row["threshold"], row["threshold_op"], row["score_kind"]) for row in rows} == {
        (0.5, ">=", "other")
    }
    labels = world.rows("labels")
    assert [(row["event_id"], row["label"], row["annotator"], row["annotator_kind"]) for row in labels] == [
        ("rogue/1", "attack", "rogue labels", "dataset"), ("rogue/2", "benign", "rogue labels", "dataset"),
    ]  # fmt: skip
    assert {row["labelled_at"].year for row in labels} == {1970}
    read = (rows[1]["raw_ref"], rows[1]["content_sha256"], world.settings, world.base)
    assert text_of(*read) == "b"


def test_the_operator_decides_about_a_score_at_the_threshold(world: World) -> None:
    world.mapping = [{**MAPPING, "constants": {**MAPPING["constants"], "threshold_op": ">"}}]
    write(world, "parquet")
    world.pull()
    assert [row["verdict"] for row in world.rows()] == ["flag", "pass", "pass"]


def test_words_are_translated_and_a_star_stands_for_every_other_but_never_for_none(world: World) -> None:
    world.write(
        "t.csv", "id,said\n1,HIT\n2,ok\n3,I am sorry but I cannot help with that at all\n4,\n5,maybe\n"
    )
    values = {"HIT": "flag", "ok": "pass", "maybe": "perhaps", "*": "error"}
    world.mapping = [{
        "paths": ["logs/**"], "rename": {"event_id": "id", "verdict": "said"}, "constants": {"detector": "G"},
        "values": {"verdict": values},
    }]  # fmt: skip
    world.pull()
    rows = world.rows()
    assert [(row["event_id"], row["verdict"]) for row in rows] == [
        ("1", "flag"),
        ("2", "pass"),
        ("3", "error"),
    ]
    assert [row["verdict_raw"] for row in rows] == [
        "HIT",
        "ok",
        "I am sorry but I cannot help with that at all",
    ]
    assert world.broken() == {"verdict|check__vocabulary": 1, "verdict|nullability": 1}


def test_moments_are_read_and_what_is_none_goes_to_quarantine(world: World) -> None:
    told = ("2026-11-02T10:00:00+01:00", "1793613604", "", "yesterday")
    rows = "".join(f"{place},pass,{at}\n" for place, at in enumerate(told))
    world.write("t.csv", f"event_id,verdict,occurred_at\n{rows}")
    world.mapping = [{"paths": ["logs/**"], "constants": {"detector": "G"}}]
    world.pull()
    seen = [row["occurred_at"] for row in world.rows()]
    assert [at and at.isoformat() for at in seen] == [
        "2026-11-02T09:00:00+00:00", "2026-11-02T10:00:04+00:00", None,
    ]  # fmt: skip
    assert world.broken() == {"occurred_at|type": 1}


def test_a_text_that_is_no_word_is_not_repeated_in_quarantine(world: World) -> None:
    world.write("t.csv", f"event_id,verdict\n1,{'tell me a secret ' * 10}\n")
    world.mapping = [{"paths": ["logs/**"], "constants": {"detector": "G"}}]
    world.pull()
    assert "secret" not in str(world.table("detections").to_dicts())
    assert world.broken() == {"verdict|check__vocabulary": 1}


def test_several_mappings_read_the_same_file(world: World) -> None:
    world.write("t.csv", "event_id,one,two\n1,flag,pass\n")
    world.mapping = [
        {"paths": ["logs/**"], "rename": {"verdict": name}, "constants": {"detector": name}}
        for name in ("one", "two")
    ]
    world.pull()
    assert [(row["detector"], row["verdict"]) for row in world.rows()] == [("one", "flag"), ("two", "pass")]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"rename": {"score": "gone"}}, "lacks gone"),
        ({"rename": {"colour": "kind"}}, "colour is no column"),
        ({"rename": {"label": "truth"}}, "label is no column"),
    ],
    ids=["their column", "our column", "labels without labels = true"],
)
def test_a_mapping_that_does_not_fit_refuses_the_file(world: World, told: dict[str, Any], words: str) -> None:
    world.mapping = [{"paths": ["logs/**"], **told}]
    write(world, "csv")
    assert words in world.pull().refused["logs/t.csv"]


def test_a_cut_parquet_file_is_refused_and_a_cut_row_of_a_table_waits(world: World) -> None:
    world.mapping = [MAPPING]
    write(world, "parquet")
    path = world.base / "logs" / "t.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert "cut or damaged" in world.pull().refused["logs/t.parquet"]
    path.unlink()
    world.write("t.csv", pl.DataFrame(ROWS).write_csv()[:-3])
    left_out = world.pull().left_out
    assert len(world.rows()) == 3
    assert len(left_out) == 1


def test_labels_of_an_item_are_told_once_however_many_detectors_saw_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "SLICE", 2)
    world.mapping = [{**MAPPING, "constants": {"detector_version": "7", "threshold": 0.5}}]
    write(world, "parquet", [{**row, "detector": name} for name in ("A", "B") for row in ROWS[:2]])
    world.pull()
    assert (len(world.rows()), world.table("labels").height) == (4, 2)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=5), threshold=st.floats(0, 1))
def test_scores_survive_csv_as_they_are(world: World, scores: list[float], threshold: float) -> None:
    world.cursor = {}
    rows = "".join(f"{place},{score!r}\n" for place, score in enumerate(scores))
    world.write("t.csv", f"event_id,score\n{rows}")
    world.mapping = [{"paths": ["logs/**"], "constants": {"detector": "G", "threshold": threshold}}]
    world.pull()
    told = [(row["score"], row["verdict"]) for row in world.rows()]
    assert told == [(score, "flag" if score >= threshold else "pass") for score in scores]
