from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from metrics.escapes import CHANGE_COLUMNS, JUDGED_LATER
from metrics.findings import FINDING_COLUMNS, unattributed
from metrics.gate.case import Ask, Case
from metrics.pilot import Pilot
from metrics.tables import Tables
from tests.builders_metrics import (
    LATER,
    Row,
    bypass,
    day,
    decision,
    finding,
    head_scan,
    pilot,
    policy,
    pull_request,
    review,
    scan,
    tables,
)

PILOT, POLICY = pilot(), policy()


def change(*, at: float = 100, of: Row | None = None, **rows: Any) -> dict[str, Any]:
    """The pilot's one change, as judged `at` days after the start."""
    given = tables(**{"pull_requests": [of or pull_request(1)], **rows})
    return Case(given, PILOT, POLICY, Ask(day(at))).changes.select(CHANGE_COLUMNS).row(0, named=True)


def pilot_findings(given: Tables, of: Pilot = PILOT) -> pl.DataFrame:
    """Findings of the agents' changes, and unattributed ones."""
    return Case(given, of, POLICY, Ask(LATER)).agent.findings.select(FINDING_COLUMNS)


def one_finding(*findings: Row, of: Row | None = None, **rows: Any) -> dict[str, Any]:
    given = tables(pull_requests=[of or pull_request(1)], findings=findings, **rows)
    return pilot_findings(given).row(0, named=True)


def test_a_change_has_exactly_the_promised_columns_even_when_there_is_none():
    for given in (tables(), tables(pull_requests=[pull_request(1)], findings=[finding("f")])):
        found = Case(given, PILOT, POLICY, Ask(LATER))
        assert tuple(found.changes.columns) == (*CHANGE_COLUMNS, *JUDGED_LATER)
        assert tuple(found.agent.findings.columns[: len(FINDING_COLUMNS)]) == FINDING_COLUMNS


def test_a_change_says_what_it_is_and_what_looked_at_it():
    looked = {"reviews": [review(1)], "scans": [head_scan("pre", 1), scan("post", tool="scan-b")]}
    found = change(of=pull_request(1, model="m-5"), **looked)
    assert found == {
        "repository": "acme/pay",
        "number": 1,
        "title": "Change 1",
        "url": "https://example.org/acme/pay/pull/1",
        "author_login": "copilot",
        "agent": "copilot",
        "model": "m-5",
        "authorship": "agent",
        "merged_at": day(1),
        "sprint": 1,
        "mark": "watched",
        "escaped_confirmed": False,
        "escaped_unreviewed": False,
        "critical": False,
        "bypassed": False,
        "detected": True,
        "independent": True,
        "pre_scanned": True,
        "pre_compared": True,
        "watched_until": day(31),
        "human_approved": True,
        "scope_known": True,
        "findings": [],
        "detecting_tools": ["scan-b"],
    }


@pytest.mark.parametrize(("merged", "sprint"), [(-1, None), (0, 1), (13.999, 1), (14, 2), (70, None)])
def test_a_change_belongs_to_the_sprint_in_which_it_merged(merged: float, sprint: int | None):
    ending = pilot(ends_on=day(55).date())
    given = tables(pull_requests=[pull_request(1, merged)])
    assert Case(given, ending, POLICY, Ask(LATER)).changes["sprint"].to_list() == [sprint]


@pytest.mark.parametrize(("at", "mark"), [(30.9, "watching"), (31, "watched")])
def test_a_clean_change_is_watched_to_the_end_of_its_follow_up(at: float, mark: str):
    assert change(at=at, scans=[scan("s")])["mark"] == mark


@pytest.mark.parametrize(("at", "mark"), [(30.9, "watching"), (31, "unscanned")])
def test_a_change_that_nothing_scanned_after_its_merge_is_not_clean(at: float, mark: str):
    assert change(at=at)["mark"] == mark


@pytest.mark.parametrize(
    "other", [scan("s", 0.9), scan("s", 31.1), scan("s", status="failed"), head_scan("s", 1)]
)
def test_only_an_ok_scan_of_the_branch_within_the_follow_up_makes_a_change_clean(other: Row):
    assert change(scans=[other])["mark"] == "unscanned"


def test_an_escape_is_one_whatever_scanned_its_change():
    found = [change(findings=[finding("f")], dispositions=known)["mark"] for known in ([], [decision("f")])]
    assert found == ["untriaged", "escape"]


def test_an_escape_that_nobody_has_looked_at_is_untriaged():
    found = change(findings=[finding("f")])
    assert (found["mark"], found["escaped_confirmed"], found["escaped_unreviewed"]) == (
        "untriaged",
        False,
        True,
    )
    assert found["findings"] == ["f_______"]


