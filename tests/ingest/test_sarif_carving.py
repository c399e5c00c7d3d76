from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.intake import Intake
from ingest.sources.sarif import carving, opening
from ingest.sources.sarif.carving import NotCarvedError, Surroundings, carve
from ingest.store import Store
from tests.builders_sarif import DAY_ONE, location, log, parse, result, results_of, run, scans_of


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few results, so that every file here has several."""
    monkeypatch.setattr(carving, "_BLOCK", 500)


def rules_of(content: bytes) -> list[str]:
    found = carve(io.BytesIO(content), Surroundings())
    return [str(each.rule_id) for block in found for each in block.results if each]


MANY = [result(ruleId=f"B{at}") for at in range(40)]
NAMES = [f"B{at}" for at in range(40)]
NESTED = [
    result(ruleId=f"B{at}", relatedLocations=[{"ruleId": "no", "a": [{"ruleId": "no"}, {"ruleId": "no"}]}])
    for at in range(40)
]
QUOTED = [result(ruleId=f"B{at}", message={"text": 'a"}, {"ruleId": "no"}, {"b' * 9}) for at in range(40)]


@pytest.mark.parametrize("found", [MANY, NESTED, QUOTED], ids=["plain", "nested", "quoted"])
@pytest.mark.parametrize("indent", [None, 2, 7])
def test_results_are_carved_wherever_the_blocks_end(found: Any, indent: int | None):
    assert rules_of(json.dumps(json.loads(log(run(found))), indent=indent).encode()) == NAMES


def test_results_of_many_shapes_are_carved_in_their_order():
    found = [
        result(ruleId=name) if at % 3 else {"level": "note", **MANY[at]} for at, name in enumerate(NAMES)
    ]
    assert rules_of(log(run(found))) == NAMES


def test_result_longer_than_many_blocks_is_carved():
    long = result(ruleId="B0", message={"text": "x" * 20_000})
    assert rules_of(log(run([long, *MANY[1:]]))) == NAMES


def test_surroundings_have_a_number_in_place_of_each_list():
    around = Surroundings()
    lists = {block.list_number for block in carve(io.BytesIO(log(run(MANY), run(MANY[:1]))), around)}
    told = [each["results"] for each in json.loads(bytes(around.content))["runs"]]
    assert sorted(lists) == [number for (number,) in told]


@pytest.mark.parametrize("content", [log(run(MANY))[:-900], log(run(MANY)).replace(b'"B7"', b'"B7')])
def test_cut_or_broken_list_is_left_to_slower_readers(content: bytes):
    with pytest.raises(NotCarvedError):
        rules_of(content)


def test_list_of_results_in_a_property_bag_is_none_of_the_run(tmp_path: Path):
    bag = {"results": [{"ruleId": "no"}]}
    parsed = parse(tmp_path, log(run(MANY, properties=bag), {**run(None), "properties": bag}))
    assert [row["rule"] for row in results_of(parsed)] == NAMES
    assert [scan["status"] for scan in scans_of(parsed)] == ["ok", "unreadable"]


def test_key_of_the_list_in_another_spelling_is_read_as_well(tmp_path: Path):
    parsed = parse(tmp_path, log(run(MANY)).replace(b'"results"', rb'"r\u0065sults"'))
    assert [row["rule"] for row in results_of(parsed)] == NAMES


def test_damaged_result_spoils_only_itself_in_its_block(tmp_path: Path):
    found = [*MANY[:20], {"locations": 7}, *MANY[20:]]
    parsed = parse(tmp_path, log(run(found)))
    assert [row["rule"] for row in results_of(parsed)] == NAMES
    assert scans_of(parsed)[0]["status_reason"] == "1 of 41 results cannot be read"


@pytest.mark.usefixtures("_read_again")
def test_rows_of_a_big_file_come_part_by_part_at_each_look(tmp_path: Path):
    parsed = parse(tmp_path, log(run(MANY)))
    assert parsed.frames["scan_results"].is_empty()
    looks = [[row["rule"] for row in results_of(parsed)] for _ in range(2)]
    assert looks == [NAMES, NAMES]


@pytest.mark.usefixtures("_read_again")
def test_big_file_that_changes_while_it_is_read_is_a_source_error(tmp_path: Path):
    parsed = parse(tmp_path, log(run(MANY)))
    (tmp_path / "scans" / "a.sarif").write_bytes(log(run(MANY[1:])))
    with pytest.raises(SourceError, match="changed while it was read"):
        results_of(parsed)


@pytest.mark.usefixtures("_read_again")
def test_scan_of_a_big_file_that_changed_is_not_stored(tmp_path: Path):
    parsed = parse(tmp_path, log(run(MANY)))
    (tmp_path / "scans" / "a.sarif").write_bytes(b"")
    store = Store(str(tmp_path / "lake"))
    intake = Intake(store, "sarif", "run", DAY_ONE)
    with pytest.raises(SourceError):
        intake.take(parsed)
    intake.flush()
    assert store.current("scans").collect().is_empty()


@pytest.fixture
def _read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SMALL_BYTES", 10)


def test_equal_lines_far_apart_are_told_apart_by_their_ordinals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = [result(locations=[location(line=line)]) for line in (30, 10, 20)]
    kept = {row["line"]: row["finding_key"] for row in results_of(parse(tmp_path, log(run(found))))}
    monkeypatch.setattr(opening, "SMALL_BYTES", 10)
    monkeypatch.setattr("ingest.sources.sarif.drafts.DRAFT_ROWS", 1)
    again = {row["line"]: row["finding_key"] for row in results_of(parse(tmp_path, log(run(found))))}
    assert again == kept
    assert len(set(kept.values())) == 3
