from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.arms import ARMS
from metrics.catalogue import BY_ID
from metrics.escape_list import COLUMNS, HELD, SPRINT_COLUMNS, escapes, held_back, sprint_table
from metrics.estimate import Estimate, Number, Undefined
from metrics.gate.case import Ask, Case
from metrics.history import PUSHED
from metrics.segments import whole
from metrics.slices import Slicer
from tests.builders_metrics import (
    Row,
    audit_review,
    bypass,
    changed_file,
    day,
    decision,
    drawn,
    finding,
    landed,
    pilot,
    policy,
    pull_request,
    scan,
    tables,
)

PERSON: Row = {"authorship": "human", "author_login": "ana", "agent": None}
LOOKED = [scan(f"s{at}", at) for at in (5, 30, 60, 95)]


def case(*changes: Row, at: float = 100, **rows: Any) -> Case:
    given = {"pull_requests": changes, "scans": LOOKED, **rows}
    return Case(tables(**given), pilot(), policy(), Ask(day(at)))


def number(metric: str, of: Case, arm: str = "agent") -> Number:
    return BY_ID[metric].compute(Slicer(of).slice(ARMS[arm], whole(of)))


def fraction(metric: str, of: Case, arm: str = "agent") -> tuple[float, float]:
    told = number(metric, of, arm)
    assert isinstance(told, Estimate), told
    return told.numerator, told.denominator


# -- within a time ---------------------------------------------------------------------------------------


def test_the_window_rate_counts_what_was_found_in_time_in_changes_that_were_watched_so_long() -> None:
    changes = [pull_request(1, 1), pull_request(2, 2), pull_request(3, 80)]
    found = [finding("a", 1, 31), finding("b", 2, 32.1), finding("c", 3, 81)]
    of = case(*changes, findings=found, dispositions=[decision(each, decided=90) for each in "abc"])
    assert fraction("escape_rate_window", of) == (1, 2)
    assert fraction("escape_rate_90_days", of) == (2, 2)
    assert fraction("security_escape_rate", of) == (3, 3)
    coverage = number("escape_rate_window", of).coverage
    assert coverage.excluded == (("not watched for 30 days yet", 1),)


def test_a_change_is_watched_for_its_time_at_the_very_moment_that_it_ends() -> None:
    for at, watched in ((31, 1), (30.999, 0)):
        told = number("escape_rate_window", case(pull_request(1, 1), at=at))
        assert told.n == watched


def test_unreviewed_escapes_are_in_the_upper_end_only_and_dismissed_ones_in_neither() -> None:
    changes = [pull_request(n, 1) for n in (1, 2, 3)]
    found = [finding("a", 1), finding("b", 2), finding("c", 3)]
    of = case(*changes, findings=found, dispositions=[decision("a"), decision("c", "false_positive")])
    for metric in ("escape_rate_window", "escape_rate_90_days"):
        assert fraction(metric, of) == (1, 3)
        assert fraction(f"{metric}_high", of) == (2, 3)


def test_several_escapes_of_one_change_are_one_escaped_change() -> None:
    of = case(pull_request(1), pull_request(2), findings=[finding("a"), finding("b")])
    assert fraction("escape_rate_window_high", of) == (1, 2)


def test_where_nothing_looked_no_rate_is_zero() -> None:
    told = number("escape_rate_window", case(pull_request(1), scans=[]))
    assert isinstance(told, Undefined)
    assert "no ok scan" in told.reason


# -- per line and per finding -----------------------------------------------------------------------------


def test_escapes_per_kloc_divide_by_the_lines_that_something_looked_at_after_the_merge() -> None:
    changes = [
        pull_request(1, code_additions=1500),
        pull_request(2, code_additions=500),
        pull_request(3, code_additions=None),
        pull_request(4, code_additions=0),
        pull_request(5, code_additions=4000, repository="acme/dark"),
    ]
    found = [finding("a", 1), finding("b", 1, cwe=["CWE-89"]), bypass("c", 2), finding("d", 3)]
    of = case(*changes, findings=found, dispositions=[decision("a")])
    assert fraction("escapes_per_kloc", of) == (1, 2.0)
    assert fraction("escapes_per_kloc_high", of) == (2, 2.0)
    assert dict(number("escapes_per_kloc", of).coverage.excluded) == {
        "no ok scan looked at it after its merge": 1,
        "files unknown": 1,
        "no code lines added": 1,
    }