@pytest.mark.parametrize("disposition", ["confirmed", "fixed", "accepted", "wont_fix"])
def test_a_decision_that_the_weakness_is_real_confirms_the_escape(disposition: str):
    found = change(findings=[finding("f")], dispositions=[decision("f", disposition)])
    assert (found["mark"], found["escaped_confirmed"], found["escaped_unreviewed"]) == ("escape", True, False)


def test_a_dismissal_with_a_reason_takes_the_escape_away():
    decided = [decision("f", "false_positive")]
    found = change(findings=[finding("f")], dispositions=decided, scans=[scan("s")])
    assert (found["mark"], found["findings"]) == ("watched", [])


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_dismissal_without_a_reason_does_not(reason: str | None):
    dismissal = decision("f", "false_positive", reason=reason)
    assert change(findings=[finding("f")], dispositions=[dismissal])["mark"] == "untriaged"
    later = decision("f", "false_positive", 5, reason=reason)
    confirmed = change(findings=[finding("f")], dispositions=[decision("f"), later])
    assert (confirmed["mark"], confirmed["escaped_confirmed"]) == ("escape", True)


def test_the_latest_decision_holds_and_reopening_asks_again():
    history = [
        decision("f", "confirmed", 4),
        decision("f", "false_positive", 5),
        decision("f", "reopened", 6),
    ]
    for known, mark in enumerate(("untriaged", "escape", "watched", "untriaged")):
        given = {"findings": [finding("f")], "scans": [scan("s")]}
        assert change(**given, dispositions=history[:known])["mark"] == mark


def test_of_two_decisions_of_one_moment_the_worse_holds_in_any_order():
    both = [decision("f", "confirmed", decided_by="a"), decision("f", "false_positive", decided_by="b")]
    for order in (both, both[::-1]):
        assert change(findings=[finding("f")], dispositions=order)["mark"] == "escape"


def test_a_change_with_many_escapes_is_one_change():
    found = change(findings=[finding("b"), finding("a")], dispositions=[decision("a")])
    assert (found["escaped_confirmed"], found["escaped_unreviewed"]) == (True, True)
    assert found["findings"] == ["a_______", "b_______"]


@pytest.mark.parametrize(
    "other", [{"severity": "low"}, {"is_security": False}, {"introduced_by": 99}, {"repository": "acme2/pay"}]
)
def test_what_is_no_security_finding_of_this_change_is_no_escape_of_it(other: Row):
    assert change(findings=[finding("f", **other)], scans=[scan("s")])["mark"] == "watched"


def test_the_policy_says_how_severe_an_escape_must_be():
    given = tables(pull_requests=[pull_request(1)], findings=[finding("f")])
    strict = Case(given, PILOT, policy(minimum_severity="critical"), Ask(LATER)).changes
    assert strict["escaped_unreviewed"].to_list() == [False]


def test_only_a_confirmed_critical_escape_is_critical():
    severe = finding("f", severity="critical")
    assert change(findings=[severe])["critical"] is False
    assert change(findings=[severe], dispositions=[decision("f")])["critical"] is True


def test_an_event_after_the_moment_of_judgement_has_not_happened():
    rows = {"findings": [finding("f", seen=20)], "dispositions": [decision("f", decided=25)]}
    assert [change(at=at, **rows)["mark"] for at in (19, 21, 26)] == ["watching", "untriaged", "escape"]


def test_a_finding_reported_before_merge_and_still_there_is_a_bypass_and_no_escape():
    found = change(findings=[bypass("f")], dispositions=[decision("f")], scans=[scan("s")])
    assert (found["bypassed"], found["mark"], found["findings"]) == (True, "watched", ["f_______"])


@pytest.mark.parametrize(
    ("gone", "seen_again", "bypassed"),
    [(0.95, None, False), (1, None, False), (1.5, None, True), (0.95, 5, True)],
)
def test_a_finding_mended_before_the_merge_is_no_bypass_unless_it_comes_back(
    gone: float, seen_again: float | None, *, bypassed: bool
):
    again = None if seen_again is None else day(seen_again)
    row = bypass("f", gone_at=day(gone), post_merge_seen_at=again)
    assert change(findings=[row])["bypassed"] is bypassed


def accepted(**given: Any) -> bool:
    """Whether an acceptance before the merge un-makes the bypass."""
    usual = {"disposition": "accepted", "decided": 0.95, "second_person": "kim"}
    row = decision("f", **{**usual, **given})
    of = pull_request(1, driver="dora")
    return not change(of=of, findings=[bypass("f")], dispositions=[row])["bypassed"]


def test_an_acceptance_by_a_second_person_before_the_merge_unmakes_a_bypass():
    assert accepted()
    assert accepted(expires_at=day(2))


