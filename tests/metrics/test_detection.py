from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from metrics.detection import detection, looks_by_rules, unusable_scans
from metrics.gate.case import Ask, Case
from metrics.scope import judged, scope
from metrics.tables import Tables
from tests.builders_metrics import (
    START,
    audit_review,
    day,
    drawn,
    finding,
    head_scan,
    landed,
    pilot,
    policy,
    pull_request,
    review,
    scan,
    tables,
)

FOLLOW_UP = timedelta(days=30)


def seen(*scans: Any, merged: float = 1) -> dict[str, Any]:
    """What looked at the one change of the pilot."""
    given = tables(pull_requests=[pull_request(1, merged)], scans=scans)
    changes = scope(judged(given, pilot()), ("agent",)).changes
    return detection(changes, given, FOLLOW_UP).row(0, named=True)


def unusable(*scans: Any) -> list[str]:
    return unusable_scans(tables(scans=scans), pilot(), START)["scan_id"].to_list()


def test_without_any_scan_nothing_looked():
    assert seen() == {
        "repository": "acme/pay", "number": 1, "detecting_tools": [],
        "independent": False, "pre_scanned": False, "pre_compared": False, "detected": False,
    }  # fmt: skip


@pytest.mark.parametrize(("at", "looked"), [(0.9, False), (1, True), (31, True), (31.01, False)])
def test_a_scan_looks_from_the_merge_to_the_end_of_the_follow_up(at: float, looked: bool):  # noqa: FBT001
    assert seen(scan("s", at))["detected"] is looked


@pytest.mark.parametrize(
    "fault",
    [
        {"status": "failed"},
        {"status": "partial"},
        {"stage": "unknown"},
        {"repository": "acme/other"},
        {"scanned_at": None},
    ],
)
def test_a_scan_that_says_nothing_here_is_no_look(fault: dict[str, Any]):
    assert seen(scan("s", 5, **fault))["detected"] is False


@pytest.mark.parametrize(
    ("base", "ref", "looked"),
    [
        ("develop", "refs/heads/main", False),
        ("develop", "refs/heads/develop", True),
        (None, "refs/heads/main", True),
        ("develop", None, True),
    ],
)
def test_a_scan_of_another_branch_than_the_changes_own_is_no_look(
    base: str | None, ref: str | None, *, looked: bool
):
    change = pull_request(1, base_branch=base, default_branch=base)
    given = tables(pull_requests=[change], scans=[scan("s", ref=ref)])
    changes = scope(judged(given, pilot()), ("agent",)).changes
    assert detection(changes, given, FOLLOW_UP)["detected"].to_list() == [looked]


def test_every_tool_that_looked_is_named_once_in_order():
    looks = [
        scan("1", 5, tool="zeta"),
        scan("2", 6, tool="alpha"),
        scan("3", 7, tool="alpha"),
        scan("4", 40, tool="late"),
    ]
    assert seen(*looks)["detecting_tools"] == ["alpha", "zeta"]


def test_repeating_the_pre_merge_scan_is_detection_but_not_independent():
    found = seen(head_scan("pre", 1), scan("post"))
    assert (found["detected"], found["independent"], found["pre_scanned"]) == (True, False, True)


@pytest.mark.parametrize("other", [{"tool": "scan-b"}, {"rules_version": "2"}])
def test_another_tool_or_newer_rules_are_independent(other: dict[str, str]):
    assert seen(head_scan("pre", 1), scan("post", **other))["independent"] is True


def test_without_a_pre_merge_scan_any_later_look_is_independent():
    assert seen(scan("post"))["independent"] is True


def test_rules_that_change_only_in_the_middle_of_the_follow_up_are_seen():
    looks = [scan("1", 5), scan("2", 10, rules_version="2"), scan("3", 15)]
    assert seen(head_scan("pre", 1), *looks)["independent"] is True
    both_before = [head_scan("pre", 1), head_scan("pre2", 1, rules_version="2")]
    assert seen(*both_before, *looks)["independent"] is False


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("1", None), (None, None)])
def test_the_same_tool_with_unknown_rules_is_not_taken_for_independent(before: str | None, after: str | None):
    assert (
        seen(head_scan("pre", 1, rules_version=before), scan("post", rules_version=after))["independent"]
        is False
    )


def test_a_failed_pre_merge_scan_is_no_scan():
    assert seen(head_scan("pre", 1, status="failed"))["pre_scanned"] is False


