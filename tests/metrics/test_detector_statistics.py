"""Areas, agreement, corrections, captures and sizes: worked by hand, by brute force, and at their ends."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score

from metrics.statistics import begg_greenes, kappa
from metrics.statistics.auc import auc, auc_of, paired
from metrics.statistics.auditing import Stratum, false_negative_rate
from metrics.statistics.begg_greenes import Verified
from metrics.statistics.capture import chao2, chapman, lincoln_petersen
from metrics.statistics.dawid_skene import fit, fit_counts
from metrics.statistics.diagnostic import Table, diagnostic
from metrics.statistics.horvitz_thompson import Drawn, ratio, total
from metrics.statistics.mcnemar import EXACT, mcnemar
from metrics.statistics.precision_recall import average_precision, average_precision_interval
from metrics.statistics.rogan_gladen import IMPOSSIBLE, REACHES_OUT, blaker, corrected, rogan_gladen
from metrics.statistics.sampling import seeds_size, simple_size, upper_bound_if_no_miss

SCORES = arrays.arrays(np.int64, st.integers(1, 12), elements=st.integers(0, 5))


def counts(attacks: np.ndarray, benign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per score, the highest first."""
    return tuple(np.bincount(scores, minlength=6)[::-1] for scores in (attacks, benign))


def by_pairs(attacks: np.ndarray, benign: np.ndarray) -> tuple[float, float]:
    """Area and DeLong's variance by comparing each attack with each benign item."""
    wins = (attacks[:, None] > benign[None, :]) + 0.5 * (attacks[:, None] == benign[None, :])
    of_attacks, of_benign = wins.mean(axis=1), wins.mean(axis=0)
    spreads = [
        each.var(ddof=1) / len(each) if len(each) > 1 else math.inf for each in (of_attacks, of_benign)
    ]
    return wins.mean(), sum(spreads)


# --- Area under the curve ---


@settings(max_examples=100, deadline=None)
@given(SCORES, SCORES)
def test_area_and_variance_are_those_of_all_pairs(attacks: np.ndarray, benign: np.ndarray):
    found = auc(*counts(attacks, benign))
    assert (found.value, found.variance) == pytest.approx(by_pairs(attacks, benign))
    low, high = found.interval(0.95)
    assert 0 <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= 1


@settings(max_examples=50, deadline=None)
@given(SCORES, SCORES)
def test_turning_the_scores_turns_the_area(attacks: np.ndarray, benign: np.ndarray):
    first, turned = auc(*counts(attacks, benign)), auc(*counts(5 - attacks, 5 - benign))
    assert first.value + turned.value == pytest.approx(1)
    assert first.interval(0.95)[0] == pytest.approx(1 - turned.interval(0.95)[1])


def test_scores_that_no_benign_item_and_no_attack_has_change_nothing():
    assert auc(np.array([2, 0, 1]), np.array([1, 0, 3])) == auc(np.array([2, 1]), np.array([1, 3]))


def test_classes_wholly_apart_are_no_certainty():
    low, high = auc(np.array([20, 0]), np.array([0, 30])).interval(0.95)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)


def test_a_detector_that_gives_all_the_same_score_tells_nothing_much():
    found = auc(np.array([20]), np.array([30]))
    assert found.value == 0.5
    assert found.interval(0.95) == pytest.approx((0.05 ** (1 / 20) / 2, 1 - 0.05 ** (1 / 20) / 2))


def test_one_attack_alone_has_an_area_and_no_certainty():
    found = auc(np.array([0, 1, 0]), np.array([1, 0, 4]))
    assert found.value == 0.8
    assert found.interval(0.95) == (0.0, 1.0)


@pytest.mark.parametrize("one", [([0], [3]), ([3], [0]), ([], [])])
def test_without_both_classes_there_is_no_area(one: tuple[list[int], list[int]]):
    with pytest.raises(ValueError, match="both classes"):
        auc(*(np.array(side, dtype=np.int64) for side in one))


