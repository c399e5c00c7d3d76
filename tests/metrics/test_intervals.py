from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.intervals import (
    changes_required,
    clopper_pearson,
    clopper_pearson_upper,
    even_odds_prior,
    jeffreys_upper,
    probability_below,
    wilson,
)
from metrics.statistics.search import smallest

COUNTS = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_no_escape_in_299_changes_is_the_first_to_put_the_limit_below_one_percent():
    assert clopper_pearson_upper(0, 299, 0.95) < 0.01 < clopper_pearson_upper(0, 298, 0.95)


def test_upper_limit_without_escapes_is_the_closed_form():
    assert clopper_pearson_upper(0, 40, 0.95) == pytest.approx(1 - 0.05 ** (1 / 40))


def test_limits_end_at_zero_and_one_exactly():
    assert clopper_pearson(0, 20, 0.95)[0] == 0.0
    assert clopper_pearson(20, 20, 0.95)[1] == 1.0
    assert wilson(0, 20, 0.95)[0] == 0.0
    assert wilson(20, 20, 0.95)[1] == 1.0


def test_nothing_observed_leaves_every_rate_possible():
    assert clopper_pearson(0, 0, 0.95) == (0.0, 1.0)
    assert clopper_pearson_upper(0, 0, 0.95) == 1.0
    assert wilson(0, 0, 0.95) == (0.0, 1.0)


def test_newcombe_1998_example_of_wilson_is_reproduced():
    assert wilson(81, 263, 0.95) == pytest.approx((0.2552885, 0.3662096), abs=1e-7)


def test_jeffreys_is_more_lenient_than_the_exact_limit():
    assert jeffreys_upper(0, 191, 0.95) < 0.01 < clopper_pearson_upper(0, 191, 0.95)


def test_changes_required_are_the_exact_rule_of_three():
    assert [changes_required(x, 0.01, 0.95) for x in (0, 1, 5)] == [299, 473, 1049]


def test_even_odds_prior_starts_at_one_half():
    assert probability_below(0, 0, 0.01, even_odds_prior(0.01)) == pytest.approx(0.5)


def test_uniform_prior_gives_the_closed_form():
    assert probability_below(0, 40, 0.01, (1, 1)) == pytest.approx(1 - 0.99**41)


@settings(deadline=None, max_examples=60)
@given(COUNTS)
def test_interval_holds_the_observed_share_and_mirrors(counts: tuple[int, int]):
    x, n = counts
    low, high = clopper_pearson(x, n, 0.95)
    mirrored = clopper_pearson(n - x, n, 0.95)
    assert low <= x / n <= high
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(COUNTS)
def test_tail_at_the_upper_limit_is_what_the_level_leaves(counts: tuple[int, int]):
    x, n = counts
    high = clopper_pearson_upper(x, n, 0.95)
    if x < n:
        # The posterior under Beta(1, 0) below the limit is one minus the binomial tail.
        assert probability_below(x, n, high, (1, 0)) == pytest.approx(0.95, abs=1e-9)


def test_a_search_that_cannot_end_says_so():
    with pytest.raises(ValueError, match="no integer from 0"):
        smallest(math.isnan, 0)


def test_the_gate_starts_without_the_slow_half_of_scipy():
    asked = "import sys, metrics.gate.sentences, metrics.operating; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "scipy.special" in loaded
    assert not {"scipy.stats", "scipy.optimize", "polars"} & set(loaded)
