from __future__ import annotations

from typing import Any

import pytest

from metrics.catalogue import CATALOGUE
from metrics.estimate import Estimate, Number, Undefined
from metrics.results import compute
from tests.builders_metrics import (
    bypass,
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

CHANGES = [pull_request(number) for number in range(1, 5)]


def number(metric: str, arm: str = "agent", *, at: float = 60, **rows: Any) -> Number:
    """The metric over the pilot's first epoch."""
    given = tables(**{"pull_requests": CHANGES, **rows})
    found = compute(given, [pilot()], {"pay": policy()}, day(at))
    return next(
        each.number for each in found if (each.metric, each.arm, each.segment) == (metric, arm, "all")
    )


def fraction(metric: str, arm: str = "agent", **given: Any) -> tuple[float, float]:
    found = number(metric, arm, **given)
    assert isinstance(found, Estimate)
    return found.numerator, found.denominator


def test_every_metric_is_listed_once_and_says_what_it_is():
    assert len({metric.id for metric in CATALOGUE}) == len(CATALOGUE)
    for metric in CATALOGUE:
        words = (
            metric.title,
            metric.unit,
            metric.numerator,
            metric.denominator,
            metric.excludes,
            metric.caveats,
        )
        assert all(words), metric.id
        assert metric.arms, metric.id


def test_the_escape_rate_counts_changes_with_a_confirmed_escape():
    rows = {
        "findings": [finding("a", 1), finding("b", 1), finding("c", 2), finding("d", 3)],
        "dispositions": [decision("a"), decision("b"), decision("d", "false_positive")],
    }
    assert fraction("security_escape_rate", **rows) == (1, 4)
    assert fraction("security_escape_rate_high", **rows) == (2, 4)
    assert fraction("untriaged_escape_count", **rows) == (1, 1)


def test_the_same_rate_is_stated_for_human_changes():
    people = [pull_request(n, authorship="human", author_login="ana") for n in (11, 12)]
    rows = {"pull_requests": people, "findings": [finding("a", 11)], "dispositions": [decision("a")]}
    assert fraction("security_escape_rate", "human", **rows) == (1, 2)
    assert isinstance(number("security_escape_rate", "agent", **rows), Undefined)


def test_bypasses_are_counted_per_change():
    assert fraction("bypass_count", findings=[bypass("a", 1), bypass("b", 1), bypass("c", 2)]) == (2, 1)


def test_detection_is_stated_of_the_changes_whose_follow_up_is_over():
    rows = {
        "pull_requests": [pull_request(1, 1), pull_request(2, 2), pull_request(3, 50)],
        "scans": [head_scan("pre", 2, 1.5), scan("post", 31.5)],
    }
    assert fraction("post_merge_detection_share", **rows) == (1, 2)
    assert fraction("independent_detection_share", **rows) == (0, 2)
    assert fraction("pre_merge_scan_share", **rows) == (1, 3)
    left_out = number("post_merge_detection_share", **rows).coverage.excluded
    assert left_out == (("follow-up not over", 1),)


def test_approvals_are_stated_of_the_changes_whose_reviews_are_known():
    rows = {
        "pull_requests": [*CHANGES[:3], pull_request(4, cut_lists=["reviews"])],
        "reviews": [review(1), review(2)],
    }
    assert fraction("merged_without_human_approval_share", **rows) == (1, 3)
    assert number("merged_without_human_approval_share", **rows).coverage.excluded == (
        ("reviews unknown", 1),
    )


def test_checks_are_stated_of_the_changes_whose_checks_are_known():
    states = ("success", "success", "none", None)
    rows = [pull_request(n, checks_at_merge=state) for n, state in enumerate(states, start=1)]
    assert fraction("checks_passing_at_merge_share", pull_requests=rows) == (2, 3)


def test_sign_off_is_stated_of_sensitive_changes():
    rows = [*CHANGES[:2], *(pull_request(n, sensitive_areas=["identity"]) for n in (3, 4))]
    found = number("sensitive_sign_off_share", pull_requests=rows, reviews=[review(3)])
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator) == (1, 2)
    assert found.coverage.excluded == (("no sensitive area", 2),)


def test_findings_that_no_change_explains_are_counted():
    assert fraction("unattributed_finding_count", findings=[finding("a", None), finding("b", None)]) == (2, 1)
    assert fraction("unattributed_finding_count", findings=[finding("a", None)], pull_requests=[]) == (1, 1)
    assert fraction("unattributed_finding_count") == (0, 1)


@pytest.mark.parametrize(("arm", "merged"), [("agent", 4), ("unknown", 2)])
def test_merged_pull_requests_are_counted_by_authorship_in_scope_or_not(arm: str, merged: int):
    others = [pull_request(n, authorship="unknown", base_branch="old") for n in (8, 9)]
    rows = [*CHANGES, *others, pull_request(10, merged=None, authorship="unknown")]
    assert fraction("merged_pull_request_count", arm, pull_requests=rows) == (merged, 1)
