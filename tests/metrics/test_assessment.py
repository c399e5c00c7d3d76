from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from metrics.estimate import Estimate, Undefined
from metrics.gate.assessment import Ask, Assessment, assess
from metrics.gate.policy import Policy
from metrics.pilot import Epoch, Pilot
from tests.builders_metrics import (
    Row,
    bypass,
    clean_sprints,
    day,
    decision,
    finding,
    pilot,
    policy,
    pull_request,
    scan,
    tables,
)

# Twelve clean sprints of 40: proven. Day 198 is 30 days after the end of the twelfth.
PROVEN_ON = 198


def asked(
    rows: dict[str, list[Row]], at: float = PROVEN_ON, of: Pilot | None = None, **given: Any
) -> Assessment:
    under = given.pop("under", None) or policy()
    return assess(tables(**rows), of or pilot(), under, Ask(day(at), **given))


def clean(per_sprint: int = 40, sprints: int = 12, **more: list[Row]) -> dict[str, list[Row]]:
    rows = clean_sprints(per_sprint, sprints)
    return {**rows, **{name: [*rows.get(name, []), *extra] for name, extra in more.items()}}


def human(number: int, merged: float) -> Row:
    return pull_request(number, merged, authorship="human", agent=None, author_login="ana")


def what(found: Assessment) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.what, item.rows) for item in found.verdict.attention]


def test_a_long_clean_well_watched_pilot_may_expand():
    verdict = asked(clean()).verdict
    assert (verdict.state, verdict.allowed, verdict.blocked_by) == ("MET_PROVEN", True, ())
    assert (verdict.evidence.escapes, verdict.evidence.changes) == (0, 480)
    assert verdict.attention == ()
    assert "scan-b" in verdict.sentence


def test_an_unproven_pilot_may_expand_only_where_the_policy_does_not_ask_for_proof():
    rows = clean(40, 4)
    verdict = asked(rows, at=4 * 14 + 30).verdict
    assert (verdict.state, verdict.allowed, verdict.blocked_by) == ("MET_UNPROVEN", False, ("proven",))
    lenient = asked(rows, at=4 * 14 + 30, under=policy(require="followed_up")).verdict
    assert (lenient.allowed, lenient.blocked_by) == (True, ())


def test_before_anything_happened_the_answer_exists_and_allows_nothing():
    verdict = asked({}, at=1).verdict
    assert not verdict.allowed
    assert isinstance(verdict.sprints[0].rate, Undefined)
    assert isinstance(verdict.human_baseline, Undefined)


def test_before_the_pilots_start_there_is_no_sprint():
    verdict = asked({}, at=-3).verdict
    assert verdict.sprints == ()
    assert not verdict.allowed


def test_a_sprint_is_counted_with_its_interval_and_what_was_left_out():
    elsewhere = pull_request(900, 2, base_branch="old")
    found = asked(clean(40, 1, pull_requests=[elsewhere], findings=[finding("f", 3)]), at=20).verdict.sprints[
        0
    ]
    assert (found.changes, found.escapes_low, found.escapes_high, found.detected) == (40, 0, 1, 40)
    assert isinstance(found.rate_high, Estimate)
    assert (found.rate_high.numerator, found.rate_high.denominator) == (1, 40)
    assert found.rate_high.coverage.excluded == (("merged to another branch", 1),)
    assert (found.closed, found.mature, found.start, found.end) == (True, False, day(0), day(14))


def test_a_confirmed_escape_breaks_the_rule_and_keeps_the_gate_shut():
    rows = clean(findings=[finding("f", 470, 160)], dispositions=[decision("f", decided=161)])
    verdict = asked(rows).verdict
    assert (verdict.state, verdict.allowed) == ("NOT_MET", False)
    assert "NOT_MET" in verdict.blocked_by


def test_an_untriaged_escape_leaves_the_answer_open_and_asks_for_a_decision():
    found = asked(clean(findings=[finding("f", 470, 160)]))
    assert found.verdict.state == "UNTRIAGED"
    assert what(found) == [("Decide about untriaged escapes", ("f_______",))]
    assert found.verdict.attention[0].since == day(160)


def test_one_untriaged_critical_escape_holds_a_pilot_of_any_size():
    severe = {"findings": [finding("f", 470, 160, severity="critical")]}
    verdict = asked(clean(120, **severe)).verdict
    assert (verdict.state, verdict.allowed) == ("UNTRIAGED", False)
    assert (verdict.sprints[3].critical, verdict.sprints[3].critical_high) == (0, 1)
    assert asked(clean(120, findings=[finding("f", 470, 160)])).verdict.state == "MET_PROVEN"


def test_a_critical_escape_dismissed_late_waits_again_without_late_dismissals():
    rows = clean(120, findings=[finding("f", 470, 50, severity="critical")])
    late = {**rows, "dispositions": [decision("f", "false_positive", 60)]}
    verdict = asked(late).verdict
    assert (verdict.state, verdict.without_late_dismissals) == ("MET_PROVEN", "UNTRIAGED")


