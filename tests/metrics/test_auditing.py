"""The false-negative rate from an audit: worked by hand, at its ends, and what its interval promises."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from metrics.statistics import hypergeometric
from metrics.statistics.auditing import (
    EXACT,
    GAMMA,
    Audited,
    Stratum,
    bounds_without_audit,
    false_negative_rate,
)
from metrics.statistics.sampling import upper_bound_if_no_miss
from tests.marks import deep

TOY = [Stratum(9000, 300, 0), Stratum(900, 300, 3), Stratum(100, 100, 20)]


def audited(strata: Sequence[Stratum], caught: int) -> Audited:
    return false_negative_rate(strata, caught, 0.95)


def test_the_rate_weighs_each_miss_by_what_it_stands_for():
    found = audited(TOY, 200)
    assert found.missed == pytest.approx(0 * 30 + 3 * 3 + 20)
    assert found.value == pytest.approx(29 / 229)
    assert found.standard_error == pytest.approx(0.0161264181)
    assert found.method == GAMMA


def test_a_large_stratum_without_a_miss_still_widens_the_interval():
    found = audited(TOY, 200)
    alone = audited(TOY[1:], 200)
    assert alone.high < 0.19
    assert found.high > 120 / 320  # one of 300 unseen ones would be 30, and 3.7 may be by chance
    assert alone.standard_error == found.standard_error  # which the linearised error does not see


def test_a_single_stratum_has_exact_limits():
    found = audited([Stratum(98_920, 1_600, 0)], 80)
    assert found.method == EXACT
    assert found.low == 0
    assert hypergeom.cdf(0, 98_920, found.missed_high, 1_600) > 0.025
    assert hypergeom.cdf(0, 98_920, found.missed_high + 1, 1_600) <= 0.025


@pytest.mark.parametrize(
    ("found", "drawn", "population"), [(3, 50, 60), (1, 20, 1_000), (0, 10, 10), (5, 9, 40)]
)
def test_exact_limits_are_the_last_that_neither_test_refuses(found: int, drawn: int, population: int):
    low, high = hypergeometric.limits(found, drawn, population, 0.025)
    every = range(found, population - drawn + found + 1)
    kept = [
        m for m in every
        if hypergeom.sf(found - 1, population, m, drawn) > 0.025
        and hypergeom.cdf(found, population, m, drawn) > 0.025
    ]  # fmt: skip
    assert (low, high) == (kept[0], kept[-1])


def test_with_everything_labelled_nothing_is_left_to_chance():
    found = audited([Stratum(50, 50, 4), Stratum(70, 70, 1)], 15)
    assert (found.value, found.low, found.high, found.standard_error) == (0.25, 0.25, 0.25, 0.0)


def test_without_any_attack_there_is_no_rate():
    found = audited([Stratum(1_000, 100, 0)], 0)
    assert found.value is None
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.standard_error is None


def test_without_any_attack_anywhere_the_share_of_none_is_nothing():
    assert audited([Stratum(10, 10, 0)], 0).value is None


def test_empty_strata_say_nothing():
    assert audited([*TOY, Stratum(0, 0, 0)], 200) == audited(TOY, 200)


def test_a_stratum_without_a_label_is_named():
    with pytest.raises(ValueError, match="900 items has no label"):
        audited([Stratum(9000, 300, 0), Stratum(900, 0, 0)], 200)


@pytest.mark.parametrize("counts", [(10, 20, 0), (10, 5, 6), (10, 5, -1)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int]):
    with pytest.raises(ValueError, match="at most as many"):
        Stratum(*counts)


def test_without_an_audit_everything_is_possible():
    assert bounds_without_audit(80, 98_920) == (0.0, 98_920 / 99_000)
    assert bounds_without_audit(0, 0) == (0.0, 0.0)


def test_what_an_audit_promises_when_it_finds_nothing_is_what_it_then_says():
    promised = upper_bound_if_no_miss(1_600, 98_920, 80, 0.95)
    assert promised == pytest.approx(0.698, abs=1e-3)
    found = false_negative_rate([Stratum(98_920, 1_600, 0)], 80, 0.90).high  # 5 % above it
    assert promised - 0.003 < found <= promised


@st.composite
def strata(draw: st.DrawFn) -> list[Stratum]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        sampled = draw(st.integers(1, 60))
        misses = draw(st.integers(0, sampled))
        made.append(Stratum(sampled + draw(st.integers(0, 500)), sampled, misses))
    return made


@settings(max_examples=60, deadline=None)
@given(strata(), st.integers(0, 300))
def test_limits_enclose_the_rate_and_never_leave_what_is_possible(made: list[Stratum], caught: int):
    found = audited(made, caught)
    seen = sum(stratum.misses for stratum in made)
    most = sum(stratum.population - stratum.sampled for stratum in made) + seen
    assert seen - 1e-9 <= found.missed_low <= found.missed + 1e-9
    assert found.missed <= found.missed_high + 1e-9 <= most + 1e-6
    assert 0 <= found.low <= found.high <= 1
    assert found.value is None or found.low - 1e-9 <= found.value <= found.high + 1e-9


@settings(max_examples=30, deadline=None)
@given(strata(), st.integers(0, 300), st.randoms(use_true_random=False))
def test_the_order_of_strata_does_not_matter(made: list[Stratum], caught: int, chance: Random):
    turned = list(made)
    chance.shuffle(turned)
    first, second = audited(made, caught), audited(turned, caught)
    assert (first.low, first.high) == pytest.approx((second.low, second.high))


# --- What the interval promises: a day's traffic of which the truth is known, audited again and again. ---


@dataclass(frozen=True)
class Day:
    """Passed items and misses per stratum, what was caught, and how many are drawn of each stratum."""

    passed: tuple[int, ...]
    missed: tuple[int, ...]
    caught: int
    drawn: tuple[int, ...]

    @property
    def fnr(self) -> float:
        return sum(self.missed) / (sum(self.missed) + self.caught)


@dataclass(frozen=True)
class Design:
    """Shares of the passed items and of the misses per stratum, and how labels are dealt out."""

    name: str
    passed: tuple[float, ...]
    missed: tuple[float, ...]
    in_proportion: bool = False


SIMPLE = Design("simple", (1.0,), (1.0,))
SECOND = Design("second detector", (0.015, 0.985), (0.88, 0.12))
WEAK_SECOND = Design("weak second detector", (0.03, 0.97), (0.6, 0.4))
THREE = Design("own score, 3", (0.01, 0.09, 0.9), (0.3, 0.4, 0.3))
FOUR = Design("own score, 4, says little", (0.05, 0.15, 0.3, 0.5), (0.1, 0.15, 0.3, 0.45))
FIVE = Design("own score, 5", (0.01, 0.03, 0.06, 0.1, 0.8), (0.25, 0.25, 0.2, 0.2, 0.1))
FIVE_IN_PROPORTION = Design("own score, 5, in proportion", FIVE.passed, FIVE.missed, in_proportion=True)
DESIGNS = (SIMPLE, SECOND, WEAK_SECOND, THREE, FOUR, FIVE, FIVE_IN_PROPORTION)


def day(design: Design, traffic: tuple[int, float, float], labels: int) -> Day:
    items, prevalence, fnr = traffic
    attacks = round(items * prevalence)
    missed = round(attacks * fnr)
    passed = items - (attacks - missed) - items // 100  # one of a hundred benign ones is flagged
    sizes = dealt(passed, design.passed)
    misses = [
        min(miss, size * 9 // 10) for miss, size in zip(dealt(missed, design.missed), sizes, strict=True)
    ]
    misses[-1] += missed - sum(misses)
    draws = proportional(sizes, labels) if design.in_proportion else equal(sizes, labels)
    return Day(tuple(sizes), tuple(misses), attacks - missed, tuple(draws))


def dealt(whole: int, shares: tuple[float, ...]) -> list[int]:
    ends = [round(whole * end) for end in accumulate(shares)]
    return [end - start for start, end in pairwise([0, *ends])]


def equal(sizes: Sequence[int], labels: int) -> list[int]:
    drawn, left = {}, labels
    for place, stratum in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        drawn[stratum] = min(sizes[stratum], left // (len(sizes) - place))
        left -= drawn[stratum]
    return [drawn[stratum] for stratum in range(len(sizes))]


def proportional(sizes: Sequence[int], labels: int) -> list[int]:
    return [min(size, max(10, round(labels * size / sum(sizes)))) for size in sizes]


@lru_cache(maxsize=100_000)
def judged(day: Day, misses: tuple[int, ...]) -> tuple[bool, float]:
    """Whether the interval of such a sample holds the true rate, and how wide it is."""
    rows = zip(day.passed, day.drawn, misses, strict=True)
    found = audited([Stratum(*row) for row in rows], day.caught)
    return found.low - 1e-9 <= day.fnr <= found.high + 1e-9, found.high - found.low


def every_sample(day: Day) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Each sample that can come out, with its probability; those below one in ten million are left out."""
    each = []
    for size, missed, drawn in zip(day.passed, day.missed, day.drawn, strict=True):
        counts = np.arange(missed + 1)
        chance = hypergeom.pmf(counts, size, missed, drawn)
        each.append([(p, int(k)) for p, k in zip(chance, counts, strict=True) if p > 1e-7])
    for sample in product(*each):
        yield math.prod(p for p, _ in sample), tuple(k for _, k in sample)


