from __future__ import annotations

from typing import Any

import pytest

from metrics.oversight import human_approval
from metrics.scope import judged, scope
from tests.builders_metrics import pilot, pull_request, review, tables

ELSEWHERE = review(99, repository="acme/pay")  # the repository's reviews were collected


def approved(*reviews: Any, **change: Any) -> bool | None:
    given = tables(pull_requests=[pull_request(1, **change)], reviews=reviews)
    changes = scope(judged(given, pilot()), ("agent",)).changes
    return human_approval(changes, given)["human_approved"].item()


def test_a_persons_approval_before_the_merge_counts():
    assert approved(review(1)) is True


def test_an_approval_at_the_moment_of_the_merge_counts_and_one_after_does_not():
    assert approved(review(1, 1)) is True
    assert approved(review(1, 1.01)) is False


@pytest.mark.parametrize("state", ["COMMENTED", "CHANGES_REQUESTED"])
def test_other_reviews_are_no_approval(state: str):
    assert approved(review(1, state=state)) is False


def test_nobody_looked_although_reviews_are_collected():
    assert approved(ELSEWHERE) is False


def test_without_a_single_collected_review_it_cannot_be_known():
    assert approved() is None


def test_a_bots_approval_does_not_count():
    assert approved(review(1, reviewer_kind="bot")) is False


def test_neither_the_author_nor_the_driver_can_approve_their_own_change():
    assert approved(review(1, reviewer="Ana"), author_login="ana") is False
    assert approved(review(1, reviewer="Ana"), driver="ANA") is False
    assert approved(review(1, reviewer="ana"), driver=None, author_login=None) is True


def test_an_approval_that_was_dismissed_later_counts_as_given():
    assert approved(review(1, state="DISMISSED", state_before_dismissal="APPROVED")) is True
    assert approved(review(1, state="DISMISSED", state_before_dismissal="CHANGES_REQUESTED")) is False


def test_a_dismissed_review_whose_verdict_is_lost_leaves_it_open():
    assert approved(review(1, state="DISMISSED")) is None


@pytest.mark.parametrize("kind", ["deleted", "unknown"])
def test_an_approval_by_an_account_that_nobody_knows_leaves_it_open(kind: str):
    assert approved(review(1, reviewer=None, reviewer_kind=kind)) is None


def test_a_cut_list_of_reviews_cannot_deny_an_approval_but_can_show_one():
    assert approved(ELSEWHERE, cut_lists=["reviews"]) is None
    assert approved(review(1), cut_lists=["reviews"]) is True
