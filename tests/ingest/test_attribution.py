from __future__ import annotations

from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.attribution import attribute
from ingest.contracts import FINDINGS
from tests.builders_sarif import REPOSITORY, Row, day, file, frames, head_scan, pull, reported, scan

OTHER = {"tool": "Deep", "rules_version": "7"}


def story(scans: list[Row], results: list[list[Row]], *parts: list[Row]) -> dict[str, Row]:
    """Findings by short name."""
    rows = [row for each in results for row in each]
    found = attribute(*frames(scans, rows, *parts))
    return {row["rule"]: row for row in found.iter_rows(named=True)}


def facts(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


# -- baselines -----------------------------------------------------------------------------------


def test_first_scan_of_a_stream_is_nobodys_doing():
    found = story([scan("s1", 5)], [reported("s1", "old")], [pull(7, 4)], [file(7)])
    assert facts(found["old"], "method", "introduced_by", "confidence") == ("baseline", None, "none")
    assert found["old"]["first_seen_at"] == day(5)


def test_new_rules_make_old_code_a_baseline():
    scans = [scan("s1", 1), scan("s2", 5, rules_version="2.0")]
    found = story(scans, [reported("s1", "old"), reported("s2", "old", "fresh")], [pull(7, 4)], [file(7)])
    assert found["fresh"]["method"] == "baseline"


def test_known_finding_keeps_its_change_when_the_rules_change():
    scans = [scan("s1", 1), scan("s2", 5), scan("s3", 9, rules_version="2.0")]
    results = [reported("s2", "bad"), reported("s3", "bad")]
    found = story(scans, results, [pull(7, 4)], [file(7)])
    assert facts(found["bad"], "method", "introduced_by", "gone_at") == ("sole_merge", 7, None)


def test_two_categories_are_two_streams():
    scans = [scan("s1", 1, category="python"), scan("s2", 5, category="js")]
    found = story(scans, [reported("s2", "bad")], [pull(7, 4)], [file(7)])
    assert found["bad"]["method"] == "baseline"


def test_two_protected_branches_are_not_compared_with_each_other():
    scans = [scan("s1", 1), scan("s2", 3, ref="refs/heads/release"), scan("s3", 5)]
    found = story(scans, [reported("s2", "only-released")], [pull(7, 4)])
    assert facts(found["only-released"], "method", "gone_at") == ("baseline", None)


# -- news on the branch --------------------------------------------------------------------------


def test_sole_merge_between_two_scans_explains_the_news():
    found = story(
        [scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], [pull(6, 0.5), pull(7, 4)], [file(7)]
    )
    expected = ("sole_merge", 7, "high", "post_merge", "merge-7", "s2")
    names = (
        "method",
        "introduced_by",
        "confidence",
        "first_seen_stage",
        "introduced_commit",
        "first_seen_scan",
    )
    assert facts(found["bad"], *names) == expected


@pytest.mark.parametrize(
    ("files", "confidence"), [([file(7)], "high"), ([file(7, "other.py")], "low"), ([], "medium")]
)
def test_confidence_in_the_sole_merge_depends_on_the_files_it_touched(files: list[Row], confidence: str):
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], [pull(7, 4)], files)
    assert facts(found["bad"], "introduced_by", "confidence") == (7, confidence)


def test_of_two_merges_the_one_that_touched_the_path_explains_the_news():
    files = [file(7, "other.py"), file(8)]
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], [pull(7, 3), pull(8, 4)], files)
    assert facts(found["bad"], "method", "introduced_by", "confidence") == ("sole_path", 8, "medium")


def test_two_merges_that_touched_the_path_leave_the_news_unattributed():
    files = [file(7), file(8)]
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], [pull(7, 3), pull(8, 4)], files)
    assert facts(found["bad"], "method", "introduced_by") == ("unattributed", None)


def test_news_without_any_merge_is_unattributed():
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], [pull(7, 6)], [file(7)])
    assert found["bad"]["method"] == "unattributed"


def test_merge_at_the_moment_of_a_scan_belongs_to_that_scan():
    scans = [scan("s1", 1), scan("s2", 4), scan("s3", 6)]
    found = story(scans, [reported("s2", "bad"), reported("s3", "bad", "worse")], [pull(7, 4), pull(8, 5)])
    assert (found["bad"]["introduced_by"], found["worse"]["introduced_by"]) == (7, 8)


