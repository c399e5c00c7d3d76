from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.gate.policy import Policy
from metrics.gate.rule import Moment, escapes_allowed
from metrics.gate.states import STATES, SprintCount, State
from metrics.gate.verdict import Judgement, judge, worse
from tests.builders_gate import DAY_0, moment, sprint, still_open, watched, young

POLICY = Policy()
NOW = moment(400)


def judged(sprints: Sequence[SprintCount], policy: Policy = POLICY, when: Moment = NOW) -> Judgement:
    return judge(sprints, policy, when)


def state(*sprints: SprintCount, policy: Policy = POLICY, when: Moment = NOW) -> State:
    return judged(sprints, policy, when).state


def on(day_number: int) -> date:
    return DAY_0.date() + timedelta(days=day_number)


# The table, one row after the other


def test_two_clean_sprints_of_forty_meet_the_rule_without_proof():
    assert state(sprint(1, 40), sprint(2, 40)) == "MET_UNPROVEN"


def test_two_clean_sprints_of_three_hundred_meet_and_prove_it():
    assert state(sprint(1, 300), sprint(2, 300)) == "MET_PROVEN"


@pytest.mark.parametrize(("changes", "x"), [(300, 3), (100, 1), (200, 2), (1, 1)])
def test_exactly_one_percent_breaks_the_rule(changes: int, x: int):
    assert state(sprint(1, changes, x), sprint(2, 300)) == "NOT_MET"


def test_just_below_one_percent_keeps_it():
    assert state(sprint(1, 301, 3), sprint(2, 101, 1)) == "MET_UNPROVEN"


def test_a_breach_before_the_last_two_mature_sprints_is_over():
    assert state(sprint(1, 50, 1), sprint(2, 300), sprint(3, 300)) == "MET_UNPROVEN"


def test_bad_news_of_a_young_sprint_counts_at_once_and_good_news_does_not():
    mature = (sprint(1, 40), sprint(2, 40))
    assert state(*mature, young(3, 50, 1)) == "NOT_MET"
    assert state(*mature, young(3, 5_000)) == "MET_UNPROVEN"


def test_an_open_sprint_is_not_judged_yet():
    assert state(sprint(1, 300), sprint(2, 300), still_open(3, 5, 1)) == "MET_PROVEN"


def test_proof_that_the_rate_is_above_the_threshold_stops_even_while_young():
    assert state(young(1, 40, 2), young(2, 40, 3)) == "ABOVE_PROVEN"


def test_a_confirmed_critical_escape_stops_by_policy():
    counted = (sprint(1, 300), sprint(2, 301, 1, critical=1))
    assert state(*counted) == "ABOVE_PROVEN"
    assert state(*counted, policy=Policy(critical_stops=False)) == "MET_UNPROVEN"


def test_a_critical_escape_of_the_open_sprint_stops_at_once():
    critical = replace(still_open(3, 40, 1), critical=1)
    assert state(sprint(1, 300), sprint(2, 300), critical) == "ABOVE_PROVEN"


def test_an_unreviewed_critical_escape_waits_for_triage_however_large_its_sprint():
    mature = [sprint(1, 300), sprint(2, 300, 0, 1, critical_high=1)]
    found = judged(mature)
    assert (found.state, found.state_low, found.state_high) == ("UNTRIAGED", "MET_PROVEN", "ABOVE_PROVEN")
    assert state(*mature, policy=Policy(critical_stops=False)) == "MET_UNPROVEN"


def test_an_unreviewed_critical_escape_of_the_open_sprint_is_named_as_the_reason():
    waiting = replace(still_open(3, 40, 0, 1), critical_high=1)
    found = judged([sprint(1, 300), sprint(2, 300), waiting])
    assert (found.state, found.reason) == ("UNTRIAGED", "1 change with untriaged critical findings")


def test_an_empty_sprint_that_is_relied_on_tells_nothing():
    assert state(sprint(1, 300), sprint(2, 0)) == "NOT_MEASURABLE"


def test_a_sprint_that_nobody_looked_at_tells_nothing():
    assert state(sprint(1, 100), sprint(2, 100, detected=89)) == "NOT_MEASURABLE"
    assert state(sprint(1, 100), sprint(2, 100, detected=90)) == "MET_UNPROVEN"


def test_detection_share_is_a_setting():
    assert (
        state(sprint(1, 100), sprint(2, 100, detected=89), policy=Policy(detection_share=0.5))
        == "MET_UNPROVEN"
    )


def test_a_breach_outweighs_missing_detection():
    assert state(sprint(1, 100, 1, detected=0), sprint(2, 0)) == "NOT_MET"


def test_one_mature_sprint_is_too_early_however_large():
    assert state(sprint(1, 5_000)) == "TOO_EARLY"
    assert state() == "TOO_EARLY"


