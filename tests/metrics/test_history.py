from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from metrics.findings import unattributed
from metrics.gate.assessment import assess
from metrics.gate.case import Ask, Case
from metrics.history import LANDED_DISPUTED, NAMES_DISPUTED, NO_CHANGE, OWN_CHANGE, PUSHED, UNKNOWN_CHANGE
from tests.builders_metrics import (
    LATER,
    Row,
    changed_file,
    clean_sprints,
    day,
    finding,
    landed,
    pilot,
    policy,
    pull_request,
    tables,
)

BLAMED: Row = {"method": "blame", "introduced_commit": "c0ffee1"}
PERSON: Row = {"authorship": "human", "author_login": "ana", "agent": None}


def held(*commits: Row, changes: Any = (), assisted: bool = False, **given: Any) -> list[str]:
    """Why the one finding without a change holds the pilot back; empty = history explains it."""
    rows = tables(
        pull_requests=[pull_request(1), *changes],
        findings=[finding("f", None, **{**BLAMED, **given})],
        landed_commits=commits,
    )
    found = Case(rows, pilot(), policy(include_assisted=assisted), Ask(LATER)).agent.findings
    return unattributed(found)["unexplained"].to_list()


def test_a_finding_of_a_commit_that_landed_before_the_pilot_began_holds_nothing_back() -> None:
    assert held(landed("c0ffee1", -0.01, authorship="agent")) == []
    assert held(landed("c0ffee1", 0, authorship="agent")) == [PUSHED]


@pytest.mark.parametrize("authorship", ["human", "automation"])
def test_what_a_person_or_automation_pushed_past_review_is_no_doing_of_agents(authorship: str) -> None:
    assert held(landed("c0ffee1", authorship=authorship)) == []


@pytest.mark.parametrize("authorship", ["agent", "unknown"])
def test_what_an_agent_or_nobody_knows_who_pushed_past_review_holds_back_as_what_it_is(
    authorship: str,
) -> None:
    assert held(landed("c0ffee1", authorship=authorship)) == [PUSHED]


def test_an_assisted_push_holds_for_all_of_it_carries_agent_evidence() -> None:
    push = landed("c0ffee1", authorship="assisted")
    assert (held(push), held(push, assisted=True)) == ([PUSHED], [PUSHED])


def test_a_commit_that_landed_with_somebody_elses_known_change_explains_the_finding() -> None:
    theirs = pull_request(7, **PERSON)
    assert held(landed("c0ffee1", pull_request=7), changes=[theirs]) == []


def test_a_commit_that_landed_with_a_change_nobody_knows_explains_nothing() -> None:
    assert held(landed("c0ffee1", pull_request=99)) == [UNKNOWN_CHANGE]


def test_a_commit_of_the_pilots_own_change_is_not_explained_away() -> None:
    assert held(landed("c0ffee1", pull_request=1)) == [OWN_CHANGE]


@pytest.mark.parametrize(
    "other", [{"introduced_commit": None}, {"introduced_commit": "elsewhere"}, {"repository": "acme/other"}]
)
def test_a_commit_that_is_not_this_findings_explains_nothing(other: Row) -> None:
    assert held(landed("c0ffee1", -5), **other) == [NO_CHANGE]


def test_the_same_commit_in_another_repository_explains_nothing() -> None:
    assert held(landed("c0ffee1", -5, repository="acme/fork")) == [NO_CHANGE]


def test_a_finding_that_names_an_unknown_change_may_be_explained_by_its_commit() -> None:
    assert held(landed("c0ffee1", -5), introduced_by=99) == []
    assert held(introduced_by=99) == [NO_CHANGE]


# -- findings that name a change which cannot have brought them in ----------------------------------------

CRITICAL: Row = {"severity": "critical", "introduced_commit": None, "method": "explicit"}
OUT_OF_SCOPE: dict[str, Row] = {
    "not merged": {"merged_at": None},
    "merged to another branch": {"base_branch": "develop"},
    "only generated files": {"relevant_file_count": 0},
}
EVERY_CASE = pytest.mark.parametrize(("why", "given"), OUT_OF_SCOPE.items(), ids=list(OUT_OF_SCOPE))


@EVERY_CASE
def test_a_finding_of_a_change_that_cannot_have_brought_it_in_holds_back(why: str, given: Row) -> None:
    named = pull_request(7, 2, **given)
    assert held(changes=[named], introduced_by=7, **CRITICAL) == [NAMES_DISPUTED.format(why)]


def test_a_finding_of_a_closed_change_holds_back_whoever_opened_it() -> None:
    closed = pull_request(7, None, closed_at=day(2), **PERSON)
    assert held(changes=[closed], introduced_by=7, **CRITICAL) == [NAMES_DISPUTED.format("not merged")]


def test_a_finding_of_a_change_outside_the_pilots_paths_holds_back_unless_it_lies_outside_too() -> None:
    for path, reasons in (
        ("pay/a.py", [NAMES_DISPUTED.format("outside the pilot's paths")]),
        (None, [NAMES_DISPUTED.format("outside the pilot's paths")]),
        ("web/a.py", []),
    ):
        rows = tables(
            pull_requests=[pull_request(7)],
            changed_files=[changed_file(7, "web/a.py")],
            findings=[finding("f", 7, path=path)],
        )
        found = Case(rows, pilot(paths=("pay/**",)), policy(), Ask(LATER)).agent.findings
        assert unattributed(found)["unexplained"].to_list() == reasons


