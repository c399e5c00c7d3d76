from __future__ import annotations

from typing import Any

import pytest

from metrics.estimate import Undefined
from metrics.gate.assessment import assess
from metrics.gate.case import Ask, Case
from metrics.rules import bypassing_pushes
from tests.builders_metrics import day, feature, past_rules, pilot, policy, pull_request, tables
from tests.metrics.test_catalogue import number

SHARE = "rules_bypassed_at_merge_share"
READ = feature("rule_suites", asked=30)
HUMAN = {"authorship": "human", "author_login": "ana", "agent": None}


def bypassed(merged: float = 10, *, looked: Any = (READ,), pushes: Any = (), **given: Any) -> bool | None:
    known = tables(pull_requests=[pull_request(1, merged, **given)], features=looked, rule_bypasses=pushes)
    answer: bool | None = Case(known, pilot(), policy(), Ask(day(60))).changes["rules_bypassed"].item()
    return answer


def test_a_merge_that_was_pushed_past_the_rules_bypassed_them():
    assert bypassed(pushes=[past_rules("merge1", 10)]) is True
    assert bypassed(pushes=[past_rules("other", 10)]) is False
    assert bypassed() is False


def test_the_same_commit_in_another_repository_is_another_push():
    assert bypassed(pushes=[past_rules("merge1", repository="acme/fork")]) is False


@pytest.mark.parametrize(("merged", "told"), [(2, False), (1.9, None), (30, False), (30.1, None)])
def test_only_what_merged_in_the_four_weeks_before_the_last_look_is_known_not_to_bypass(
    merged: float, told: Any
):
    assert bypassed(merged) is told


@pytest.mark.parametrize(("merged", "told"), [(0.9, None), (1.1, False), (29, False)])
def test_a_chain_of_looks_without_a_gap_makes_older_merges_known(merged: float, told: Any):
    assert bypassed(merged, looked=[READ | {"since_at": day(1)}]) is told


def test_a_bypass_that_was_seen_stays_known_whatever_came_after():
    pushes = [past_rules("merge1", 1)]
    assert bypassed(1, pushes=pushes) is True
    assert bypassed(1, pushes=pushes, looked=[feature("rule_suites", "not_permitted")]) is True
    assert bypassed(1, pushes=pushes, looked=[]) is True


def test_without_a_look_or_a_merge_commit_it_cannot_be_known():
    assert bypassed(looked=[]) is None
    assert bypassed(looked=[feature("checks", asked=30)]) is None
    assert bypassed(merge_sha=None) is None


def test_a_push_after_the_moment_of_judgement_has_not_happened():
    known = tables(
        pull_requests=[pull_request(1, 10)], features=[READ], rule_bypasses=[past_rules("merge1", 10)]
    )
    told = [
        Case(known, pilot(), policy(), Ask(day(at))).cut.rule_bypasses.collect().height for at in (9.9, 10)
    ]
    assert told == [0, 1]


def test_the_share_is_stated_of_each_arm():
    rows = [pull_request(n, 10 + n) for n in range(1, 5)] + [pull_request(9, 12, **HUMAN)]
    pushes = [past_rules("merge1", 11), past_rules("merge3", 13)]
    given = {"pull_requests": rows, "rule_bypasses": pushes, "features": [READ]}
    agents, people = (number(SHARE, arm, **given) for arm in ("agent", "human"))
    assert (agents.numerator, agents.denominator) == (2, 4)  # type: ignore[union-attr]
    assert (people.numerator, people.denominator) == (0, 1)  # type: ignore[union-attr]


def test_where_rules_may_not_be_read_the_share_is_not_measured():
    refused = feature("rule_suites", "not_permitted", said="Resource not accessible by personal access token")
    found = number(SHARE, features=[refused])
    assert isinstance(found, Undefined)
    said = "GitHub says for acme/pay: Resource not accessible by personal access token"
    assert found.reason == f"not measured: {said}"
    assert found.coverage.excluded == ((found.reason, 4),)


def test_where_nobody_asked_the_share_says_so():
    found = number(SHARE)
    assert isinstance(found, Undefined)
    assert found.reason == "bypasses of rules not read for their merge for every change of this window"


def test_changes_outside_what_was_read_are_counted_as_left_out():
    rows = [pull_request(1, 10), pull_request(2, 1), pull_request(3, 40)]
    found = number(SHARE, pull_requests=rows, features=[READ])
    assert (found.coverage.measured, found.coverage.excluded) == (
        1,
        (("bypasses of rules not read for their merge", 2),),
    )


def test_pushes_are_counted_apart_where_they_belong_to_no_merge():
    pushes = [
        past_rules("merge1", 1),
        past_rules("direct", 2),
        past_rules("merge2", 3),
        {**past_rules("unknown", 4), "after_sha": None},
    ]
    open_one = pull_request(2, None)
    found = bypassing_pushes(tables(pull_requests=[pull_request(1), open_one], rule_bypasses=pushes))
    assert found.rows() == [("acme/pay", 4, 3, day(4))]


def test_agents_merges_past_a_rule_have_to_be_explained():
    rows = [pull_request(1, 10), pull_request(2, 11), pull_request(3, 12, **HUMAN)]
    pushes = [past_rules(f"merge{n}", 9 + n) for n in (1, 3)]
    given = tables(pull_requests=rows, features=[READ], rule_bypasses=pushes)
    verdict = assess(given, pilot(), policy(), Ask(day(60))).verdict
    (asked,) = [each for each in verdict.attention if each.what == "Explain changes merged past a rule"]
    assert (asked.who, asked.since, asked.rows) == ("owners of the pilot", day(10), ("acme/pay#1",))


def test_a_merge_past_a_rule_does_not_touch_the_gates_bypasses():
    given = {"pull_requests": [pull_request(1, 10)], "features": [READ]}
    before, after = (
        assess(tables(**given, rule_bypasses=pushes), pilot(), policy(), Ask(day(60))).verdict
        for pushes in ([], [past_rules("merge1", 10)])
    )
    assert (after.state, after.criteria, after.blocked_by) == (
        before.state,
        before.criteria,
        before.blocked_by,
    )
