from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metrics.statistics.clustered import QUASI_POISSON, dispersion, honest_ratio, quasi_poisson, totals
from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.rates import Count
from metrics.statistics.ratios import EXACT, Ratio, quotient, rate_ratio_exact, wider
from metrics.statistics.special import binomial_probability
from metrics.statistics.stratified import GREENLAND_ROBINS, mantel_haenszel

COUNTS = st.builds(Count, st.integers(0, 300), st.floats(0.1, 1000))
STRATA = st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=6)
CHANGES = st.lists(st.tuples(st.integers(0, 9), st.floats(0.05, 5), st.booleans()), min_size=2, max_size=30)


def near(ratio: Ratio) -> object:
    return pytest.approx((ratio.value, ratio.low, ratio.high, ratio.p), rel=1e-6, abs=1e-12)


def numbers(ratio: Ratio | None) -> tuple[float, ...]:
    assert ratio is not None
    return ratio.value, ratio.low, ratio.high, ratio.p


def turned(ratio: Ratio) -> Ratio:
    value, low, high = (1 / limit if limit else math.inf for limit in (ratio.value, ratio.high, ratio.low))
    return Ratio(value, low, high, ratio.p, ratio.method)


def arrays(changes: list[tuple[int, float, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    events, exposure, is_first = zip(*changes, strict=True)
    return np.array(events, dtype=np.float64), np.array(exposure), np.array(is_first)


def test_no_events_on_either_side_make_no_ratio():
    assert rate_ratio_exact(Count(0, 5), Count(0, 9), 0.95) is None
    assert mantel_haenszel([(Count(0, 5), Count(0, 9))], 0.95) is None
    assert mantel_haenszel([], 0.95) is None
    assert honest_ratio(np.zeros(4), np.ones(4), np.array([True, True, False, False]), 0.95) is None


def test_a_side_without_exposure_makes_no_ratio():
    assert rate_ratio_exact(Count(0, 0), Count(3, 9), 0.95) is None
    assert rate_ratio_exact(Count(3, 9), Count(0, 0), 0.95) is None


def test_no_events_in_the_second_make_an_infinite_ratio_with_a_lower_limit():
    found = rate_ratio_exact(Count(5, 10), Count(0, 10), 0.95)
    assert found is not None
    assert (found.value, found.high) == (math.inf, math.inf)
    share = 0.025 ** (1 / 5)
    assert found.low == pytest.approx(share / (1 - share))
    assert found.p == pytest.approx(2 * 0.5**5)


def test_a_ratio_of_as_many_events_in_as_much_exposure_is_one_without_surprise():
    found = rate_ratio_exact(Count(7, 3), Count(7, 3), 0.95)
    assert found is not None
    assert (found.value, found.p) == (1.0, 1.0)


@settings(deadline=None, max_examples=80)
@given(COUNTS, COUNTS)
def test_p_value_adds_up_every_split_that_is_not_likelier(first: Count, second: Count):
    found = rate_ratio_exact(first, second, 0.95)
    assume(found is not None)
    n, share = int(first.events + second.events), first.exposure / (first.exposure + second.exposure)
    chances = [binomial_probability(k, n, share) for k in range(n + 1)]
    limit = chances[int(first.events)] * (1 + 1e-7)
    assert numbers(found)[3] == pytest.approx(min(1.0, sum(c for c in chances if c <= limit)), rel=1e-6)


@settings(deadline=None, max_examples=80)
@given(COUNTS, COUNTS)
def test_swapping_the_sides_gives_the_reciprocal(first: Count, second: Count):
    found = rate_ratio_exact(first, second, 0.95)
    assume(found is not None)
    assert found is not None
    assert numbers(rate_ratio_exact(second, first, 0.95)) == near(turned(found))


@settings(deadline=None, max_examples=60)
@given(COUNTS, COUNTS, st.sampled_from([0.001, 0.5, 1000.0]))
def test_the_unit_of_exposure_does_not_matter_to_a_ratio(first: Count, second: Count, unit: float):
    found = rate_ratio_exact(first, second, 0.95)
    assume(found is not None)
    assert found is not None
    scaled = [Count(each.events, each.exposure * unit) for each in (first, second)]
    assert numbers(rate_ratio_exact(*scaled, 0.95)) == near(found)


def test_the_interval_is_clopper_and_pearsons_turned_over():
    found = rate_ratio_exact(Count(11, 800), Count(21, 3011), 0.95)
    low, high = clopper_pearson(11, 32, 0.95)
    assert numbers(found)[1:3] == pytest.approx(
        (low / (1 - low) * 3011 / 800, high / (1 - high) * 3011 / 800)
    )


def test_agents_can_be_worse_in_both_repositories_and_look_better_together():
    payments, docs = (Count(12, 8), Count(100, 80)), (Count(18, 90), Count(2, 20))
    found = mantel_haenszel([payments, docs], 0.95)
    assert quotient(Count(30, 98), Count(102, 100)) == pytest.approx(0.3001, abs=1e-4)
    assert (quotient(*payments), quotient(*docs)) == pytest.approx((1.2, 2.0))
    assert numbers(found)[:3] == pytest.approx((1.3220, 0.7584, 2.3046), abs=1e-4)


@settings(deadline=None, max_examples=80)
@given(STRATA)
def test_the_common_ratio_lies_between_those_of_the_strata(strata: list[tuple[Count, Count]]):
    found = mantel_haenszel(strata, 0.95)
    informative = [pair for pair in strata if pair[0].events + pair[1].events]
    assume(informative)
    assert found is not None
    ratios = [quotient(*pair) for pair in informative]
    assert min(ratios) * (1 - 1e-9) <= found.value <= max(ratios) * (1 + 1e-9)
    assert found.low <= found.value <= found.high


@settings(deadline=None, max_examples=80)
@given(STRATA)
def test_swapping_the_sides_of_every_stratum_gives_the_reciprocal(strata: list[tuple[Count, Count]]):
    found = mantel_haenszel(strata, 0.95)
    assume(found is not None)
    assert found is not None
    assert numbers(mantel_haenszel([(b, a) for a, b in strata], 0.95)) == near(turned(found))


@settings(deadline=None, max_examples=60)
@given(STRATA, st.floats(1, 20))
def test_dispersion_widens_the_common_ratio_and_never_narrows_it(
    strata: list[tuple[Count, Count]], spread: float
):
    plain, wide = mantel_haenszel(strata, 0.95), mantel_haenszel(strata, 0.95, spread)
    assume(plain is not None)
    assert plain is not None
    assert wide is not None
    assert wide.low <= plain.low * (1 + 1e-9)
    assert wide.high >= plain.high * (1 - 1e-9)
    assert wide.p >= plain.p * (1 - 1e-9)
    assert mantel_haenszel(strata, 0.95, 0.2) == plain


def test_a_stratum_with_one_side_only_adds_nothing():
    both = (Count(4, 10), Count(9, 30))
    alone = [(Count(50, 1), Count(0, 0)), (Count(0, 0), Count(80, 2))]
    assert mantel_haenszel([both, *alone], 0.95) == mantel_haenszel([both], 0.95)
    assert mantel_haenszel(alone, 0.95) is None


@pytest.mark.parametrize("second", [Count(6, 20), Count(1, 3)])
def test_one_stratum_without_events_on_one_side_has_the_exact_conditional_limit(second: Count):
    first = Count(0, 15)
    stratified, exact = mantel_haenszel([(first, second)], 0.95), rate_ratio_exact(first, second, 0.95)
    assert numbers(stratified)[:3] == pytest.approx(numbers(exact)[:3])


def test_no_events_on_one_side_of_two_strata_are_judged_together():
    # (1 + R)^-5 (1 + 2R)^-5 = 0.025 at the upper limit.
    found = mantel_haenszel([(Count(0, 5), Count(5, 5)), (Count(0, 10), Count(5, 5))], 0.95)
    high = numbers(found)[2]
    assert 5 * math.log1p(high) + 5 * math.log1p(2 * high) == pytest.approx(-math.log(0.025))
    assert numbers(found)[3] == pytest.approx(2 * 2**-5 * 3**-5)


def test_the_method_says_how_the_interval_came_about():
    found = mantel_haenszel([(Count(4, 10), Count(9, 30))], 0.95)
    assert found is not None
    assert found.method == GREENLAND_ROBINS


def test_the_wider_of_two_intervals_is_judged_on_the_log_scale():
    low, high = Ratio(1.0, 0.1, 2.0, 0.5, "reaches down"), Ratio(1.0, 0.5, 9.0, 0.5, "reaches up")
    assert wider(low, high) is low
    assert wider(high, low) is low
    assert wider(Ratio(0.0, 0.0, 2.0, 0.5, "a"), Ratio(0.0, 0.0, 3.0, 0.5, "b")).method == "b"
    never, rarely = Ratio(math.inf, 2.0, math.inf, 0.5, "a"), Ratio(math.inf, 1.0, math.inf, 0.5, "b")
    assert wider(never, rarely).method == "b"


def test_counts_of_one_group_vary_by_hand():
    # Rates 2 and 1 per unit: (1-2)^2/2 + (3-2)^2/2 + 0 over 3 - 2 degrees of freedom.
    found = dispersion(np.array([1.0, 3.0, 1.0]), np.ones(3), np.array([7, 7, 2]))
    assert found is not None
    assert (found.value, found.dof) == (1.0, 1)


def test_a_group_without_events_says_nothing_about_dispersion():
    events, group = np.array([0.0, 4.0, 0.0, 0.0, 0.0]), np.array([0, 0, 1, 1, 1])
    alone = dispersion(events[:2], np.ones(2), group[:2])
    assert dispersion(events, np.ones(5), group) == alone
    assert dispersion(np.zeros(5), np.ones(5), group) is None
    assert dispersion(np.array([3.0, 4.0]), np.ones(2), np.array([0, 1])) is None


def test_a_group_without_events_has_no_logarithm_of_its_rate():
    assert quasi_poisson(np.array([0.0, 0.0, 2.0]), np.ones(3), np.array([True, True, False])) is None


def test_findings_in_one_change_widen_the_ratio_and_name_why():
    is_first = np.array([True] * 10 + [False] * 10)
    spread = np.array(([1.0] * 5 + [0.0] * 5) * 2)
    clustered = np.array(([5.0] + [0.0] * 9) * 2)
    even, uneven = (honest_ratio(events, np.ones(20), is_first, 0.95) for events in (spread, clustered))
    assert even is not None
    assert uneven is not None
    assert even.method == EXACT
    assert uneven.method == QUASI_POISSON
    assert even.value == uneven.value == 1.0
    assert uneven.low < even.low < 1 < even.high < uneven.high


def test_no_findings_against_findings_in_one_change_is_less_than_it_seems():
    is_first = np.array([True] * 6 + [False] * 6)
    clustered = np.array([0.0] * 6 + [12.0] + [0.0] * 5)
    found, exact = (
        honest_ratio(clustered, np.ones(12), is_first, 0.95),
        rate_ratio_exact(Count(0, 6), Count(12, 6), 0.95),
    )
    # Dispersion 12: twelve findings in one change weigh as much as one.
    assert numbers(found)[2] == pytest.approx(1 / 0.025 - 1)
    assert numbers(found)[2] > numbers(exact)[2]


def test_one_change_on_each_side_leaves_the_exact_interval():
    found = honest_ratio(np.array([3.0, 1.0]), np.ones(2), np.array([True, False]), 0.95)
    assert found == rate_ratio_exact(Count(3, 1), Count(1, 1), 0.95)


def test_an_enormous_dispersion_ends_in_infinite_limits_and_in_no_error():
    events = np.array([1e6, 0.0, 1e6])
    found = honest_ratio(events, np.array([1e-3, 1e6, 1.0]), np.array([True, True, False]), 0.95)
    assert numbers(found)[1] < 1e-200
    assert numbers(found)[2] > 1e200


@settings(deadline=None, max_examples=80)
@given(CHANGES)
def test_the_honest_interval_holds_the_exact_one_or_is_as_wide(changes: list[tuple[int, float, bool]]):
    events, exposure, is_first = arrays(changes)
    found = honest_ratio(events, exposure, is_first, 0.95)
    assume(found is not None)
    assert found is not None
    exact = rate_ratio_exact(*totals(events, exposure, is_first), 0.95)
    assert exact is not None
    assert found.width >= exact.width
    assert found.low <= found.value <= found.high
    assert numbers(honest_ratio(events, exposure, ~is_first, 0.95)) == near(turned(found))


@pytest.mark.deep
@pytest.mark.parametrize(
    ("shape", "exact_at_most", "honest_at_least"), [(1.0, 0.92, 0.94), (0.3, 0.80, 0.925)]
)
def test_the_honest_interval_covers_where_the_exact_one_does_not(
    shape: float, exact_at_most: float, honest_at_least: float
):
    draw, is_first = np.random.default_rng(20_260_817), np.array([True] * 60 + [False] * 60)
    covered = np.zeros(2)
    for _ in range(2_000):
        kloc = draw.uniform(0.2, 1.8, 120)
        events = draw.poisson(0.5 * kloc * draw.gamma(shape, 1 / shape, 120)).astype(np.float64)
        exact = rate_ratio_exact(*totals(events, kloc, is_first), 0.95)
        honest = honest_ratio(events, kloc, is_first, 0.95)
        covered += [found is not None and found.low <= 1 <= found.high for found in (exact, honest)]
    assert covered[0] / 2_000 <= exact_at_most
    assert covered[1] / 2_000 >= honest_at_least
