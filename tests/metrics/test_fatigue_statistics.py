"""Shares over people: what the interval promises, and what happens at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.beta_binomial import beta_binomial
from metrics.statistics.funnel import funnel_limits
from metrics.statistics.gee import logistic_trend
from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.people import AS_UNITS, cluster_ratio, intraclass_correlation, quasi_binomial
from metrics.statistics.trends import cochran_armitage

EACH = 20  # decisions of a reviewer


def covered(people: int, rate: float, correlation: float, runs: int) -> float:
    """How often the interval holds the true rate of reviewers whose own rates follow a beta distribution."""
    chance = np.random.default_rng(7)
    whole = 1 / correlation - 1
    held = 0
    for _ in range(runs):
        own = chance.beta(rate * whole, (1 - rate) * whole, people)
        found = cluster_ratio(list(chance.binomial(EACH, own)), [EACH] * people, 0.95)
        held += found.low <= rate <= found.high
    return held / runs


@pytest.mark.parametrize("people", [5, 30])
def test_the_interval_covers_what_it_says(people: int):
    assert covered(people, 0.3, 0.15, runs=4_000) == pytest.approx(0.95, abs=0.015)


@pytest.mark.deep
@pytest.mark.parametrize("people", [5, 10, 30])
@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_the_interval_covers_what_it_says_in_many_runs(people: int, rate: float):
    assert covered(people, rate, 0.15, runs=100_000) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(("people", "rate"), [(5, 0.01), (5, 0.03), (30, 0.005)])
def test_where_fast_ones_are_rare_the_fallback_keeps_the_promise(people: int, rate: float):
    assert covered(people, rate, 0.15, runs=2_000) >= 0.95


@pytest.mark.parametrize(("x", "limits"), [(0, (0.0, 0.5218)), (EACH, (0.4782, 1.0))])
def test_all_or_none_fast_gives_the_limits_of_five_people(x: int, limits: tuple[float, float]):
    found = cluster_ratio([x] * 5, [EACH] * 5, 0.95)
    assert (found.low, found.high) == pytest.approx(limits, abs=1e-4)
    assert (found.method, found.deff) == (AS_UNITS, None)


def test_people_who_are_all_alike_do_not_give_an_interval_of_no_width():
    found = cluster_ratio([5] * 8, [20] * 8, 0.95)
    assert (found.low, found.high) == clopper_pearson(2, 8, 0.95)


def test_one_person_is_one_unit_however_many_decisions():
    assert cluster_ratio([0], [5_000], 0.95).high == pytest.approx(0.975)


@pytest.mark.parametrize(("x", "n"), [([], []), ([0], [0]), ([1, 0], [2, 0])])
def test_without_decisions_there_is_no_share(x: list[int], n: list[int]):
    with pytest.raises(ValueError, match="at least one person"):
        cluster_ratio(x, n, 0.95)


def test_a_rate_next_to_one_does_not_overflow():
    found = cluster_ratio([1_000_000, 999_999], [1_000_000, 1_000_000], 0.95)
    assert 0 <= found.low <= found.value <= found.high <= 1


PEOPLE = st.lists(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_counting_what_was_not_fast_mirrors_the_interval(people: list[tuple[int, int]]):
    x, n = zip(*people, strict=True)
    found = cluster_ratio(x, n, 0.95)
    mirrored = cluster_ratio([size - fast for fast, size in people], n, 0.95)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((found.low, found.high), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(PEOPLE)
def test_more_confidence_never_narrows(people: list[tuple[int, int]]):
    x, n = zip(*people, strict=True)
    narrow, wide = (cluster_ratio(x, n, level) for level in (0.9, 0.99))
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12


def test_decisions_of_a_person_that_never_vary_are_wholly_alike():
    assert intraclass_correlation([10, 0, 10, 0], [10] * 4) == pytest.approx(1)
    assert intraclass_correlation([3], [9]) is None


def test_what_does_not_vary_has_no_spread():
    assert beta_binomial([0, 0], [5, 5]) is None
    assert quasi_binomial([5, 5], [5, 5]) is None
    assert cochran_armitage([1, 1], [2, 2], [3, 3]) is None
    assert cochran_armitage([], [], []) is None


def test_a_wider_spread_of_people_is_a_higher_correlation():
    alike, apart = beta_binomial([5, 6, 4, 5], [20] * 4), beta_binomial([0, 12, 1, 7], [20] * 4)
    assert alike is not None
    assert apart is not None
    assert alike.correlation < 0.01 < apart.correlation


def test_few_decisions_make_a_wide_funnel():
    wide, narrow = funnel_limits(10, 0.3), funnel_limits(1_000, 0.3)
    assert wide.far_low <= wide.low < narrow.low < 0.3 < narrow.high < wide.high <= wide.far_high


def _one_trend(sizes: int) -> tuple[np.ndarray, ...]:
    chance = np.random.default_rng(3)
    along = np.tile(np.arange(6.0), 8)
    person = np.repeat(np.arange(8), 6)
    of = np.full(48, float(sizes))
    return chance.binomial(sizes, 1 / (1 + np.exp(1 - 0.3 * along))).astype(float), of, along, person


def test_grouped_and_single_decisions_give_one_trend():
    counted, of, along, person = _one_trend(4)
    alone = [np.repeat(each, 4) for each in (along, person)]
    y = np.concatenate([[1.0] * int(x) + [0.0] * (4 - int(x)) for x in counted])
    grouped, single = logistic_trend(counted, of, along, person), logistic_trend(y, np.ones(192), *alone)
    assert grouped is not None
    assert single is not None
    assert (*grouped.se, *grouped.se_reduced) == pytest.approx((*single.se, *single.se_reduced))
    assert grouped.slope == pytest.approx(single.slope)


def test_a_true_trend_is_found():
    found = logistic_trend(*_one_trend(200))
    assert found is not None
    assert found.slope == pytest.approx(0.3, abs=0.05)


def test_a_trend_that_cannot_be_fitted_is_none():
    counted, of, along, person = _one_trend(4)
    assert logistic_trend(counted * 0, of, along, person) is None  # nothing is fast
    assert logistic_trend(counted, of, along * 0, person) is None  # one place
    assert logistic_trend(counted[:12], of[:12], along[:12], person[:12]) is None  # two people
    assert logistic_trend((along > 2) * of, of, along, person) is None  # separated by the place
    only_one = np.where(person == 0, along, 0.0)
    assert logistic_trend(counted, of, only_one, person) is None  # one person tells it all
    assert logistic_trend(*(each[:0] for each in (counted, of, along, person))) is None
