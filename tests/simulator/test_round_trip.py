"""What was planted is what ingestion finds: authorship, findings and the change behind each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from data.simulator.engine import simulate
from data.simulator.truth import AFTER_MERGE, Planted
from ingest.attribution import attribute
from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.judging import judge_pull_requests
from ingest.settings import FilesSettings, IngestSettings, SarifSettings, SourcesSettings
from ingest.sources import SOURCES, Source
from tests.builders_simulator import lively

SETTINGS = IngestSettings(
    sources=SourcesSettings(
        github_export=FilesSettings(paths=["pull_requests/**/*.json"]),
        sarif=SarifSettings(paths=["scans/**/*.sarif"]),
        triage=FilesSettings(paths=["triage.csv"]),
    )
)
KEY = ["repository", "number"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Planted, dict[str, pl.DataFrame]]:
    out = tmp_path_factory.mktemp("planted")
    return simulate(lively(), 3, out), dict(ingested(out))


def ingested(out: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Checked tables of everything that the sources find; nothing may be rejected."""
    rows: dict[str, list[pl.DataFrame]] = {}
    for source in (each for each in SOURCES if isinstance(each, Source)):
        for file in source.fetch(SETTINGS, out):
            for name, frame in source.parse(file, SETTINGS).frames.items():
                rows.setdefault(name, []).append(frame)
    moment = pl.lit(datetime(2026, 7, 13, tzinfo=UTC))
    for name, frames in rows.items():
        frame = pl.concat(frames, how="diagonal_relaxed").with_columns(
            source=pl.lit("test"), ingested_at=moment
        )
        checked = check(frame, BY_NAME[name])
        assert checked.rejected_by_rule == {}
        yield name, checked.valid


def judged(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    parts = (tables[name].lazy() for name in ("pull_requests", "changed_files", "commits"))
    rows = judge_pull_requests(*parts, SETTINGS)
    return tables["pull_requests"].select(*KEY, "merged_at").join(rows, on=KEY)


def found(tables: dict[str, pl.DataFrame]) -> dict[str, dict[str, object]]:
    names = ("scans", "scan_results", "pull_requests", "changed_files")
    rows = attribute(*(tables[name].lazy() for name in names))
    return {row["finding_id"]: row for row in rows.filter(pl.col("method") != "baseline").to_dicts()}


Both = tuple[Planted, dict[str, pl.DataFrame]]


def test_every_pull_request_is_read_with_its_merge(planted: Both) -> None:
    known, tables = planted
    rows = {(row["repository"], row["number"]): row["merged_at"] for row in judged(tables).to_dicts()}
    assert rows == {(one.repository, one.number): one.merged_at for one in known.changes}


def test_authorship_is_recognised_as_planted(planted: Both) -> None:
    known, tables = planted
    rows = {row["number"]: (row["authorship"], row["agent"]) for row in judged(tables).to_dicts()}
    assert rows == {one.number: (one.authorship, one.agent) for one in known.changes}


def test_only_changes_of_generated_files_are_not_relevant(planted: Both) -> None:
    known, tables = planted
    irrelevant = set(judged(tables).filter(relevant_file_count=0).get_column("number"))
    assert not irrelevant & {one.number for one in known.changes if one.in_scope}


def test_every_planted_finding_is_found_and_no_other(planted: Both) -> None:
    known, tables = planted
    expected = {one.finding.finding_id for one in known.changes if one.finding and one.finding.first_seen_at}
    assert set(found(tables)) == expected


def test_every_finding_is_traced_to_the_change_that_brought_it_in(planted: Both) -> None:
    known, tables = planted
    rows = found(tables)
    for one in known.changes:
        if one.finding and one.finding.first_seen_at:
            row = rows[one.finding.finding_id]
            assert (row["introduced_by"], row["first_seen_at"]) == (one.number, one.finding.first_seen_at)
            assert row["first_seen_stage"] == ("post_merge" if one.fate in AFTER_MERGE else "pre_merge")


def test_decisions_are_read_as_planted(planted: Both) -> None:
    known, tables = planted
    rows = {row["finding_id"]: row["disposition"] for row in tables["dispositions"].to_dicts()}
    findings = [one.finding for one in known.changes if one.finding]
    assert rows == {one.finding_id: one.disposition for one in findings if one.disposition}
