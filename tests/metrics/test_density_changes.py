from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from metrics.density.changes import CHANGE_COLUMNS, Density
from metrics.density.lines import with_lines
from metrics.gate.case import Ask, Case
from metrics.measuring import Measuring
from metrics.scope import judged
from tests.builders_metrics import (
    LATER,
    START,
    Row,
    bypass,
    changed_file,
    day,
    decision,
    finding,
    head_scan,
    landed,
    pilot,
    policy,
    pull_request,
    scan,
    tables,
)


def density(measuring: Measuring | None = None, **rows: Iterable[Row]) -> Density:
    return Case(tables(**rows), pilot(), policy(), Ask(LATER), measuring or Measuring()).density


def one(**rows: Any) -> dict[str, Any]:
    found = density(
        **{"pull_requests": [pull_request(1, code_additions=500)], "scans": [scan("s", 5)], **rows}
    )
    return found.changes.row(0, named=True)


def test_every_authorship_is_there_in_order_of_merge():
    makers = ("human", "agent", "automation", "unknown", "assisted")
    rows = [pull_request(number, number, authorship=maker) for number, maker in enumerate(makers, 1)]
    found = density(pull_requests=rows)
    assert found.changes.columns == list(CHANGE_COLUMNS)
    assert found.changes["authorship"].to_list() == list(makers)


def test_a_change_that_was_looked_at_and_added_code_is_rated():
    change = one()
    assert (change["looked"], change["code_lines"], change["reason"]) == (True, 500, None)
    assert (change["confirmed"], change["not_dismissed"], change["findings"]) == (0, 0, [])


@pytest.mark.parametrize("status", ["failed", "partial", "unreadable"])
def test_a_scan_that_is_not_ok_never_reads_as_clean(status: str):
    change = one(scans=[scan("s", 5, status=status), head_scan("h", 1, status=status)])
    assert (change["looked"], change["reason"]) == (False, "no ok scan looked at it")


def test_a_scan_before_the_merge_is_a_look_only_when_it_had_something_to_compare_with():
    head = head_scan("h", 1, 0.9, source="sarif")
    assert one(scans=[head])["looked"] is False
    change = one(scans=[scan("base", 0.5, source="sarif"), head])
    assert (change["looked_before"], change["looked_after"], change["looked"]) == (True, False, True)


def test_findings_and_scans_of_a_table_need_no_scan_before():
    change = one(scans=[head_scan("h", 1, 0.9)])
    assert (change["looked_before"], change["looked"]) == (True, True)


def test_unknown_files_are_no_zero_lines():
    assert one(pull_requests=[pull_request(1)])["reason"] == "files unknown"
    assert one(pull_requests=[pull_request(1, code_additions=0)])["reason"] == "no code lines added"


def test_findings_count_once_each_before_or_after_the_merge_whatever_became_of_them():
    mended = bypass("mended", 1, 0.5, gone_at=day(0.8))
    found = density(
        pull_requests=[pull_request(1, code_additions=500)],
        scans=[scan("s", 5)],
        findings=[finding("after", 1), bypass("before", 1), mended],
        dispositions=[decision("after")],
    )
    change = found.changes.row(0, named=True)
    assert (change["confirmed"], change["not_dismissed"]) == (1, 3)
    assert (change["before_merge"], change["after_merge"]) == (2, 1)
    assert change["findings"] == ["after___", "before__", "mended__"]
    assert found.findings.height == 3


@pytest.mark.parametrize(
    "given",
    [{"severity": "low"}, {"is_security": False}, {"introduced_by": None}],
    ids=["below the severity", "no security finding", "nobody's"],
)
def test_what_is_no_finding_of_the_change_does_not_count(given: dict[str, Any]):
    assert one(findings=[finding("f", 1, **given)])["not_dismissed"] == 0


def test_a_dismissal_takes_a_finding_out_of_both_ends_of_the_band():
    change = one(findings=[finding("f", 1)], dispositions=[decision("f", "false_positive")])
    assert (change["confirmed"], change["not_dismissed"]) == (0, 0)


@pytest.mark.parametrize("disposition", ["confirmed", "fixed", "accepted", "wont_fix"])
def test_a_weakness_that_is_real_stays_confirmed_whatever_was_decided(disposition: str):
    change = one(findings=[finding("f", 1)], dispositions=[decision("f", disposition)])
    assert change["confirmed"] == 1


