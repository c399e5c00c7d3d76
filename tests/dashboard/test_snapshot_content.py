"""What a week says: the verdicts then and now, what later knowledge changed, and three things to do."""

from __future__ import annotations

import io
import json
import math
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import polars as pl
import pytest

from dashboard.composition import Question, open_session
from dashboard.documents import plain
from dashboard.snapshot.content import Content
from dashboard.snapshot.data_files import COLUMNS, csv, gate_json, long_table, metrics_json, parquet, xlsx
from dashboard.snapshot.files import files_of
from dashboard.snapshot.making import content_of
from dashboard.snapshot.weeks import last_over, read_week
from ingest.errors import UsageError
from metrics.estimate import Estimate
from metrics.gate.states import Attention
from metrics.segments import WHOLE
from tests.builders_dashboard import verdict
from tests.builders_metrics import day, finding, pull_request, scan
from tests.builders_snapshot import MONDAY, WEEK, World, week_of_changes

LAST_WEEK = "week 2026-W25"


@pytest.fixture(scope="module")
def late(published_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Four weeks; the last publication also brings late news about the week before WEEK."""
    folder = tmp_path_factory.mktemp("late")
    shutil.copytree(published_lake, folder / "lake")
    made = World(folder)
    merged = [pull_request(90 + number, 19.0) for number in range(3)]
    found = [finding("late", 41, seen=18.0)]
    made.deliver(MONDAY + 0.02, pull_requests=merged, findings=found, scans=[scan("more", 20, tool="scan-b")])
    return made


@pytest.fixture(scope="module")
def content(late: World) -> Content:
    return content_of(late.session, read_week(WEEK))


def test_weeks_are_iso_weeks_in_the_zone_of_the_pilot():
    assert read_week("2026-W53").window("Europe/Berlin")[0] == datetime(2026, 12, 27, 23, tzinfo=UTC)
    just_before, midnight = datetime(2026, 8, 16, 21, 59, tzinfo=UTC), datetime(2026, 8, 16, 22, tzinfo=UTC)
    assert last_over(just_before, "Europe/Berlin").name == "2026-W32"
    assert last_over(midnight, "Europe/Berlin").name == "2026-W33"


@pytest.mark.parametrize("text", ["", "2026-34", "2026-W00", "2025-W53", "2026-W33.2", "0000-W01", "W34"])
def test_what_is_no_week_shows_the_form(text: str):
    with pytest.raises(UsageError, match="write it as 2026-W34"):
        read_week(text)


def test_a_pilot_is_judged_at_the_end_of_the_week_and_beside_it_at_its_beginning(content: Content):
    (pilot,) = content.pilots
    assert (pilot.start, pilot.end, pilot.as_of, pilot.is_over) == (day(21), day(28), day(28), True)
    assert (pilot.verdict.as_of, pilot.before.as_of) == (day(28), day(21))
    assert pilot.before_as_published is not None
    assert pilot.before_published is not None
    assert pilot.before_published.at == pilot.before_as_published.as_of == day(20.9)


def test_the_verdict_of_the_week_before_is_told_as_known_now_and_as_known_then(content: Content):
    (pilot,) = content.pilots
    assert pilot.before_as_published is not None
    assert sum(sprint.changes for sprint in pilot.before.sprints) == 39
    assert sum(sprint.changes for sprint in pilot.before_as_published.sprints) == 36


def test_numbers_about_the_week_before_that_later_deliveries_changed_are_restated(content: Content):
    (pilot,) = content.pilots
    restated = {(each.now.metric, each.now.arm): each for each in pilot.restated}
    merged = restated["merged_pull_request_count", "agent"]
    assert (merged.then.number.n, merged.now.number.n) == (12, 15)
    assert merged.then.segment == merged.now.segment == LAST_WEEK
    assert merged.then.as_of == merged.now.as_of == day(20.9)
    assert all(each.then.number != each.now.number for each in pilot.restated)


def test_without_news_about_it_nothing_of_the_week_before_is_restated(world: World):
    (pilot,) = content_of(world.session, read_week(WEEK)).pilots
    assert pilot.restated == ()


def test_when_nothing_was_published_then_there_is_no_verdict_of_then(tmp_path: Path):
    world = World(tmp_path)
    world.deliver(MONDAY, **week_of_changes(1, 22.0))
    (pilot,) = content_of(world.session, read_week(WEEK)).pilots
    assert (pilot.before_as_published, pilot.before_published, pilot.restated) == (None, None, ())


def test_a_publication_of_then_that_was_cleaned_up_is_as_if_there_was_none(tmp_path: Path):
    world = World(tmp_path)
    world.deliver(20.5, **week_of_changes(1, 16.0))
    world.deliver(MONDAY, pull_requests=[pull_request(n, 16.0, title="Again") for n in range(1, 13)])
    world.session.tidy()
    (pilot,) = content_of(world.session, read_week(WEEK)).pilots
    assert pilot.before_as_published is None


def test_numbers_are_told_for_the_whole_epoch_and_the_last_eight_weeks(content: Content):
    segments = list(dict.fromkeys(result.segment for result in content.results))
    weeks = [f"week 2026-W{number}" for number in range(19, 27)]
    assert segments == [WHOLE, *weeks]


def test_each_reason_for_which_something_was_not_measured_is_told_once(content: Content):
    (pilot,) = content.pilots
    reasons = [gap.reason for gap in pilot.unmeasured]
    assert reasons
    assert len(reasons) == len(set(reasons))
    assert all(gap.metrics for gap in pilot.unmeasured)


def test_at_most_three_things_are_asked_the_worst_pilot_first(content: Content):
    asked = {
        "MET_PROVEN": ("Look into scans", "Name the agents"),
        "NOT_MET": ("Decide about findings", "Scan after merges"),
        "TOO_EARLY": ("Mend files",),
    }
    (pilot,) = content.pilots
    pilots = tuple(
        replace(pilot, verdict=verdict(state.lower(), state=state, attention=tuple(map(todo, names))))
        for state, names in asked.items()
    )
    made = replace(content, pilots=pilots)
    decisions = [(each.pilot, each.attention.what) for each in made.decisions]
    assert decisions == [
        ("not_met", "Decide about findings"),
        ("not_met", "Scan after merges"),
        ("too_early", "Mend files"),
    ]
    assert made.more_decision_count == 2


def todo(what: str) -> Attention:
    return Attention(what, "owners of the pilot", None, ("x",))


def test_every_file_is_the_same_byte_for_byte_when_it_is_made_again(late: World, content: Content):
    again = content_of(open_session(Question(late.config)), read_week(WEEK))
    assert files_of(again) == files_of(content)


def test_the_digest_is_that_of_the_two_documents_together(content: Content):
    both = gate_json(content.verdicts) + metrics_json(content.results)
    assert content.digest == sha256(both).hexdigest()


# -- tables ---------------------------------------------------------------------------------------

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(0)", "fine, =1")


def hostile_table(content: Content) -> pl.DataFrame:
    result = content.results[0]
    return long_table([replace(result, pilot=name) for name in HOSTILE])


def test_text_that_a_spreadsheet_would_run_is_guarded_in_csv_and_numbers_are_not(content: Content):
    negative = hostile_table(content).with_columns(pl.lit(-1.5).alias("value"))
    text = csv(negative)
    read = pl.read_csv(io.BytesIO(text))
    assert [name[0] for name in read["pilot"]] == ["'"] * 7 + ["f"]
    assert read["pilot"].str.strip_prefix("'").to_list() == list(HOSTILE)
    assert read["value"].to_list() == [-1.5] * len(HOSTILE)


def test_text_in_a_workbook_is_text_and_never_a_formula_or_link(content: Content):
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(hostile_table(content), day(28)))).active
    cells = [sheet.cell(row, 1) for row in range(2, 2 + len(HOSTILE))]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells if cell.value[0] in "=+-@"] == [
        name for name in HOSTILE if name[0] in "=+-@"
    ]
    assert all(cell.hyperlink is None for cell in cells)


def test_a_workbook_says_that_it_was_made_at_the_end_of_the_week(content: Content):
    book = openpyxl.load_workbook(io.BytesIO(files_of(content)["metrics.xlsx"]))
    assert book.properties.created == datetime(2026, 6, 29)  # noqa: DTZ001 - workbooks know no zones


def test_all_tables_hold_the_numbers_of_the_json(content: Content):
    table = long_table(content.results)
    assert table.height == len(content.results)
    from_parquet = pl.read_parquet(io.BytesIO(parquet(table)))
    from_csv = pl.read_csv(io.BytesIO(csv(table)), infer_schema_length=None)
    assert from_parquet.columns == from_csv.columns == list(COLUMNS)
    assert from_parquet["value"].to_list() == [value_of(result) for result in content.results]
    assert from_csv["numerator"].cast(pl.Float64).to_list() == table["numerator"].to_list()
    assert from_parquet.schema["as_of"] == pl.Datetime("us", "UTC")


def value_of(result: Any) -> float | None:
    value: float | None = result.number.as_json()["value"]
    return value


def test_an_undefined_number_is_empty_with_its_reason_in_every_table(content: Content):
    undefined = long_table(content.results).filter(pl.col("undefined_reason").is_not_null())
    assert undefined.height
    assert undefined["value"].null_count() == undefined.height


def test_the_documents_are_those_that_the_command_line_prints(content: Content):
    printed = [plain(result.as_json()) for result in content.results]
    assert json.loads(content.metrics_json) == json.loads(orjson.dumps(printed))
    assert content.metrics_json.count(b"\n") == len(printed) + 2


def test_what_is_infinite_is_empty_in_every_file(content: Content):
    result = next(each for each in content.results if isinstance(each.number, Estimate))
    boundless = replace(result, number=replace(result.number, high=math.inf))
    (document,) = json.loads(metrics_json([boundless]))
    table = long_table([boundless])
    assert document["high"] is None
    assert table["high"].to_list() == [None]
    assert pl.read_csv(io.BytesIO(csv(table)))["high"].to_list() == [None]


def test_moments_are_spelled_as_in_the_json(content: Content):
    odd = replace(content.results[0], as_of=datetime(2026, 6, 28, 1, 2, 3, 450_000, tzinfo=UTC))
    for result in (odd, content.results[0]):
        (document,) = json.loads(metrics_json([result]))
        read = pl.read_csv(io.BytesIO(csv(long_table([result]))), infer_schema=False)
        assert datetime.fromisoformat(read["as_of"][0]) == datetime.fromisoformat(document["as_of"])
        assert read["start"][0] == document["window"]["start"]