def test_an_escape_counts_per_kloc_also_where_no_scan_looked() -> None:
    of = case(pull_request(1, code_additions=1000), scans=[], findings=[finding("a", reported_by="incident")])
    assert fraction("escapes_per_kloc_high", of) == (1, 1.0)


def test_findings_of_images_are_not_divided_by_lines() -> None:
    found = [finding("a", is_blamable=False, path="Dockerfile")]
    assert fraction("escapes_per_kloc_high", case(pull_request(1, code_additions=1000), findings=found)) == (
        0,
        1.0,
    )


def test_the_share_that_escaped_is_the_rest_of_the_share_found_before() -> None:
    found = [finding("a"), bypass("b"), bypass("c"), finding("d", 2)]
    of = case(pull_request(1), pull_request(2), findings=found)
    escaped, before = (
        fraction(each, of) for each in ("escaped_share_of_findings", "found_before_merge_share")
    )
    assert (escaped, before) == ((2, 4), (2, 4))


def test_findings_outside_of_code_are_shared_out_by_when_they_were_found_too() -> None:
    found = [
        finding("image", is_blamable=False, path="Dockerfile"),
        bypass("lock", path="poetry.lock"),
        finding("incident", is_blamable=False, path=None, reported_by="incident"),
    ]
    files = [changed_file(1, "poetry.lock", file_class="lock")]
    of = case(pull_request(1), changed_files=files, findings=found)
    assert fraction("escaped_share_of_findings", of) == (2, 3)
    assert fraction("found_before_merge_share", of) == (1, 3)


# -- delays -----------------------------------------------------------------------------------------------


def delays(*days: float, watched: float = 100) -> Case:
    """Escapes so many days after the merges of changes that have all been watched alike."""
    changes = [pull_request(n, 0) for n in range(1, len(days) + 1)]
    found = [finding(f"f{n}", n, delay) for n, delay in enumerate(days, start=1)]
    return case(*changes, findings=found, at=watched)


def median(of: Case) -> Estimate:
    told = number("escape_delay_median_days", of)
    assert isinstance(told, Estimate)
    return told


@pytest.mark.parametrize(
    ("days", "half"), [((5,), 5), ((5, 50), 5), ((5, 10, 50), 10), ((1, 2, 3, 4, 5, 6, 7), 4)]
)
def test_where_all_were_watched_alike_it_is_the_first_day_by_which_half_have_surfaced(
    days: tuple[float, ...], half: float
) -> None:
    assert median(delays(*days)).value == pytest.approx(half)


def test_young_changes_whose_late_escapes_nobody_knows_do_not_shorten_the_delay() -> None:
    """Old changes escape at 10 and 60 days, young ones can only show the 10: half surface by day 60."""
    merges = [0, 0, 0, 0, 80, 80]
    delay = [10, 60, 60, 60, 10, 10]
    changes = [pull_request(n, merged) for n, merged in enumerate(merges, start=1)]
    found = [finding(f"f{n}", n, m + d) for n, (m, d) in enumerate(zip(merges, delay, strict=True), start=1)]
    assert median(case(*changes, findings=found)).value == pytest.approx(60)


def test_too_few_escapes_have_no_limits() -> None:
    few, enough = median(delays(1, 2, 3, 4, 5)), median(delays(1, 2, 3, 4, 5, 6))
    assert (few.low, few.high, few.level) == (None, None, None)
    assert enough.level == 0.95
    assert enough.high is not None
    assert (enough.low or 0) <= enough.value <= enough.high


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 99), min_size=1, max_size=12))
def test_the_median_lies_among_the_delays_and_half_are_no_longer(days: list[int]) -> None:
    half = median(delays(*days)).value
    assert any(math.isclose(half, each, abs_tol=1e-6) for each in days)
    assert sum(each <= half + 1e-6 for each in days) >= len(days) / 2
    assert sum(each < half - 1e-6 for each in days) < len(days) / 2


def test_without_an_escape_there_is_no_delay() -> None:
    told = number("escape_delay_median_days", case(pull_request(1)))
    assert isinstance(told, Undefined)


# -- signs that need no scanner, and audits ---------------------------------------------------------------


def test_reverts_are_stated_of_all_changes_of_each_side() -> None:
    changes = [
        pull_request(1),
        pull_request(2),
        pull_request(3, 5, title='Revert "Change 1"'),
        pull_request(4, **PERSON),
        pull_request(5, 6, title='Revert "Change 4"', **PERSON),
    ]
    of = case(*changes)
    assert (fraction("reverted_share", of), fraction("reverted_share", of, "human")) == ((1, 3), (1, 2))


