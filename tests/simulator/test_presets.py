"""A year of any size has just that many pull requests, in files and as tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data.simulator import frames, write
from ingest.contracts import (
    AGENT_SIGHTINGS,
    APPROVAL_SESSIONS,
    APPROVAL_SIGNALS,
    APPROVALS,
    CANARIES,
    DETECTIONS,
    ERASURES,
    LABELS_TABLE,
    SELECTIONS,
    TABLES,
    Table,
)
from tests.builders_simulator import contents, nodes


@pytest.mark.parametrize("pulls", [1, 7, 1234])
def test_exactly_as_many_as_asked_for_are_written(tmp_path: Path, pulls: int) -> None:
    told = []
    summary = write(tmp_path, pulls, 1, told.append)
    assert summary.pulls == pulls == len(list(nodes(tmp_path)))
    assert told[-1] == pulls


def test_progress_is_told_every_thousand_and_at_the_end(tmp_path: Path) -> None:
    told = []
    write(tmp_path, 2100, 1, told.append)
    assert told == [1000, 2000, 2100]


def test_large_sizes_are_spread_over_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.simulator.presets.PULLS_PER_REPOSITORY", 40)
    assert write(tmp_path, 100, 1).pulls == 100
    assert len({name.split("/")[1] for name in contents(tmp_path) if name.startswith("pull_requests")}) == 3


Year = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def year() -> Year:
    return frames.tables(2000, 1)


OF_APPROVALS = (APPROVAL_SIGNALS, APPROVALS, APPROVAL_SESSIONS, AGENT_SIGHTINGS, CANARIES, ERASURES)
OF_DETECTORS = (DETECTIONS, LABELS_TABLE, SELECTIONS)
ELSEWHERE = (*OF_APPROVALS, *OF_DETECTORS)  # simulators of their own
MADE_HERE = [table for table in TABLES if table.kind != "ledger" and table not in ELSEWHERE]


@pytest.mark.parametrize("table", MADE_HERE, ids=lambda table: table.name)
def test_every_generated_table_holds_its_contract(year: Year, table: Table) -> None:
    valid, rejected = table.schema.filter(year[table.name])
    assert (valid.height, rejected.counts()) == (year[table.name].height, {})


def test_the_same_seed_gives_the_same_tables(year: Year) -> None:
    again = frames.tables(2000, 1)
    for name, frame in year.items():
        assert_frame_equal(frame, again[name])


def test_arms_have_their_shares(year: Year) -> None:
    counts = dict(year["pull_requests"].group_by("authorship").len().iter_rows())
    # Three standard deviations of a binomial with n = 2000.
    assert counts["agent"] == pytest.approx(1100, abs=67)
    assert counts["human"] == pytest.approx(600, abs=62)


def test_findings_belong_to_merged_changes_and_come_after_the_merge(year: Year) -> None:
    joined = year["findings"].join(
        year["pull_requests"],
        left_on=["repository", "introduced_by"],
        right_on=["repository", "number"],
        how="left",
    )
    assert joined.height > 0
    assert joined.select((pl.col("first_seen_at") > pl.col("merged_at")).all()).item()