def test_a_scan_of_the_pull_requests_head_after_its_merge_is_not_before_it():
    assert seen(head_scan("pre", 1, 2))["pre_scanned"] is False


def test_a_stream_that_began_after_the_merge_has_the_change_in_its_baseline():
    only = scan("s", 5, source="sarif")
    assert seen(only)["detected"] is False
    assert seen(scan("first", 0.5, source="sarif"), only)["detected"] is True


def test_new_rules_begin_a_new_stream_whose_silence_means_nothing_for_what_merged_before():
    first, upgraded = scan("a", 0.5, source="sarif"), scan("b", 5, source="sarif", rules_version="2")
    assert seen(first, upgraded)["detected"] is False
    assert seen(first, scan("c", 4, source="sarif"), upgraded)["detected"] is True


def test_rows_that_a_warehouse_compared_need_no_earlier_scan():
    assert seen(scan("s", 5, source="tables"))["detected"] is True


@pytest.mark.parametrize("source", ["sarif", "github"])
def test_analyses_that_a_code_host_lists_are_streams_as_files_are(source: str):
    first, again = scan("a", 0.5, source=source), scan("b", 5, source=source)
    assert [seen(again)["detected"], seen(first, again)["detected"]] == [False, True]
    head = head_scan("pre", 1, 0.9, source=source)
    assert [seen(head)["pre_compared"], seen(first, head)["pre_compared"]] == [False, True]


def test_the_host_repeating_its_own_analysis_after_the_merge_is_not_independent():
    given = {"source": "github", "tool": "CodeQL", "rules_version": None, "category": "/language:python"}
    base, head, after = scan("a", 0.5, **given), head_scan("b", 1, **given), scan("c", 5, **given)
    found = seen(base, head, after)
    assert (found["detected"], found["independent"], found["detecting_tools"]) == (True, False, ["CodeQL"])


def test_a_head_that_could_be_compared_with_nothing_was_scanned_but_not_compared():
    head = head_scan("pre", 1, 0.9, source="sarif")
    found = seen(head)
    assert (found["pre_scanned"], found["pre_compared"]) == (True, False)
    assert seen(scan("base", 0.5, source="sarif"), head)["pre_compared"] is True
    other = seen(scan("base", 0.5, source="sarif", tool="another"), head)
    assert other["pre_compared"] is False


def test_a_run_of_another_tool_in_the_same_file_makes_nothing_good():
    failed = scan("a", 5, status="failed", file="x.sarif")
    assert unusable(failed, scan("b", 6, tool="scan-z", file="x.sarif")) == ["a"]
    assert unusable(failed, scan("b", 6, file="x.sarif")) == []


def test_an_ok_scan_of_no_known_branch_could_not_be_placed():
    assert unusable(scan("s", ref=None, stage="unknown")) == ["s"]
    assert unusable(scan("s", ref=None)) == []


def test_each_change_has_its_own_follow_up():
    given = tables(
        pull_requests=[pull_request(1, 1), pull_request(2, 20), pull_request(3, 40)], scans=[scan("s", 35)]
    )
    changes = scope(judged(given, pilot()), ("agent",)).changes
    found = detection(changes, given, FOLLOW_UP)
    assert dict(found.select("number", "detected").iter_rows()) == {1: False, 2: True, 3: False}


@pytest.mark.parametrize("status", ["failed", "partial", "unreadable"])
def test_a_scan_that_could_not_be_used_is_named(status: str):
    assert unusable(scan("s", status=status)) == ["s"]


def test_a_withdrawn_or_ok_scan_is_usable():
    assert unusable(scan("a", status="withdrawn"), scan("b")) == []


def test_a_scan_that_could_not_be_placed_concerns_every_pilot():
    assert unusable(scan("a", repository=None), scan("b", None)) == ["a", "b"]
    assert unusable(scan("c", status="failed", repository="other/thing")) == []


def test_a_failed_check_of_a_pull_request_holds_nobody_back_because_what_it_missed_becomes_an_escape():
    assert unusable(head_scan("s", 1, status="failed")) == []


def test_a_failed_scan_from_before_the_pilot_is_history():
    assert unusable(scan("s", -3, status="failed")) == []


def test_a_later_ok_scan_of_the_same_stream_makes_good():
    assert unusable(scan("bad", 5, status="failed"), scan("good", 6)) == []
    assert unusable(scan("bad", 5, status="failed"), scan("good", 4)) == ["bad"]


