from __future__ import annotations

from typing import Any

import pytest

from metrics.estimate import Estimate, Undefined
from metrics.features import unread
from metrics.gate.assessment import Assessment, assess
from metrics.gate.case import Ask, Case
from metrics.gate.states import Attention, Outcome
from metrics.refusals import said
from tests.builders_metrics import (
    clean_sprints,
    day,
    feature,
    pilot,
    policy,
    pull_request,
    scan,
    tables,
)
from tests.metrics.test_catalogue import CHANGES, fraction, number

SAID = "Advanced Security must be enabled for this repository to use code scanning."
OFF = feature("code_scanning", "off", said=SAID)
WORDS = "acme/pay: Advanced Security must be enabled for this repository to use code scanning"
NOT_MEASURED = f"not measured: GitHub says for {WORDS}"
DETECTION = ("post_merge_detection_share", "independent_detection_share", "pre_merge_scan_share")
RATES = (
    "security_escape_rate", "security_escape_rate_high", "vulnerabilities_per_kloc",
    "found_before_merge_share",
)  # fmt: skip


def reason(metric: str, **rows: Any) -> str:
    found = number(metric, **rows)
    assert isinstance(found, Undefined), metric
    return found.reason


def assessed(**rows: Any) -> Assessment:
    given = tables(**{**clean_sprints(6, 2), "scans": [], **rows})
    return assess(given, pilot(), policy(), Ask(day(80)))


def criterion(name: str, **rows: Any) -> Outcome:
    return next(each for each in assessed(**rows).verdict.criteria if each.criterion == name)


def waiting(what: str, **rows: Any) -> list[Attention]:
    return [each for each in assessed(**rows).verdict.attention if each.what == what]


# -- words ---------------------------------------------------------------------------------------------


def test_the_hosts_own_words_are_kept_and_where_it_has_none_the_status_is_said():
    refused = [
        OFF,
        feature("code_scanning", "not_permitted", repository="acme/a"),
        feature("code_scanning", "not_found", repository="acme/b", said=" \n"),
        feature("code_scanning", "ok", repository="acme/c"),
        feature("checks", "off", repository="acme/d"),
    ]
    found = unread(tables(features=refused), "code_scanning")
    assert found["words"].to_list() == ["acme/a: may not be read", "acme/b: not found", WORDS]


def test_three_repositories_are_named_and_the_rest_is_counted():
    words = [f"acme/{letter}: switched off" for letter in "abcde"]
    told = "GitHub says for acme/a: switched off; for acme/b: switched off; for acme/c: switched off"
    assert said(words[:3]) == told
    assert said(words) == f"{told}; and for 2 more"


# -- numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", DETECTION)
def test_shares_of_scanned_changes_are_not_measured_where_scans_may_not_be_read(metric: str):
    assert fraction(metric) == (0, 4)
    assert reason(metric, features=[OFF]) == NOT_MEASURED


@pytest.mark.parametrize("metric", RATES)
def test_rates_that_need_a_scan_say_why_there_is_none(metric: str):
    rows = {"pull_requests": [{**row, "code_additions": 100} for row in CHANGES]}
    without = reason(metric, **rows)
    assert reason(metric, **rows, features=[OFF]) == f"{without}; {NOT_MEASURED}"


@pytest.mark.parametrize("metric", [*DETECTION, *RATES])
def test_in_an_empty_window_nothing_was_refused(metric: str):
    assert "GitHub" not in reason(metric, pull_requests=[], features=[OFF])


def test_a_refusal_does_not_matter_where_any_scan_of_the_repository_is_known():
    rows = {"features": [OFF], "scans": [scan("s", 5)]}
    assert fraction("post_merge_detection_share", **rows) == (4, 4)
    assert fraction("pre_merge_scan_share", **rows) == (0, 4)


def test_scans_of_one_repository_say_nothing_about_another():
    elsewhere = [pull_request(n, repository="acme/shop") for n in (7, 8)]
    rows = {"pull_requests": [*CHANGES, *elsewhere], "features": [OFF]}
    rows["scans"] = [scan("s", 5, repository="acme/shop")]
    found = number("post_merge_detection_share", **rows)
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator) == (2, 2)
    assert found.coverage.excluded == ((NOT_MEASURED, 4),)