def test_a_million_distinct_scores_are_exact():
    chance = np.random.default_rng(3)
    is_attack = chance.random(1_000_000) < 0.2
    scores = chance.normal(is_attack * 1.0, 1.0)
    order = np.argsort(-scores)
    found = auc(is_attack[order].astype(np.int64), (~is_attack[order]).astype(np.int64))
    assert found.value == pytest.approx(roc_auc_score(is_attack, scores), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_paired_difference_is_that_of_the_areas(data: st.DataObject):
    n = data.draw(st.integers(4, 15))
    is_attack = np.array(
        [True, True, False, False, *data.draw(st.lists(st.booleans(), min_size=n - 4, max_size=n - 4))]
    )
    first, second = (data.draw(arrays.arrays(np.float64, n, elements=st.integers(0, 4))) for _ in "ab")
    found, turned = paired(first, second, is_attack), paired(second, first, is_attack)
    assert found.difference == pytest.approx(found.first.value - found.second.value)
    assert found.first == auc_of(first, is_attack)
    assert found.difference == pytest.approx(-turned.difference)
    assert found.p == pytest.approx(turned.p) if found.p is not None else turned.p is None


def test_a_detector_does_not_differ_from_itself():
    scores, is_attack = np.array([0.9, 0.1, 0.4, 0.4]), np.array([True, False, True, False])
    found = paired(scores, scores, is_attack)
    assert (found.difference, found.z, found.p) == (0.0, None, None)
    assert found.interval(0.95) == (-1.0, 1.0)


# --- Average precision ---


@settings(max_examples=100, deadline=None)
@given(SCORES, SCORES)
def test_average_precision_is_scikit_learns(attacks: np.ndarray, benign: np.ndarray):
    truth, scores = np.repeat([1, 0], [len(attacks), len(benign)]), np.concatenate([attacks, benign])
    assert average_precision(*counts(attacks, benign)) == pytest.approx(
        average_precision_score(truth, scores)
    )


def test_without_attacks_there_is_no_precision():
    with pytest.raises(ValueError, match="needs attacks"):
        average_precision(np.array([0]), np.array([3]))


@pytest.mark.parametrize("value", [0.0, 0.04, 0.5, 0.97, 1.0])
def test_limits_of_an_average_precision_enclose_it_and_narrow(value: float):
    few, many = (average_precision_interval(value, n, 0.95) for n in (20, 2_000))
    assert 0 <= few[0] <= many[0] <= value <= many[1] <= few[1] <= 1
    assert few[0] < few[1]


# --- McNemar ---


def test_few_disagreements_ask_for_the_exact_test():
    found = mcnemar(2, 10)
    assert found.method == EXACT
    assert found.p == pytest.approx(2 * (1 + 12 + 66) / 2**12)


def test_many_disagreements_are_judged_with_the_correction():
    found = mcnemar(30, 10)
    assert found.chi2_corrected == 19**2 / 40
    assert found.p == found.p_corrected > found.p_chi2


@pytest.mark.parametrize("same", [(0, 0), (7, 7), (40, 40)])
def test_detectors_that_disagree_evenly_do_not_differ(same: tuple[int, int]):
    assert mcnemar(*same).p == 1


# --- Begg and Greenes ---

FLAGGED, PASSED = Verified(26, 11, 30), Verified(7, 44, 782)


def test_the_corrected_rate_of_misses_is_the_one_of_horvitz_and_thompson():
    found = begg_greenes.corrected(Verified(40, 10, 0), Verified(3, 297, 700), 0.95)
    audited = false_negative_rate([Stratum(1_000, 300, 3)], 40, 0.95)
    assert 1 - found.sensitivity.value == pytest.approx(audited.value)


def test_reviewing_flagged_items_only_is_refused_and_not_a_sensitivity_of_one():
    with pytest.raises(ValueError, match="none of 833 passed"):
        begg_greenes.corrected(FLAGGED, Verified(0, 0, 833), 0.95)


def test_a_review_without_a_miss_still_leaves_room_for_misses():
    found = begg_greenes.corrected(Verified(26, 11, 30), Verified(0, 51, 782), 0.95).sensitivity
    assert (found.value, found.high, found.standard_error) == (1.0, 1.0, None)
    assert found.low < 0.5
    assert found.method == begg_greenes.EXACT


def test_with_everything_reviewed_the_correction_changes_nothing():
    flagged, passed = Verified(40, 10, 0), Verified(0, 50, 0)
    found, naive = begg_greenes.corrected(flagged, passed, 0.95), begg_greenes.complete_cases(flagged, passed)
    assert found.sensitivity.value == naive.sensitivity == 1.0
    assert (found.sensitivity.low, found.sensitivity.high) == (1.0, 1.0)


def test_without_attacks_there_is_no_sensitivity():
    found = begg_greenes.corrected(Verified(0, 5, 0), Verified(0, 50, 0), 0.95).sensitivity
    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)
    assert begg_greenes.complete_cases(Verified(0, 5, 0), Verified(0, 50, 0)).sensitivity is None


# --- Rogan and Gladen ---


