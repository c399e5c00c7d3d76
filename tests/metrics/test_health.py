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
    alert,
    day,
    feature,
    finding,
    head_scan,
    past_rules,
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
    assert found.rows() == [("acme/pay", 3, 2, 1, 0, 1, day(50), True)]


def test_without_any_scan_of_a_repository_its_zeros_are_no_measurement():
    rows = [pull_request(1, 1), pull_request(2, 1, repository="acme/web")]
    scans = [scan("a", 2, repository="acme/web"), scan("b", 2, status="withdrawn")]
    found = looked(pull_requests=rows, scans=scans).coverage
    assert found.select("repository", "detected", "is_scanned").rows() == [
        ("acme/pay", 0, False),
        ("acme/web", 1, True),
    ]


def test_pull_requests_that_are_gone_are_not_held():
    rows = [pull_request(1, 1), pull_request(2, 1), pull_request(3, 1, gone_at=day(20))]
    assert looked(pull_requests=rows).held.rows() == [("acme/pay", 2)]


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


def test_features_are_listed_by_repository_with_the_hosts_words():
    rows = [
        feature("rule_suites", "not_permitted", 59, said="Resource not accessible"),
        feature("code_scanning", "off", 58, repository="acme/a", said="no analysis found"),
        feature("checks", "ok", 57),
    ]
    assert looked(features=rows).features.rows() == [
        ("acme/a", "code_scanning", "off", "no analysis found", day(58)),
        ("acme/pay", "checks", "ok", None, day(57)),
        ("acme/pay", "rule_suites", "not_permitted", "Resource not accessible", day(59)),
    ]


def test_open_alerts_about_dependencies_are_counted_and_no_others():
    alerts = [
        alert(1),
        alert(2, created=70),
        alert(3, state="fixed", fixed_at=day(5)),
        alert(4, state="fixed", fixed_at=day(70)),
        alert(5, state="dismissed", dismissed_at=day(5)),
        alert(6, kind="code_scanning"),
        alert(1, repository="acme/b"),
    ]
    assert looked(alerts=alerts).dependencies.rows() == [("acme/b", 1), ("acme/pay", 2)]


def test_deleted_pull_requests_are_counted_with_those_that_were_open():
    rows = [
        pull_request(1, 1, gone_at=day(30)),
        pull_request(2, None, gone_at=day(20)),
        pull_request(3, None, gone_at=day(70)),
        pull_request(4, 2),
    ]
    assert looked(pull_requests=rows).gone.rows() == [("acme/pay", 2, 1, day(30))]


def test_pushes_past_the_rules_are_counted_with_those_that_merged_nothing():
    pushes = [past_rules("merge1", 1), past_rules("direct", 5), past_rules("later", 70)]
    found = looked(pull_requests=[pull_request(1)], rule_bypasses=pushes).bypasses
    assert found.rows() == [("acme/pay", 2, 1, day(5))]


def test_a_deleted_merge_stays_in_every_count_of_merges():
    there, gone = pull_request(1, 1), pull_request(1, 1, gone_at=day(30))
    before, after = (looked(pull_requests=[row], scans=[scan("s", 2)]) for row in (there, gone))
    assert before.coverage.equals(after.coverage)
    assert before.authorship.equals(after.authorship)
