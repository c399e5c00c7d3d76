from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.gate.policy import Policy
from metrics.gate.reasons import fraction, percent, plural
from metrics.gate.rule import Moment
from metrics.gate.sentences import NOTHING_MORE, Particulars, evidence_sentence, rule_sentence
from metrics.gate.states import SprintCount
from metrics.gate.verdict import judge
from tests.builders_gate import day, moment, sprint, still_open, young

NOW = moment(60)


def rule(
    *sprints: SprintCount, when: Moment = NOW, policy: Policy | None = None, told: Particulars = NOTHING_MORE
) -> str:
    return rule_sentence(judge(sprints, policy or Policy(), when), told)


def proof(*sprints: SprintCount, when: Moment = NOW, policy: Policy | None = None) -> str:
    return evidence_sentence(judge(sprints, policy or Policy(), when))


# Rule


def test_a_broken_rule_names_the_sprint_the_allowance_and_the_day_it_can_clear():
    assert rule(sprint(2, 96), sprint(3, 96), young(4, 96, 1)) == (
        "Rule broken: sprint 4, 1 of 96 (the rule allows 0 at this size). Earliest clear: 2026-04-25"
    )


def test_every_breach_is_named_with_its_own_allowance():
    assert rule(sprint(1, 301, 4), young(2, 96, 1)).startswith(
        "Rule broken: sprint 1, 4 of 301 (the rule allows 3 at this size); "
        "sprint 2, 1 of 96 (the rule allows 0 at this size)"
    )


def test_a_breach_that_nothing_follows_says_so():
    assert rule(sprint(1, 96), sprint(2, 96, 1), when=moment(900)).endswith(
        "It cannot clear without further sprints"
    )


def test_too_many_escapes_stop_the_pilot_with_counts():
    assert rule(sprint(1, 40, 2), sprint(2, 40, 3)) == (
        "Stop: detected escapes exceed 1 %, 5 of 80 changes in 2 closed sprints"
    )


def test_a_critical_escape_stops_the_pilot_by_name():
    assert (
        rule(sprint(1, 300), sprint(2, 301, 1, critical=1)) == "Stop: critical escape confirmed in sprint 2"
    )


def test_watching_gives_the_counts_so_far_and_the_earliest_day():
    assert rule(young(1, 90), still_open(2, 6), when=moment(26)) == (
        "Watching: 0 of 96 so far; cannot pass before 2026-02-28"
    )


def test_watching_without_sprints_names_no_day():
    assert rule() == "Watching: 0 of 0 so far"


def test_a_met_rule_gives_its_evidence_and_its_sprints():
    # e_below of 1 in 600 is 12.79; ln 12.79 / ln 20 = 0.851.
    assert rule(sprint(1, 300), sprint(2, 300, 1)) == (
        "Rule met; evidence 85 of 100 (0 of 300 in sprint 1, 1 of 300 in sprint 2)"
    )


def test_a_met_rule_gives_the_weaker_evidence_while_findings_wait():
    assert rule(sprint(1, 300, 0, 2), sprint(2, 300)).startswith("Rule met; evidence 35 of 100")


def test_a_proven_rule_names_level_tools_and_follow_up():
    told = Particulars(tools=("CodeQL", "Semgrep"))
    assert rule(sprint(1, 300), sprint(2, 300), told=told) == (
        "Rule met; below 1 % shown at 95 %, as detected by CodeQL, Semgrep within 30 days"
    )


def test_settings_stand_in_the_sentence_as_they_were_used():
    policy = Policy(escape_rate=0.05, confidence=0.9, follow_up_days=1)
    assert rule(sprint(1, 300), sprint(2, 300), policy=policy) == (
        "Rule met; below 5 % shown at 90 %, as detected within 1 day"
    )


def test_untriaged_findings_are_counted_named_and_dated():
    told = Particulars(untriaged=("f1", "f2", "f3", "f4"), oldest_untriaged_at=day(48))
    assert rule(sprint(1, 40), sprint(2, 40, 0, 3), told=told) == (
        "Depends on 4 untriaged findings (f1, f2, f3 and 1 more), the oldest is 12 days old"
    )


def test_one_untriaged_finding_is_spoken_of_as_one():
    told = Particulars(untriaged=("f1",), oldest_untriaged_at=day(59))
    assert rule(sprint(1, 40), sprint(2, 40, 0, 1), told=told) == (
        "Depends on 1 untriaged finding (f1), it is 1 day old"
    )


def test_without_names_the_changes_are_counted():
    assert rule(sprint(1, 40), sprint(2, 40, 0, 1)) == "Depends on 1 change with untriaged findings"


