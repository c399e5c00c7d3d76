"""Settings that were wrong and are corrected reach the rows that stand there already; nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.acceptance.helpers_pilot import ingest, run, table, versions
from tests.marks import deep

HEAD = """as_of = 2026-11-20T00:00:00Z
[store]
uri = "lake"
[[pilot]]
name = "house"
repositories = ["acme/*"]
start_on = 2026-06-01
[sources.detections]
paths = ["logs/*"]
"""
SCORES = "id,risk,other\n1,0.9,0.1\n2,0.6,0.2\n3,0.3,0.9\n"


class House:
    """A folder with logs of detectors, read by `pilot ingest`."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "pilot.toml"
        self.logs = folder / "logs"
        self.logs.mkdir()

    def told(self, settings: str) -> None:
        self.config.write_text(HEAD + settings, encoding="utf-8")

    def place(self, **told: Any) -> None:
        facts = "".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items())
        self.told(f'[[sources.detections.place]]\npaths = ["logs/*"]\n{facts}')

    def mapping(self, column: str, threshold: float, operator: str = ">=") -> None:
        self.told(
            '[[sources.detections.mapping]]\npaths = ["logs/*"]\n'
            f'rename = {{ event_id = "id", score = "{column}" }}\n'
            f'constants = {{ detector = "G", threshold = {threshold}, threshold_op = "{operator}" }}\n'
        )

    def rows(self, *names: str) -> list[tuple[Any, ...]]:
        return table(self.config, "detections").sort("event_id").select(names).rows()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def answers(*scores: float) -> str:
    """Scores of a detector that tells no verdict by itself, and one that does."""
    lines = [{"traceId": f"t-{place}", "name": "injection", "value": score, "source": "EVAL",
              "dataType": "NUMERIC", "timestamp": "2026-11-02T10:00:00Z"}
             for place, score in enumerate(scores)]  # fmt: skip
    return "".join(f"{json.dumps(each)}\n" for each in lines)


def test_a_corrected_place_judges_stored_scores_again_and_no_verdict_that_comes_without_one(
    house: House,
) -> None:
    answer = {"decision": "block", "score": 0.6, "status": "success"}
    told = [{"request_id": "u-1", "response": answer},
            {"request_id": "u-2", "response": {**answer, "score": None}}]  # fmt: skip
    (house.logs / "a.jsonl").write_text(answers(0.9, 0.6))
    (house.logs / "b.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in told))
    house.place(threshold=0.5, surface="user", cohort="shop", repository="acme/shop")
    ingest(house.config)
    assert house.rows("verdict") == [("flag",)] * 4
    house.place(threshold=0.9, threshold_op=">", surface="document", cohort="cafe", repository="acme/cafe")
    ingest(house.config)
    names = ("threshold", "threshold_op", "surface", "cohort", "repository")
    assert house.rows(*names) == [(0.9, ">", "document", "cafe", "acme/cafe")] * 4
    assert house.rows("verdict", "verdict_raw", "score") == [
        ("pass", None, 0.9), ("pass", None, 0.6), ("pass", "block", 0.6), ("flag", "block", None),
    ]  # fmt: skip


def test_a_corrected_mapping_reaches_scores_and_verdicts_and_leaves_no_mixture(house: House) -> None:
    (house.logs / "t.csv").write_text(SCORES)
    house.mapping("risk", 0.6)
    ingest(house.config)
    assert house.rows("verdict", "score") == [("flag", 0.9), ("flag", 0.6), ("pass", 0.3)]
    house.mapping("other", 0.2, ">")
    ingest(house.config)
    assert house.rows("verdict", "score") == [("pass", 0.1), ("pass", 0.2), ("flag", 0.9)]


@pytest.mark.parametrize("options", ["", *deep("--full")], ids=["of the changed", "of all"])
def test_a_reading_again_without_a_change_costs_no_version(house: House, options: str) -> None:
    (house.logs / "t.csv").write_text(SCORES)
    house.mapping("risk", 0.6)
    ingest(house.config)
    before = versions(house.config)
    (house.logs / "t.csv").write_text(SCORES)  # another time of change, the same rows
    assert run("ingest", house.config, "detections", *options.split())[0] == 0
    assert versions(house.config) == before


@pytest.mark.deep
def test_a_row_that_breaks_its_contract_now_stays_as_it_was_and_is_told(house: House) -> None:
    (house.logs / "a.jsonl").write_text(answers(0.9))
    house.place(threshold=0.5)
    ingest(house.config)
    house.place()  # no threshold any more, so no verdict follows
    assert ingest(house.config)["detections"]["rows_rejected"] == 1
    assert house.rows("verdict", "threshold") == [("flag", 0.5)]


def test_text_that_was_kept_goes_when_the_settings_keep_none_any_more(house: House) -> None:
    answer = {"decision": "block", "score": 0.6, "status": "success"}
    said = {"request_id": "r-1", "input": "zqtext", "response": answer}
    (house.logs / "a.jsonl").write_text(json.dumps(said) + "\n")
    house.told("keep_text = true\n")
    ingest(house.config)
    assert house.rows("content_text") == [("zqtext",)]
    house.told("")
    ingest(house.config)
    (row,) = table(house.config, "detections").select(pl.exclude("ingested_at")).to_dicts()
    assert (row["content_text"], row["content_chars"]) == (None, 6)