def test_a_feature_that_was_read_leaves_every_number_as_it_is():
    assert fraction("post_merge_detection_share", features=[feature()]) == (0, 4)
    assert "GitHub" not in reason("security_escape_rate", features=[feature()])


def test_checks_that_may_not_be_read_are_unknown_for_that_reason():
    hidden = [pull_request(n, checks_at_merge=None) for n in range(1, 4)]
    refused = [feature("checks", "not_permitted", said="Resource not accessible by integration")]
    words = "not measured: GitHub says for acme/pay: Resource not accessible by integration"
    assert reason("checks_passing_at_merge_share", pull_requests=hidden, features=refused) == words
    told = [*hidden, pull_request(4), pull_request(5, repository="acme/shop", checks_at_merge=None)]
    found = number("checks_passing_at_merge_share", pull_requests=told, features=refused)
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator) == (1, 1)
    assert found.coverage.excluded == ((words, 3), ("checks unknown", 1))


def test_of_checks_that_are_unknown_for_two_reasons_both_are_said():
    rows = [pull_request(1, checks_at_merge=None), pull_request(2, checks_at_merge=None, repository="acme/b")]
    refused = [feature("checks", "not_permitted")]
    words = "not measured: GitHub says for acme/pay: may not be read"
    told = reason("checks_passing_at_merge_share", pull_requests=rows, features=refused)
    assert told == f"checks unknown for every change of this window; {words}"


# -- the gate ------------------------------------------------------------------------------------------


CRITERIA = ("no_bypass", "independent_detection", "post_merge_coverage", "pre_merge_scanning")


@pytest.mark.parametrize("name", CRITERIA)
def test_a_criterion_that_rests_on_scans_keeps_its_state_and_says_what_was_refused(name: str):
    without, refused = criterion(name), criterion(name, features=[OFF])
    assert refused.state == without.state
    assert refused.sentence == f"{without.sentence}; GitHub says for {WORDS}"


@pytest.mark.parametrize("name", CRITERIA)
def test_what_the_host_refuses_is_not_measured_and_never_not_met(name: str):
    found = criterion(name, features=[OFF])
    assert found.state == "not_measurable"
    assert isinstance(found.estimate, Undefined)
    assert found.estimate.reason.endswith(NOT_MEASURED)


def test_a_criterion_that_is_met_has_nothing_to_explain():
    scanned = clean_sprints(6, 2)["scans"]
    found = criterion("post_merge_coverage", features=[OFF], scans=scanned)
    assert (found.state, "GitHub" in found.sentence) == ("met", False)


def test_the_verdict_keeps_its_state_and_names_what_could_not_be_read():
    without, refused = assessed().verdict, assessed(features=[OFF]).verdict
    assert (refused.state, refused.blocked_by) == (without.state, without.blocked_by)
    assert without.state == "NOT_MEASURABLE"
    assert f"GitHub says for {WORDS}" in refused.sentence
    assert "GitHub" not in without.sentence


def test_the_rate_of_each_sprint_says_what_could_not_be_read():
    rate = assessed(features=[OFF]).verdict.sprints[0].rate
    assert isinstance(rate, Undefined)
    assert rate.reason.endswith(NOT_MEASURED)


def test_somebody_is_asked_to_let_code_scanning_be_read():
    what = "Let code scanning be read, or add SARIF files"
    (asked,) = waiting(what, features=[OFF])
    assert (asked.who, asked.rows) == ("whoever runs the scans", (WORDS,))
    assert waiting(what) == []
    assert waiting(what, features=[OFF], scans=[scan("s", 10)]) == []


def test_a_refusal_in_a_repository_of_another_pilot_is_not_this_pilots():
    other = feature("code_scanning", "off", repository="umbrella/x", said=SAID)
    case = Case(tables(**clean_sprints(2, 1), features=[other]), pilot(), policy(), Ask(day(60)))
    assert case.changes["scans_unread"].is_null().all()
