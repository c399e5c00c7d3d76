from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.estimate import Coverage, Estimate, Undefined
from metrics.measures import Slice
from metrics.velocity.comparison import (
    MOST_POINTS,
    conclusion,
    curves,
    log_rank_p,
    restricted_mean_difference_plain,
    restricted_mean_difference_stratified,
    strata,
)
from tests.builders_metrics import Row, pilot
from tests.builders_velocity import case, of, opened, verdict

VERSUS = "agent vs human"
REVIEWERS = [f"rev{n}" for n in range(8)]


def approved(number: int, hours: float, who: str, **given: Any) -> tuple[Row, Row]:
    """A pull request of agents or people that one of eight reviewers approved after so many hours."""
    pull = opened(number, authorship=who, merged=900, **{"additions": 5, "deletions": 0, **given})
    repository = pull["repository"]
    reviewer = REVIEWERS[number % len(REVIEWERS)]
    return pull, verdict(number, hours, reviewer=reviewer, repository=repository)


def compared(*pairs: tuple[Row, Row], **given: Any) -> Slice:
    """Agents' against people's, over the whole pilot."""
    pulls, reviews = [pull for pull, _ in pairs], [review for _, review in pairs]
    return of(case(pulls, reviews, **given), VERSUS)


def sixteen(agent_hours: float, human_hours: float, **given: Any) -> list[tuple[Row, Row]]:
    """Sixteen of each side, whose waits vary by reviewer."""
    agents = [approved(n, agent_hours + n % 8, "agent", **given) for n in range(1, 17)]
    return agents + [approved(n, human_hours + n % 8, "human", **given) for n in range(101, 117)]


def estimate(number: Any) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def test_the_difference_is_of_restricted_means():
    found = estimate(restricted_mean_difference_plain(compared(*sixteen(30, 10))))
    # 101..116 meet the same reviewers as 1..16: both sides hold each of them twice
    assert found.value == pytest.approx(20)
    assert (found.numerator, found.denominator, found.unit) == (32, 32, "hours")
    assert conclusion(found) == "slower"


def test_the_other_way_round_it_is_faster():
    assert conclusion(restricted_mean_difference_plain(compared(*sixteen(10, 30)))) == "faster"


def test_a_gap_that_the_next_reviewers_could_turn_is_no_conclusion():
    agents = [approved(n, 10 + n % 8, "agent") for n in range(1, 17)]
    people = [approved(n, 16 - n % 8, "human") for n in range(101, 117)]
    assert conclusion(restricted_mean_difference_plain(compared(*agents, *people))) == "cannot tell"


def test_no_interval_is_no_conclusion():
    few = [approved(8 * n, 30, "agent") for n in (1, 2)] + [approved(8 * n, 3, "human") for n in (20, 21)]
    found = estimate(restricted_mean_difference_plain(compared(*few)))
    assert (found.value, found.low, found.high, found.level) == (27, None, None, None)
    assert conclusion(found) == "cannot tell"


def test_like_is_compared_with_like():
    # Agents take the large changes, and are quicker at either size: small 4 against 5, large 40 against 50.
    sizes: list[dict[str, Any]] = [{"additions": 5}, {"additions": 600}]
    pairs = [
        *(approved(n, 4, "agent", **sizes[0]) for n in range(1, 9)),
        *(approved(n, 40, "agent", **sizes[1]) for n in range(11, 43)),
        *(approved(n, 5, "human", **sizes[0]) for n in range(101, 133)),
        *(approved(n, 50, "human", **sizes[1]) for n in range(201, 209)),
    ]
    slice_ = compared(*pairs)
    plain = estimate(restricted_mean_difference_plain(slice_)).value
    assert plain == pytest.approx((8 * 4 + 32 * 40) / 40 - (32 * 5 + 8 * 50) / 40)
    # both strata count by 8 x 32 / 40
    assert estimate(restricted_mean_difference_stratified(slice_)).value == pytest.approx(-5.5)
    assert [(each.size_band, each.first_count, each.second_count) for each in strata(slice_)] == [
        ("251-1000", 32, 8), ("up to 10", 8, 32),
    ]  # fmt: skip
    assert [each.difference for each in strata(slice_)] == pytest.approx([-10, -1])


def test_what_only_one_side_has_is_left_out_of_the_strata_and_counted():
    lone = approved(50, 90, "agent", repository="acme/docs")
    found = estimate(restricted_mean_difference_stratified(compared(*sixteen(30, 10), lone)))
    assert found.value == pytest.approx(20)
    assert (found.denominator, found.numerator) == (32, 32)
    assert found.coverage.excluded == (("repository and size that only one side has", 1),)
    assert (found.coverage.measured, found.coverage.total) == (32, 33)


def test_without_a_common_stratum_there_is_no_stratified_difference():
    apart = [
        approved(n, 9, who, repository=f"acme/{who}") for n, who in ((1, "agent"), (2, "human"), (3, "human"))
    ]
    found = restricted_mean_difference_stratified(compared(*apart))
    assert isinstance(found, Undefined)
    assert "both sides" in found.reason
    assert strata(compared(*apart)) == ()
    assert isinstance(log_rank_p(compared(*apart)), Undefined)


