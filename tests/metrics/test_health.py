from __future__ import annotations

from datetime import timedelta
from json import dumps
from typing import Any

import polars as pl

from ingest.contracts import BY_NAME
from metrics.health import Health, health
from tests.builders_metrics import (
    PROVENANCE,
    Row,
    day,
    finding,
    head_scan,
    pull_request,
    scan,
    tables,
)


def run(run_id: str, at: float = 50, **given: Any) -> Row:
    usual = {
        **PROVENANCE,
        "run_id": run_id,
        "source": "sarif",
        "status": "ok",
        "started_at": day(at),
        "published_at": day(at),
        "rows_in": 10,
        "rows_valid": 9,
        "rows_rejected": 1,
        "rejected_by_rule": "{}",
        "left_out": "{}",
        "unknown_columns": "{}",
        "files_read": 2,
        "files_unchanged": 0,
        "files_refused": "{}",
        "cursor": None,
        "seconds": 1.0,
        "requests": 0,
        "product_version": "1",
        "policy_digest": None,
        "published": "{}",
    }
    return {**usual, **given}


def looked(*runs: Row, at: float = 60, **rows: Any) -> Health:
    ledger = pl.DataFrame(runs, schema=BY_NAME["ingest_runs"].polars_schema)
    return health(tables(**rows), ledger, day(at), timedelta(days=30))


def test_with_nothing_ingested_every_frame_is_there_and_empty():
    found = looked()
    assert all(getattr(found, name).is_empty() for name in Health.__dataclass_fields__)


def test_a_source_is_as_fresh_as_its_last_run_and_has_the_rows_of_all():
    row = looked(run("1", 40), run("2", 59, status="failed")).sources.row(0, named=True)
    assert (row["source"], row["status"], row["age_hours"], row["runs"]) == ("sarif", "failed", 24, 2)
    assert (row["rows_in"], row["rows_valid"], row["rows_rejected"], row["files_read"]) == (20, 18, 2, 4)


def test_a_run_after_a_fixed_moment_of_judgement_has_no_age():
    assert looked(run("1", 70)).sources["age_hours"].to_list() == [None]


def test_rejects_and_what_was_left_out_add_up_over_runs():
    refusals = dumps({"scans": {"status": 2}, "findings": {"path": 1}})
    runs = [run(str(n), rejected_by_rule=refusals, left_out=dumps({"pending": 3})) for n in (1, 2)]
    found = looked(*runs)
    assert found.rejects.rows() == [("sarif", "findings", "path", 2), ("sarif", "scans", "status", 4)]
    assert found.left_out.rows() == [("sarif", "pending", 6)]


def test_refused_files_are_those_of_the_last_run():
    old = run("1", 40, files_refused=dumps({"a.sarif": "empty"}))
    new = run("2", 50, files_refused=dumps({"b.sarif": "no JSON"}))
    assert looked(old, new).refused.rows() == [("sarif", "b.sarif", "no JSON")]


def test_coverage_is_counted_among_changes_whose_follow_up_is_over():
    rows = [pull_request(1, 1), pull_request(2, 2), pull_request(3, 50)]
    scans = [head_scan("pre", 2, 1.5), scan("post", 31.5)]
    found = looked(pull_requests=rows, scans=scans).coverage
    assert found.rows() == [("acme/pay", 3, 2, 1, 0, 1, day(50))]


def test_scans_are_counted_by_status_and_those_that_say_nothing_are_named():
    scans = [
        scan("a", 1),
        scan("b", 2),
        scan("c", 3, status="failed"),
        scan("d", None),
        scan("e", status="withdrawn"),
    ]
    found = looked(scans=scans)
    counted = {(row["status"], row["scans"]) for row in found.scans.iter_rows(named=True)}
    assert counted == {("ok", 3), ("failed", 1), ("withdrawn", 1)}
    assert found.unreadable["scan_id"].to_list() == ["c", "d"]


def test_authorship_is_mixed_per_repository():
    rows = [
        pull_request(1),
        pull_request(2),
        pull_request(3, 4, authorship="human"),
        pull_request(4, merged=None),
    ]
    found = looked(pull_requests=rows).authorship
    assert found.select("authorship", "merged").rows() == [("agent", 2), ("human", 1)]


def test_unattributed_findings_are_listed():
    rows = [
        finding("a", None),
        finding("b", 1),
        finding("c", None, is_security=False),
        finding("d", None, 70),
    ]
    assert looked(findings=rows).unattributed["finding_id"].to_list() == ["a_______"]