def test_mature_sprints_with_a_gap_are_no_neighbours():
    assert state(sprint(1, 300), sprint(3, 300)) == "TOO_EARLY"


@pytest.mark.parametrize(("wanted", "expected"), [(1, "MET_PROVEN"), (3, "MET_PROVEN"), (4, "TOO_EARLY")])
def test_the_number_of_sprints_is_a_setting(wanted: int, expected: State):
    assert state(sprint(1, 300), sprint(2, 300), sprint(3, 300), policy=Policy(sprints=wanted)) == expected


def test_only_sprints_of_the_current_epoch_serve():
    earlier = (sprint(1, 300, 30), sprint(2, 300, 30, epoch=None))
    later = (sprint(3, 300, epoch=2), sprint(4, 300, epoch=2))
    assert state(*earlier, *later, when=moment(400, epoch=2)) == "MET_PROVEN"
    assert state(*earlier, *later, when=moment(400, epoch=1)) == "ABOVE_PROVEN"


def test_order_of_the_sprints_given_does_not_matter():
    counted = [sprint(1, 50, 1), sprint(2, 300), sprint(3, 300)]
    assert judged(counted[::-1]).state == judged(counted).state == "MET_UNPROVEN"


# Triage and caps


def test_unreviewed_findings_that_would_break_the_rule_wait_for_triage():
    found = judged([sprint(1, 40), sprint(2, 40, 0, 1)])
    assert (found.state, found.state_low, found.state_high) == ("UNTRIAGED", "MET_UNPROVEN", "NOT_MET")


def test_unreviewed_findings_cannot_make_a_broken_rule_look_better():
    assert state(sprint(1, 40, 1, 9), sprint(2, 40)) == "NOT_MET"


def test_between_two_met_states_the_weaker_stands():
    found = judged([sprint(1, 300, 0, 2), sprint(2, 300)])
    assert (found.state_low, found.state_high, found.state) == ("MET_PROVEN", "MET_UNPROVEN", "MET_UNPROVEN")


def test_triage_comes_before_what_else_is_missing():
    assert state(sprint(1, 300), sprint(2, 0), young(3, 40, 0, 1)) == "UNTRIAGED"
    assert state(young(1, 40, 0, 1)) == "UNTRIAGED"


def test_an_unattributed_finding_caps_at_untriaged():
    clean = (sprint(1, 300), sprint(2, 300))
    assert state(*clean, when=moment(400, unattributed=1)) == "UNTRIAGED"
    assert state(sprint(1, 40, 1), sprint(2, 40), when=moment(400, unattributed=1)) == "NOT_MET"


def test_a_scan_that_was_never_made_good_caps_at_not_measurable():
    clean = (sprint(1, 300), sprint(2, 300))
    assert state(*clean, when=moment(400, unusable_scans=1)) == "NOT_MEASURABLE"
    assert state(*clean, when=moment(400, unattributed=1, unusable_scans=1)) == "UNTRIAGED"
    assert state(sprint(1, 40), when=moment(400, unusable_scans=1)) == "NOT_MEASURABLE"


# Dates


def test_a_breach_clears_when_enough_later_sprints_can_be_mature():
    # Sprint 4 ends on day 56; sprint 6 ends on day 84 and matures on day 114.
    found = judged([sprint(2, 96), sprint(3, 96), young(4, 96, 1)], when=moment(60))
    assert (found.state, found.breaching, found.clear_on) == ("NOT_MET", (4,), on(114))


def test_the_later_of_two_breaches_decides_when_it_clears():
    assert judged([sprint(1, 40, 1), sprint(2, 40), young(3, 40, 1)], when=moment(60)).clear_on == on(
        42 + 28 + 30
    )


def test_the_day_of_clearing_is_the_first_on_which_the_breach_does_not_count():
    counts = [(96, 0), (96, 1), (96, 0), (96, 0), (96, 0), (96, 0), (96, 0)]
    clear = judged(watched(counts, 58), when=moment(58)).clear_on
    assert clear is not None
    clear_day = (clear - DAY_0.date()).days
    assert state(*watched(counts, clear_day - 1), when=moment(clear_day - 1)) == "NOT_MET"
    assert state(*watched(counts, clear_day), when=moment(clear_day)) == "MET_UNPROVEN"


def test_too_early_ends_when_enough_sprints_can_be_mature():
    assert judged([young(1, 40), still_open(2, 3)], when=moment(20)).clear_on == on(28 + 30)
    assert judged([still_open(1, 3)], Policy(sprints=3), moment(5)).clear_on == on(42 + 30)