def test_an_unattributed_finding_leaves_the_answer_open():
    found = asked(clean(findings=[finding("f", None, 160)]))
    assert found.verdict.state == "UNTRIAGED"
    assert what(found) == [("Say which change introduced unattributed findings", ("f_______",))]


def test_a_scan_that_could_not_be_read_leaves_the_answer_open():
    unread = scan("x", None, status="unreadable", repository=None, tool=None)
    found = asked(clean(scans=[unread]))
    assert found.verdict.state == "NOT_MEASURABLE"
    assert what(found) == [("Mend or withdraw scans that say nothing", ("x.sarif",))]


def test_a_bypass_blocks_although_the_rule_is_met():
    found = asked(clean(findings=[bypass("f", 1)]))
    assert (found.verdict.state, found.verdict.blocked_by) == ("MET_PROVEN", ("no_bypass",))
    assert not found.verdict.allowed
    assert what(found) == [("Explain changes merged over a reported finding", ("acme/pay#1",))]


def test_sprints_at_which_nothing_looked_are_named():
    rows = clean()
    rows["scans"] = [each for each in rows["scans"] if each["stage"] == "pre_merge"]
    found = asked(rows)
    assert found.verdict.state == "NOT_MEASURABLE"
    (item,) = found.verdict.attention
    assert item.rows[0] == "sprint 1: 0 of 40"
    assert len(item.rows) == 12


def test_a_pilot_without_any_scan_is_not_measured_rather_than_refused():
    found = asked({**clean(), "scans": []}).verdict
    assert found.state == "NOT_MEASURABLE"
    assert found.blocked_by == ("NOT_MEASURABLE", "proven", "no_bypass", "independent_detection")
    assert {each.state for each in found.criteria if each.blocking} == {"not_measurable"}


def test_a_blocking_criterion_that_nobody_knows_keeps_the_gate_shut():
    verdict = asked(clean(), under=policy(blocking=("no_bypas",))).verdict
    assert (verdict.allowed, verdict.blocked_by) == (False, ("no_bypas",))


def test_a_blocking_criterion_without_a_source_keeps_the_gate_shut():
    verdict = asked(clean(), under=policy(blocking=("detector_fnr",))).verdict
    assert verdict.blocked_by == ("detector_fnr",)


def test_what_was_published_first_stands_beside_what_is_known_now():
    late = {"findings": [finding("f", 1, 20)], "dispositions": [decision("f", decided=25)]}
    first = asked(clean(40, 2, **late), at=60).verdict.sprints[0]
    assert (first.escapes_low, first.escapes_high) == (1, 1)
    assert first.first_published is not None
    assert (first.first_published.changes, first.first_published.escapes_high) == (40, 0)
    assert first.first_published.at == day(14)


def test_first_published_is_what_an_assessment_on_that_day_says():
    rows = clean(
        5,
        2,
        findings=[finding("a", 1, 5), finding("b", 2, 6), finding("c", 3, 16)],
        dispositions=[
            decision("a", decided=7),
            decision("b", "false_positive", 20),
            decision("a", "reopened", 30),
        ],
    )
    then = asked(rows, at=14).verdict.sprints[0]
    first = asked(rows, at=90).verdict.sprints[0].first_published
    assert first is not None
    assert (first.changes, first.escapes_low, first.escapes_high) == (5, 1, 2)
    assert (first.changes, first.escapes_low, first.escapes_high) == (
        then.changes, then.escapes_low, then.escapes_high,
    )  # fmt: skip


def test_the_state_without_late_dismissals_is_one_click_away():
    rows = {"findings": [finding("f", 470, 160)]}
    for decided, without in ((167, "MET_PROVEN"), (169, "UNTRIAGED")):
        verdict = asked(clean(**rows, dispositions=[decision("f", "false_positive", decided)])).verdict
        assert (verdict.state, verdict.without_late_dismissals) == ("MET_PROVEN", without)


def test_a_late_dismissal_does_not_undo_an_earlier_confirmation():
    history = [decision("f", "confirmed", 161), decision("f", "false_positive", 190)]
    verdict = asked(clean(findings=[finding("f", 470, 160)], dispositions=history)).verdict
    assert (verdict.state, verdict.without_late_dismissals) == ("MET_PROVEN", "NOT_MET")


def test_an_unattributed_finding_dismissed_late_counts_again_without_late_dismissals():
    rows = clean(findings=[finding("f", None, 160)], dispositions=[decision("f", "false_positive", 180)])
    verdict = asked(rows).verdict
    assert (verdict.state, verdict.without_late_dismissals) == ("MET_PROVEN", "UNTRIAGED")