@pytest.mark.parametrize("other", [{"tool": "scan-b"}, {"ref": "refs/heads/dev"}, {"repository": "acme/x"}])
def test_an_ok_scan_of_another_stream_makes_nothing_good(other: dict[str, str]):
    assert unusable(scan("bad", 5, status="failed"), scan("good", 6, **other)) == ["bad"]


def test_streams_without_a_ref_are_one_stream():
    assert unusable(scan("bad", 5, status="failed", ref=None), scan("good", 6, ref=None)) == []


def test_a_file_that_was_read_again_is_made_good():
    unread = scan("bad", None, status="unreadable", repository=None, tool=None, file="x.sarif")
    assert unusable(unread, scan("good", 4, file="x.sarif", ingested_at=day(9))) == []


def test_a_good_run_in_the_same_reading_of_a_file_makes_no_other_run_good():
    unread = scan("bad", None, status="partial", file="x.sarif")
    assert unusable(unread, scan("good", 4, file="x.sarif")) == ["bad"]


def test_the_answer_is_the_same_whatever_the_order_of_rows():
    rows = [scan("b", status="failed"), scan("a", None), scan("c", 9, tool="x", status="partial")]
    assert unusable(*rows) == unusable(*reversed(rows)) == ["a", "b", "c"]
    assert unusable() == []


# -- many scans in one file ----------------------------------------------------------------------------

LISTED = {"source": "github", "file": "raw/one", "tool": "CodeQL"}
PYTHON, SCRIPT = ({**LISTED, "category": f"/language:{name}"} for name in ("python", "javascript"))


def test_scans_that_only_share_a_file_make_each_other_not_good():
    failed = scan("bad", 5, status="failed", **PYTHON)
    other_branch = scan("good", 6, ref="refs/heads/dev", **PYTHON)
    check = head_scan("check", 1, 6, **PYTHON)
    assert unusable(failed, other_branch, check) == ["bad"]
    assert unusable(failed, other_branch, check, scan("again", 6, **PYTHON)) == []


def test_an_analysis_of_one_language_makes_that_of_another_not_good():
    failed = scan("bad", 5, status="failed", **PYTHON)
    assert unusable(failed, scan("good", 6, **SCRIPT)) == ["bad"]
    assert unusable(failed, scan("good", 6, **PYTHON)) == []
    uncategorised = {**LISTED, "category": None}
    assert unusable(scan("bad", 5, status="failed", **uncategorised), scan("good", 6, **uncategorised)) == []


def test_a_file_that_failed_is_made_good_by_what_the_host_lists_later():
    failed = scan("bad", 5, status="failed", source="sarif", tool="CodeQL")
    assert unusable(failed, scan("good", 6, **PYTHON)) == []


# -- audits, and first scans where history tells whose every line is -------------------------------------


def looked(*scans: Any, **rows: Any) -> dict[str, Any]:
    return told_of(tables(pull_requests=[pull_request(1)], scans=scans, **rows))


def told_of(given: Tables) -> dict[str, Any]:
    return detection(scope(judged(given, pilot()), ("agent",)).changes, given, FOLLOW_UP).row(0, named=True)


@pytest.mark.parametrize("outcome", ["clean", "finding"])
def test_an_audit_that_could_tell_is_an_independent_look(outcome: str):
    found = looked(audits=[drawn(1)], audit_reviews=[audit_review(1, outcome)])
    assert (found["detected"], found["independent"], found["detecting_tools"]) == (True, True, ["audit"])


@pytest.mark.parametrize(
    "review",
    [
        audit_review(1, "unclear"),
        audit_review(1, at=0.9),
        audit_review(1, at=31.1),
        audit_review(2),
        audit_review(1, repository="acme/other"),
    ],
)
def test_an_audit_that_could_not_tell_or_was_of_another_time_or_change_is_no_look(review: Any):
    drawn_early = [drawn(1, 0.5), drawn(2, 0.5), drawn(1, 0.5, repository="acme/other")]
    assert looked(audits=drawn_early, audit_reviews=[review])["detected"] is False


def test_of_a_reviewers_outcomes_the_latest_holds():
    clean, doubt = audit_review(1, at=5), audit_review(1, "unclear", at=6)
    by_sam = {**doubt, "reviewed_by": "sam"}
    assert looked(audits=[drawn(1)], audit_reviews=[clean, doubt])["detected"] is False
    assert looked(audits=[drawn(1)], audit_reviews=[clean, by_sam])["detected"] is True


