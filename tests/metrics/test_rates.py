from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.detectable import detectable_ratio
from metrics.statistics.differences import share_difference
from metrics.statistics.etest import etest
from metrics.statistics.rates import Count, garwood
from metrics.statistics.roots import crossing
from metrics.statistics.special import log_gamma_above, log_gamma_below, poisson_probability

EVENTS = st.integers(0, 5_000)
EXPOSURES = st.floats(0.01, 1e5)
SHARES = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_no_findings_in_five_kloc_leave_three_quarters_of_one_per_kloc_possible():
    low, high = garwood(0, 5, 0.95)
    assert low == 0.0
    assert high == pytest.approx(-math.log(0.025) / 5)


def test_without_exposure_every_rate_is_possible():
    assert garwood(0, 0, 0.95) == (0.0, math.inf)


def test_a_rate_without_exposure_is_no_zero():
    assert math.isnan(Count(0, 0).rate)
    assert Count(3, 0).rate == math.inf
    assert Count(3, 6).rate == 0.5


@settings(deadline=None, max_examples=60)
@given(EVENTS, EXPOSURES, st.sampled_from([0.8, 0.95, 0.998]))
def test_poisson_tails_at_the_limits_are_what_the_level_leaves(events: int, exposure: float, level: float):
    low, high = garwood(events, exposure, level)
    tail = math.log((1 - level) / 2)
    assert log_gamma_above(events + 1, high * exposure) == pytest.approx(tail, abs=1e-7)
    if events:
        # At least x events at the lower limit are as rare as at most x at the upper one.
        assert log_gamma_below(events, low * exposure) == pytest.approx(tail, abs=1e-7)
        assert low < events / exposure < high


@settings(deadline=None, max_examples=60)
@given(EVENTS, EXPOSURES, st.floats(0.001, 1000))
def test_limits_of_a_rate_follow_its_unit(events: int, exposure: float, unit: float):
    limits = garwood(events, exposure, 0.95)
    assert garwood(events, exposure * unit, 0.95) == pytest.approx([limit / unit for limit in limits])


@pytest.mark.parametrize(
    ("kloc", "base", "ratio"),
    [(245, 0.1, 2.0), (82, 0.3, 2.0), (25, 1.0, 2.0), (796, 0.1, 1.5), (265, 0.3, 1.5), (80, 1.0, 1.5)],
)
def test_volume_per_arm_shows_the_published_ratio(kloc: float, base: float, ratio: float):
    assert detectable_ratio(kloc, kloc, base) == pytest.approx(ratio, rel=0.01)
    assert detectable_ratio(kloc * 0.98, kloc * 0.98, base) > ratio


def test_without_exposure_or_rate_no_ratio_could_be_seen():
    assert detectable_ratio(0, 10, 1) == math.inf
    assert detectable_ratio(10, 0, 1) == math.inf
    assert detectable_ratio(10, 10, 0) == math.inf
    assert detectable_ratio(1e-9, 1e-9, 1) == math.inf


@settings(deadline=None, max_examples=40)
@given(EXPOSURES, EXPOSURES, st.floats(0.01, 5))
def test_more_volume_or_less_dispersion_shows_smaller_ratios(first: float, second: float, base: float):
    plain = detectable_ratio(first, second, base)
    assert 1 < detectable_ratio(first * 2, second, base) <= plain
    assert 1 < detectable_ratio(first, second * 2, base) <= plain
    assert detectable_ratio(first, second, base, dispersion=3) >= plain
    assert detectable_ratio(first, second, base, dispersion=0.1) == plain


def test_a_crossing_outside_the_bounds_is_the_nearer_bound():
    assert crossing(lambda x: x - 5, 0.0, 1.0) == 1.0
    assert crossing(lambda x: x + 5, 0.0, 1.0) == pytest.approx(0.0, abs=1e-12)


def test_newcombe_1998_examples_of_method_10_are_reproduced():
    cases = {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (9, 10, 3, 10): (0.1705, 0.8090),
        (6, 7, 2, 7): (0.0582, 0.8062),
        (5, 56, 0, 29): (-0.0381, 0.1926),
        (0, 10, 0, 20): (-0.1611, 0.2775),
        (10, 10, 0, 20): (0.6791, 1.0),
        (10, 10, 0, 10): (0.6075, 1.0),
    }
    for counts, limits in cases.items():
        found = share_difference(*counts, 0.95)
        assert found is not None
        assert (found.low, found.high) == pytest.approx(limits, abs=5e-5)


def test_a_difference_with_a_share_of_nothing_does_not_exist():
    assert share_difference(0, 0, 1, 2, 0.95) is None
    assert share_difference(1, 2, 0, 0, 0.95) is None


@settings(deadline=None, max_examples=60)
@given(SHARES, SHARES)
def test_swapping_two_shares_turns_the_sign_of_their_difference(
    first: tuple[int, int], second: tuple[int, int]
):
    found, turned = share_difference(*first, *second, 0.95), share_difference(*second, *first, 0.95)
    assert found is not None
    assert turned is not None
    assert (turned.value, turned.low, turned.high) == (-found.value, -found.high, -found.low)
    assert -1 - 1e-12 <= found.low <= found.value <= found.high <= 1 + 1e-12


def test_no_events_are_no_evidence_of_different_rates():
    assert etest(Count(0, 10), Count(0, 3)) == 1.0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.1, 50), st.sampled_from(["score", "wald"]))
def test_the_unconditional_test_does_not_care_which_side_is_first_nor_for_the_unit(
    x1: int, x2: int, exposure: float, variant: str
):
    found = etest(Count(x1, exposure), Count(x2, 7.0), variant)  # type: ignore[arg-type]
    assert 0 <= found <= 1
    assert etest(Count(x2, 7.0), Count(x1, exposure), variant) == pytest.approx(found, abs=1e-9)  # type: ignore[arg-type]
    assert etest(Count(x1, exposure * 4), Count(x2, 28.0), variant) == pytest.approx(found, abs=1e-9)  # type: ignore[arg-type]


def test_poisson_probabilities_add_up_to_one():
    assert poisson_probability(np.arange(200, dtype=np.float64), 60.0).sum() == pytest.approx(1.0)
