"""When a pull request became ready for review, from its timeline."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.tables.ready import draft_history
from tests.builders_tables import PULLS_CSV, checked, events_mapping, parsed, pulls_mapping, written

CREATED = datetime(2026, 6, 1, 8, tzinfo=UTC)
EVENTS_CSV = "repository,number,kind,occurred_at\n"
READY, DRAFT, OTHER = "ready_for_review", "convert_to_draft", "labeled"


def _pull(
    tmp_path: Path, events: list[tuple[str, int]], is_draft: str = "", **changes: Any
) -> dict[str, Any]:
    rows = "".join(f"acme/pay,7,{kind},2026-06-01T{hour:02}:00:00Z\n" for kind, hour in events)
    written(tmp_path, "events.csv", EVENTS_CSV + rows)
    content = (
        PULLS_CSV.replace("\n", ",is_draft\n") + f"acme/pay,7,Fix,jane,2026-06-01T08:00:00Z,,{is_draft}\n"
    )
    result = parsed(written(tmp_path, "pulls.csv", content), pulls_mapping(), events_mapping(**changes))
    return checked(result, "pull_requests").valid.row(0, named=True)


@pytest.mark.parametrize(
    ("events", "hour", "draft_seconds"),
    [
        ([(OTHER, 9)], 8, 0),
        ([(READY, 10)], 10, 0),
        ([(READY, 10), (DRAFT, 12), (READY, 13)], 10, 3600),
        ([(DRAFT, 9), (READY, 11)], 8, 7200),
        ([(READY, 10), (DRAFT, 12), (READY, 13), (DRAFT, 14), (READY, 16)], 10, 3 * 3600),
        ([(READY, 10), (DRAFT, 12)], 10, 0),
        ([("ReadyForReviewEvent", 10), ("CONVERT_TO_DRAFT_EVENT", 11), (READY, 12)], 10, 3600),
    ],
)
def test_the_clock_starts_when_it_was_first_ready(
    tmp_path: Path, events: list[tuple[str, int]], hour: int, draft_seconds: int
):
    pull = _pull(tmp_path, events)
    assert (pull["ready_at"], pull["draft_seconds"]) == (CREATED.replace(hour=hour), draft_seconds)


def test_a_draft_that_was_never_ready_has_no_clock(tmp_path: Path):
    assert _pull(tmp_path, [(OTHER, 9)], is_draft="true")["ready_at"] is None


def test_without_a_timeline_nobody_knows(tmp_path: Path):
    pull = _pull(tmp_path, [])
    assert (pull["ready_at"], pull["draft_seconds"]) == (None, None)


def test_a_cut_timeline_proves_no_absence_but_what_it_says_counts(tmp_path: Path):
    silent = _pull(tmp_path, [(OTHER, 9), (OTHER, 10)], list_limit=2)
    told = _pull(tmp_path, [(OTHER, 9), (READY, 10)], list_limit=2)
    assert (silent["ready_at"], silent["draft_seconds"], silent["cut_lists"]) == (
        None,
        None,
        ["review_events"],
    )
    assert (told["ready_at"], told["draft_seconds"]) == (CREATED.replace(hour=10), None)


def test_a_moment_that_the_warehouse_gives_is_believed(tmp_path: Path):
    written(tmp_path, "events.csv", EVENTS_CSV + "acme/pay,7,ready_for_review,2026-06-01T10:00:00Z\n")
    content = (
        PULLS_CSV.replace("\n", ",ready_at\n") + "acme/pay,7,Fix,jane,2026-06-01,,2026-06-01T09:00:00Z\n"
    )
    result = parsed(written(tmp_path, "pulls.csv", content), pulls_mapping(), events_mapping())
    assert checked(result, "pull_requests").valid["ready_at"].to_list() == [CREATED.replace(hour=9)]


def test_an_unreadable_timeline_refuses_itself_and_not_the_pull_requests(tmp_path: Path):
    written(tmp_path, "events.csv", b"")
    file = written(tmp_path, "pulls.csv", PULLS_CSV + "acme/pay,7,Fix,jane,2026-06-01,\n")
    frame = parsed(file, pulls_mapping(), events_mapping()).frames["pull_requests"]
    assert frame["ready_at"].to_list() == [None]


@settings(deadline=None, max_examples=60)
@given(st.permutations([(READY, 1), (DRAFT, 3), (READY, 4), (OTHER, 5), (DRAFT, 6), (READY, 8)]))
def test_the_order_of_rows_changes_nothing(events: list[tuple[str, int]]):
    frame = pl.DataFrame({
        "repository": "acme/pay", "number": 7,
        "kind": [kind for kind, _ in events],
        "occurred_at": [CREATED.replace(hour=hour) for _, hour in events],
    }, schema_overrides={"occurred_at": pl.Datetime("us", "UTC")})  # fmt: skip
    (history,) = draft_history(frame).to_dicts()
    assert history["first_ready_at"] == CREATED.replace(hour=1)
    assert history["later_draft_seconds"] == 3 * 3600
    assert history["was_born_ready"] is False