def test_a_new_epoch_waits_for_whole_sprints_after_the_one_it_began_in():
    straddling = replace(still_open(3, 40), epoch=None)
    found = judged([sprint(1, 300), sprint(2, 300), straddling], when=moment(40, epoch=2))
    assert (found.state, found.clear_on) == ("TOO_EARLY", on(14 * 5 + 30))


def test_before_the_first_sprint_there_is_no_date():
    assert judged([]).clear_on is None


def test_dates_are_days_in_the_zone_of_the_pilot():
    east = [replace(each, start=each.start - timedelta(hours=9), end=each.end - timedelta(hours=9))
            for each in (young(1, 40, 1),)]  # fmt: skip
    assert judged(east, when=replace(moment(20), timezone="Asia/Tokyo")).clear_on == on(14 + 28 + 30)


def test_a_breach_of_a_pilot_that_has_ended_has_no_day_to_clear():
    assert judged([sprint(1, 96), sprint(2, 96, 1)], when=moment(400)).clear_on is None


@pytest.mark.parametrize("counted", [[sprint(1, 300), sprint(2, 300)], [sprint(1, 300), sprint(2, 0)]])
def test_states_that_do_not_end_by_waiting_have_no_date(counted: list[SprintCount]):
    assert judged(counted).clear_on is None


# Readings


def test_as_written_reads_closed_sprints_and_followed_up_mature_ones():
    found = judged([sprint(1, 300), sprint(2, 300), young(3, 40, 1)]).readings
    assert (found.as_written, found.followed_up, found.proven) == (False, True, True)


def test_a_reading_of_too_few_or_empty_sprints_cannot_be_told():
    assert judged([young(1, 40), young(2, 40)]).readings.as_written is True
    assert judged([young(1, 40), young(2, 40)]).readings.followed_up is None
    assert judged([young(1, 40), young(2, 0)]).readings.as_written is None
    assert judged([young(1, 40)]).readings.as_written is None


def test_one_breach_is_enough_to_tell_that_a_reading_fails():
    assert judged([young(1, 40, 1)]).readings.as_written is False


def test_what_triage_could_overturn_cannot_be_told():
    found = judged([sprint(1, 300), sprint(2, 300, 0, 3)]).readings
    assert (found.as_written, found.followed_up, found.proven) == (None, None, None)
    assert judged([sprint(1, 300), sprint(2, 300, 0, 2)]).readings.proven is None
    assert judged([sprint(1, 40), sprint(2, 40)]).readings.proven is False


def test_what_nobody_looked_at_is_not_followed_up():
    found = judged([sprint(1, 300), sprint(2, 300, detected=0)]).readings
    assert (found.as_written, found.followed_up) == (True, None)


@pytest.mark.parametrize("when", [moment(400, unattributed=1), moment(400, unusable_scans=1)])
def test_no_reading_holds_while_something_is_unread_or_unattributed(when: Moment):
    found = judged([sprint(1, 300), sprint(2, 300)], when=when).readings
    assert (found.as_written, found.followed_up, found.proven) == (None, None, None)
    broken = judged([sprint(1, 40, 1), sprint(2, 40)], when=when).readings
    assert broken.followed_up is False


# Reasons and small parts


def test_the_judgement_names_what_it_relied_on_and_why():
    found = judged([sprint(1, 40), sprint(2, 40), sprint(3, 50, detected=10)])
    assert found.relied_on == (2, 3)
    assert found.reason == "post-merge detection ran for 10 of 50 changes of sprint 3 (90 % needed)"
    assert judged([sprint(1, 300), sprint(2, 300)]).reason == ""


def test_every_reason_of_a_cap_is_named():
    when = moment(400, unusable_scans=2)
    assert judged([sprint(1, 40), sprint(2, 0)], when=when).reason == (
        "sprint 2 has no in-scope change; 2 scans or files could not be read or placed"
    )
    assert judged([sprint(1, 40), sprint(2, 40)], when=moment(400, unattributed=1)).reason == (
        "1 finding that no change could be charged with"
    )


def test_the_worse_state_is_the_one_further_left():
    assert worse("MET_PROVEN", "UNTRIAGED") == worse("UNTRIAGED", "MET_PROVEN") == "UNTRIAGED"


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 100_000), st.sampled_from([0.005, 0.01, 0.07, 0.3]))
def test_allowed_escapes_are_the_most_that_stay_below(n: int, p0: float):
    most = escapes_allowed(n, p0)
    assert most / n < p0 <= (most + 1) / n


# Bad news never helps

COUNTS = st.tuples(
    st.sampled_from([0, 1, 5, 40, 99, 100, 101, 300, 900]),
    st.integers(0, 4),
    st.integers(0, 3),
    st.integers(0, 12),
)


