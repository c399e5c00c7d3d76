from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.attribution.alert_identity import alert_finding
from ingest.attribution.told_alerts import is_from_file, told_findings
from ingest.contracts import ALERTS, FINDINGS, LANDED_COMMITS, LINE_ORIGINS, PULL_REQUESTS
from ingest.contracts.common import Table
from tests.builders_sarif import REPOSITORY, Row, day, pull

MAIN = "refs/heads/main"
HEAD = "refs/pull/3/merge"


def alert(number: int = 17, ref: str | None = MAIN, commit: str = "c5", **facts: Any) -> Row:
    refs, commits = ([ref], [commit]) if ref else ([], [])
    return {
        "repository": REPOSITORY, "kind": "code_scanning", "number": number, "state": "open",
        "rule": "py/sql",
        "cwe": ["CWE-89"], "severity": "high", "is_security": True, "tool": "CodeQL", "path": "app/db.py",
        "line": 12, "is_blamable": True, "refs": refs, "ref_categories": [""] * len(refs),
        "ref_states": ["open"] * len(refs), "ref_commits": commits, "message": "a query",
        "created_at": day(10),
        "source": "sarif", "raw_ref": f"alerts.json#code_scanning/{number}", **facts,
    }  # fmt: skip


def origin(**facts: Any) -> Row:
    return {
        "repository": REPOSITORY, "commit_sha": "c5", "path": "app/db.py", "line": 12, "blame": "copies",
        "introduced_commit": "i1", "introduced_path": "db.py", "introduced_line": 7, "steps": [], **facts,
    }  # fmt: skip


def landed(number: int | None = 3, sha: str = "i1") -> Row:
    return {"repository": REPOSITORY, "sha": sha, "pull_request": number}


def frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=table.polars_schema, orient="row")


def findings(
    alerts: list[Row],
    origins: Sequence[Row] = (),
    commits: Sequence[Row] = (),
    pulls: Sequence[Row] = (),
) -> pl.DataFrame:
    return told_findings(
        frame(ALERTS, alerts),
        frame(LINE_ORIGINS, origins),
        frame(LANDED_COMMITS, commits),
        frame(PULL_REQUESTS, pulls),
    )


def only(*given: Any, **told: Any) -> Row:
    (row,) = findings(*given, **told).to_dicts()
    return row


def test_an_alert_of_a_page_is_a_finding_under_the_id_that_it_has_live():
    row = only([alert()])

    assert row["finding_id"] == alert_finding(REPOSITORY, "code_scanning", 17)
    assert (row["rule"], row["severity"], row["cwe"], row["path"]) == (
        "py/sql",
        "high",
        ["CWE-89"],
        "app/db.py",
    )
    assert (row["tool"], row["tools"], row["reported_by"]) == ("CodeQL", ["CodeQL"], "scan")
    assert (row["first_seen_at"], row["seen_commit"], row["first_seen_scan"]) == (day(10), "c5", None)


def test_the_history_of_the_line_names_the_change():
    row = only([alert()], [origin()], [landed(3)], [pull(3, merged_on=4)])

    assert (row["introduced_by"], row["method"], row["confidence"]) == (3, "blame", "high")
    assert (row["introduced_commit"], row["introduced_path"], row["introduced_line"]) == ("i1", "db.py", 7)


def test_a_direct_push_is_told_by_its_commit_alone():
    row = only([alert()], [origin()], [landed(None)])

    assert (row["introduced_by"], row["introduced_commit"], row["method"]) == (None, "i1", "blame")


@pytest.mark.parametrize(
    ("facts", "confidence"),
    [
        ({}, "high"), ({"steps": ["moved:abc"]}, "medium"), ({"blame": "moves"}, "medium"),
        ({"blame": "no_renames"}, "low"),
    ],
)  # fmt: skip
def test_the_further_a_line_was_guessed_the_less_sure_is_its_change(facts: Row, confidence: str):
    assert only([alert()], [origin(**facts)], [landed()])["confidence"] == confidence