def test_two_merges_at_the_same_moment_are_two_merges():
    pulls = [pull(7, 4), pull(8, 4)]
    found = story([scan("s1", 1), scan("s2", 4)], [reported("s2", "bad")], pulls, [file(8)])
    assert facts(found["bad"], "method", "introduced_by") == ("sole_path", 8)


def test_news_without_a_path_can_only_be_explained_by_a_sole_merge():
    results = reported("s2", "bad", path=None) + reported("s3", "worse", path=None)
    pulls = [pull(7, 2), pull(8, 4), pull(9, 5)]
    found = story([scan("s1", 1), scan("s2", 3), scan("s3", 6)], [results], pulls, [file(8)])
    assert facts(found["bad"], "method", "introduced_by") == ("sole_merge", 7)
    assert found["worse"]["method"] == "unattributed"


def test_merge_into_another_branch_explains_nothing_here():
    pulls = [pull(7, 4), pull(8, 4.5, base_branch="feature")]
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], pulls)
    assert facts(found["bad"], "method", "introduced_by") == ("sole_merge", 7)


def test_merge_into_an_unknown_branch_might_explain_it():
    pulls = [pull(7, 4), pull(8, 4.5, base_branch=None)]
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], pulls)
    assert found["bad"]["method"] == "unattributed"


def test_merge_in_another_repository_explains_nothing_here():
    pulls = [pull(7, 4, repository="acme/else")]
    found = story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad")], pulls)
    assert found["bad"]["method"] == "unattributed"


def test_scan_of_a_merge_commit_does_not_hold_what_merged_while_it_ran():
    scans = [scan("s1", 1), scan("s2", 5, commit_sha="merge-7"), scan("s3", 6, commit_sha="merge-8")]
    pulls = [pull(7, 4.5), pull(8, 4.75)]
    found = story(scans, [reported("s2", "bad"), reported("s3", "bad", "worse")], pulls)
    assert (found["bad"]["introduced_by"], found["worse"]["introduced_by"]) == (7, 8)


def test_failed_scan_is_no_previous_scan():
    scans = [scan("s1", 1), scan("s2", 3, status="failed"), scan("s3", 5)]
    found = story(scans, [reported("s1", "old"), reported("s3", "old")], [pull(7, 4)])
    assert facts(found["old"], "method", "gone_at") == ("baseline", None)


def test_partial_scan_may_bring_news_but_its_silence_means_nothing():
    scans = [scan("s1", 1), scan("s2", 3, status="partial"), scan("s3", 5)]
    results = [reported("s1", "old"), reported("s2", "bad"), reported("s3", "old", "bad")]
    found = story(scans, results, [pull(7, 2)], [file(7)])
    assert facts(found["bad"], "introduced_by", "first_seen_scan") == (7, "s2")
    assert found["old"]["gone_at"] is None


def test_scan_without_a_place_gives_nothing():
    scans = [scan("s1", 1), scan("s2", 5, repository=None), scan("s3", 6, scanned_at=None)]
    assert story(scans, [reported("s2", "bad"), reported("s3", "bad")]) == {}


# -- news on heads -------------------------------------------------------------------------------


def test_news_on_a_head_is_that_pull_requests_before_merge():
    scans = [scan("s1", 1), head_scan("h1", 2, 7)]
    found = story(scans, [reported("s1", "old"), reported("h1", "old", "bad")], [pull(7)])
    expected = ("pull_request_head", 7, "high", "pre_merge", None)
    names = ("method", "introduced_by", "confidence", "first_seen_stage", "post_merge_seen_at")
    assert facts(found["bad"], *names) == expected
    assert found["old"]["method"] == "baseline"


def test_head_without_an_earlier_scan_of_the_branch_is_a_baseline():
    found = story([head_scan("h1", 2, 7), scan("s1", 3)], [reported("h1", "bad")], [pull(7)])
    assert facts(found["bad"], "method", "introduced_by") == ("baseline", None)


def test_finding_seen_before_and_after_the_merge_is_one_finding():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    pulls = [pull(7, 3), pull(8, 4)]
    found = story(scans, [reported("h1", "bad"), reported("s2", "bad")], pulls, [file(7), file(8)])
    names = ("introduced_by", "method", "first_seen_at", "first_seen_stage", "post_merge_seen_at")
    assert facts(found["bad"], *names) == (7, "pull_request_head", day(2), "pre_merge", day(5))


def test_finding_fixed_before_the_merge_is_gone_at_the_later_head_scan():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), head_scan("h2", 3, 7), scan("s2", 5)]
    found = story(scans, [reported("h1", "bad")], [pull(7, 4)])
    assert facts(found["bad"], "gone_at", "post_merge_seen_at") == (day(3), None)


