"""What stood at the merge, who was involved, and what a list that was cut cannot tell."""

from __future__ import annotations

import pytest

from metrics.estimate import Estimate, Undefined
from metrics.velocity.published import median_hours_to_merge_closed_only, merged_share
from metrics.velocity.reviewing import merged_over_change_request_share, stale_approval_share
from tests.builders_metrics import Row
from tests.builders_velocity import at, case, of, opened, row, turned, verdict

ASKED = "CHANGES_REQUESTED"
CUT = {"cut_lists": ["reviews"]}


def dismissed(hours: float, was: str = ASKED, review_id: str = "first", **given: str) -> Row:
    """A verdict that is dismissed today."""
    return verdict(1, hours, "DISMISSED", state_before_dismissal=was, review_id=review_id, **given)


@pytest.mark.parametrize(("dismissed_at", "stood"), [(25, True), (15, False)])
def test_a_request_stands_at_the_merge_unless_it_had_been_dismissed_by_then(dismissed_at: int, stood: object):
    events = [turned(1, "review_dismissed", dismissed_at, subject="first")]
    found = row(opened(1, merged=20), dismissed(5), events=events)
    assert found["is_over_change_request"] is stood


def test_an_approval_that_was_dismissed_after_the_merge_was_stale_at_it():
    events = [turned(1, "review_dismissed", 25, subject="first")]
    old = dismissed(5, "APPROVED", commit_sha="old")
    assert row(opened(1, merged=20, head_sha="new"), old, events=events)["is_stale_approval"] is True


def test_what_is_dismissed_after_the_moment_of_judgement_is_not_dismissed():
    events = [turned(1, "review_dismissed", 25, subject="first")]
    given = dismissed(5, "APPROVED")
    flags = [
        row(opened(1, merged=20), given, events=events, now=hour)["is_approval_dismissed"]
        for hour in (22, 30)
    ]
    assert flags == [False, True]


def test_a_cut_list_of_reviews_tells_nothing_of_what_stood():
    pulls = [opened(number, merged=20, head_sha="b", **CUT) for number in range(1, 4)]
    reviews = [verdict(1, 5, ASKED), verdict(2, 3, commit_sha="a"), verdict(3, 3)]
    slice_ = of(case(pulls, reviews))
    for measure in (merged_over_change_request_share, stale_approval_share):
        found = measure(slice_)
        assert isinstance(found, Undefined)
        assert sum(count for _, count in found.coverage.excluded) == 3


def test_one_standing_approval_of_the_head_is_enough():
    approvals = [
        verdict(1, 3, commit_sha="new"),
        verdict(1, 5, commit_sha="old", reviewer="sam"),
    ]
    assert row(opened(1, merged=20, head_sha="new"), *approvals)["is_stale_approval"] is False


def test_a_push_after_the_merge_makes_no_approval_stale():
    pull = opened(1, merged=20, head_sha=None, last_push_at=at(30))
    assert row(pull, verdict(1, 3))["is_stale_approval"] is None


@pytest.mark.parametrize("kind", ["unknown", "user"])
def test_a_doubtful_approval_by_the_driver_leaves_no_doubt(kind: str):
    doubtful = verdict(
        1, 5, "DISMISSED" if kind == "user" else "APPROVED", reviewer_kind=kind, reviewer="Robin"
    )
    assert row(opened(1, merged=20, driver="robin"), doubtful)["outcome"] == "merged_unapproved"


def test_turning_back_and_ready_in_one_second_is_no_spell():
    events = [turned(1, "ready_for_review", 1), turned(1, "convert_to_draft", 1)]
    assert row(opened(1, merged=20), verdict(1, 10), events=events)["hours"] == 10


def test_figures_of_studies_hold_what_was_opened_in_the_window():
    pulls = [opened(1, -36, merged=25), opened(2, 4, merged=14), opened(3, 5)]
    slice_ = of(case(pulls))
    share, hours = merged_share(slice_), median_hours_to_merge_closed_only(slice_)
    assert isinstance(share, Estimate)
    assert isinstance(hours, Estimate)
    assert (share.numerator, share.denominator, hours.value) == (1, 2, 10)


def test_a_draft_of_an_earlier_sprint_is_no_opening_of_the_later_one():
    pulls = [opened(1, 10, ready=340, merged=350, is_draft=False)]
    events = [turned(1, "ready_for_review", 340)]
    found = case(pulls, events=events)
    opened_in = [of(found, hours=window).opened.collect().height for window in ((0, 336), (336, 672))]
    assert opened_in == [1, 0]
