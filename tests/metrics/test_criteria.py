from __future__ import annotations

from typing import Any

import pytest

from metrics.estimate import Coverage, Estimate, Undefined
from metrics.gate.case import Ask, Case
from metrics.gate.criteria import CRITERIA, outcomes
from metrics.gate.policy import Policy
from metrics.gate.states import Outcome
from tests.builders_metrics import (
    Row,
    bypass,
    clean_sprints,
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
from tests.builders_sign_offs import session, sighting


def judged(criterion: str, *, at: float = 60, under: Policy | None = None, **rows: Any) -> Outcome:
    case = Case(tables(**rows), pilot(), under or policy(), Ask(day(at)))
    return next(each for each in outcomes(case.facts) if each.criterion == criterion)


def changes(count: int, **given: Any) -> list[Row]:
    return [pull_request(number, **given) for number in range(1, count + 1)]


def test_every_criterion_is_listed_once_and_two_block_by_default():
    names = [criterion.id for criterion in CRITERIA]
    assert len(set(names)) == len(names) == 11
    assert {each.id for each in CRITERIA if each.is_blocking_by_default} == set(Policy().blocking)


@pytest.mark.parametrize(
    "criterion",
    ["no_bypass", "independent_detection", "human_approval", "tests_at_merge", "pre_merge_scanning"],
)
def test_without_any_change_there_is_not_enough_evidence(criterion: str):
    outcome = judged(criterion)
    assert outcome.state == "not_enough_evidence"
    assert isinstance(outcome.estimate, Undefined)


def test_the_policy_says_what_blocks():
    assert judged("no_bypass").blocking
    assert not judged("no_bypass", under=policy(blocking=())).blocking
    assert judged("triage_age", under=policy(blocking=("triage_age",))).blocking


def test_one_bypass_is_too_many():
    outcome = judged("no_bypass", pull_requests=changes(3), findings=[bypass("f")])
    assert (outcome.state, outcome.sentence) == (
        "not_met",
        "1 of 3 changes merged over a finding reported before",
    )
    assert isinstance(outcome.estimate, Estimate)


def test_no_bypass_is_met_only_where_something_looked_before_merge():
    assert judged("no_bypass", pull_requests=changes(1), scans=[head_scan("s", 1)]).state == "met"
    blind = judged("no_bypass", pull_requests=changes(1))
    assert blind.state == "not_measurable"
    assert "pre_merge scans" in blind.sentence


@pytest.mark.parametrize(("seen", "state"), [(9, "met"), (8, "not_met")])
def test_detection_must_have_run_on_the_share_that_the_policy_asks_for(seen: int, state: str):
    rows = [pull_request(n, 1 if n <= seen else 20) for n in range(1, 11)]
    given = {"pull_requests": rows, "scans": [scan("s", 10, tool="scan-b")]}
    for criterion in ("post_merge_coverage", "independent_detection"):
        outcome = judged(criterion, **given)
        assert outcome.state == state
        assert outcome.sentence.startswith(f"{seen} of 10 watched changes")


DETECTION = ("independent_detection", "post_merge_coverage", "pre_merge_scanning")
SOURCE_MISSING = "source missing: scans of these repositories (SARIF files or code scanning)"


@pytest.mark.parametrize("criterion", DETECTION)
@pytest.mark.parametrize("at", [20, 60])
def test_where_no_scan_is_known_detection_is_not_measurable_and_names_the_source(criterion: str, at: float):
    outcome = judged(criterion, at=at, pull_requests=changes(99))
    assert (outcome.state, outcome.sentence) == ("not_measurable", f"Not measurable, {SOURCE_MISSING}")
    assert outcome.estimate == Undefined(SOURCE_MISSING, 0, Coverage(0, 99))


@pytest.mark.parametrize(
    "useless",
    [scan("s", 0.5), scan("s", status="failed"), scan("s", None, status="unreadable"), scan("s", 50)],
)
@pytest.mark.parametrize("criterion", DETECTION)
def test_where_scans_are_known_and_none_looked_detection_is_not_met(criterion: str, useless: Row):
    outcome = judged(criterion, pull_requests=changes(99), scans=[useless])
    assert outcome.state == "not_met"
    assert outcome.sentence.startswith("0 of 99 ")
    assert isinstance(outcome.estimate, Estimate)


def test_scans_of_heads_alone_leave_detection_after_merge_not_met():
    heads = [head_scan(f"s{n}", n) for n in range(1, 81)]
    states = [judged(name, pull_requests=changes(80), scans=heads).state for name in DETECTION]
    assert states == ["not_met", "not_met", "met"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        scan("s", repository="acme/shop"),  # of the pilot, but no change merged there
        scan("s", repository="other/thing"),
        scan("s", repository=None),
        scan("s", status="withdrawn"),
        scan("s", 61),  # after the moment of judgement
    ],
)
@pytest.mark.parametrize("criterion", DETECTION)
def test_a_scan_that_is_none_of_these_repositories_measures_nothing(criterion: str, elsewhere: Row):
    assert judged(criterion, pull_requests=changes(5), scans=[elsewhere]).state == "not_measurable"