def test_an_impossible_prevalence_is_shown_with_a_warning():
    found = rogan_gladen(6, 151, (0.964, 0.927), 0.95)
    assert found.value == pytest.approx(-0.03733434418)
    assert found.warning == IMPOSSIBLE


def test_an_interval_that_reaches_below_nothing_is_said():
    found = rogan_gladen(18, 150, (0.96, 0.89), 0.95)
    assert found.low < 0 < found.value
    assert found.warning == REACHES_OUT


def test_a_possible_one_carries_no_warning():
    assert rogan_gladen(45, 150, (0.96, 0.89), 0.95).warning is None


def test_a_detector_no_better_than_a_coin_is_refused():
    with pytest.raises(ValueError, match="flags say nothing"):
        corrected(0.3, (0.5, 0.5))


def test_nothing_looked_at_is_refused():
    with pytest.raises(ValueError, match="seen none"):
        rogan_gladen(0, 0, (0.9, 0.9), 0.95)


def covers(p: float, n: int) -> float:
    from_zero = [math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]
    return sum(
        chance for x, chance in enumerate(from_zero) if blaker(x, n, 0.95)[0] <= p <= blaker(x, n, 0.95)[1]
    )


@pytest.mark.parametrize("p", [0.02, 0.1, 0.37, 0.5])
def test_blakers_interval_covers_what_it_says(p: float):
    assert covers(p, 12) >= 0.95


# --- Agreement ---


def test_kappa_is_scikit_learns():
    first, second = [0, 0, 1, 2, 2, 1, 0, 2], [0, 1, 1, 2, 2, 1, 0, 0]
    table = np.zeros((3, 3), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    found = kappa.cohen(table, 0.95)
    assert found is not None
    assert found.value == pytest.approx(cohen_kappa_score(first, second))
    assert found.agreement == 6 / 8


def test_full_agreement_of_few_is_no_certainty():
    found = kappa.cohen(np.diag([5, 5]), 0.95)
    assert found is not None
    assert (found.value, found.high, found.agreement) == (1.0, 1.0, 1.0)
    assert found.low == pytest.approx(2 * 0.025 ** (1 / 10) - 1)


@pytest.mark.parametrize("table", [np.zeros((2, 2)), np.array([[7, 0], [0, 0]])])
def test_where_all_labels_are_the_same_there_is_no_kappa(table: np.ndarray):
    assert kappa.cohen(table, 0.95) is None


def test_kappa_of_many_worked_by_hand():
    found = kappa.fleiss(np.array([[3, 0], [0, 3], [2, 1], [1, 2]]), 0.95)
    assert found is not None
    assert found.agreement == pytest.approx((1 + 1 + 1 / 3 + 1 / 3) / 4)
    assert found.value == pytest.approx((2 / 3 - 0.5) / 0.5)


@pytest.mark.parametrize("table", [np.zeros((0, 2)), np.array([[1, 0], [0, 1]]), np.array([[2, 0], [2, 0]])])
def test_where_nothing_can_agree_or_differ_there_is_no_kappa_of_many(table: np.ndarray):
    assert kappa.fleiss(table, 0.95) is None


def test_items_with_different_numbers_of_labels_are_refused():
    with pytest.raises(ValueError, match="seen from 2 to 3"):
        kappa.fleiss(np.array([[2, 0], [2, 1]]), 0.95)


def kappa_coverage(shares: list[float], n: int, runs: int) -> float:
    table = np.array(shares).reshape(2, 2)
    expected = float(table.sum(axis=1) @ table.sum(axis=0))
    truth = (np.trace(table) - expected) / (1 - expected)
    drawn = np.random.default_rng(5).multinomial(n, shares, runs)
    found = [kappa.cohen(each.reshape(2, 2), 0.95) for each in drawn]
    return sum(each is not None and each.low <= truth <= each.high for each in found) / runs


@pytest.mark.parametrize(
    "shares", [[0.45, 0.05, 0.05, 0.45], [0.065, 0.035, 0.02, 0.88], [0.3, 0.2, 0.2, 0.3]]
)
def test_limits_of_kappa_cover_nearly_what_they_say(shares: list[float]):
    assert kappa_coverage(shares, 300, 1_000) == pytest.approx(0.95, abs=0.025)


# --- Captures ---


def test_without_an_overlap_two_detectors_say_nothing_of_the_whole():
    assert lincoln_petersen(10, 10, 0, 0.95) is None
    assert chapman(10, 10, 0, 0.95).value == 120


def test_an_overlap_of_everything_leaves_nothing_unseen():
    found = lincoln_petersen(30, 30, 30, 0.95)
    assert found is not None
    assert (found.value, found.unseen, found.low) == (30, 0, 30)
    assert chapman(30, 30, 30, 0.95).unseen == 0


def test_a_single_common_find_leaves_the_upper_end_open():
    found = lincoln_petersen(40, 40, 1, 0.95)
    assert found is not None
    assert found.high == math.inf


@pytest.mark.parametrize(("once", "twice"), [(21, 19), (21, 0), (0, 0), (1, 0), (0, 7)])
def test_fewer_than_were_seen_are_never_estimated(once: int, twice: int):
    found = chao2(225, once, twice, 6, 0.95)
    assert found.seen <= found.low <= found.value <= found.high


def test_without_finds_of_two_the_corrected_form_stands():
    assert chao2(10, 4, 0, 5, 0.95).value == pytest.approx(10 + 4 / 5 * 4 * 3 / 2)


# --- Dawid and Skene ---


def test_one_careless_annotator_is_outvoted_and_found_out():
    chance = np.random.default_rng(2)
    truth = chance.integers(0, 2, 300)
    errs = chance.random((300, 4)) < np.array([0.05, 0.1, 0.05, 0.4])
    found = fit(np.where(errs, 1 - truth[:, None], truth[:, None]))
    assert (found.posterior.argmax(axis=1) == truth).mean() > 0.97
    wrong = (found.confusion[:, 0, 1] + found.confusion[:, 1, 0]) / 2
    assert wrong == pytest.approx([0.05, 0.1, 0.05, 0.4], abs=0.05)


def test_more_rounds_never_make_the_labels_less_likely():
    codes = np.random.default_rng(4).integers(-1, 3, (30, 4))
    codes[:, 0] = np.maximum(codes[:, 0], 0)
    found = fit(codes)
    again = fit_counts((codes[:, :, None] == np.arange(3)).astype(np.int64))
    assert found.log_likelihood == again.log_likelihood
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(30))
    assert found.marginals.sum() == pytest.approx(1)