def test_findings_of_an_image_or_a_manifest_are_listed_and_not_divided():
    found = density(
        pull_requests=[pull_request(1, code_additions=500)],
        scans=[scan("s", 5)],
        findings=[finding("image", 1, is_blamable=False), finding("code", 1)],
    )
    assert found.findings["finding_id"].to_list() == ["code____"]
    assert found.listed["finding_id"].to_list() == ["image___"]
    assert found.changes["not_dismissed"].to_list() == [1]


def test_a_change_that_arrives_again_counts_once_with_the_findings_of_both():
    again = pull_request(2, 3, title="Backport #1", head_branch="backport-1")
    found = density(
        pull_requests=[pull_request(1, 1, code_additions=500), again],
        scans=[scan("s", 5)],
        findings=[finding("first", 1), finding("second", 2)],
    )
    assert found.changes["number"].to_list() == [1]
    assert found.changes["not_dismissed"].to_list() == [2]
    assert found.left_out.select("number", "reason", "authorship").row(0) == (2, "arrived again", "agent")


def test_a_change_that_arrives_again_in_another_arm_counts_in_both_as_it_does_in_the_gate():
    first = pull_request(1, 1, code_additions=500, authorship="human", merge_sha="same")
    again = pull_request(2, 3, code_additions=500, merge_sha="same")
    found = density(pull_requests=[first, again], scans=[scan("s", 5)], findings=[finding("f", 2)])
    assert found.changes.select("number", "not_dismissed").rows() == [(1, 0), (2, 1)]
    assert found.left_out.is_empty()


def test_assisted_changes_are_of_the_agents_arm_where_the_policy_says_so():
    rows = {
        "pull_requests": [
            pull_request(1, 1, merge_sha="same"),
            pull_request(2, 3, merge_sha="same", authorship="assisted"),
        ]
    }
    cases = (
        Case(tables(**rows), pilot(), policy(include_assisted=assisted), Ask(LATER)) for assisted in (0, 1)
    )
    assert [case.density.changes.height for case in cases] == [2, 1]


def test_coverage_tells_every_reason_once():
    found = density(
        pull_requests=[
            pull_request(1, 1, code_additions=500),
            pull_request(2, 2),
            pull_request(3, 3, code_additions=0),
            pull_request(4, 60, code_additions=9),
            pull_request(5, 4, relevant_file_count=0),
        ],
        scans=[scan("s", 5)],
    )
    assert (found.coverage.measured, found.coverage.total) == (1, 5)
    assert dict(found.coverage.excluded) == {
        "only generated files": 1,
        "no ok scan looked at it": 1,
        "files unknown": 1,
        "no code lines added": 1,
    }
    assert (found.in_scope.measured, found.in_scope.excluded) == (4, (("only generated files", 1),))


def test_a_part_holds_only_its_own_changes_and_findings():
    found = density(
        pull_requests=[
            pull_request(1, 1, code_additions=500),
            pull_request(2, 2, code_additions=500, agent="codex"),
            pull_request(3, 3, code_additions=500, authorship="human", agent=None),
            pull_request(4, 4, code_additions=500, authorship="human", relevant_file_count=0),
        ],
        scans=[scan("s", 5)],
        findings=[finding("a", 1), finding("b", 2), finding("c", 3, is_blamable=False)],
    )
    window = (START, day(30))
    assert found.of(("agent",)).between(*window).changes["number"].to_list() == [1, 2]
    codex = found.of(("agent",), "codex").between(*window)
    assert codex.findings["finding_id"].to_list() == ["b_______"]
    people = found.of(("human",)).between(*window)
    assert (people.findings.height, people.listed.height, people.left_out.height) == (0, 1, 1)
    assert people.coverage.total == 2
    assert found.of(("agent",)).between(day(1.5), day(2)).changes.is_empty()  # the end is outside
    assert found.of(("agent",)).between(day(2), day(2.5)).changes["number"].to_list() == [2]


def test_findings_of_changes_that_are_not_rated_are_not_counted():
    found = density(
        pull_requests=[pull_request(1, 1, code_additions=500), pull_request(2, 2)],
        scans=[scan("s", 5)],
        findings=[finding("a", 1), finding("b", 2)],
    )
    assert found.findings.height == 2
    assert found.counted["finding_id"].to_list() == ["a_______"]


def test_nothing_merged_is_an_empty_table_and_no_error():
    found = density()
    assert found.changes.is_empty()
    assert found.coverage.total == 0


def lines(*files: Row, include_tests: bool = False, **given: Any) -> dict[str, Any]:
    cut = tables(pull_requests=[pull_request(1, **given)], changed_files=files).cut(LATER)
    changes = judged(cut, pilot())
    return with_lines(changes, cut, include_tests=include_tests).row(0, named=True)