@pytest.mark.parametrize("authorship", ["human", "automation", "assisted"])
@pytest.mark.parametrize("given", [{}, {"base_branch": "develop"}, {"relevant_file_count": 0}])
def test_what_somebody_elses_merged_change_brought_in_is_theirs(authorship: str, given: Row) -> None:
    theirs = pull_request(7, 2, **{**PERSON, "authorship": authorship, **given})
    assert held(changes=[theirs], introduced_by=7, **CRITICAL) == []


def test_an_assisted_change_out_of_scope_is_the_agents_where_assisted_changes_are() -> None:
    theirs = pull_request(7, 2, authorship="assisted", base_branch="develop")
    assert held(changes=[theirs], assisted=True, introduced_by=7, **CRITICAL) == [
        NAMES_DISPUTED.format("merged to another branch")
    ]


def test_what_an_agent_merged_elsewhere_before_the_pilot_began_holds_nothing_back() -> None:
    old = pull_request(7, -2, base_branch="develop")
    assert held(changes=[old], introduced_by=7, **CRITICAL) == []


@EVERY_CASE
def test_a_commit_that_landed_with_an_agents_change_out_of_scope_is_not_explained(
    why: str, given: Row
) -> None:
    commit = landed("c0ffee1", pull_request=7)
    assert held(commit, changes=[pull_request(7, 2, **given)]) == [LANDED_DISPUTED.format(why)]


def test_history_explains_a_finding_of_a_persons_closed_change_but_not_one_of_an_agents() -> None:
    commit, theirs = landed("c0ffee1", 3, pull_request=8), pull_request(8, 3, **PERSON)
    persons, agents = pull_request(7, None, **PERSON), pull_request(7, None)
    assert held(commit, changes=[theirs, persons], introduced_by=7) == []
    assert held(commit, changes=[theirs, agents], introduced_by=7) == [NAMES_DISPUTED.format("not merged")]
    assert held(landed("c0ffee1", -3), changes=[agents], introduced_by=7) == []


def test_what_was_seen_on_a_head_alone_is_of_no_concern_until_the_branch_has_it() -> None:
    on_head = {"first_seen_stage": "pre_merge", "method": "pull_request_head", "introduced_by": 7}
    closed = [pull_request(7, None)]
    assert held(changes=closed, post_merge_seen_at=None, **on_head) == []
    assert held(changes=closed, post_merge_seen_at=day(9), **on_head) == [NAMES_DISPUTED.format("not merged")]


def test_what_was_seen_on_a_head_before_the_start_counts_from_when_the_branch_has_it() -> None:
    on_head = {"first_seen_stage": "pre_merge", "first_seen_at": day(-3), "introduced_commit": None}
    assert held(post_merge_seen_at=day(-1), **on_head) == []
    assert held(post_merge_seen_at=day(1), **on_head) == [NO_CHANGE]


def test_a_finding_of_a_baseline_holds_back_where_its_commit_speaks_against_the_pilot() -> None:
    old: Row = {"method": "baseline"}
    assert held(landed("c0ffee1", authorship="agent"), **old) == [PUSHED]
    assert held(landed("c0ffee1", pull_request=1), **old) == [OWN_CHANGE]
    before: tuple[Row, ...] = (landed("c0ffee1", -1, authorship="agent"),)
    for explained in ((), (landed("c0ffee1"),), before):
        assert held(*explained, **old) == []


def test_people_are_not_held_back_by_what_agents_brought_in() -> None:
    rows = tables(pull_requests=[pull_request(1)], findings=[finding("f", 1)])
    assert Case(rows, pilot(), policy(), Ask(LATER)).human.findings.is_empty()


@EVERY_CASE
def test_no_pilot_passes_over_a_critical_finding_of_its_agents_change_out_of_scope(
    why: str, given: Row
) -> None:
    rows = clean_sprints(40, 10)
    rows["pull_requests"].append(pull_request(999, 3, **given))
    rows["findings"] = [finding("f", 999, 9, severity="critical")]
    told = assess(tables(**rows), pilot(), policy(), Ask(day(180))).verdict
    assert (told.state, told.allowed) == ("UNTRIAGED", False), why


# -- verdicts ---------------------------------------------------------------------------------------------


def verdict(*commits: Row) -> tuple[str, tuple[str, ...]]:
    """State of clean sprints with one blamed finding of no change, and what has to be done about it."""
    rows = clean_sprints(40, 10)
    rows["findings"] = [finding("f", None, 3, **BLAMED)]
    rows["landed_commits"] = list(commits)
    told = assess(tables(**rows), pilot(), policy(), Ask(day(180))).verdict
    return told.state, tuple(each.what for each in told.attention)


def test_history_turns_an_untriaged_pilot_into_the_one_that_it_is() -> None:
    before, push, persons = (
        verdict(),
        verdict(landed("c0ffee1", authorship="agent")),
        verdict(landed("c0ffee1")),
    )
    assert (before[0], push[0], persons[0]) == ("UNTRIAGED", "UNTRIAGED", "MET_PROVEN")
    assert "Decide about findings pushed past review" in push[1]
    assert "Say which change introduced unattributed findings" in before[1]
    assert not any("findings" in what for what in persons[1])


def test_the_list_of_unattributed_findings_leaves_out_what_history_explains() -> None:
    from_before = finding("old", None, **BLAMED)
    by_agent = finding("new", None, method="blame", introduced_commit="c0ffee2")
    rows = tables(
        findings=[from_before, by_agent, finding("none", None)],
        landed_commits=[landed("c0ffee1", -5), landed("c0ffee2", 3, authorship="agent")],
    )
    found = Case(rows, pilot(), policy(), Ask(LATER)).agent.findings
    assert unattributed(found).sort("finding_id").select(
        pl.col("finding_id").str.strip_chars("_"), "unexplained"
    ).rows() == [("new", PUSHED), ("none", NO_CHANGE)]
