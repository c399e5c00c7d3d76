from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from metrics.catalogue.sign_offs import SIGN_OFFS
from metrics.estimate import Estimate, Number, Undefined
from tests.builders_metrics import Row, pilot
from tests.builders_sign_offs import canary, case, change, session, sighting
from tests.builders_velocity import at, of

BY_ID = {metric.id: metric for metric in SIGN_OFFS}
COVERAGE, RETENTION = "prompt_log_coverage_share", "prompt_retention_days"


def number(metric: str, hours: tuple[float, float] | None = None, **rows: Any) -> Number:
    return BY_ID[metric].compute(of(case(**rows), hours=hours))


def fraction(**rows: Any) -> tuple[float, float]:
    found = number(COVERAGE, **rows)
    assert isinstance(found, Estimate)
    return found.numerator, found.denominator


def commit(hours: float, authorship: str = "agent", **given: Any) -> Row:
    usual = {
        "repository": "acme/pay", "number": 0, "sha": f"sha{hours}", "committed_at": at(hours),
        "author_kind": "user", "authorship": authorship,
    }  # fmt: skip
    return {**usual, **given}


def test_a_day_counts_once_per_repository_and_is_logged_where_a_session_ran():
    pulls = [change(1, 1), change(2, 5), change(3, 30), change(4, 30, repository="acme/shop")]
    # Days of agents: 1 and 2 June in pay, 2 June in shop; a session in pay on 1 June.
    assert fraction(pull_requests=pulls, approval_sessions=[session(first=20)]) == (1, 3)


def test_commits_with_evidence_of_an_agent_count_and_those_of_people_do_not():
    rows = {"pull_requests": [change(1, 0)], "approval_sessions": [session(first=48)]}
    assert fraction(commits=[commit(50), commit(75, "assisted"), commit(99, "human")], **rows) == (1, 3)
    people = [change(1, 0, authorship="human"), change(2, 49, authorship="agent")]
    assert fraction(**{**rows, "pull_requests": people}) == (1, 1)


def test_a_session_covers_every_day_that_it_touches():
    pulls = [change(n, 24.0 * n) for n in range(4)]
    assert fraction(pull_requests=pulls, approval_sessions=[session(first=23, last=49)]) == (3, 4)


def test_what_comes_after_the_moment_of_judgement_has_not_happened():
    # Looked at after 1,000 hours: the commit of the day after is none yet, the session still goes on.
    pulls, later = [change(1, 985), change(2, 961)], [commit(1024)]
    running = [session(first=960, last=1100)]
    assert fraction(pull_requests=pulls, commits=later, approval_sessions=running) == (2, 2)


def test_days_are_those_of_the_pilots_zone():
    own = pilot(timezone="Asia/Tokyo", start_on=date(2026, 5, 31))
    rows = {"pull_requests": [change(1, 16)], "approval_sessions": [session(first=14, last=14.5)]}
    assert fraction(**rows) == (1, 1)
    assert fraction(pilot=own, **rows) == (0, 1)  # 16:00 UTC is tomorrow in Tokyo, 14:00 is not


def test_a_window_holds_its_own_days():
    pulls = [change(1, 1), change(2, 30), change(3, 60)]
    found = number(COVERAGE, (24, 48), pull_requests=pulls, approval_sessions=[session(first=30)])
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({}, "source missing: logs of permission prompts (table approvals)"),
        (
            {"approval_sessions": [session(repository="other/thing")]},
            "source missing: logs of permission prompts (table approvals)",
        ),
        (
            {"approval_sessions": [session(repository=None)]},
            "no prompt log says which of the pilot's repositories it is of",
        ),
        (
            {"approval_sessions": [session()], "pull_requests": [change(1, authorship="human")]},
            "no day on which an agent opened a pull request or committed",
        ),
    ],
)
def test_what_cannot_be_told_has_a_reason(rows: dict[str, Any], reason: str):
    found = number(COVERAGE, **{"pull_requests": [change(1)], **rows})
    assert isinstance(found, Undefined)
    assert found.reason == reason


def told(days: str, hours: float = 0, **given: Any) -> Row:
    return sighting("retention_days", days, hours, **given)


@pytest.mark.parametrize(
    ("sightings", "days"),
    [
        ([told("30")], 30),
        ([told("90", place="a"), told("20", place="b")], 20),
        ([told("20", 0), told("90", 10)], 90),  # raised since
        ([told("90", 0), told("20", 0)], 20),  # both at once
        ([told("9", repository="other/thing"), told("45", repository="acme/pay")], 45),
        ([told("forever"), told("0")], 0),
    ],
)
def test_the_smallest_retention_that_anything_tells_counts(sightings: list[Row], days: int):
    found = number(RETENTION, approval_sessions=[session()], agent_sightings=sightings)
    assert isinstance(found, Estimate)
    assert (found.value, found.low) == (days, None)


def test_otherwise_the_age_of_the_oldest_session_is_a_lower_end():
    # Looked at after 1,000 hours; the oldest session began after 100: 900 hours are 37 whole days.
    found = number(RETENTION, approval_sessions=[session("s1", 100), session("s2", 200, repository=None)])
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high) == (37, 37, None)
    unknown = number(RETENTION, approval_sessions=[session()], agent_sightings=[told("forever")])
    assert unknown.as_json()["low"] == 41


def test_without_logs_no_setting_says_how_long_they_are_kept():
    found = number(RETENTION, agent_sightings=[told("90")], canaries=[canary()])
    assert isinstance(found, Undefined)
    assert found.unit == "days"
