from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.estimate import Estimate, Number, Undefined
from metrics.velocity import measures, published, reviewing
from metrics.velocity.medians import values_outside
from metrics.velocity.samples import working_tau
from metrics.working_time import WorkingTime
from tests.builders_velocity import at, case, of, opened, turned, verdict

ALL = (
    measures.approved_within(0), measures.approved_within(1), measures.median_hours_to_approval,
    measures.median_working_hours_to_approval, measures.p90_hours_to_decision,
    measures.restricted_mean_hours_to_decision, measures.restricted_mean_working_hours_to_decision,
    measures.open_pull_request_count, measures.median_open_hours, measures.approved_before_ready_count,
    measures.median_hours_to_first_human_review, reviewing.mean_review_rounds,
    reviewing.stale_approval_share, reviewing.merged_over_change_request_share, published.merged_share,
    published.median_hours_to_merge_closed_only, published.median_hours_to_reject_closed_only,
    published.median_hours_to_approval_approved_only,
)  # fmt: skip


def estimate(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def undefined(number: Number) -> Undefined:
    assert isinstance(number, Undefined), number
    return number


def approved(hours: list[float], **given: Any) -> dict[str, Any]:
    """Pull requests approved after so many hours."""
    pulls = [opened(n, merged=2000, **given) for n in range(1, len(hours) + 1)]
    return {"pulls": pulls, "reviews": [verdict(n, hour) for n, hour in enumerate(hours, start=1)]}


# -- shares, medians, means ---------------------------------------------------------------------------


def test_a_rejection_competes_with_approval():
    # at 10 h one of four is approved, at 20 h one is rejected, at 30 h one more is approved
    pulls = [opened(1, merged=90), opened(2, closed=20), opened(3, merged=90), opened(4)]
    slice_ = of(case(pulls, [verdict(1, 10), verdict(3, 30)]))
    assert [estimate(measures.approved_within(place)(slice_)).value for place in (0, 1)] == [0.25, 0.5]
    within = estimate(measures.approved_within(1)(slice_))
    assert (within.numerator, within.denominator, within.unit) == (2, 4, "share")
    assert within.low is not None
    assert within.high is not None
    assert 0 < within.low < 0.5 < within.high < 1
    assert estimate(measures.median_hours_to_approval(slice_)).value == 30


def test_an_open_one_counts_for_as_long_as_it_was_watched():
    # 3 h: 1 of 4 approved; 5 h: one is still open (censored); 8 h: one of the two left is approved
    pulls = [opened(1, merged=90), opened(2, 5), opened(3, merged=90), opened(4, closed=9)]
    slice_ = of(case(pulls, [verdict(1, 3), verdict(3, 8)], now=10))
    found = estimate(measures.median_hours_to_approval(slice_))
    assert found.value == 8  # 1/4 + 3/4 * 1/2 = 0.625
    assert (found.numerator, found.denominator) == (2, 4)


def test_a_deleted_one_counts_for_as_long_as_it_was_watched_and_waits_no_longer():
    # the same with one that was missed after 5 h, long ago
    pulls = [opened(1, merged=90), opened(2, gone_at=at(5)), opened(3, merged=90), opened(4, closed=9)]
    slice_ = of(case(pulls, [verdict(1, 3), verdict(3, 8)]))
    found = estimate(measures.median_hours_to_approval(slice_))
    assert (found.value, found.numerator, found.denominator) == (8, 2, 4)
    mean = estimate(measures.restricted_mean_hours_to_decision(slice_))
    # 3 h: 3/4 wait on; 8 h: 3/8; 9 h: none; 3 + 5 * 3/4 + 1 * 3/8
    assert (mean.value, mean.numerator) == (pytest.approx(7.125), 3)
    assert estimate(measures.open_pull_request_count(slice_)).value == 0
    assert "waiting" in undefined(measures.median_open_hours(slice_)).reason
    assert estimate(published.merged_share(slice_)).denominator == 4


def test_a_deleted_one_does_not_end_the_wait_that_nobody_could_have_seen():
    young = of(case([opened(1, 10, closed=12), opened(2, 20, gone_at=at(22))], now=30))
    assert "watched for 24 hours" in undefined(measures.approved_within(0)(young)).reason


def test_a_median_that_is_not_reached_says_how_far_it_got():
    pulls = [opened(1, merged=90), *(opened(n) for n in range(2, 6))]
    found = estimate(measures.median_hours_to_approval(of(case(pulls, [verdict(1, 3)]))))
    assert (found.value, found.high, found.unbounded) == (inf, None, "not reached: 1 of 5 approved so far")
    many = [opened(n, merged=5) for n in range(1, 31)]
    reviews = [verdict(n, 3) for n in range(1, 10)]
    told = estimate(measures.median_hours_to_approval(of(case(many, reviews)))).unbounded
    assert told == "not reached: 30 % approved so far"


def test_the_wait_for_any_decision_takes_what_was_open_as_open():
    pulls = [opened(n, closed=n) for n in range(1, 10)]
    found = estimate(measures.p90_hours_to_decision(of(case([*pulls, opened(10)]))))
    assert (found.value, found.numerator, found.denominator) == (9, 9, 10)
    beyond = estimate(measures.p90_hours_to_decision(of(case([*pulls, opened(10), opened(11)]))))
    assert beyond.unbounded == "not reached: 9 of 11 decided so far"


def test_the_mean_is_restricted_and_longer_waits_count_as_the_limit():
    pulls = [opened(1, closed=10), opened(2, closed=20), opened(3), opened(4, merged=900)]
    found = estimate(measures.restricted_mean_hours_to_decision(of(case(pulls))))
    assert found.value == pytest.approx((10 + 20 + 336 + 336) / 4)
    assert (found.numerator, found.denominator, found.level) == (3, 4, 0.95)
    shorter = estimate(measures.restricted_mean_hours_to_decision(of(case(pulls, restricted_mean_days=1))))
    assert shorter.value == pytest.approx((10 + 20 + 24 + 24) / 4)
    assert shorter.high == 24  # no interval goes beyond the limit


def test_waits_that_are_all_alike_claim_no_certainty():
    found = estimate(measures.restricted_mean_hours_to_decision(of(case([opened(1, closed=10)]))))
    assert (found.value, found.low, found.high, found.level) == (10, None, None, None)


def test_nothing_is_said_of_hours_that_nobody_could_have_waited():
    young = of(case([opened(1, 10, closed=12), opened(2, 20)], now=30))
    assert "watched for 24 hours" in undefined(measures.approved_within(0)(young)).reason
    assert "336 hours" in undefined(measures.restricted_mean_hours_to_decision(young)).reason
    assert "80 hours" in undefined(measures.restricted_mean_working_hours_to_decision(young)).reason
    decided = of(case([opened(1, 10, closed=12), opened(2, 20, closed=21)], now=30))
    assert estimate(measures.approved_within(0)(decided)).value == 0
    assert estimate(measures.restricted_mean_hours_to_decision(decided)).value == 1.5


def test_who_enters_late_is_not_counted_before():
    # Opened 100 h before the pilot and approved 50 h into it: at risk from 100 h to 150 h.
    old = [opened(1, -100, merged=900), opened(2, -100, merged=-50)]
    new = [opened(3, merged=900), opened(4, merged=120)]
    slice_ = of(case([*old, *new], [verdict(1, 50), verdict(3, 20)]))
    assert sorted(slice_.waits["number"]) == [1, 3, 4]
    found = estimate(measures.restricted_mean_hours_to_decision(slice_))
    # 1 of 2 at 20 h, 1 of 2 at 120 h, 1 of 1 at 150 h
    assert found.value == pytest.approx(20 + 100 / 2 + 30 / 4)


# -- working time -------------------------------------------------------------------------------------


def test_working_hours_leave_the_weekend_out():
    # Friday 15:00, Saturday and Monday 08:00; approved on Monday at 10:00
    pulls = [opened(n, hour, merged=300) for n, hour in enumerate((111, 130, 176), start=1)]
    slice_ = of(case(pulls, [verdict(n, 178) for n in (1, 2, 3)]))
    assert estimate(measures.median_working_hours_to_approval(slice_)).value == 1
    mean = estimate(measures.restricted_mean_working_hours_to_decision(slice_))
    assert mean.value == pytest.approx((3 + 1 + 1) / 3)


def test_a_wait_on_a_weekend_is_zero_working_hours():
    slice_ = of(case(**approved([20]), now=3000))
    weekend = of(case([opened(1, 130, merged=400)], [verdict(1, 150)]))
    assert estimate(measures.median_working_hours_to_approval(weekend)).value == 0
    assert estimate(measures.median_working_hours_to_approval(slice_)).value == 8


def test_across_a_change_of_clocks_a_working_day_is_as_long_as_it_was():
    # Sunday 28 March 2027, Berlin: 02:00 to 03:00 do not exist
    week = WorkingTime(days=(6,), timezone="Europe/Berlin")
    night = replace(week, start=week.start.replace(hour=1), end=week.end.replace(hour=5))
    hours = 300 * 24  # Sunday 28 March 2027, 00:00 UTC is 01:00 in Berlin
    slice_ = of(
        case([opened(1, hours, merged=hours + 9)], [verdict(1, hours + 8)], now=hours + 99, working=night)
    )
    assert estimate(measures.median_working_hours_to_approval(slice_)).value == 3


def test_who_was_seen_only_outside_working_time_is_left_out_and_counted():
    # opened on Friday before the start (a Monday), decided at 03:00 on the first day
    slice_ = of(case([opened(1, -62, merged=3), opened(2, 0, merged=12)]))
    found = estimate(measures.restricted_mean_working_hours_to_decision(slice_))
    assert found.coverage.excluded == (("not seen waiting in working time", 1),)
    assert (found.value, found.denominator) == (3, 1)


def test_the_limit_in_working_time_is_what_so_many_days_hold():
    measuring = of(case([opened(1)])).measuring
    assert working_tau(measuring) == 80
    assert working_tau(replace(measuring, working=WorkingTime(days=(0, 1)))) == 32


# -- open ones ----------------------------------------------------------------------------------------


def test_open_ones_are_counted_with_their_age():
    pulls = [opened(n, 10 * n) for n in range(1, 8)]
    slice_ = of(case([*pulls, opened(8, closed=5)], now=100))
    assert estimate(measures.open_pull_request_count(slice_)).value == 7
    age = estimate(measures.median_open_hours(slice_))
    assert (age.value, age.low, age.high) == (60, 30, 90)
    assert (age.numerator, age.denominator, age.n) == (7, 8, 7)
    none = of(case([opened(1, closed=5)]))
    assert estimate(measures.open_pull_request_count(none)).value == 0
    assert "waiting" in undefined(measures.median_open_hours(none)).reason


def test_approvals_before_ready_are_counted_apart():
    pulls = [opened(1, ready=6, merged=20), opened(2, ready=2, merged=20)]
    slice_ = of(case(pulls, [verdict(1, 5), verdict(2, 5)]))
    assert estimate(measures.approved_before_ready_count(slice_)).value == 1
    assert estimate(measures.approved_within(0)(slice_)).value == 1


# -- reviews ------------------------------------------------------------------------------------------


def test_a_decision_without_a_review_competes_with_the_first_review():
    pulls = [opened(1, merged=90), opened(2, closed=4), opened(3), opened(4)]
    slice_ = of(case(pulls, [verdict(1, 6, "COMMENTED"), verdict(3, 9, "COMMENTED")]))
    found = estimate(measures.median_hours_to_first_human_review(slice_))
    assert (found.value, found.numerator, found.denominator) == (9, 2, 4)


def test_reviews_before_the_window_are_none_in_it():
    old = [opened(1, -100), opened(2, 0)]
    slice_ = of(case(old, [verdict(1, -50, "COMMENTED"), verdict(2, 7, "COMMENTED")]))
    found = estimate(measures.median_hours_to_first_human_review(slice_))
    assert (found.value, found.coverage.excluded) == (7, (("reviewed before the window", 1),))


def test_rounds_are_those_of_what_was_decided():
    pulls = [opened(1, merged=90), opened(2, closed=9), opened(3), opened(4, merged=9, cut_lists=["reviews"])]
    slice_ = of(case(pulls, [verdict(1, 3, "CHANGES_REQUESTED"), verdict(1, 6)]))
    found = estimate(reviewing.mean_review_rounds(slice_))
    assert (found.value, found.numerator, found.denominator) == (1.5, 3, 2)
    assert found.coverage.excluded == (("not decided yet", 1), ("reviews unknown", 1))
    assert found.low == 1  # no mean lies below one round


def test_stale_approvals_and_refusals_are_shares_of_merges():
    pulls = [opened(n, merged=9, last_push_at=None, head_sha=f"head{n}") for n in (1, 2, 3)]
    reviews = [
        verdict(1, 3, commit_sha="head1"), verdict(2, 3, commit_sha="old"),
        verdict(3, 3, "CHANGES_REQUESTED"), verdict(4, 3, "CHANGES_REQUESTED"),
    ]  # fmt: skip
    slice_ = of(case([*pulls, opened(4)], reviews))
    stale = estimate(reviewing.stale_approval_share(slice_))
    assert (stale.numerator, stale.denominator) == (1, 2)
    assert dict(stale.coverage.excluded) == {"not merged": 1, reviewing.NO_STANDING_APPROVAL: 1}
    over = estimate(reviewing.merged_over_change_request_share(slice_))
    assert (over.numerator, over.denominator) == (1, 3)


# -- closed ones only ---------------------------------------------------------------------------------


def test_studies_count_all_that_was_opened_and_wait_from_creation():
    pulls = [
        opened(1, 0, ready=4, merged=8), opened(2, merged=4), opened(3, closed=5), opened(4),
        opened(5, ready=None, is_draft=True), opened(6, base_branch="old", merged=5),
    ]  # fmt: skip
    slice_ = of(case(pulls, [verdict(1, 6)]))
    share = estimate(published.merged_share(slice_))
    assert (share.numerator, share.denominator) == (2, 5)
    assert share.coverage.excluded == (("to another branch", 1),)
    merge = estimate(published.median_hours_to_merge_closed_only(slice_))
    assert (merge.value, merge.numerator, merge.denominator, merge.low) == (6, 2, 5, None)
    assert estimate(published.median_hours_to_reject_closed_only(slice_)).value == 5
    approval = estimate(published.median_hours_to_approval_approved_only(slice_))
    assert (approval.value, approval.numerator, approval.denominator) == (2, 1, 4)


def test_studies_take_no_draft_spell_away():
    events = [turned(1, "convert_to_draft", 2), turned(1, "ready_for_review", 5)]
    slice_ = of(case([opened(1, merged=9)], [verdict(1, 6)], events))
    assert estimate(published.median_hours_to_approval_approved_only(slice_)).value == 6
    assert estimate(measures.median_hours_to_approval(slice_)).value == 3


def test_without_a_closed_one_there_is_no_median_of_them():
    slice_ = of(case([opened(1)]))
    assert "closed unmerged" in undefined(published.median_hours_to_reject_closed_only(slice_)).reason


def test_the_interval_of_a_median_holds_it_often_enough_and_not_by_too_much():
    for n in range(1, 200):
        below = values_outside(n, 0.95)
        assert tail(below - 1, n) <= 0.025
        assert below >= n // 2 or tail(below, n) > 0.025


def tail(x: int, n: int) -> float:
    """Probability of at most x of n heads, counted exactly."""
    ways, total = 1, 0
    for heads in range(x + 1):
        total += ways
        ways = ways * (n - heads) // (heads + 1)
    return total / 2**n


# -- all of them --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(ALL)))
def test_an_empty_window_is_undefined_with_a_reason(place: int):
    assert undefined(ALL[place](of(case([])))).reason == "no pull request was opened in this window"


@pytest.mark.parametrize("place", range(len(ALL)))
def test_where_nothing_serves_the_reasons_are_told(place: int):
    found = undefined(ALL[place](of(case([opened(1, base_branch="old", merged=4)]))))
    assert found.reason.endswith("to another branch")
    assert found.coverage.total == 1


def test_what_nobody_can_know_is_left_out_and_counted():
    pulls = [
        opened(1, merged=9),
        opened(2, merged=9, cut_lists=["reviews"]),
        opened(3, ready=None, is_draft=True),
    ]
    found = estimate(measures.median_hours_to_approval(of(case(pulls, [verdict(1, 4)]))))
    assert found.coverage.excluded == (("reviews unknown", 1), ("still a draft", 1))
    assert (found.coverage.measured, found.coverage.total) == (1, 3)


HOURS = st.lists(st.integers(0, 60), min_size=1, max_size=15)


@settings(deadline=None, max_examples=20)
@given(HOURS, st.lists(st.integers(0, 60), max_size=5), st.integers(0, 60))
def test_one_more_open_pull_request_never_shortens_the_median(
    hours: list[int], open_since: list[int], another: int
):
    found = approved([float(hour) for hour in hours])
    still = [opened(100 + n, hour) for n, hour in enumerate(open_since)]
    more = opened(200, another)
    before, after = (
        estimate(
            measures.median_hours_to_approval(of(case([*found["pulls"], *pulls], found["reviews"], now=61)))
        )
        for pulls in (still, [*still, more])
    )
    assert after.value >= before.value


@settings(deadline=None, max_examples=12)
@given(st.lists(st.sampled_from(["approved", "merged", "closed", "open", "draft"]), min_size=1, max_size=12))
def test_arms_partition_the_total(stories: list[str]):
    pulls, reviews = [], []
    for n, story in enumerate(stories, start=1):
        close = {"approved": {"merged": 9.0}, "merged": {"merged": 9.0}, "closed": {"closed": 9.0}}
        draft = {"ready": None, "is_draft": True} if story == "draft" else {}
        who = "agent" if n % 2 else "human"
        pulls.append(opened(n, authorship=who, **close.get(story, {}), **draft))
        reviews += [verdict(n, 5)] if story == "approved" else []
    found = case(pulls, reviews)
    sizes = [of(found, arm).waits.height for arm in ("agent", "human", "assisted", "unknown", "automation")]
    assert sum(sizes) == found.waits.height == len(stories)
    for compute in ALL:
        number = compute(of(found))
        told = number.coverage
        assert told.measured + sum(count for _, count in told.excluded) == told.total
        if isinstance(number, Estimate):
            assert number.low is None or number.low <= number.value
            assert number.high is None or number.value <= number.high


def test_rows_of_a_slice_carry_what_drill_downs_show():
    assert {"title", "url", "hours", "waiting_for", "size_band"} <= set(of(case([opened(1)])).waits.columns)
    assert of(case([opened(1)])).waits.filter(pl.col("left_out").is_null()).height == 1
