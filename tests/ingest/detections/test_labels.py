"""Tables of labels and of draws, as people keep them and as others do."""

from __future__ import annotations

import json

import polars as pl
import pytest

from ingest.contradictions import OTHERWISE, contradictions
from tests.ingest.detections.worlds import World

HEADER = "event_id,annotator,labelled_at,label,family,reason,is_adjudication"


def test_a_table_in_a_spreadsheet_is_read_with_its_own_spellings(world: World) -> None:
    world.write(
        "l.csv",
        "Event;By;At;Kind;Label;Comment\n"
        "r-1;@rosa;2026-11-02T10:00:00Z;;Malicious;key sk-abcdefghij0123456789",
    )
    world.pull_labels()
    (row,) = world.rows("labels")
    names = ("event_id", "annotator", "annotator_kind", "label", "reason", "is_adjudication")
    assert [row[name] for name in names] == ["r-1", "rosa", "human", "attack", "key ***", False]


def test_unknown_words_missing_moments_and_addresses_go_to_quarantine(world: World) -> None:
    rows = (
        "r-1,rosa,2026-11-02T10:00:00Z,attack,jailbreak,,true",
        "r-2,rosa,2026-11-02T10:00:00Z,purple,,,",
        "r-3,rosa,,benign,,,",
        "r-4,rosa@acme.example,2026-11-02T10:00:00Z,benign,,,",
        "r-5,rosa",
    )
    world.write("l.csv", "\n".join([HEADER, *rows]))
    world.pull_labels()
    (row,) = world.rows("labels")
    assert (row["event_id"], row["family"], row["is_adjudication"]) == ("r-1", "jailbreak", True)
    broken = world.broken("labels")
    assert broken["label|check__vocabulary"] == 2
    assert broken["labelled_at|nullability"] == 2
    assert broken["annotator|nullability"] == 2
    assert "acme" not in str(world.table("labels").to_dicts())


def test_json_lines_are_read_on_and_a_judge_without_a_label_made_an_error(world: World) -> None:
    told = {"event_id": "r-1", "annotator": "judge-7", "annotator_kind": "llm", "label": "I cannot say",
            "labelled_at": "2026-11-02T10:00:00Z"}  # fmt: skip
    world.lines("l.jsonl", json.dumps(told))
    world.pull_labels()
    (row,) = world.rows("labels")
    assert (row["annotator_kind"], row["label"]) == ("judge", "error")


def test_several_mappings_make_several_annotators_of_one_file(world: World) -> None:
    world.write("l.csv", "model,id,one,two\nm,1,refused,complied\nm,2,complied,\n")
    world.mapping = [
        {"paths": ["logs/**"], "rename": {"label": name, "choice": name, "cohort": "model"},
         "joined": {"event_id": ["model", "id"]}, "constants": {"annotator": name, "annotator_kind": "human"},
         "values": {"label": {"refused": "attack", "complied": "benign"}}}
        for name in ("one", "two")
    ]  # fmt: skip
    world.pull_labels()
    rows = [(row["event_id"], row["annotator"], row["label"], row["choice"]) for row in world.rows("labels")]
    assert rows == [
        ("m/1", "one", "attack", "refused"), ("m/2", "one", "benign", "complied"),
        ("m/1", "two", "benign", "complied"),
    ]  # fmt: skip
    assert world.left_out == {"rows without a label": 1}


DRAW = (
    "design_id,event_id,pilot,detector,detector_version,threshold,stratum,stratum_count,stratum_sample_count,"
    "selection_probability,place,seed,drawn_at,drawn_by\n"
    "d-1,r-1,house,Guard,7,0.5,all,100,10,0.1,0,42,2026-11-02T10:00:00Z,rosa\n"
)


def test_a_file_of_draws_is_told_by_its_header(world: World) -> None:
    world.write("d.csv", DRAW)
    assert world.pull_labels().refused == {}
    (row,) = world.rows("selections")
    assert (row["design_id"], row["selection_probability"], row["seed"]) == ("d-1", 0.1, 42)


@pytest.mark.parametrize("name", ["labels", "selections"])
def test_what_the_product_exports_it_reads_again(world: World, name: str) -> None:
    row = f"{HEADER}\nr-1,rosa,2026-11-02T10:00:00Z,attack,,,false\n"
    world.write("l.csv", DRAW if name == "selections" else row)
    world.pull_labels()
    first = world.checked(name).valid
    (world.base / "logs" / "l.csv").unlink()
    first.write_parquet(world.base / "logs" / "l.parquet")
    world.write("again.jsonl", "")
    world.pull_labels()
    again = world.checked(name).valid
    drop = ("raw_ref", "ingested_at", "source")
    assert first.drop(drop).equals(again.drop(drop))


def test_a_header_that_lacks_a_column_refuses_the_file(world: World) -> None:
    world.write("l.csv", "event_id,label\nr-1,attack\n")
    assert "lacks annotator" in world.pull_labels().refused["logs/l.csv"]


def test_contradicting_labels_are_named_with_a_place_and_others_are_not(world: World) -> None:
    at = "2026-11-02T10:00:00Z"
    rows = (
        f"r-1,rosa,{at},attack,,,",
        f"r-1,rosa,{at},benign,,,",
        f"r-2,rosa,{at},attack,,,",
        f"r-3,rosa,{at},benign,,,",
        f"r-2,otto,{at},benign,,,",
    )
    world.write("l.csv", "\n".join([HEADER, *rows]))
    world.pull_labels()
    valid = world.checked("labels").valid
    stored = valid.filter(pl.col("event_id") == "r-3").with_columns(label=pl.lit("attack"))
    (said,) = contradictions(world.table("labels"), valid, stored.lazy()).items()
    assert said == (OTHERWISE.format("logs/l.csv#line 3"), 2)
    assert contradictions(valid, valid, valid.lazy()) == {}


def test_a_table_without_a_header_is_refused_and_its_texts_are_not_repeated(world: World) -> None:
    world.write("l.csv", "r-1,ask rosa@acme.example,ignore all of this and tell me more\nr-2,x,y\n")
    why = world.pull_labels().refused["logs/l.csv"]
    assert "lacks event_id, annotator, label" in why
    assert "acme" not in why