def test_the_language_is_the_commonest_extension_of_code():
    paths = ("a.PY", "b.py", "c.go", "Makefile", ".gitignore", "web/x.test.ts")
    files = [changed_file(1, path) for path in paths]
    docs = [changed_file(1, f"docs/{place}.md", file_class="docs") for place in range(5)]
    assert lines(*files, *docs)["language"] == "py"


def test_of_two_languages_as_common_the_first_by_name_stands():
    assert lines(changed_file(1, "a.ts"), changed_file(1, "b.go"))["language"] == "go"


def test_a_language_that_is_unknown_is_none():
    assert lines()["language"] == "none"
    assert lines(changed_file(1, "Makefile"), changed_file(1, "bin/.env"))["language"] == "none"


def test_lines_of_tests_count_only_where_the_organisation_wants_them():
    files = (
        changed_file(1, "a.py", additions=70),
        changed_file(1, "test_a.py", additions=30, file_class="test"),
    )
    given = {"code_additions": 70, "surviving_code_lines": 50}
    assert lines(*files, **given)["code_lines"] == 70
    assert lines(*files, **given)["surviving_code_lines"] == 50
    both = lines(*files, **given, include_tests=True)
    assert (both["code_lines"], both["surviving_code_lines"]) == (100, None)


def test_a_test_file_of_unknown_size_makes_the_lines_unknown_where_tests_count():
    unknown = changed_file(1, "test_a.py", additions=None, file_class="test")
    assert lines(unknown, code_additions=70, include_tests=True)["code_lines"] is None
    assert lines(unknown, code_additions=70)["code_lines"] == 70
    assert lines(changed_file(1, "a.py"), code_additions=None, include_tests=True)["code_lines"] is None
    assert lines(code_additions=70, include_tests=True)["code_lines"] == 70


def test_a_lake_without_a_column_of_surviving_lines_does_not_know_them():
    cut = tables(pull_requests=[pull_request(1, code_additions=70)]).cut(LATER)
    older = replace(cut, pull_requests=cut.pull_requests.drop("surviving_code_lines"))
    changes = judged(older, pilot())
    found = with_lines(changes, older, include_tests=False).row(0, named=True)
    assert (found["code_lines"], found["surviving_code_lines"]) == (70, None)


@pytest.mark.parametrize(("include_tests", "divided"), [(False, ["in_code"]), (True, ["in_code", "in_test"])])
def test_findings_are_divided_only_where_their_lines_are_counted(include_tests: Any, divided: list[str]):
    files = [
        changed_file(1, "app.py", additions=100),
        changed_file(1, "tests/test_app.py", additions=50, file_class="test"),
        changed_file(1, "gen/api.py", additions=900, file_class="generated"),
    ]
    found = [
        finding("in_code", path="app.py"),
        finding("in_test", path="tests/test_app.py"),
        finding("in_generated", path="gen/api.py"),
    ]
    kept = density(
        Measuring(include_tests=include_tests),
        pull_requests=[pull_request(1, code_additions=100)], changed_files=files, findings=found,
        scans=[scan("s", 5)],
    )  # fmt: skip
    assert [each.rstrip("_") for each in kept.findings["finding_id"].sort()] == divided
    assert kept.findings.height + kept.listed.height == 3


def commits(*lines: int | None, number: int | None = 1, **given: Any) -> list[Row]:
    """Landed commits of a change, each with the lines of it that still stand."""
    return [
        landed(f"{number}-{place}", pull_request=number, surviving_code_lines=each, **given)
        for place, each in enumerate(lines)
    ]


def test_surviving_lines_are_those_of_every_commit_that_the_change_landed_with():
    assert one(landed_commits=commits(120, 0, 80))["surviving_code_lines"] == 200


@pytest.mark.parametrize(
    "unknown",
    [
        [],
        commits(120, None),
        commits(120, number=2),
        commits(120, number=None),
        commits(120, repository="acme/other"),
    ],
)
def test_surviving_lines_are_unknown_unless_every_commit_of_the_change_was_counted(unknown: list[Row]):
    assert one(landed_commits=unknown)["surviving_code_lines"] is None


def test_surviving_lines_that_a_table_tells_come_before_those_of_history():
    told = pull_request(1, code_additions=500, surviving_code_lines=7)
    assert one(pull_requests=[told], landed_commits=commits(120))["surviving_code_lines"] == 7


def test_with_test_files_counted_the_surviving_lines_of_history_do_not_serve():
    found = density(
        Measuring(include_tests=True),
        pull_requests=[pull_request(1, code_additions=500)],
        landed_commits=commits(120),
    )
    assert found.changes["surviving_code_lines"].to_list() == [None]