@pytest.mark.parametrize(
    "draws", [[], [drawn(2)], [drawn(1, audit_id="audit-2")], [drawn(1, 5.01)]],
    ids=["none", "of another change", "another draw", "drawn after the review"],
)  # fmt: skip
def test_a_change_that_somebody_picked_for_a_review_was_not_audited(draws: list[Any]):
    assert looked(audits=draws, audit_reviews=[audit_review(1)])["detected"] is False


@pytest.mark.parametrize("who", ["copilot", " Copilot ", "@copilot", "driver", "robin"])
def test_who_made_a_change_or_reviewed_it_before_its_merge_is_no_independent_auditor(who: str):
    rows = {
        "pull_requests": [pull_request(1, driver="driver")],
        "reviews": [review(1, 0.95, reviewer="Robin", state="COMMENTED")],
        "audits": [drawn(1)],
    }
    given = tables(**rows, audit_reviews=[audit_review(1, reviewed_by=who)])
    assert told_of(given)["detected"] is False
    others = tables(**rows, audit_reviews=[audit_review(1, reviewed_by="sam")])
    assert told_of(others)["independent"] is True


def test_who_reviewed_a_change_only_after_its_merge_may_audit_it():
    rows = {"reviews": [review(1, 1.5)], "audits": [drawn(1)], "audit_reviews": [audit_review(1)]}
    assert looked(**rows)["independent"] is True


def test_a_sample_of_another_pilot_is_no_look_at_this_one():
    rows = {"pull_requests": [pull_request(1)], "audit_reviews": [audit_review(1)]}
    cases = [
        Case(tables(**rows, audits=[drawn(1, pilot=name)]), pilot(), policy(), Ask(day(60)))
        for name in ("pay", "web")
    ]
    assert [case.merges["independent"].to_list() for case in cases] == [[True], [False]]


def test_a_scan_of_a_pull_request_after_its_merge_had_not_looked_before():
    late = head_scan("late", 1, 4)
    assert looked(late, scan("main", 5))["independent"] is True
    assert looked(head_scan("early", 1, 0.5), scan("main", 5))["independent"] is False


def test_a_scanner_called_audit_takes_no_independence_from_an_audit():
    same = head_scan("pre", 1, tool="audit", rules_version=None)
    assert looked(same, audits=[drawn(1)], audit_reviews=[audit_review(1)])["independent"] is True


FIRST = scan("first", 5, source="sarif")
READ = {"landed_commits": [landed("c0ffee1", -20)]}
OLD = finding("old", None, 5, method="baseline", first_seen_scan="first")


def test_where_history_is_read_a_first_scan_means_something_for_what_merged_before_it():
    assert (looked(FIRST)["detected"], looked(FIRST, **READ)["detected"]) == (False, True)
    upgraded = scan("b", 5, source="sarif", rules_version="2")
    assert looked(scan("a", 0.5, source="sarif"), upgraded, **READ)["independent"] is True


@pytest.mark.parametrize(
    ("change", "detected"),
    [
        ({}, False),
        ({"introduced_commit": "c0ffee1", "method": "blame"}, True),
        ({"is_blamable": False}, True),
        ({"first_seen_scan": "another"}, True),
    ],
)
def test_a_first_scan_with_a_finding_that_nobody_could_trace_stays_a_baseline(
    change: dict[str, Any], *, detected: bool
):
    assert looked(FIRST, findings=[{**OLD, **change}], **READ)["detected"] is detected


def test_history_of_another_repository_says_nothing_here():
    other = {"landed_commits": [landed("c0ffee1", -20, repository="acme/other")]}
    assert looked(FIRST, **other)["detected"] is False


def test_each_version_of_rules_is_named_with_the_changes_that_it_looked_at():
    rows = {
        "pull_requests": [pull_request(1), pull_request(2, 20)],
        "scans": [head_scan("pre", 2, 19), scan("a", 5), scan("b", 25, rules_version="2")],
        "audits": [drawn(1)],
        "audit_reviews": [audit_review(1)],
    }
    given = tables(**rows)
    found = looks_by_rules(scope(judged(given, pilot()), ("agent",)).changes, given, FOLLOW_UP)
    assert found.select("stage", "tool", "rules_version", "number").rows() == [
        ("post_merge", "audit", "", 1),
        ("post_merge", "scan-a", "1", 1),
        ("post_merge", "scan-a", "2", 1),
        ("post_merge", "scan-a", "2", 2),
        ("pre_merge", "scan-a", "1", 2),
    ]