def test_unattributed_findings_are_named_beside_untriaged_ones():
    when = moment(60, unattributed=2)
    assert rule(sprint(1, 40), sprint(2, 40), when=when) == (
        "Depends on 2 findings that no change could be charged with"
    )
    assert rule(sprint(1, 40), sprint(2, 40, 0, 1), when=when, told=Particulars(untriaged=("f1",))) == (
        "Depends on 1 untriaged finding (f1); and on 2 findings that no change could be charged with"
    )


def test_what_cannot_be_told_gives_the_reason_and_the_last_verdict():
    told = Particulars(last_verdict="Rule met on 2026-02-01")
    assert rule(sprint(1, 40), sprint(2, 0), told=told) == (
        "Cannot tell: sprint 2 has no in-scope change; last verdict was Rule met on 2026-02-01"
    )
    assert rule(sprint(1, 40), sprint(2, 40), when=moment(60, unusable_scans=1)) == (
        "Cannot tell: 1 scan or file could not be read or placed"
    )


# Evidence


def test_evidence_says_how_high_the_rate_could_be_what_is_missing_and_what_an_escape_costs():
    counted = (sprint(1, 40), sprint(2, 40), young(3, 40), young(4, 40), still_open(5, 3))
    assert proof(*counted, when=moment(62)) == (
        "0 of 80 changes escaped, watched for 30 days; the true rate could be as high as 4.5 % (at 95 %). "
        "Evidence 19 of 100. 287 more clean changes would prove below 1 %, about 2026-06-20 at the present "
        "pace. After one more escape: 577 more clean changes, about 2026-09-26 at the present pace."
    )


def test_proof_is_said_as_a_bound():
    said = proof(sprint(1, 900), sprint(2, 900))
    assert "the true rate is below 0.204 % (at 95 %). Evidence 100 of 100. Proven." in said
    assert "After one more escape: none, it would still be proven." in said


def test_before_anything_is_mature_the_days_watched_are_told():
    assert proof(young(1, 96), still_open(2, 4), when=moment(26)) == (
        "0 of 100 so far; sprint 1 watched for 12 of 30 days."
    )


@pytest.mark.parametrize("counted", [(), (still_open(1, 0),), (sprint(1, 0),)])
def test_without_watched_changes_that_is_said(counted: Sequence[SprintCount]):
    assert proof(*counted) == "0 of 0 so far; no sprint with changes has been watched for 30 days yet."


def test_changes_that_are_old_enough_and_that_nothing_scanned_are_said_to_be_just_that():
    assert proof(sprint(1, 60, detected=0), sprint(2, 39, detected=0)) == (
        "99 merged, none was scanned after merge within 30 days."
    )
    assert proof(sprint(1, 99, detected=0), sprint(2, 0), young(3, 20, 1), still_open(4, 2)) == (
        "99 merged, none was scanned after merge within 30 days; 1 of 22 so far of those still watched."
    )


def test_one_scanned_change_is_evidence_and_said_as_such():
    said = proof(sprint(1, 99, detected=1), sprint(2, 99, detected=0))
    assert said.startswith("0 of 1 changes escaped, watched for 30 days")


def test_untriaged_findings_weaken_what_is_called_proven():
    said = proof(sprint(1, 300, 0, 2), sprint(2, 300))
    assert "Proven only if no untriaged finding is confirmed." in said
    assert said.endswith("Counting 2 changes with untriaged findings: 35 of 100.")


def test_variation_and_strict_mode_are_said():
    clustered = (sprint(1, 300, 9), sprint(2, 300), sprint(3, 300), sprint(4, 300))
    assert "Sprints vary more than chance" in proof(*clustered)
    assert "Sprints vary" not in proof(sprint(1, 300), sprint(2, 300))
    assert proof(sprint(1, 300), policy=Policy(strict=True)).endswith(
        "Each sprint counts for at most 100 changes."
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(360, 375))
def test_the_limit_is_never_rounded_across_the_threshold(changes: int):
    said = proof(sprint(1, changes))
    shown = float(said.split(" % (at")[0].split()[-1])
    assert (shown < 1) == (changes >= 367)


def test_progress_short_of_proof_is_never_rounded_up_to_it():
    assert "Evidence 99 of 100" in proof(sprint(1, 366))


def test_parts_are_said_plainly():
    assert (plural(1, "sprint"), plural(0, "sprint")) == ("1 sprint", "0 sprints")
    assert (percent(0.005), percent(0.999)) == ("0.5 %", "99.9 %")
    assert (fraction(0, 0), fraction(1, 1_040)) == ("0 of 0", "1 of 1,040")


def test_days_are_those_of_the_zone_of_the_pilot():
    # 2026-03-02 00:00 UTC is still 2026-03-01 in New York: one day less has been watched.
    west = replace(moment(60), timezone="America/New_York")
    ended = replace(young(1, 40), end=day(42).replace(hour=5))
    assert proof(ended, when=west) == "0 of 40 so far; sprint 1 watched for 17 of 30 days."
