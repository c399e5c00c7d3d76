"""A change's course, weakness and decision fit together, whatever chance draws."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.simulator.changes import Change, changes
from data.simulator.names import DRIVERS, HUMANS
from data.simulator.tools import AUDIT_SCAN, DEEP_SCAN, LINT_GUARD
from data.simulator.truth import AFTER_MERGE, BEFORE_MERGE, Fate, Schedule, Truth
from ingest.identity import finding_id, finding_key
from tests.builders_simulator import ALL_FATES, AS_OF, flow, lively, moment, plant, repository, truth

seeds = given(seed=st.integers(0, 10_000))
few = settings(max_examples=15, deadline=None)


def drawn(known: Truth, seed: int = 1) -> list[Change]:
    return list(changes(known, known.repositories[0], seed))


def planted(fate: Fate, **more: Any) -> Change:
    known = truth(repository(plant(fate, **more), flows=(flow(per_week=1),)))
    return next(one for one in drawn(known) if one.pull.arrival.fate == fate)


@seeds
@few
def test_nothing_that_is_told_lies_after_the_export(seed: int) -> None:
    for change in drawn(lively(), seed):
        course = change.pull.course
        moments = [course.merged_at, course.closed_at, course.accepted_at, change.seen_at, *course.pushes]
        moments += [*course.scanned_at, *(review.settled_at for review in course.reviews)]
        moments += [change.decision.at] if change.decision else []
        assert all(moment < AS_OF for moment in moments if moment is not None)


@seeds
@few
def test_a_merge_waits_for_every_push_scan_and_approval(seed: int) -> None:
    for change in drawn(lively(), seed):
        course = change.pull.course
        before = [
            *course.pushes,
            *course.scanned_at,
            *(review.at for review in course.reviews if not review.is_bot),
        ]
        assert course.merged_at is None or max(before) < course.merged_at


@seeds
@few
def test_what_was_found_before_the_merge_and_what_after_stay_apart(seed: int) -> None:
    for change in drawn(lively(), seed):
        merged_at, fate = change.pull.merged_at, change.pull.arrival.fate
        if change.seen_at is not None and merged_at is not None:
            assert (change.seen_at >= merged_at) == (fate in AFTER_MERGE)


@seeds
@few
def test_nobody_approves_their_own_change_and_drivers_approve_nothing(seed: int) -> None:
    for change in drawn(lively(), seed):
        approvers = {review.by for review in change.pull.course.reviews if review.state == "APPROVED"}
        assert change.pull.author.login not in approvers
        assert not approvers & set(DRIVERS)


@seeds
@few
def test_a_weak_change_has_a_file_that_no_other_change_touches(seed: int) -> None:
    found = drawn(lively(), seed)
    touched = Counter(file.path for change in found for file in change.pull.content.files)
    assert all(touched[change.weakness.path] == 1 for change in found if change.weakness)


@seeds
@few
def test_unknown_means_that_the_author_was_seen_with_an_agent_before(seed: int) -> None:
    seen = set()
    for change in drawn(lively(), seed):
        author = change.pull.author
        assert author.arm != "unknown" or author.login in seen
        assert author.arm != "human" or author.login in HUMANS
        if author.arm in ("agent", "assisted") and not author.is_bot:
            seen.add(author.login)


def test_a_fixed_finding_is_gone_from_the_second_scan_before_the_merge() -> None:
    course = planted("fixed").pull.course
    assert len(course.scanned_at) >= 2
    assert course.scanned_at[1] < course.merged_at


def test_an_acceptance_names_two_people_and_comes_before_the_merge() -> None:
    change = planted("accepted")
    assert change.decision.disposition == "accepted"
    assert change.decision.second_person not in ("", change.decision.by)
    assert change.seen_at < change.decision.at < change.pull.merged_at < change.decision.expires_at


def test_a_bypass_is_merged_with_its_finding_and_decided_later() -> None:
    change = planted("bypass")
    assert change.seen_at < change.pull.merged_at < change.decision.at
    assert change.told().bypass


def test_an_escape_is_seen_at_the_next_scan_and_confirmed() -> None:
    change = planted("escape", at=moment(6, 3, 9))
    assert change.seen_at == moment(6, 8, 2, 30)
    assert change.decision.disposition == "confirmed"
    assert change.told().escaped


def test_a_rare_look_makes_for_a_late_report() -> None:
    change = planted("escape", at=moment(6, 3, 9), tool="AuditScan")
    assert change.seen_at == moment(6, 24, 5)


def test_a_crashed_scan_delays_the_report_to_its_rerun() -> None:
    rerun = Schedule(DEEP_SCAN, moment(5, 25, 2, 30), failed_on=(moment(6, 8).date(),))
    known = truth(repository(plant("escape", moment(6, 3, 9)), flows=(flow(per_week=1),), schedules=(rerun,)))
    change = next(one for one in drawn(known) if one.weakness)
    assert change.seen_at == moment(6, 9, 4, 30)


def test_an_untriaged_finding_has_no_decision_and_is_no_confirmed_escape() -> None:
    change = planted("untriaged")
    assert change.seen_at is not None
    assert change.decision is None
    assert not change.told().escaped


def test_a_false_alarm_is_dismissed_with_a_reason() -> None:
    decision = planted("false_alarm").decision
    assert (decision.disposition, bool(decision.reason)) == ("false_positive", True)


def test_a_weakness_that_no_scan_could_see_yet_is_told_without_a_report() -> None:
    late = planted("escape", at=AS_OF - timedelta(days=2)).told()
    assert late.finding.first_seen_at is None
    assert not late.escaped


def test_the_finding_is_named_as_the_product_names_it() -> None:
    weak = planted("escape").weakness
    assert weak.id == finding_id("acme/one", finding_key(weak.rule.id, weak.path, weak.text, 0))


def test_a_change_is_out_of_scope_when_unmerged_generated_or_elsewhere() -> None:
    flows = (flow(per_week=100),)
    for share in ("generated_only_share", "release_branch_share"):
        known = truth(repository(flows=flows, **{share: 1.0}))
        assert not any(change.told().in_scope for change in drawn(known))
    merged = [change.told() for change in drawn(truth(repository(flows=flows)))]
    assert all(told.merged_at for told in merged if told.in_scope)
    assert sum(told.in_scope for told in merged) > 500


@pytest.mark.parametrize("fate", [fate for fate, _ in ALL_FATES])
def test_the_tool_that_finds_it_looks_at_the_right_time(fate: Fate) -> None:
    known = truth(repository(flows=(flow(per_week=20, fates=((fate, 1.0),)),)))
    tools = {change.weakness.tool.name for change in drawn(known)}
    later = {DEEP_SCAN.name, AUDIT_SCAN.name}
    assert tools == ({LINT_GUARD.name} if fate in BEFORE_MERGE else later)


def test_the_next_model_is_named_from_its_day_on() -> None:
    claude = (("claude-code", 1.0),)
    known = truth(repository(agents=claude, new_model_on=moment(6, 22).date()))
    models = {(one.pull.arrival.opened_at >= moment(6, 22), one.pull.author.model) for one in drawn(known)}
    assert models == {(False, "Claude Sonnet 4.5"), (True, "Claude Opus 4.5")}