def test_finding_that_the_branch_never_had_is_gone_with_the_first_scan_after_the_merge():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 3), scan("s3", 5), scan("s4", 6)]
    found = story(scans, [reported("h1", "bad")], [pull(7, 4)])
    assert found["bad"]["gone_at"] == day(5)


def test_finding_of_an_open_pull_request_is_not_gone_because_the_branch_lacks_it():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 3)]
    assert story(scans, [reported("h1", "bad")], [pull(7)])["bad"]["gone_at"] is None


def test_head_scanned_after_its_merge_reports_after_the_merge():
    scans = [scan("s1", 1), head_scan("h1", 5, 7)]
    found = story(scans, [reported("h1", "bad")], [pull(7, 4)])
    assert facts(found["bad"], "first_seen_stage", "introduced_by") == ("post_merge", 7)


def test_scan_of_the_branch_at_the_moment_of_a_late_head_scan_does_not_end_what_that_one_saw():
    scans = [scan("s1", 1), head_scan("h1", 5, 7), scan("s2", 5), scan("s3", 6)]
    assert story(scans, [reported("h1", "bad")], [pull(7, 4)])["bad"]["gone_at"] == day(6)


def test_pull_request_that_was_never_merged_does_not_explain_the_branch():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    found = story(scans, [reported("h1", "bad"), reported("s2", "bad")], [pull(7), pull(8, 4)], [file(8)])
    assert facts(found["bad"], "introduced_by", "first_seen_stage") == (8, "post_merge")


def test_second_attempt_that_merged_owns_what_the_first_one_showed():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), head_scan("h2", 3, 8)]
    found = story(scans, [reported("h1", "bad"), reported("h2", "bad")], [pull(7), pull(8, 4)])
    assert facts(found["bad"], "introduced_by", "first_seen_at") == (8, day(3))


def test_later_head_that_carries_an_earlier_merge_does_not_own_its_finding():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), head_scan("h2", 4, 8), scan("s2", 6)]
    results = [reported("h1", "bad"), reported("h2", "bad"), reported("s2", "bad")]
    assert story(scans, results, [pull(7, 3), pull(8, 5)])["bad"]["introduced_by"] == 7


def test_head_is_compared_with_the_branch_it_wants_into():
    scans = [scan("s1", 1), scan("r1", 1, ref="refs/heads/release"), head_scan("h1", 2, 7)]
    results = [reported("s1", "old"), reported("h1", "old")]
    found = story(scans, results, [pull(7, base_branch="release")])
    assert found["old"]["method"] == "baseline"


def test_head_that_carries_what_another_merge_brought_in_does_not_own_it():
    scans = [scan("s1", 1), head_scan("h8", 3, 8), scan("s2", 6)]
    results = [reported("h8", "bad"), reported("s2", "bad")]
    files = [file(7), file(8, "other.py")]
    found = story(scans, results, [pull(7, 2), pull(8, 5)], files)
    assert facts(found["bad"], "method", "introduced_by", "first_seen_at") == ("sole_path", 7, day(6))


def test_head_explains_a_finding_outside_its_files_when_nothing_else_does():
    scans = [scan("s1", 1), head_scan("h8", 3, 8), scan("s2", 6)]
    results = [reported("h8", "bad"), reported("s2", "bad")]
    files = [file(7, "else.py"), file(8, "other.py")]
    found = story(scans, results, [pull(7, 2), pull(8, 5)], files)
    assert facts(found["bad"], "method", "introduced_by", "confidence") == ("pull_request_head", 8, "low")


# -- explicit words, suppressions, absences ------------------------------------------------------


def test_explicit_word_wins_over_every_inference():
    results = [reported("s2", "bad", introduced_by=9)]
    found = story([scan("s1", 1), scan("s2", 5)], results, [pull(7, 4), pull(9, 2)], [file(7)])
    expected = ("explicit", 9, "high", "merge-9")
    assert facts(found["bad"], "method", "introduced_by", "confidence", "introduced_commit") == expected


def test_explicit_word_wins_over_the_baseline():
    found = story([scan("s1", 5)], [reported("s1", "bad", introduced_by=9)], [pull(9, 2)])
    assert facts(found["bad"], "method", "introduced_by") == ("explicit", 9)