def some_samples(day: Day, runs: int) -> Iterator[tuple[float, tuple[int, ...]]]:
    chance = np.random.default_rng(11)
    rows = zip(day.missed, day.passed, day.drawn, strict=True)
    drawn = np.stack([chance.hypergeometric(m, size - m, n, runs) for m, size, n in rows], axis=1)
    kinds, counts = np.unique(drawn, axis=0, return_counts=True)
    return ((int(n) / runs, tuple(kind)) for kind, n in zip(kinds.tolist(), counts, strict=True))


def covered(day: Day, runs: int = 0) -> tuple[float, float]:
    """How often the interval holds the true rate, and its mean width; exactly, without a number of runs."""
    samples = some_samples(day, runs) if runs else every_sample(day)
    weighed = [(p, *judged(day, misses)) for p, misses in samples]
    return sum(p for p, held, _ in weighed if held), sum(p * width for p, _, width in weighed)


@pytest.mark.parametrize("prevalence", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("design", [SIMPLE, SECOND], ids=lambda design: design.name)
def test_the_interval_covers_what_it_says(design: Design, prevalence: float):
    assert covered(day(design, (10_000, prevalence, 0.3), 400))[0] >= 0.95


@pytest.mark.parametrize("prevalence", [0.001, 0.01, 0.1])
def test_the_interval_covers_what_it_says_over_strata_of_the_score(prevalence: float):
    assert covered(day(THREE, (10_000, prevalence, 0.3), 400), runs=500)[0] >= 0.95


def test_strata_of_a_second_detector_buy_precision():
    traffic = (100_000, 0.01, 0.5)
    simple, stratified = (covered(day(design, traffic, 2_000), runs=100)[1] for design in (SIMPLE, SECOND))
    assert stratified < 0.8 * simple


GRID = [
    (items, prevalence, fnr)
    for items in (10_000, 100_000)
    for prevalence in (0.001, 0.01, 0.1)
    for fnr in (0.1, 0.3, 0.5)
]


@pytest.mark.parametrize("labels", deep(400, 1_000, 2_000))
@pytest.mark.parametrize("traffic", GRID, ids=str)
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_the_interval_covers_what_it_says_in_the_whole_grid(
    design: Design, traffic: tuple[int, float, float], labels: int
):
    runs = 4_000 if len(design.passed) > 2 else 0
    noise = 0.011 if runs else 1e-5  # three standard errors of as many runs; what was left out
    assert covered(day(design, traffic, labels), runs)[0] >= 0.95 - noise
