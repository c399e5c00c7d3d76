"""What the numbers about prompts say of hand-made windows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.arms import ARMS
from metrics.catalogue.approvals import PROMPTS
from metrics.estimate import Estimate, Number, Undefined
from metrics.fatigue.funnel import funnel
from metrics.fatigue.judging import AUTOMATED, AWAY, NO_PERSON, READ_ONLY, REJECTED
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.weeks import weekly
from metrics.gate.case import Ask, Case
from metrics.segments import in_sprints, whole
from metrics.slices import Slicer
from tests.builders_fatigue import FAST, approval, busy_approvals, counted, decisions
from tests.builders_metrics import Row, day, pilot, policy, tables
from tests.builders_sign_offs import session
from tests.metrics.test_fatigue_judging import any_decision

NUMBERS = {metric.id: metric for metric in PROMPTS}


def case_of(rows: list[Row]) -> Case:
    sessions = [session("s1", 0, 8)]
    return Case(tables(approvals=rows, approval_sessions=sessions), pilot(), policy(), Ask(day(60)))


def number(metric: str, rows: list[Row]) -> Number:
    """The metric over the pilot's first epoch."""
    case = case_of(rows)
    return NUMBERS[metric].compute(Slicer(case).slice(ARMS["agent"], whole(case)))


def stated(metric: str, rows: list[Row]) -> Estimate:
    found = number(metric, rows)
    assert isinstance(found, Estimate), found
    return found


def of_people(fast: list[int], n: list[int], **given: Any) -> list[Row]:
    """So many fast ones of so many, for each person."""
    each = zip(fast, n, strict=True)
    return [row for k, (x, of) in enumerate(each) for row in decisions(x, of - x, reviewer=f"p{k}", **given)]


WORKED = ([3, 0, 12, 5, 1, 9, 2, 20, 0, 7], [20, 15, 30, 25, 18, 40, 12, 35, 10, 22])


def test_the_headline_is_the_share_of_fast_ones_with_the_interval_over_people():
    found = stated("fast_prompt_approval_share", of_people(*WORKED))
    assert (found.numerator, found.denominator) == (59, 227)
    assert (found.value, found.low, found.high) == pytest.approx((0.2599, 0.1434, 0.4241), abs=1e-4)


def test_what_is_left_out_is_named_and_adds_up():
    others = [approval(actor="policy"), approval(700), approval(is_read_only=True), approval(reviewer=None)]
    rejects = [approval(decision="reject")] * 2
    coverage = number("fast_prompt_approval_share", [*of_people(*WORKED), *others, *rejects]).coverage
    assert (coverage.measured, coverage.total) == (227, 233)
    assert dict(coverage.excluded) == {REJECTED: 2, AUTOMATED: 1, AWAY: 1, READ_ONLY: 1, NO_PERSON: 1}


def test_inferred_prompts_stand_apart_and_together():
    rows = [*of_people([2] * 6, [10] * 6), *of_people([3] * 6, [10] * 6, shown_evidence="inferred")]
    names = ("", "_inferred", "_with_inferred")
    found = [stated(f"fast_prompt_approval_share{name}", rows) for name in names]
    assert [(each.numerator, each.denominator) for each in found] == [(12, 60), (18, 60), (30, 120)]


def test_below_thirty_approvals_or_five_people_only_counts_are_told():
    few_people = number("fast_prompt_approval_share", of_people([3, 3, 3, 3], [24] * 4))
    assert isinstance(few_people, Undefined)
    assert few_people.reason.startswith("12 of 96, 4 people")
    assert isinstance(number("fast_prompt_approval_share", of_people([1] * 6, [4] * 6)), Undefined)


def test_a_pure_policy_approver_is_automation_and_never_fatigue():
    rows = [approval(0.01, actor="policy", reviewer=f"p{n % 9}") for n in range(90)]
    assert stated("automated_decision_share", rows).value == 1
    found = number("fast_prompt_approval_share", rows)
    assert isinstance(found, Undefined)
    assert found.coverage.excluded == ((AUTOMATED, 90),)


def test_requests_that_only_read_never_count():
    rows = of_people([1] * 6, [10] * 6)
    reads = of_people([10] * 6, [10] * 6, is_read_only=True)
    assert stated("fast_prompt_approval_share", [*rows, *reads]).numerator == 6


def test_rejects_are_judged_by_the_same_rule():
    rows = [*of_people([1] * 6, [6] * 6, decision="reject"), *of_people([9] * 6, [9] * 6)]
    found = stated("fast_prompt_reject_share", rows)
    assert (found.numerator, found.denominator) == (6, 36)


def test_the_approve_rate_needs_no_wait_and_no_plan():
    rows = [approval(None, reviewer=f"p{n % 6}") for n in range(54)]
    rows += [approval(None, reviewer=f"p{n}", decision="reject") for n in range(6)]
    plans = [approval(reviewer=f"p{n}", decision="reject", request_kind="plan") for n in range(6)]
    found = stated("prompt_approval_share", [*rows, *plans])
    assert (found.numerator, found.denominator) == (54, 60)


def test_unknown_deciders_are_in_no_share_but_their_own():
    rows = [approval(actor="unknown"), approval(actor="policy"), *decisions(0, 2)]
    assert stated("unknown_decider_share", rows).value == 0.25
    automated = stated("automated_decision_share", rows)
    assert (automated.numerator, automated.denominator) == (1, 3)