@pytest.mark.parametrize("codes", [np.full((2, 3), -1), np.array([[0, 1], [-1, -1]])])
def test_an_item_without_a_label_is_refused(codes: np.ndarray):
    with pytest.raises(ValueError, match="every item needs a label"):
        fit(codes)


# --- Samples ---


@pytest.mark.parametrize(
    ("passed", "misses", "fnr", "half_width", "size"),
    [
        (98_110, 100, 0.1, 0.05, 10_850),
        (98_510, 500, 0.5, 0.10, 4_492),
        (98_921, 20, 0.2, 0.05, 65_575),
        (2_967_630, 600, 0.2, 0.05, 182_556),
    ],
)
def test_sizes_of_the_planning_table(passed: int, misses: int, fnr: float, half_width: float, size: int):
    assert simple_size(misses / passed, fnr, half_width, passed, 0.95) == pytest.approx(size, abs=1)


def test_a_larger_sample_without_a_miss_promises_more():
    bounds = [upper_bound_if_no_miss(n, 98_920, 80, 0.95) for n in (0, 1, 400, 1_600, 20_000)]
    assert all(more > less for more, less in pairwise(bounds))
    assert bounds[0] == 98_920 / 99_000
    assert [round(bound, 2) for bound in bounds[2:]] == [0.9, 0.7, 0.16]


def test_nothing_caught_and_nothing_missed_bounds_nothing():
    assert upper_bound_if_no_miss(10, 0, 0, 0.95) == 1.0


def test_seeds_for_the_usual_precision():
    assert [seeds_size(fnr, 0.05, 0.95) for fnr in (0.1, 0.2)] == [139, 246]


def test_a_total_over_strata_worked_by_hand():
    strata = [
        Drawn(10, np.array([1.0, 3.0]), np.array([2.0, 2.0])),
        Drawn(3, np.array([5.0, 5.0, 5.0]), np.array([1.0, 1.0, 1.0])),
    ]
    assert total(strata).value == 10 * 2 + 15
    assert total(strata).standard_error == pytest.approx(math.sqrt(100 * (1 - 2 / 10) * 2 / 2))
    assert ratio(strata).value == pytest.approx(35 / 23)


def test_ratios_without_counts_have_no_limits():
    found = diagnostic(Table(0, 0, 5, 10), 0.95)
    assert found.positive_predictive_value.value is None
    assert found.positive_likelihood_ratio.value is None
    assert (found.sensitivity.value, found.sensitivity.low) == (0.0, 0.0)
    assert found.negative_likelihood_ratio.low < 1 < found.negative_likelihood_ratio.high
