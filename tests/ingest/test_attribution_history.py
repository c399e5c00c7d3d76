"""History names the change: what it overrules, what overrules it, and what it leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders_sarif import Row, day, file, head_scan, pull, scan
from tests.ingest.helpers_tracking import at, found, held, history, landed, only, origin

MAIN = [landed("c1", 0, 1), landed("c2", 4, 7)]
BY_SEVEN = ("c2", "app.py", 3)


def facts(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_the_commit_of_the_line_names_the_pull_request():
    known = history([origin("s2", came=("c2", "old.py", 8))], MAIN)
    pulls = [pull(7, 4), pull(8, 4.5)]
    row = only(found([scan("s1", 1), scan("s2", 5)], [at("s2")], known, pulls, [file(7), file(8)]))
    assert facts(row, "method", "introduced_by", "confidence") == ("blame", 7, "high")
    assert facts(row, "introduced_commit", "introduced_path", "introduced_line") == ("c2", "old.py", 8)
    assert facts(row, "seen_commit", "path", "line") == ("commit-s2", "app.py", 3)


def test_history_wins_over_the_only_merge_between_two_scans():
    known = history([origin("s2")], MAIN)
    row = only(found([scan("s1", 1), scan("s2", 5)], [at("s2")], known, [pull(1, 0), pull(7, 4)], [file(7)]))
    assert facts(row, "method", "introduced_by") == ("blame", 1)


def test_an_explicit_word_wins_over_history():
    known = history([origin("s2")], MAIN)
    row = only(found([scan("s1", 1), scan("s2", 5)], [at("s2", introduced_by=9)], known, [pull(9, 2)]))
    expected = ("explicit", 9, "merge-9", None)
    assert facts(row, "method", "introduced_by", "introduced_commit", "introduced_path") == expected


def test_a_new_scanner_that_reports_what_a_change_brought_in_reports_its_escape():
    row = only(found([scan("s1", 9)], [at("s1")], history([origin("s1", came=BY_SEVEN)], MAIN), [pull(7, 4)]))
    expected = ("blame", 7, "post_merge", day(9))
    assert facts(row, "method", "introduced_by", "first_seen_stage", "first_seen_at") == expected


def test_a_direct_push_is_named_and_belongs_to_no_pull_request():
    known = history([origin("s2", came=("c5", "app.py", 3))], [*MAIN, landed("c5", 5)])
    row = only(found([scan("s1", 1), scan("s2", 6)], [at("s2")], known, [pull(7, 4)], [file(7)]))
    expected = ("blame", None, "c5", "high")
    assert facts(row, "method", "introduced_by", "introduced_commit", "confidence") == expected


@pytest.mark.parametrize(
    ("blame", "steps", "confidence"),
    [
        ("copies", [], "high"),
        ("copies", ["moved:c3"], "medium"),
        ("moves", [], "medium"),
        ("no_renames", [], "low"),
    ],
)
def test_confidence_says_how_far_the_line_could_be_followed(blame: str, steps: list[str], confidence: str):
    known = history([origin("s1", came=BY_SEVEN, blame=blame, steps=steps)], MAIN)
    assert only(found([scan("s1", 9)], [at("s1")], known, [pull(7, 4)]))["confidence"] == confidence


def test_a_line_that_no_blame_could_follow_is_explained_as_if_there_were_no_history():
    lost = origin("s2", blame="none", introduced_commit=None, introduced_path=None, introduced_line=None)
    row = only(
        found([scan("s1", 1), scan("s2", 5)], [at("s2")], history([lost], MAIN), [pull(7, 4)], [file(7)])
    )
    assert facts(row, "method", "introduced_by", "introduced_commit") == ("sole_merge", 7, "merge-7")


def test_a_commit_that_neither_landed_nor_belongs_to_a_pull_request_explains_nothing():
    known = history([origin("s2", came=("x9", "app.py", 3))], MAIN)
    row = only(found([scan("s1", 1), scan("s2", 5)], [at("s2")], known, [pull(7, 4)], [file(7)]))
    assert facts(row, "method", "introduced_by", "introduced_commit") == ("sole_merge", 7, "merge-7")


def test_news_of_a_head_on_an_old_line_is_that_pull_requests():
    # The line is older than the look at the branch, which did not report it: something else made it weak.
    scans = [scan("s1", 1, commit_sha="c1"), head_scan("h1", 2, 7)]
    known = history([origin("h1")], MAIN)
    row = only(found(scans, [at("h1")], known, [pull(1, 0), pull(7)], [file(7)]))
    assert facts(row, "method", "introduced_by", "introduced_path") == ("pull_request_head", 7, None)


def test_a_head_that_carries_what_landed_since_the_branch_was_looked_at_does_not_own_it():
    scans = [scan("s1", 1, commit_sha="c1"), head_scan("h1", 5, 8)]
    known = history([origin("h1", came=BY_SEVEN)], MAIN)
    row = only(found(scans, [at("h1")], known, [pull(1, 0), pull(7, 4), pull(8)], [file(7), file(8)]))
    assert facts(row, "method", "introduced_by", "first_seen_stage") == ("blame", 7, "post_merge")


def test_history_wins_over_a_head_that_did_not_touch_the_path():
    scans = [scan("s1", 1), head_scan("h1", 2, 8)]
    known = history([origin("h1")], MAIN)
    row = only(found(scans, [at("h1")], known, [pull(1, 0), pull(8)], [file(8, "other.py")]))
    assert facts(row, "method", "introduced_by") == ("blame", 1)


def test_a_head_without_anything_to_compare_with_owns_the_lines_of_its_own_commits():
    known = history([origin("h1", came=("x1", "app.py", 3))], MAIN, [held("x1", 7)])
    row = only(found([head_scan("h1", 2, 7)], [at("h1")], known, [pull(7)]))
    expected = ("blame", 7, "x1", "pre_merge")
    assert facts(row, "method", "introduced_by", "introduced_commit", "first_seen_stage") == expected


def test_an_own_commit_that_nobody_lists_belongs_to_the_only_pull_request_that_showed_it():
    known = history([origin("h1", came=("x1", "app.py", 3))], MAIN)
    row = only(found([head_scan("h1", 2, 7)], [at("h1")], known, [pull(7)]))
    assert facts(row, "method", "introduced_by") == ("blame", 7)


def test_what_an_own_head_reported_before_the_merge_was_reported_before_it():
    scans = [head_scan("h1", 2, 7), scan("s1", 5)]
    origins = [origin("h1", came=("x1", "app.py", 3)), origin("s1", came=BY_SEVEN)]
    row = only(found(scans, [at("h1"), at("s1")], history(origins, MAIN), [pull(7, 4)]))
    expected = (7, "pre_merge", day(2), day(5))
    assert facts(row, "introduced_by", "first_seen_stage", "first_seen_at", "post_merge_seen_at") == expected


def test_a_commit_that_the_scanner_names_counts_where_one_pull_request_holds_it():
    scans, results = [scan("s1", 9)], [at("s1", told_commit="t1")]
    row = only(found(scans, results, history(commits=[held("t1", 7)]), [pull(7, 4)]))
    expected = ("commit", 7, "t1", "high")
    assert facts(row, "method", "introduced_by", "introduced_commit", "confidence") == expected
    both = history(commits=[held("t1", 7), held("t1", 8)])
    assert only(found(scans, results, both, [pull(7, 4), pull(8, 5)]))["method"] == "baseline"


def test_a_scan_of_a_landed_commit_does_not_hold_what_landed_later():
    scans = [scan("s1", 1), scan("s2", 5, commit_sha="c2"), scan("s3", 6)]
    known = history(landings=[*MAIN, landed("c3", 4, 8, on_day=4.5)])
    rows = found(
        scans, [at("s2"), at("s3"), at("s3", position=1, rule="B9")], known, [pull(7, 4), pull(8, 4.5)]
    )
    assert [row["introduced_by"] for row in rows] == [7, 8]


def test_a_head_is_not_sure_to_own_what_another_change_of_the_path_may_have_brought_to_it():
    scans, results = [scan("s1", 1), head_scan("h1", 5, 8)], [at("h1")]
    pulls, others = [pull(7, 4), pull(8)], [file(7, "other.py"), file(8)]
    sure = only(found(scans, results, pulls=pulls, files=others))
    unsure = only(found(scans, results, pulls=pulls, files=[file(7), file(8)]))
    assert [facts(row, "introduced_by", "confidence") for row in (sure, unsure)] == [
        (8, "high"),
        (8, "medium"),
    ]


def test_a_finding_is_as_bad_as_the_worst_report_of_it():
    results = [
        at("s1", severity="low", is_security=False),
        at("s2", severity="critical"),
        at("s3", severity="low"),
    ]
    row = only(found([scan("s1", 1), scan("s2", 2), scan("s3", 3)], results))
    assert facts(row, "severity", "is_security") == ("critical", True)