def test_a_mode_is_stated_as_at_least_what_is_told_and_at_most_all_that_is_not():
    rows = [approval(mode=mode) for mode in ("bypass", "auto", "auto", "default", None)]
    found = stated("bypass_mode_share", rows)
    assert (found.value, found.low, found.high, found.numerator) == (0.2, 0.2, 0.4, 1)
    assert stated("auto_mode_share", rows).value == 0.4
    assert stated("accept_edits_mode_share", rows).value == 0


def test_coverage_is_of_what_people_may_have_approved():
    rows = [
        *decisions(1, 2),
        approval(None),
        approval(700),
        approval(actor="unknown"),
        approval(actor="hook"),
    ]
    found = stated("measurable_prompt_share", rows)
    assert (found.numerator, found.denominator) == (3, 6)


def test_approvals_of_unknown_size_are_counted():
    found = stated("unknown_prompt_size_share", [*decisions(0, 3), approval(content_chars=None)])
    assert (found.numerator, found.denominator) == (1, 4)


def test_blocked_hours_leave_out_who_was_away():
    rows = [
        approval(360),
        approval(540, decision="reject"),
        approval(601),
        approval(None),
        approval(9, actor="model"),
    ]
    found = stated("blocked_hours", rows)
    assert found.value == pytest.approx(0.25)
    assert dict(found.coverage.excluded)[AWAY] == 1


def test_prompts_an_hour_are_those_that_people_answer_while_sessions_may_have_somebody_before_them():
    answers = [approval(5, happened_at=day(3)) for _ in range(6)]
    rules = [approval(None, actor="policy", happened_at=day(3)) for _ in range(4)]
    open_ = {"is_interactive": None}
    sessions = [
        session("a", 72, 73.5),
        session("b", 72, 73, **open_),
        session("c", 72, 90, is_interactive=False),
    ]
    case = Case(
        tables(approvals=[*answers, *rules], approval_sessions=sessions), pilot(), policy(), Ask(day(60))
    )
    found = NUMBERS["prompts_per_session_hour"].compute(Slicer(case).slice(ARMS["agent"], whole(case)))
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator, found.value) == (6, 2.5, 2.4)
    nobody = Case(tables(approvals=answers), pilot(), policy(), Ask(day(60)))
    empty = NUMBERS["prompts_per_session_hour"].compute(Slicer(nobody).slice(ARMS["agent"], whole(nobody)))
    assert isinstance(empty, Undefined)


def test_a_grant_that_lasts_is_told_from_one_for_once():
    rows = [*of_people([0] * 6, [8] * 6), *of_people([0] * 6, [2] * 6, scope="permanent")]
    assert stated("lasting_grant_share", rows).value == 0.2


def test_decisions_fall_into_the_sprint_of_their_day():
    case = case_of([*of_people([1] * 6, [10] * 6, happened_at=day(3)), *decisions(0, 4, happened_at=day(20))])
    first, second, *_ = in_sprints(case)
    slicer = Slicer(case)
    metric = NUMBERS["fast_prompt_approval_share"]
    totals = [metric.compute(slicer.slice(ARMS["agent"], each)).coverage.total for each in (first, second)]
    assert totals == [60, 4]


def test_decisions_of_other_repositories_and_of_none_are_not_the_pilots():
    rows = [*decisions(0, 2), approval(repository="other/x"), approval(repository=None)]
    assert number("unknown_decider_share", rows).coverage.total == 2


@pytest.mark.parametrize("metric", PROMPTS, ids=lambda metric: metric.id)
def test_every_number_is_stated_of_a_busy_window(metric: Any):
    found = stated(metric.id, busy_approvals())
    assert found.unit == metric.unit
    assert found.value == pytest.approx(found.numerator / found.denominator)


@settings(max_examples=8, deadline=None)
@given(st.lists(any_decision(), max_size=25))
def test_totals_reconcile_whatever_was_logged(rows: list[Row]):
    case = case_of(rows)
    window = Slicer(case).slice(ARMS["agent"], whole(case))
    for metric in PROMPTS:
        coverage = metric.compute(window).coverage
        assert coverage.total == len(rows), metric.id
        assert coverage.measured + sum(n for _, n in coverage.excluded) == coverage.total, metric.id


def test_a_funnel_shows_each_person_between_the_limits_of_everybody():
    found = funnel(counted(of_people([2, 2, 2, 2, 40], [10, 10, 10, 10, 40])), FatigueRules())
    assert found["approval_count"].to_list() == [10, 10, 10, 10, 40]
    last = found.row(-1, named=True)
    assert last["share"] == 1 > last["far_high"]


def test_a_small_group_shows_nobody():
    assert funnel(counted(of_people([2] * 4, [20] * 4)), FatigueRules()).is_empty()
    assert funnel(counted([]), FatigueRules()).is_empty()


def test_weeks_begin_on_monday():
    rows = [
        approval(happened_at=day(6.5)),  # Sunday
        approval(happened_at=day(7.5), actor="policy", mode="bypass"),
        approval(happened_at=day(8), actor="unknown", mode=None),
    ]
    weeks = weekly(counted(rows))
    assert weeks["week_on"].to_list() == [date(2026, 6, 1), date(2026, 6, 8)]
    assert weeks["decision_count"].to_list() == [1, 2]
    names = ("automated_count", "decider_known_count", "bypass_count", "mode_known_count")
    assert weeks.select(names).row(1) == (1, 1, 1, 1)
    assert weekly(counted([])).is_empty()


def test_a_persons_day_is_counted_once_however_the_rows_lie():
    rows = [approval(FAST, reviewer=f"p{n % 7}", happened_at=day(n % 9)) for n in range(60)]
    assert counted(rows).equals(counted(rows[::-1]))