def test_history_wins_over_the_pull_request_on_whose_head_it_was_seen():
    row = only([alert(ref=HEAD)], [origin()], [landed(9)], [pull(3)])

    assert (row["introduced_by"], row["method"]) == (9, "blame")


def test_an_own_commit_of_a_head_leads_to_its_pull_request():
    row = only([alert(ref=HEAD)], [origin()], [], [pull(3)])

    assert (row["introduced_by"], row["method"], row["confidence"]) == (3, "pull_request_head", "medium")
    assert row["introduced_commit"] is None


def test_what_nothing_explains_is_unattributed():
    row = only([alert()], pulls=[pull(1, merged_on=2)])

    assert (row["introduced_by"], row["method"], row["confidence"]) == (None, "unattributed", "none")


def test_what_is_older_than_the_first_merge_was_there_when_the_looking_began():
    assert only([alert()], pulls=[pull(1, merged_on=11)])["method"] == "baseline"


@pytest.mark.parametrize(
    ("ref", "merged_on", "stage"),
    [
        (HEAD, None, "pre_merge"), (HEAD, 11, "pre_merge"), (HEAD, 9, "post_merge"), (MAIN, 11, "post_merge"),
        (None, 11, "post_merge"),
    ],
    ids=["open", "merged later", "merged before", "on the branch", "nowhere"],
)  # fmt: skip
def test_only_what_an_open_pull_request_showed_was_reported_before_merge(
    ref: str | None, merged_on: float | None, stage: str
):
    row = only([alert(ref=ref)], pulls=[pull(3, merged_on)])

    assert row["first_seen_stage"] == stage
    assert row["post_merge_seen_at"] == (day(10) if stage == "post_merge" else None)


def test_of_several_refs_the_branch_tells_the_commit_and_the_pull_request_the_stage():
    both = alert(refs=[MAIN, HEAD], ref_categories=["", ""], ref_states=["", ""], ref_commits=["c5", "h3"])
    row = only(
        [both], [origin(), origin(commit_sha="h3", introduced_commit="i2")], [landed(3)], [pull(3, 11)]
    )

    assert (row["seen_commit"], row["introduced_commit"], row["first_seen_stage"]) == (
        "c5",
        "i1",
        "pre_merge",
    )


def test_commits_that_are_not_told_leave_the_refs_as_they_are():
    row = only([alert(ref=HEAD) | {"ref_commits": []}], pulls=[pull(3)])

    assert (row["introduced_by"], row["seen_commit"]) == (3, None)


@pytest.mark.parametrize(
    ("facts", "gone_on"),
    [
        ({}, None), ({"state": "fixed", "fixed_at": day(12)}, 12),
        ({"state": "fixed", "updated_at": day(13)}, 13),
        ({"state": "dismissed", "updated_at": day(13)}, None),
    ],
)  # fmt: skip
def test_only_what_was_fixed_is_gone(facts: Row, gone_on: float | None):
    assert only([alert(**facts)])["gone_at"] == (day(gone_on) if gone_on else None)


@pytest.mark.parametrize("facts", [{"source": "github"}, {"kind": "dependabot"}, {"kind": "secret_scanning"}])
def test_alerts_of_the_host_and_of_other_kinds_are_not_told_here(facts: Row):
    assert findings([alert(**facts)]).is_empty()


def test_a_row_says_whether_it_came_from_a_file():
    rows = frame(ALERTS, [alert(1), alert(2, source="github")])

    assert rows.filter(is_from_file())["number"].to_list() == [1]


def test_rows_have_the_columns_of_findings_but_for_provenance():
    set_later = {"source", "ingested_at", "extras"}

    assert findings([]).schema == {
        name: kind for name, kind in FINDINGS.polars_schema.items() if name not in set_later
    }


@given(order=st.permutations(range(4)))
def test_the_order_of_alerts_does_not_matter(order: list[int]):
    alerts = [alert(1), alert(2, ref=HEAD), alert(3, ref=None), alert(4, line=None)]
    shuffled = [alerts[at] for at in order]

    assert findings(shuffled, [origin()], [landed()], [pull(3, 4)]).equals(
        findings(alerts, [origin()], [landed()], [pull(3, 4)])
    )
