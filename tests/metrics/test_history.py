from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from metrics.findings import unattributed
from metrics.gate.assessment import assess
from metrics.gate.case import Ask, Case
from metrics.history import NO_CHANGE, OWN_CHANGE, PUSHED, UNKNOWN_CHANGE
from tests.builders_metrics import (
    LATER,
    Row,
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


def test_an_assisted_push_counts_as_agents_where_assisted_changes_do() -> None:
    push = landed("c0ffee1", authorship="assisted")
    assert (held(push), held(push, assisted=True)) == ([], [PUSHED])


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