def test_scan_of_the_branch_that_names_a_pull_request_explains_its_news():
    found = story(
        [scan("s1", 1), scan("s2", 5, pull_request=9)], [reported("s2", "bad")], [pull(7, 4), pull(9, 2)]
    )
    assert facts(found["bad"], "method", "introduced_by") == ("explicit", 9)


def test_suppressed_result_is_no_finding():
    assert story([scan("s1", 1), scan("s2", 5)], [reported("s2", "bad", suppressed=True)], [pull(7, 4)]) == {}


def test_suppression_that_is_lifted_reports_what_its_change_brought_in():
    scans = [scan("s1", 1), scan("s2", 5), scan("s3", 9)]
    results = [reported("s2", "bad", suppressed=True), reported("s3", "bad")]
    found = story(scans, results, [pull(7, 4), pull(8, 8)])
    assert facts(found["bad"], "introduced_by", "first_seen_at") == (7, day(9))


def test_suppressing_a_finding_does_not_end_it():
    scans = [scan("s1", 1), scan("s2", 5)]
    found = story(scans, [reported("s1", "old"), reported("s2", "old", suppressed=True)])
    assert found["old"]["gone_at"] is None


def test_result_marked_absent_is_not_present():
    scans = [scan("s1", 1), scan("s2", 5)]
    found = story(scans, [reported("s1", "old"), reported("s2", "old", baseline_state="absent")])
    assert found["old"]["gone_at"] == day(5)


# -- endings -------------------------------------------------------------------------------------


def test_finding_ends_with_the_first_ok_scan_of_its_stream_without_it():
    scans = [
        scan("s1", 1),
        scan("x", 2, **OTHER),
        scan("p", 3, status="partial"),
        scan("s2", 4),
        scan("s3", 5),
    ]
    assert story(scans, [reported("s1", "old")])["old"]["gone_at"] == day(4)


def test_finding_that_comes_back_is_not_gone_and_keeps_its_change():
    scans = [scan("s1", 1), scan("s2", 3), scan("s3", 5), scan("s4", 7)]
    found = story(scans, [reported("s2", "bad"), reported("s4", "bad")], [pull(7, 2), pull(8, 6)])
    assert facts(found["bad"], "introduced_by", "gone_at") == (7, None)


def test_baseline_that_comes_back_belongs_to_the_change_that_brought_it_back():
    scans = [scan("s1", 1), scan("s2", 3), scan("s3", 5)]
    found = story(scans, [reported("s1", "old"), reported("s3", "old")], [pull(7, 4)])
    assert facts(found["old"], "introduced_by", "first_seen_at") == (7, day(5))


def test_what_a_new_tool_saw_before_the_merge_is_not_the_merges_doing():
    scans = [scan("s1", 1), scan("x", 2, **OTHER), scan("s2", 5)]
    found = story(scans, [reported("x", "old"), reported("s2", "old")], [pull(7, 4)])
    assert found["old"]["method"] == "baseline"


def test_runs_of_one_moment_are_one_look_and_do_not_end_each_others_findings():
    scans = [scan(f"{part}{moment}", moment) for moment in (1, 3, 5) for part in "ab"]
    results = [
        *(reported(f"a{moment}", "old-a") for moment in (1, 3, 5)),
        *(reported(f"b{moment}", "old-b") for moment in (1, 3)),
        reported("b5", "old-b", "bad"),
    ]
    found = story(scans, results, [pull(7, 2), pull(8, 4)], [file(7, "other.py"), file(8)])
    assert {name: facts(row, "method", "introduced_by", "gone_at") for name, row in found.items()} == {
        "old-a": ("baseline", None, None),
        "old-b": ("baseline", None, None),
        "bad": ("sole_merge", 8, None),
    }


def test_partial_scan_at_the_moment_of_an_ok_one_is_not_ended_by_it():
    scans = [scan("s1", 1), scan("p", 3, status="partial"), scan("s3", 3), scan("s4", 5)]
    assert story(scans, [reported("p", "bad")], [pull(7, 2)])["bad"]["gone_at"] == day(5)


def test_finding_that_a_late_head_scan_reports_after_the_branch_lost_it_is_not_gone():
    scans = [scan("s1", 1), scan("s2", 3), head_scan("h1", 5, 7)]
    results = [reported("s1", "bad", suppressed=True), reported("h1", "bad")]
    found = story(scans, results, [pull(7, 1)])
    assert facts(found["bad"], "first_seen_at", "gone_at") == (day(5), None)


# -- shape and properties ------------------------------------------------------------------------