def test_hotfixes_are_stated_of_changes_that_are_old_enough_and_whose_files_are_known() -> None:
    changes = [
        pull_request(1, 1),
        pull_request(2, 2, relevant_file_count=None),
        pull_request(3, 5, title="Hotfix"),
        pull_request(4, 90),
    ]
    files = [
        {"repository": "acme/pay", "number": n, "path": "a.py", "file_class": "code", "opened_at": day(0)}
        for n in (1, 3)
    ]
    of = case(*changes, changed_files=files)
    assert fraction("hotfixed_share", of) == (1, 2)
    assert dict(number("hotfixed_share", of).coverage.excluded) == {
        "not watched for 14 days yet": 1,
        "files unknown": 1,
    }


def test_an_audit_is_stated_of_what_was_reviewed_with_unclear_ones_at_the_upper_end() -> None:
    of = case(
        *(pull_request(n) for n in range(1, 7)),
        audits=[drawn(n) for n in range(1, 6)],
        audit_reviews=[
            audit_review(1),
            audit_review(2, "finding"),
            audit_review(3, "unclear"),
            audit_review(4, "finding", severity="low"),
        ],
    )
    assert fraction("audit_escape_rate", of) == (1, 4)
    assert fraction("audit_escape_rate_high", of) == (2, 4)
    assert number("audit_escape_rate", of).coverage.excluded == (("drawn, not reviewed yet", 1),)


# -- lists ------------------------------------------------------------------------------------------------


def lists() -> Case:
    changes = [pull_request(0 + n, 1) for n in (1, 2)] + [pull_request(9, 2, **PERSON), pull_request(3, -9)]
    found = [
        finding("mild", 1, 8, severity="medium"),
        finding("bad", 2, 9, severity="critical", cwe=["CWE-79"], tools=["scan-a", "scan-b"]),
        finding("theirs", 9, 5),
        finding("before", 3, 5),
        finding("gone", 1, 5),
        finding("pushed", None, 5, introduced_commit="c0ffee1", method="blame"),
        bypass("known", 1),
    ]
    commits = [landed("c0ffee1", 3, authorship="agent")]
    told = [decision("gone", "false_positive"), decision("bad", decided=10)]
    return case(*changes, findings=found, dispositions=told, landed_commits=commits)


def names(frame: Any) -> list[str]:
    return [str(each).strip("_") for each in frame["finding_id"]]


def test_the_list_has_every_escape_since_the_start_worst_first_with_whose_it_is() -> None:
    found = escapes(lists())
    assert tuple(found.columns) == COLUMNS
    assert list(zip(names(found), found["arm"], found["delay_days"], strict=True)) == [
        ("bad", "agent", 8.0),
        ("theirs", "human", 3.0),
        ("mild", "agent", 7.0),
    ]
    worst = found.row(0, named=True)
    assert (worst["family"], worst["tools"], worst["status"], worst["title"]) == (
        "Cross-site scripting", ["scan-a", "scan-b"], "confirmed", "Change 2",
    )  # fmt: skip


def test_what_holds_back_is_listed_with_the_reason() -> None:
    found = held_back(lists())
    assert tuple(found.columns) == HELD
    assert (names(found), found["unexplained"].to_list()) == (["pushed"], [PUSHED])


def test_the_lists_of_an_empty_pilot_have_their_columns() -> None:
    empty = case()
    assert (escapes(empty).height, held_back(empty).height) == (0, 0)
    assert dict(sprint_table(empty).schema) == SPRINT_COLUMNS


def test_each_sprint_is_counted_for_both_sides_and_adds_up_to_the_whole() -> None:
    of = lists()
    table = sprint_table(of)
    assert table.height == 2 * len(of.places)
    first = {row["arm"]: row for row in table.iter_rows(named=True) if row["sprint"] == 1}
    told = ("changes", "escaped_confirmed", "escaped_high", "escapes", "watched", "found_in_window")
    assert [first["agent"][name] for name in told] == [2, 1, 2, 2, 2, 2]
    assert [first["human"][name] for name in told] == [1, 0, 1, 1, 1, 1]
    assert table["escapes"].sum() == escapes(of).height


def test_an_empty_sprint_has_a_reason_instead_of_a_rate() -> None:
    last = sprint_table(lists()).row(-1, named=True)
    assert (last["rate"], last["escaped_confirmed"]) == (None, None)
    assert "no in-scope change" in last["reason"]