@pytest.mark.parametrize(
    "compute", [restricted_mean_difference_plain, restricted_mean_difference_stratified, log_rank_p]
)
def test_one_side_alone_is_not_compared(compute: Any):
    alone = compared(approved(1, 9, "agent"))
    assert isinstance(compute(alone), Undefined)
    assert isinstance(compute(replace(alone, against=None)), Undefined)
    assert compute(alone).coverage == Coverage(1, 1)


def test_nothing_is_compared_before_the_limit_of_the_mean_could_have_been_waited():
    young = compared(
        approved(1, 9, "agent"), (opened(2, authorship="human"), verdict(999, 1)), now=300
    )  # fmt: skip
    found = restricted_mean_difference_plain(young)
    assert isinstance(found, Undefined)
    assert "336 hours" in found.reason
    assert strata(young) == ()


def test_log_rank_counts_what_was_decided_and_what_was_to_be_expected():
    # at 1 h: 1 of 2 agents and 1 person at risk; at 2 h: 1 agent, 1 person; at 3 h: the person alone
    slice_ = compared(approved(1, 1, "agent"), approved(2, 2, "agent"), approved(3, 3, "human"))
    found = estimate(log_rank_p(slice_))
    assert (found.numerator, found.unit, found.low, found.level) == (2, "p-value", None, None)
    assert found.denominator == pytest.approx(2 / 3 + 1 / 2)
    assert 0 < found.value < 1


def test_log_rank_is_asked_within_strata():
    # opposite in two repositories: agents first in one, people first in the other
    pairs = [
        approved(1, 1, "agent"), approved(2, 2, "human"),
        approved(3, 2, "agent", repository="acme/docs"), approved(4, 1, "human", repository="acme/docs"),
    ]  # fmt: skip
    found = estimate(log_rank_p(compared(*pairs)))
    assert found.numerator == 2
    assert found.denominator == pytest.approx(0.5 + 0.5 + 1)
    assert found.value == pytest.approx(1)


def test_a_curve_starts_at_zero_and_ends_at_the_limit():
    (agents, people) = curves(compared(*sixteen(30, 10)))
    assert (agents[0].hours, agents[0].share, agents[-1].hours, agents[-1].share) == (0, 0, 336, 1)
    assert people[1].hours == 10
    assert [point.share for point in agents[1:9]] == pytest.approx([n / 8 for n in range(1, 9)])
    assert all(point.low <= point.share <= point.high for point in (*agents, *people))


def test_a_curve_ends_where_nobody_could_have_waited_longer():
    (agents,) = curves(of(case([opened(1, merged=90), opened(2, 4)], [verdict(1, 6)], now=50)))
    assert [point.hours for point in agents] == [0, 6, 50]


def test_a_side_without_pull_requests_has_no_curve():
    assert curves(compared(approved(1, 9, "agent")))[1] == ()


def test_however_many_there_are_a_curve_has_few_points():
    pulls = [opened(n, merged=300) for n in range(1, 1001)]
    slice_ = of(case(pulls, [verdict(n, n / 4) for n in range(1, 1001)]))
    (points,) = curves(slice_)
    assert len(points) == MOST_POINTS
    assert points[1].hours == 0.25
    assert points[-2].hours == 250
    assert sorted(point.share for point in points) == [point.share for point in points]


def test_the_same_people_in_another_spelling_are_one_cluster():
    pairs = sixteen(30, 10)
    upper = [(pull, {**review, "reviewer": str(review["reviewer"]).upper()}) for pull, review in pairs[::2]]
    mixed = compared(*pairs[1::2], *upper)
    assert restricted_mean_difference_plain(mixed) == restricted_mean_difference_plain(compared(*pairs))


SIDE = st.sampled_from(["agent", "human"])
STORY = st.tuples(SIDE, st.integers(0, 80), st.integers(0, 7), st.sampled_from([5, 300]), st.booleans())


@settings(deadline=None, max_examples=12)
@given(st.lists(STORY, min_size=2, max_size=24), st.randoms(use_true_random=False))
def test_seen_from_the_other_side_every_difference_turns_its_sign(stories: list[Any], chance: Any):
    pairs = [
        (
            opened(
                8 * n + reviewer,
                authorship=who,
                merged=900 if is_decided else None,
                additions=size,
                deletions=0,
            ),
            verdict(8 * n + reviewer if is_decided else 9998, hours, reviewer=f"rev{reviewer}"),
        )
        for n, (who, hours, reviewer, size, is_decided) in enumerate(stories, start=1)
    ]
    shuffled = chance.sample(pairs, len(pairs))
    ours = compared(*pairs, pilot=pilot())
    assert ours.against is not None
    theirs = replace(ours.against, against=replace(ours, against=None))
    for compute in (restricted_mean_difference_plain, restricted_mean_difference_stratified):
        here, there = compute(ours), compute(theirs)
        assert compute(compared(*shuffled)) == here
        if isinstance(here, Undefined):
            assert isinstance(there, Undefined)
            continue
        assert there.value == -here.value
        assert (there.low is None) == (here.low is None)
        if here.low is not None and here.high is not None:
            assert (there.low, there.high) == pytest.approx((-here.high, -here.low))
    first, second = log_rank_p(ours), log_rank_p(theirs)
    if isinstance(first, Estimate):
        assert estimate(second).value == pytest.approx(first.value)
        gap = first.numerator - first.denominator
        assert second.numerator - second.denominator == pytest.approx(-gap)