@pytest.mark.parametrize(
    "fault",
    [
        {"decided": 1.1},
        {"second_person": None},
        {"second_person": "Sam"},
        {"second_person": " sam "},
        {"second_person": "@sam"},
        {"second_person": "  "},
        {"second_person": "dora"},
        {"second_person": "Copilot"},
        {"expires_at": day(0.99)},
        {"disposition": "wont_fix"},
    ],
)
def test_an_acceptance_that_is_late_lonely_expired_or_none_leaves_the_bypass(fault: Row):
    assert not accepted(**fault)


def test_a_dismissed_bypass_is_none():
    found = change(findings=[bypass("f")], dispositions=[decision("f", "false_positive")])
    assert found["bypassed"] is False


def test_a_finding_first_reported_on_the_pull_request_after_its_merge_escaped():
    assert change(findings=[bypass("f", seen=1.2)])["mark"] == "untriaged"


def test_an_escape_of_a_backport_counts_for_the_change_that_arrived_first():
    rows = [pull_request(1), pull_request(40, 9, head_branch="backport/1")]
    given = tables(pull_requests=rows, findings=[finding("f", 40, 12)])
    judged = Case(given, PILOT, POLICY, Ask(LATER)).changes
    assert judged.select("number", "mark").rows() == [(1, "untriaged")]
    assert pilot_findings(given)["number"].to_list() == [1]


def test_a_finding_of_somebody_elses_change_is_not_of_the_pilot():
    human = pull_request(2, authorship="human")
    given = tables(pull_requests=[pull_request(1), human], findings=[finding("f", 2)])
    assert pilot_findings(given).is_empty()


def test_news_that_no_change_explains_stays_without_a_number_until_dismissed():
    found = one_finding(finding("f", None))
    assert (found["number"], found["method"], found["is_escape"]) == (None, "unattributed", False)
    rows = {"pull_requests": [pull_request(1)], "findings": [finding("f", None)]}
    open_ones = unattributed(pilot_findings(tables(**rows)))
    assert open_ones["finding_id"].to_list() == ["f_______"]
    dismissed = tables(**rows, dispositions=[decision("f", "false_positive")])
    assert unattributed(pilot_findings(dismissed)).is_empty()


def test_a_finding_that_names_a_change_nobody_knows_is_unattributed():
    assert one_finding(finding("f", 99, method="explicit"))["number"] is None


@pytest.mark.parametrize(
    "other",
    [
        {"first_seen_at": day(-1)},
        {"first_seen_stage": "pre_merge", "post_merge_seen_at": None},
        {"method": "baseline"},
        {"severity": "low"},
        {"repository": "other/x"},
    ],
)
def test_what_is_old_premature_or_elsewhere_is_not_unattributed(other: Row):
    given = tables(pull_requests=[pull_request(1)], findings=[finding("f", None, **other)])
    assert pilot_findings(given).is_empty()


def test_in_a_monorepo_news_outside_the_pilots_paths_is_not_its_own():
    rows = [
        finding("a", None, path="pay/x.py"),
        finding("b", None, path="web/x.py"),
        finding("c", None, path=None),
    ]
    found = pilot_findings(tables(findings=rows), pilot(paths=("pay/**",)))
    assert found["finding_id"].str.strip_chars("_").to_list() == ["a", "c"]


def test_a_dismissal_after_the_sprint_had_closed_is_marked_late():
    for decided, late in ((13, False), (15, True)):
        found = one_finding(finding("f"), dispositions=[decision("f", "false_positive", decided)])
        assert (found["status"], found["late_dismissal"], found["is_escape"]) == ("dismissed", late, False)


def test_a_finding_says_who_decided_what_and_why():
    found = one_finding(finding("f"), dispositions=[decision("f", reason="exploitable")])
    told = {name: found[name] for name in ("status", "disposition", "decided_by", "decided_at", "reason")}
    assert told == {
        "status": "confirmed",
        "disposition": "confirmed",
        "decided_by": "sam",
        "decided_at": day(4),
        "reason": "exploitable",
    }
    assert (found["sprint"], found["merged_at"], found["stage"]) == (1, day(1), "post_merge")


def test_the_list_of_findings_has_as_many_rows_as_the_flags_say():
    rows = [finding("a"), finding("b"), bypass("c"), finding("d", 2), finding("e", 2)]
    given = tables(
        pull_requests=[pull_request(1), pull_request(2)],
        findings=rows,
        dispositions=[decision("b"), decision("e", "false_positive")],
    )
    listed = pilot_findings(given)
    counting = listed.filter(pl.col("is_escape") | pl.col("is_bypass"))["finding_id"].to_list()
    judged = Case(given, PILOT, POLICY, Ask(LATER)).changes
    assert sorted(counting) == sorted(judged["findings"].explode().to_list())
    assert judged["bypassed"].sum() == 1