def test_human_changes_of_the_same_repositories_stand_beside_as_do_those_of_the_year_before():
    people = [human(901, 3), human(902, 4), human(903, -20), human(904, -400)]
    escapes = {
        "findings": [finding("h", 901, 9), finding("i", 903, -9)],
        "dispositions": [decision("h"), decision("i")],
    }
    verdict = asked(clean(2, 2, pull_requests=people, **escapes), at=60).verdict
    assert (verdict.human_baseline.as_json()["numerator"], verdict.human_baseline.n) == (1, 2)
    assert (verdict.before_baseline.as_json()["numerator"], verdict.before_baseline.n) == (1, 1)


def test_a_change_before_the_start_is_listed_but_counts_for_no_sprint_and_asks_for_nothing():
    rows = clean(2, 1, pull_requests=[pull_request(900, -5)], findings=[finding("f", 900, -2)])
    found = asked(rows, at=20)
    assert found.changes["number"].to_list() == [900, 1, 2]
    assert found.verdict.sprints[0].changes == 2
    assert what(found) == []


def test_a_declared_epoch_restarts_the_evidence():
    declared = pilot(epochs=(Epoch(day(84).date(), "model upgrade"),))
    verdict = asked(clean(), of=declared).verdict
    assert (verdict.epoch.number, verdict.epoch.what, verdict.evidence.changes) == (2, "model upgrade", 240)
    assert [sprint.epoch for sprint in verdict.sprints[:7]] == [1, 1, 1, 1, 1, 1, 2]


def test_a_policy_change_restarts_it_too_and_its_sprint_serves_neither():
    verdict = asked(clean(), policy_changes=(day(90).date(),)).verdict
    assert verdict.epoch.number == 2
    assert [sprint.epoch for sprint in verdict.sprints[5:8]] == [1, None, 2]


@pytest.mark.parametrize(
    ("merged", "agents", "named"),
    [(10, (), ()), (15, (), ("copilot m-6",)), (15, ("M-6",), ()), (15, ("copilot",), ("copilot m-6",))],
)
def test_a_model_that_comes_later_and_that_no_epoch_declares_is_flagged(
    merged: float, agents: tuple[str, ...], named: tuple[str, ...]
):
    declared = pilot(epochs=(Epoch(day(0).date(), "start", agents),))
    rows = clean(2, 1, pull_requests=[pull_request(900, merged, model="m-6")])
    assert asked(rows, at=20, of=declared).verdict.epoch.undeclared == named


def test_young_sprints_get_a_nowcast_once_there_are_enough_delays():
    rows = clean(40, 4, findings=[finding(f"f{n}", n, 3 + n % 5) for n in range(1, 31)])
    sprints = asked(rows, at=70).verdict.sprints
    assert sprints[0].nowcast is None
    assert isinstance(sprints[3].nowcast, Estimate)
    assert isinstance(asked(clean(40, 4), at=70).verdict.sprints[3].nowcast, Undefined)


def test_the_verdict_says_when_it_was_asked_and_by_which_policy():
    known = day(PROVEN_ON) + timedelta(hours=1)
    verdict = asked(clean(2, 1), known_at=known).verdict
    assert (verdict.pilot, verdict.as_of, verdict.known_at) == ("pay", day(PROVEN_ON), known)
    assert (verdict.policy_digest, verdict.require, verdict.threshold) == (Policy().digest, "proven", 0.01)


def test_a_file_that_was_refused_keeps_the_gate_shut_and_is_named():
    found = asked(clean(), gaps=("pulls/page-3.json",))
    assert (found.verdict.state, found.verdict.allowed) == ("NOT_MEASURABLE", False)
    assert ("Mend files that were refused, and ingest again", ("pulls/page-3.json",)) in what(found)


def test_a_sprint_is_not_watched_longer_than_data_was_gathered():
    whole = asked(clean(40, 2), at=60, under=policy(require="followed_up"))
    assert whole.verdict.state == "MET_UNPROVEN"
    stale = asked(clean(40, 2), at=60, under=policy(require="followed_up"), gathered_at=day(40))
    assert (stale.verdict.state, stale.verdict.allowed) == ("TOO_EARLY", False)


def test_where_nothing_looked_the_rates_are_unknown_and_not_zero():
    found = asked({"pull_requests": clean_sprints(5, 2)["pull_requests"]}, at=60).verdict
    assert all(isinstance(sprint.rate, Undefined) for sprint in found.sprints if sprint.changes)
    assert "no ok scan" in found.sprints[0].rate.reason  # type: ignore[union-attr]


def test_under_a_policy_that_reads_the_rule_as_written_a_young_pilot_may_expand():
    verdict = asked(clean(40, 2), at=30, under=policy(require="as_written", blocking=())).verdict
    assert (verdict.state, verdict.allowed, verdict.blocked_by) == ("TOO_EARLY", True, ())