def test_rows_have_the_columns_and_types_of_the_contract():
    found = attribute(*frames([scan("s1", 1)], reported("s1", "old")))
    expected = {name: dtype for name, dtype in FINDINGS.polars_schema.items() if name in found.columns}
    assert dict(found.schema) == expected
    assert set(FINDINGS.polars_schema) - set(found.columns) == {"source", "ingested_at", "extras"}
    assert found["raw_ref"].to_list() == ["s1.sarif#runs/0/results/0"]


def test_rows_hold_their_contract():
    found = attribute(
        *frames([scan("s1", 1), scan("s2", 3)], [*reported("s1", "old"), *reported("s2", "bad")])
    )
    complete = found.with_columns(
        source=pl.lit("x"), ingested_at="first_seen_at", extras=pl.lit(None, pl.String)
    )
    assert FINDINGS.schema.validate(complete).height == 2


def test_empty_tables_give_no_findings():
    assert attribute(*frames([], [])).height == 0


def test_lazy_tables_are_read_too():
    lazy = [frame.lazy() for frame in frames([scan("s1", 1)], reported("s1", "old"))]
    assert attribute(*lazy).height == 1


NAMES = ["a", "b", "c"]
History = tuple[list[Row], list[Row], list[Row], list[Row]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    scans, results = [], []
    for place in range(draw(st.integers(1, 8))):
        build = draw(st.sampled_from([scan, head_scan]))
        moment = draw(st.integers(1, 12)) / 2
        number = [draw(st.integers(1, 3))] if build is head_scan else []
        status = draw(st.sampled_from(["ok", "ok", "ok", "partial", "failed"]))
        rules = draw(st.sampled_from(["1.0", "1.0", "2.0"]))
        scans.append(build(f"s{place}", moment, *number, status=status, rules_version=rules))
        names = draw(st.lists(st.sampled_from(NAMES), unique=True))
        results += reported(f"s{place}", *names, suppressed=draw(st.sampled_from([None, None, True])))
    merged = st.one_of(st.none(), st.integers(1, 12).map(lambda half: half / 2))
    pulls = [pull(number, draw(merged)) for number in (1, 2, 3)]
    files = [file(number) for number in draw(st.lists(st.sampled_from([1, 2, 3]), unique=True))]
    return scans, results, pulls, files


@settings(deadline=None, max_examples=20)
@given(histories(), st.randoms(use_true_random=False))
def test_order_of_the_rows_changes_nothing(history: History, chance: Random):
    shuffled = [list(rows) for rows in history]
    for rows in shuffled:
        chance.shuffle(rows)
    assert attribute(*frames(*shuffled)).equals(attribute(*frames(*history)))


@settings(deadline=None, max_examples=20)
@given(histories())
def test_every_open_report_is_one_finding_and_every_finding_was_reported(history: History):
    scans, results, *_ = history
    read = {row["scan_id"] for row in scans if row["status"] != "failed"}
    on_main = {row["scan_id"] for row in scans if row["stage"] == "post_merge"} & read
    expected = {row["rule"] for row in results if row["scan_id"] in on_main and not row["suppressed"]}
    allowed = {row["rule"] for row in results if row["scan_id"] in read and not row["suppressed"]}
    found = attribute(*frames(*history))
    assert found["finding_id"].is_unique().all()
    assert expected <= set(found["rule"]) <= allowed


@settings(deadline=None, max_examples=20)
@given(histories())
def test_times_of_a_finding_are_in_order(history: History):
    found = attribute(*frames(*history))
    seen_after = pl.col("post_merge_seen_at").is_null() | (
        pl.col("post_merge_seen_at") >= pl.col("first_seen_at")
    )
    gone_after = pl.col("gone_at").is_null() | (pl.col("gone_at") > pl.col("first_seen_at"))
    has_change = pl.col("introduced_by").is_not_null() == ~pl.col("method").is_in(
        ["baseline", "unattributed"]
    )
    assert found.select((seen_after & gone_after & has_change).all()).item()


@settings(deadline=None, max_examples=20)
@given(histories(), st.integers(1, 500))
def test_lines_added_above_change_no_finding(history: History, added: int):
    scans, results, pulls, files = history
    moved = [{**row, "line": row["line"] + added} for row in results]
    before = attribute(*frames(scans, results, pulls, files)).drop("line")
    assert attribute(*frames(scans, moved, pulls, files)).drop("line").equals(before)


def test_repository_of_a_finding_is_its_scans():
    assert story([scan("s1", 1)], [reported("s1", "old")])["old"]["repository"] == REPOSITORY
