from __future__ import annotations

import math
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics import special
from metrics.statistics.dispersion import dispersion_p_value
from metrics.statistics.evalues import (
    anytime_upper,
    as_e_value,
    changes_required_anytime,
    clean_changes_required,
    e_above,
    e_above_exposure,
    e_below,
    e_below_exposure,
    exposure_required,
    log_e_above,
    log_e_above_exposure,
    log_e_below,
    log_e_below_exposure,
)

COUNTS = st.integers(0, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
THRESHOLDS = st.sampled_from([0.001, 0.01, 0.05, 0.3])
MANY = sorted({(x, n) for n in (1, 1_000, 10**7) for x in (0, n // 1000, n // 100, n // 2, n - 1, n)})


def test_nothing_seen_is_no_evidence_either_way():
    assert e_below(0, 0, 0.01) == pytest.approx(1)
    assert e_above(0, 0, 0.01) == pytest.approx(1)
    assert e_below_exposure(0, 0, 0.01) == pytest.approx(1)
    assert e_above_exposure(0, 0, 0.01) == pytest.approx(1)


def test_one_change_is_worked_by_hand_with_a_uniform_mixture():
    # Uniform on (0, 1/2): a clean change has likelihood 1 - theta, mean 3/4, against 1/2.
    assert e_below(0, 1, 0.5, (1, 1)) == pytest.approx(0.75 / 0.5)
    assert e_above(1, 1, 0.5, (1, 1)) == pytest.approx(0.75 / 0.5)
    # One of each: theta (1 - theta) has mean 1/6 there, against 1/4.
    assert e_below(1, 2, 0.5, (1, 1)) == pytest.approx((1 / 6) / (1 / 4))


def test_367_clean_changes_are_the_first_proof_of_below_one_percent():
    assert e_below(0, 366, 0.01) < 20 <= e_below(0, 367, 0.01)


def test_four_escapes_in_forty_prove_above_one_percent_and_three_do_not():
    assert e_above(3, 40, 0.01) < 20 <= e_above(4, 40, 0.01)


def test_changes_required_grow_with_escapes_and_shrink_with_less_confidence():
    assert [changes_required_anytime(x, 0.01, 0.95) for x in (0, 1, 2, 3)] == [367, 657, 881, 1080]
    assert [changes_required_anytime(x, 0.01, 0.90) for x in (0, 1)] == [288, 569]


def test_nothing_more_is_required_once_proven():
    assert clean_changes_required(0, 367, 0.01, 0.95) == 0
    assert clean_changes_required(0, 366, 0.01, 0.95) == 1


def test_exposure_is_counted_in_any_unit():
    assert exposure_required(2, 0.01, 0.95) == 884
    assert e_below_exposure(1, 500, 0.01) == pytest.approx(e_below_exposure(1, 0.5, 10.0))
    assert e_above_exposure(9, 500, 0.01) == pytest.approx(e_above_exposure(9, 0.5, 10.0))


def test_anytime_limit_is_wider_than_the_one_look_limit():
    assert anytime_upper(0, 40, 0.95) == pytest.approx(0.08809266113, abs=1e-9)


def test_anytime_limit_is_one_when_nothing_speaks_against_any_rate():
    assert anytime_upper(0, 0, 0.95) == 1.0
    assert anytime_upper(3, 3, 0.95) == 1.0


def test_evidence_too_large_for_a_float_is_infinite_only_without_its_logarithm():
    assert log_e_below(0, 10**6, 0.01) > 1_000
    assert e_below(0, 10**6, 0.01) == math.inf
    assert as_e_value(-1e6) == 0.0


@pytest.mark.parametrize(("x", "n"), MANY)
@pytest.mark.parametrize("p0", [1e-4, 0.01, 0.5])
@pytest.mark.parametrize("evidence", [log_e_below, log_e_above, log_e_below_exposure, log_e_above_exposure])
def test_logarithms_stay_finite_for_ten_million_changes(evidence, x: int, n: int, p0: float):  # noqa: ANN001
    assert math.isfinite(evidence(x, n, p0))


def test_large_counts_follow_the_divergence_from_the_threshold():
    # The leading term of log e is n KL(x/n, p0); the mixture costs about log(n)/2.
    n, x = 10**7, 5 * 10**4
    divergence = 0.005 * math.log(0.5) + 0.995 * math.log(0.995 / 0.99)
    assert log_e_below(x, n, 0.01) == pytest.approx(n * divergence, rel=2e-3)


@pytest.mark.parametrize(
    ("log_share", "arguments", "expected"),
    [  # fifty digits of the same integrals
        (special.log_beta_below, (500.5, 1000, 0.01), -1363.8170820454031),
        (special.log_beta_below, (100_000.5, 1000, 0.01), -454928.1858410369),
        (special.log_beta_above, (10.5, 1e5, 0.02), -1961.997621351044),
        (special.log_gamma_below, (1000.5, 10.0), -3621.836010356477),
        (special.log_gamma_above, (10.5, 3000.0), -2937.8769626971207),
    ],
)
def test_shares_below_the_smallest_float_keep_their_logarithm(log_share, arguments, expected: float):  # noqa: ANN001
    assert log_share(*arguments) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("x", [18, 36, 72])
def test_fallback_and_plain_value_agree_where_both_exist(x: int, monkeypatch: pytest.MonkeyPatch):
    evaluated = [
        partial(special.log_beta_below, x + 0.5, 400.0, 0.01),
        partial(special.log_beta_above, 0.5, 400.0 + x, 0.3),
        partial(special.log_gamma_below, x + 0.5, 2.0),
        partial(special.log_gamma_above, 2.5, float(x)),
    ]
    plain = [each() for each in evaluated]
    monkeypatch.setattr(special, "TINY", 2.0)
    assert [each() for each in evaluated] == pytest.approx(plain, rel=1e-10)


@settings(deadline=None, max_examples=80)
@given(COUNTS, THRESHOLDS)
def test_evidence_is_a_martingale_at_the_threshold(counts: tuple[int, int], p0: float):
    x, n = counts
    for log_e in (log_e_below, log_e_above):
        clean = math.exp(log_e(x, n + 1, p0) - log_e(x, n, p0))
        escaped = math.exp(log_e(x + 1, n + 1, p0) - log_e(x, n, p0))
        assert p0 * escaped + (1 - p0) * clean == pytest.approx(1, abs=1e-6)


@settings(deadline=None, max_examples=80)
@given(COUNTS, THRESHOLDS)
def test_evidence_does_not_grow_on_average_when_the_rate_is_too_high(counts: tuple[int, int], p0: float):
    x, n = counts
    rate = min(3 * p0, 1.0)
    clean = math.exp(log_e_below(x, n + 1, p0) - log_e_below(x, n, p0))
    escaped = math.exp(log_e_below(x + 1, n + 1, p0) - log_e_below(x, n, p0))
    assert rate * escaped + (1 - rate) * clean <= 1 + 1e-6


@settings(deadline=None, max_examples=80)
@given(COUNTS, THRESHOLDS)
def test_an_escape_lowers_and_a_clean_change_raises_the_evidence_of_below(counts: tuple[int, int], p0: float):
    x, n = counts
    assert log_e_below(x + 1, n + 1, p0) < log_e_below(x, n, p0) < log_e_below(x, n + 1, p0)
    assert log_e_above(x + 1, n + 1, p0) > log_e_above(x, n, p0) > log_e_above(x, n + 1, p0)


@settings(deadline=None, max_examples=60)
@given(COUNTS)
def test_limit_is_below_the_threshold_exactly_when_proven(counts: tuple[int, int]):
    x, n = counts
    assert (anytime_upper(x, n, 0.95) < 0.01) == (log_e_below(x, n, 0.01) > math.log(20))


def test_even_counts_do_not_vary_more_than_chance():
    assert dispersion_p_value([1, 1, 1, 1], [40, 40, 40, 40]) == 1.0


def test_all_escapes_in_one_of_two_sprints_have_their_exact_chance():
    # Five of five in one of two equal urns of 1000: about 2 x (1/2)^5 without replacement.
    exact = 2 * math.comb(1000, 5) / math.comb(2000, 5)
    assert dispersion_p_value([5, 0], [1000, 1000]) == pytest.approx(exact, abs=0.02)


def test_empty_sprints_and_single_escapes_cannot_vary():
    assert dispersion_p_value([1, 0, 0], [40, 40, 40]) == 1.0
    assert dispersion_p_value([3, 0], [40, 0]) == 1.0
    assert dispersion_p_value([], []) == 1.0