def test_one_scanned_repository_of_two_makes_detection_measurable():
    rows = [*changes(9), pull_request(10, repository="acme/shop")]
    outcome = judged("post_merge_coverage", pull_requests=rows, scans=[scan("s", repository="acme/shop")])
    assert outcome.state == "not_met"
    assert outcome.sentence.startswith("1 of 10 watched changes")


def test_changes_that_are_still_watched_are_no_evidence_of_detection():
    outcome = judged("post_merge_coverage", at=20, pull_requests=changes(5), scans=[scan("s")])
    assert outcome.state == "not_enough_evidence"
    assert outcome.estimate.coverage.excluded == (("follow-up not over", 5),)


def test_repeating_the_same_scan_is_coverage_but_not_independent():
    given = {"pull_requests": changes(1), "scans": [head_scan("a", 1), scan("b")]}
    assert judged("post_merge_coverage", **given).state == "met"
    assert judged("independent_detection", **given).state == "not_met"


def test_one_merge_without_a_humans_approval_is_too_many():
    given = {"pull_requests": changes(3), "reviews": [review(1), review(2)]}
    outcome = judged("human_approval", **given)
    assert (outcome.state, outcome.sentence) == (
        "not_met",
        "1 of 3 changes merged without a human's approval",
    )


def test_unknown_approvals_are_neither_good_nor_bad():
    rows = [pull_request(1), pull_request(2, cut_lists=["reviews"])]
    partly = judged("human_approval", pull_requests=rows, reviews=[review(1)])
    assert (partly.state, partly.sentence) == (
        "not_enough_evidence", "0 of 1 merged without a human's approval; 1 are not known",
    )  # fmt: skip
    assert judged("human_approval", pull_requests=rows).state == "not_measurable"
    assert judged("human_approval", pull_requests=rows[:1], reviews=[review(1)]).state == "met"


def test_sensitive_changes_need_a_human():
    sensitive = pull_request(1, sensitive_areas=["secrets"])
    other = review(2)
    assert judged("sensitive_sign_off", pull_requests=[sensitive], reviews=[other]).state == "not_met"
    assert judged("sensitive_sign_off", pull_requests=[sensitive], reviews=[review(1)]).state == "met"


def test_without_sensitive_changes_nothing_is_wanted_unless_files_are_unknown():
    assert judged("sensitive_sign_off", pull_requests=changes(2)).state == "met"
    unknown = changes(2, relevant_file_count=None)
    assert judged("sensitive_sign_off", pull_requests=unknown).state == "not_measurable"


# Clopper-Pearson at 95 %: 72 of 72 has its lower limit at 0.025 ** (1 / 72) = 0.9501, 71 of 71 at 0.9494.
@pytest.mark.parametrize(
    ("passing", "failing", "state"),
    [(72, 0, "met"), (71, 0, "not_enough_evidence"), (10, 10, "not_met"), (1, 1, "not_enough_evidence")],
)
def test_a_habit_is_met_when_the_interval_says_so(passing: int, failing: int, state: str):
    rows = [
        pull_request(n, checks_at_merge="success" if n <= passing else "failure")
        for n in range(1, passing + failing + 1)
    ]
    assert judged("tests_at_merge", pull_requests=rows).state == state


def test_checks_that_nobody_collected_are_not_measurable():
    assert judged("tests_at_merge", pull_requests=changes(3, checks_at_merge=None)).state == "not_measurable"


def test_pre_merge_scanning_counts_scanned_changes():
    rows = {"pull_requests": changes(80), "scans": [head_scan(f"s{n}", n) for n in range(1, 81)]}
    assert judged("pre_merge_scanning", **rows).state == "met"
    rows["scans"] = rows["scans"][:40]
    assert judged("pre_merge_scanning", **rows).state == "not_met"