@st.composite
def pilots(draw: st.DrawFn) -> list[SprintCount]:
    """Up to six sprints, mature before young before open, with any counts that can be."""
    closed = draw(st.integers(0, 6))
    mature = draw(st.integers(0, closed))
    found = []
    for number, (changes, x, more, missed) in enumerate(draw(st.lists(COUNTS, max_size=6)), start=1):
        low = min(x, changes)
        high = min(low + more, changes)
        detected = max(changes - missed, high)
        critical = draw(st.integers(0, 40)) == 0 and low > 0
        found.append(
            sprint(number, changes, low, high, closed=number <= closed, mature=number <= mature,
                   detected=detected, critical=int(critical))
        )  # fmt: skip
    return found


POLICIES = st.builds(
    Policy,
    sprints=st.integers(1, 3),
    escape_rate=st.sampled_from([0.005, 0.01, 0.05]),
    strict=st.booleans(),
    critical_stops=st.booleans(),
)
MOMENTS = st.builds(
    moment, st.just(400), unattributed=st.sampled_from([0, 0, 1]), unusable_scans=st.sampled_from([0, 0, 1])
)


def is_no_better(after: State, before: State) -> bool:
    return STATES.index(after) <= STATES.index(before)


def one_changed(sprints: list[SprintCount], place: int, **changed: int) -> list[SprintCount]:
    found = list(sprints)
    found[place] = replace(found[place], **changed)  # type: ignore[arg-type]
    return found


@settings(deadline=None, max_examples=80)
@given(pilots(), POLICIES, MOMENTS)
def test_a_confirmed_escape_never_improves_the_state(
    sprints: list[SprintCount], policy: Policy, when: Moment
):
    before = judge(sprints, policy, when).state
    for place, each in enumerate(sprints):
        if each.escapes_low < each.changes:
            low = each.escapes_low + 1
            after = one_changed(sprints, place, escapes_low=low, escapes_high=max(each.escapes_high, low))
            assert is_no_better(judge(after, policy, when).state, before)


@settings(deadline=None, max_examples=80)
@given(pilots(), POLICIES, MOMENTS)
def test_an_unreviewed_escape_never_improves_the_state(
    sprints: list[SprintCount], policy: Policy, when: Moment
):
    before = judge(sprints, policy, when).state
    for place, each in enumerate(sprints):
        if each.escapes_high < each.changes:
            after = one_changed(sprints, place, escapes_high=each.escapes_high + 1)
            assert is_no_better(judge(after, policy, when).state, before)


@settings(deadline=None, max_examples=80)
@given(pilots(), POLICIES, MOMENTS)
def test_a_missing_clean_change_never_improves_the_state(
    sprints: list[SprintCount], policy: Policy, when: Moment
):
    before = judge(sprints, policy, when).state
    for place, each in enumerate(sprints):
        if each.escapes_high < each.detected:
            after = one_changed(sprints, place, changes=each.changes - 1, detected=each.detected - 1)
            assert is_no_better(judge(after, policy, when).state, before)


@settings(deadline=None, max_examples=60)
@given(pilots(), POLICIES, MOMENTS)
def test_less_information_never_improves_the_state(sprints: list[SprintCount], policy: Policy, when: Moment):
    before = judge(sprints, policy, when).state
    lost = replace(when, unattributed=when.unattributed + 1)
    unread = replace(when, unusable_scans=when.unusable_scans + 1)
    assert is_no_better(judge(sprints, policy, lost).state, before)
    assert is_no_better(judge(sprints, policy, unread).state, before)


@settings(deadline=None, max_examples=80)
@given(pilots(), POLICIES, MOMENTS)
def test_proof_implies_the_limit_and_the_easier_reading(
    sprints: list[SprintCount], policy: Policy, when: Moment
):
    found = judge(sprints, policy, when)
    if found.state == "MET_PROVEN":
        assert found.evidence.upper_limit < policy.escape_rate
        assert found.evidence_high.upper_limit < policy.escape_rate
        assert found.readings.proven is True
    if found.state == "MET_UNPROVEN":
        assert found.readings.followed_up is True
    if found.readings.proven:
        assert found.readings.followed_up is True


@settings(deadline=None, max_examples=60)
@given(pilots(), POLICIES, MOMENTS)
def test_there_is_a_reason_exactly_while_the_rule_is_not_met(
    sprints: list[SprintCount], policy: Policy, when: Moment
):
    found = judge(sprints, policy, when)
    assert bool(found.reason) == (found.state not in {"MET_UNPROVEN", "MET_PROVEN"})


def test_a_late_escape_reopens_a_sprint_that_had_passed():
    counts = [(96, 0), (96, 0)]
    assert state(*watched(counts, 60), when=moment(60)) == "MET_UNPROVEN"
    assert state(*watched([(96, 0), (96, 1)], 60), when=moment(60)) == "NOT_MET"
