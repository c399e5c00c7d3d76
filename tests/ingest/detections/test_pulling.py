"""A log of a detector is read once, however it grows; what of it cannot be read is told with its place."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256

import polars as pl
import pytest
import zstandard

from ingest.errors import ConfigurationError, SourceError
from ingest.sources.detections.rereading import text_of
from ingest.sources.tailing import CUT
from tests.ingest.detections.examples import EXAMPLES
from tests.ingest.detections.worlds import World, line


def test_an_answer_inside_a_line_becomes_a_verdict_and_its_text_only_a_hash(world: World) -> None:
    world.lines("a.jsonl", line("r-1", session_id="s-9"))
    world.pull()
    (row,) = world.rows()
    told = [row[name] for name in ("event_id", "verdict", "score", "detector_version", "cohort", "surface")]
    assert told == ["r-1", "flag", 0.97, "unknown", "traffic", "unknown"]
    assert row["occurred_at"].isoformat() == "2026-11-02T10:00:00+00:00"
    assert row["content_sha256"] == sha256(b"text of r-1").hexdigest()
    assert (row["content_chars"], row["content_text"], row["conversation_id"]) == (11, None, "s-9")
    assert row["raw_ref"] == "logs/a.jsonl#0"
    assert "SECRET" not in str(row)


def test_every_known_answer_is_found_inside_a_line(world: World) -> None:
    answers = [
        json.dumps({"request_id": f"r-{at}", "response": each.answer}) for at, each in enumerate(EXAMPLES)
    ]
    world.lines("a.jsonl", *answers)
    world.pull()
    places = set(world.table("detections")["event_id"].str.extract(r"^r-(\d+)").cast(pl.Int64))
    lost = [each.name for at, each in enumerate(EXAMPLES) if at not in places]
    assert lost == ["eval"]  # a summary of garak, which tells of no item
    assert world.left_out == {"answers of a known format that tell of no item": 1}
    assert world.broken() == {}


def test_a_growing_log_is_read_on_and_a_cut_line_waits(world: World) -> None:
    path = world.lines("a.jsonl", line("r-1"), line("r-2"))
    with path.open("a") as stream:
        stream.write(line("r-3")[:40])
    pulled = world.pull()
    assert [row["event_id"] for row in world.rows()] == ["r-1", "r-2"]
    assert pulled.left_out == {f"logs/a.jsonl: {CUT}": 1}
    world.lines("a.jsonl", line("r-1"), line("r-2"), line("r-3"))
    world.pull()
    (row,) = world.rows()
    assert (row["event_id"], row["raw_ref"]) == ("r-3", f"logs/a.jsonl#{2 * len(line('r-1')) + 2}")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_packed_logs_say_the_same(world: World, pack: object) -> None:
    world.write("a.jsonl.packed", pack(f"{line('r-1')}\n".encode()))  # type: ignore[operator]
    world.pull()
    assert [row["event_id"] for row in world.rows()] == ["r-1"]


def test_damaged_and_unrecognised_lines_go_to_quarantine_with_their_place(world: World) -> None:
    odd = json.dumps({"request_id": "r-2", "response": {"weather": "fine"}})
    world.lines("a.jsonl", line("r-1"), '{"request_id": "SECRET', odd)
    world.pull()
    assert len(world.rows()) == 1
    assert world.broken() == {"verdict|check__vocabulary": 2}
    places = world.table("detections")["raw_ref"].to_list()
    assert places == [f"logs/a.jsonl#{at}" for at in (0, len(line("r-1")) + 1, len(line("r-1")) + 24)]
    assert "SECRET" not in str(world.table("detections").to_dicts())


def test_a_detector_that_failed_or_was_not_run_passed_nothing(world: World) -> None:
    failed = [
        {"request_id": "r-2", "response": None, "error": "connection reset"},
        {"request_id": "r-3", "status": "timeout"},
        {"request_id": "r-4", "status_code": 503, "response": {"message": "busy"}},
        {"request_id": "r-5", "status": "not_run"},
    ]
    world.lines("a.jsonl", line("r-1", "allow", 0.1), *map(json.dumps, failed))
    world.pull()
    rows = world.rows()
    assert [row["verdict"] for row in rows] == ["pass", "error", "error", "error", "skipped"]
    assert [row["score"] for row in rows] == [0.1, None, None, None, None]
    assert len({row["detector"] for row in rows}) == 1


def test_the_settings_say_what_a_log_does_not(world: World) -> None:
    answer = {"decision": "allow", "score": 0.4, "status": "success"}
    said = {"ids": {"call": 7}, "when": 1793613604, "ask": [{"say": "hi"}], "deep": {"guard": answer}}
    world.write("shop/guard-v3.jsonl", json.dumps(said) + "\n")
    world.place = [{
        "paths": ["logs/**"], "path_pattern": r"logs/(?P<cohort>\w+)/guard-v(?P<version>\d+)",
        "detector": "Guard",
        "threshold": 0.9, "surface": "tool_output", "repository": "acme/shop",
        "response": "deep.guard", "event": "ids.call", "at": "when", "content": "ask.0.say",
    }]  # fmt: skip
    world.pull()
    (row,) = world.rows()
    names = ("event_id", "detector", "detector_version", "cohort", "threshold", "threshold_op", "surface")
    assert [row[name] for name in names] == ["7", "Guard", "3", "shop", 0.9, ">=", "tool_output"]
    assert (row["repository"], row["content_chars"]) == ("acme/shop", 2)
    assert row["occurred_at"].isoformat() == "2026-11-02T10:00:04+00:00"


def test_without_id_and_moment_a_record_has_a_stable_name_and_no_time(world: World) -> None:
    said = json.dumps({"response": {"decision": "allow", "score": 0.4, "status": "success"}})
    world.lines("a.jsonl", said)
    world.pull()
    (first,) = world.rows()
    world.cursor = {}
    world.pull()
    (second,) = world.rows()
    assert first["event_id"] == second["event_id"]
    assert first["occurred_at"] is None


def test_text_is_kept_only_where_it_is_asked_for_and_without_secrets(world: World) -> None:
    world.keep_text = True
    world.lines("a.jsonl", line("r-1", input="mail rosa@acme.example"))
    world.pull()
    assert world.rows()[0]["content_text"] == "mail ***"


def test_the_text_of_an_item_is_read_again_only_where_it_is_the_same(world: World) -> None:
    world.lines("a.jsonl", line("r-1"), line("r-2"))
    world.pull()
    row = world.rows()[1]
    read = (row["raw_ref"], row["content_sha256"], world.settings, world.base)
    assert text_of(*read) == "text of r-2"
    assert text_of(read[0], None, *read[2:]) is None
    assert text_of("logs/gone.jsonl#0", *read[1:]) is None
    world.lines("a.jsonl", line("r-1"), line("r-2", input="another"))
    assert text_of(*read) is None


def test_a_file_that_nobody_knows_is_refused_with_what_is_known(world: World) -> None:
    world.lines("a.jsonl", '{"weather": "fine"}')
    pulled = world.pull()
    assert "[[sources.detections.mapping]]" in pulled.refused["logs/a.jsonl"]


def test_settings_that_name_nothing_or_say_nonsense_are_errors(world: World) -> None:
    with pytest.raises(SourceError, match=r"\[sources.detections\]"):
        world.pull()
    world.lines("a.jsonl", line("r-1"))
    world.place = [{"paths": ["logs/**"], "path_pattern": "(?P<threshold>[a-z])"}]
    with pytest.raises(ConfigurationError, match="threshold"):
        world.pull()