@pytest.mark.parametrize(("at", "state"), [(10, "met"), (10.1, "not_met")])
def test_a_finding_may_wait_for_triage_as_long_as_the_policy_says(at: float, state: str):
    assert (
        judged("triage_age", at=at, pull_requests=changes(1), findings=[finding("f", seen=3)]).state == state
    )


def test_triaged_findings_do_not_wait():
    given = {"pull_requests": changes(1), "findings": [finding("f")], "dispositions": [decision("f")]}
    assert judged("triage_age", **given).sentence == "No finding waits for triage"


@pytest.mark.parametrize("criterion", ["prompt_log_coverage", "prompt_retention", "detector_fnr"])
def test_what_has_no_source_yet_says_which_would_tell(criterion: str):
    outcome = judged(criterion, **clean_sprints(2, 1))
    assert outcome.state == "not_measurable"
    assert "source missing: " in outcome.sentence
    assert isinstance(outcome.estimate, Undefined)


def worked(days: int, **given: Any) -> list[Row]:
    """A pull request of an agent on each of so many days."""
    return [pull_request(n, None, created_at=day(n - 0.5), **given) for n in range(1, days + 1)]


# As above: 72 of 72 days have their lower limit at 0.9501, 71 of 71 at 0.9494.
@pytest.mark.parametrize(
    ("days", "logged", "state"),
    [(72, 72, "met"), (71, 71, "not_enough_evidence"), (20, 10, "not_met"), (2, 1, "not_enough_evidence")],
)
def test_prompts_are_logged_as_a_habit_when_the_interval_says_so(days: int, logged: int, state: str):
    logs = [session("s1", 0, 24.0 * logged - 1)]
    outcome = judged("prompt_log_coverage", at=90, pull_requests=worked(days), approval_sessions=logs)
    assert (outcome.state, outcome.blocking) == (state, False)
    assert outcome.sentence == (
        f"{logged} of {days} days of repositories on which agents were at work have a prompt log; 95 % asked"
    )


def test_prompt_logs_of_other_places_and_quiet_repositories_cannot_tell():
    logs = [session(repository=None)]
    nowhere = judged("prompt_log_coverage", pull_requests=worked(3), approval_sessions=logs)
    assert (nowhere.state, nowhere.sentence) == (
        "not_measurable", "Not measurable, no prompt log says which of the pilot's repositories it is of",
    )  # fmt: skip
    quiet = judged("prompt_log_coverage", approval_sessions=[session()])
    assert quiet.state == "not_enough_evidence"
    assert quiet.sentence.startswith("Cannot tell yet: no day on which an agent")


@pytest.mark.parametrize(
    ("told", "first", "state", "sentence"),
    [
        ("30", 0, "met", "Prompt logs are kept 30 days, as settings or telemetry tell; 30 days asked"),
        ("29", 0, "not_met", "Prompt logs are kept 29 days, as settings or telemetry tell; 30 days asked"),
        (
            None, 720, "met",
            "Nothing tells how long prompt logs are kept; the oldest known is 30 days old; 30 days asked",
        ),
        (
            None, 744, "not_enough_evidence",
            "Nothing tells how long prompt logs are kept; the oldest known is 29 days old; 30 days asked",
        ),
    ],
)  # fmt: skip
def test_prompt_logs_are_kept_as_long_as_settings_tell_or_their_age_shows(
    told: str | None, first: float, state: str, sentence: str
):
    facts = [sighting("retention_days", told)] if told else []
    outcome = judged("prompt_retention", approval_sessions=[session(first=first)], agent_sightings=facts)
    assert (outcome.state, outcome.sentence, outcome.blocking) == (state, sentence, False)


def test_a_retention_without_any_log_is_not_measurable():
    outcome = judged("prompt_retention", agent_sightings=[sighting("retention_days", "90")])
    assert outcome.state == "not_measurable"


def test_only_the_present_epoch_is_judged():
    given = tables(pull_requests=[pull_request(1), pull_request(2, 30)], findings=[bypass("f")])
    ask = Ask(day(60), policy_changes=(day(20).date(),))
    found = {each.criterion: each for each in outcomes(Case(given, pilot(), policy(), ask).facts)}
    assert found["no_bypass"].estimate.coverage.total == 1
    assert found["no_bypass"].state != "not_met"
