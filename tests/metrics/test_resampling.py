from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics import resampling
from metrics.statistics.resampling import Arm, Difference, restricted_mean_difference
from metrics.statistics.survival import Floats, Integers, Waits, kaplan_meier, restricted_mean

TAU = 100.0
BOTH = st.lists(
    st.tuples(st.integers(0, 120), st.integers(0, 1), st.integers(0, 9), st.integers(0, 2)),
    min_size=1, max_size=40,
)  # fmt: skip


def arm(rows: list[tuple[float, ...]]) -> Arm:
    """Rows of hours, cause, cluster, stratum."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    cause, cluster, stratum = table[:, 1:].astype(np.int64).T
    return Arm(Waits(table[:, 0], cause), cluster, stratum)


def compared(first: Arm, second: Arm) -> Difference:
    found = restricted_mean_difference(first, second, TAU, 0.95)
    assert found is not None
    return found


def simulated(
    rng: np.random.Generator, reviewers: int, *, rows: int = 300, strata: int = 3, is_censored: bool = True
) -> tuple[Arm, Arm]:
    """Two arms that wait alike, decided by people who differ in pace and in how much of each they see."""
    pace, agents_share = rng.normal(0, 0.6, reviewers), rng.uniform(0.3, 0.7, reviewers)
    cluster, stratum = rng.integers(reviewers, size=rows), rng.integers(strata, size=rows)
    hours = rng.exponential(np.exp(3.3 + pace[cluster] + 0.3 * stratum))
    last_look = rng.uniform(0, 2 * TAU, rows) if is_censored else np.full(rows, 1e6)
    waits = Waits(np.minimum(hours, last_look), (hours <= last_look).astype(np.int64))
    both, is_agents = Arm(waits, cluster, stratum), rng.random(rows) < agents_share[cluster]
    return both.take(np.flatnonzero(is_agents)), both.take(np.flatnonzero(~is_agents))


def drawn_again(arms: tuple[Arm, Arm], counts: Floats) -> Floats:
    """The difference worked out anew from the rows of every draw."""
    clusters = np.unique(np.concatenate([arm.cluster for arm in arms]))
    values = []
    for row in counts[1:].astype(np.int64):
        times = dict(zip(clusters.tolist(), row.tolist(), strict=True))
        values.append(_plain_difference(*(_repeated(each, times) for each in arms)))
    return np.array(values)


def _repeated(each: Arm, times: dict[int, int]) -> Arm:
    return each.take(np.repeat(np.arange(len(each.waits)), [times[code] for code in each.cluster.tolist()]))


def _plain_difference(first: Arm, second: Arm) -> float:
    total = weights = 0.0
    for code in set(first.stratum.tolist()) & set(second.stratum.tolist()):
        means, sizes = zip(*(_mean_and_size(each, code) for each in (first, second)), strict=True)
        weight = sizes[0] * sizes[1] / sum(sizes)
        total, weights = total + weight * (means[0] - means[1]), weights + weight
    return total / weights


def _mean_and_size(each: Arm, code: int) -> tuple[float, int]:
    rows = np.flatnonzero(each.stratum == code)
    return restricted_mean(kaplan_meier(each.waits.take(rows)), TAU)[0], len(rows)


def test_the_difference_of_one_stratum_is_the_plain_difference():
    rng = np.random.default_rng(1)
    first, second = simulated(rng, 8, strata=1)
    plain = [restricted_mean(kaplan_meier(each.waits), TAU)[0] for each in (first, second)]
    assert compared(first, second).value == pytest.approx(plain[0] - plain[1])


def test_strata_count_by_the_harmony_of_their_sizes():
    # Stratum 0: 4 - 10 = -6 with weight 1 x 1 / 2; stratum 1: 20 - 10 = 10 with 2 x 2 / 4.
    first = arm([(4, 1, 0, 0), (20, 1, 1, 1), (20, 1, 2, 1)])
    second = arm([(10, 1, 0, 0), (10, 1, 1, 1), (10, 1, 2, 1)])
    assert compared(first, second).value == pytest.approx((0.5 * -6 + 1 * 10) / 1.5)


def test_strata_of_one_arm_alone_are_left_out_and_counted():
    first = arm([(4, 1, 0, 0), (90, 1, 8, 7), (91, 1, 9, 7)])
    found = compared(first, arm([(10, 1, 0, 0), (3, 1, 5, 6)]))
    assert (found.value, found.left_out, found.clusters, found.dof) == (-6, 3, 1, 0)


def test_without_a_common_stratum_there_is_no_difference():
    assert restricted_mean_difference(arm([(1, 1, 0, 0)]), arm([(1, 1, 0, 1)]), TAU, 0.95) is None
    assert restricted_mean_difference(arm([]), arm([(1, 1, 0, 1)]), TAU, 0.95) is None


def test_what_waits_longer_than_the_limit_counts_as_the_limit():
    assert compared(arm([(500, 1, 0, 0)]), arm([(600, 1, 0, 0)])).value == 0


@pytest.mark.parametrize("strata", [1, 4])
def test_without_censoring_the_standard_error_is_that_of_the_draws_worked_out_anew(strata: int):
    arms = simulated(np.random.default_rng(2), 7, rows=120, strata=strata, is_censored=False)
    values = drawn_again(arms, resampling._draws(7))
    assert compared(*arms).se == pytest.approx(values.std(ddof=1) * math.sqrt(7 / 6))


def test_with_censoring_the_standard_error_is_nearly_that_of_the_draws_worked_out_anew():
    arms = simulated(np.random.default_rng(3), 20, rows=400)
    values = drawn_again(arms, resampling._draws(20))
    assert compared(*arms).se == pytest.approx(values.std(ddof=1) * math.sqrt(20 / 19), rel=0.05)


def test_the_interval_is_students_around_the_value():
    found = compared(*simulated(np.random.default_rng(4), 8))
    assert found.se is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.clusters, found.dof) == (8, 7)
    assert found.high - found.value == pytest.approx(2.364624 * found.se, rel=1e-6)
    assert found.value - found.low == pytest.approx(2.364624 * found.se, rel=1e-6)


def test_where_every_row_is_a_cluster_it_is_the_plain_standard_error():
    rng = np.random.default_rng(5)
    first, second = (
        replace(each, cluster=rng.permutation(10_000)[: len(each.waits)])
        for each in simulated(rng, 8, rows=5000, strata=1)
    )
    plain = math.hypot(*(restricted_mean(kaplan_meier(each.waits), TAU)[1] for each in (first, second)))
    assert compared(first, second).se == pytest.approx(plain, rel=0.1)


def test_drawing_groups_of_clusters_scatters_as_drawing_clusters(monkeypatch: pytest.MonkeyPatch):
    arms = simulated(np.random.default_rng(6), 1000, rows=6000)
    one_by_one = compared(*arms)
    monkeypatch.setattr(resampling, "MOST_GROUPS", 300)
    grouped = compared(*arms)
    assert one_by_one.se is not None
    assert grouped.se == pytest.approx(one_by_one.se, rel=0.15)
    assert (grouped.value, grouped.clusters) == (pytest.approx(one_by_one.value), one_by_one.clusters)


def test_people_who_differ_make_the_interval_wider_than_rows_would():
    arms = simulated(np.random.default_rng(7), 10, rows=3000, strata=1)
    plain = math.hypot(*(restricted_mean(kaplan_meier(each.waits), TAU)[1] for each in arms))
    found = compared(*arms).se
    assert found is not None
    assert found > 1.2 * plain


@pytest.mark.parametrize("few", [1, 4])
def test_an_arm_that_fewer_than_five_people_decided_on_has_no_interval(few: int):
    first, second = simulated(np.random.default_rng(8), 12)
    some = first.take(np.flatnonzero(first.cluster < few))
    for found in (compared(some, second), compared(second, some)):
        assert (found.low, found.high, found.se, found.clusters) == (None, None, None, 12)
    assert compared(first.take(np.flatnonzero(first.cluster < 5)), second).low is not None


def test_draws_in_which_nothing_can_be_compared_are_passed_over():
    # Five and five people without overlap, each arm in one stratum: some draws miss an arm.
    first = arm([(hours, 1, hours, 0) for hours in range(5)])
    second = arm([(hours, 1, 5 + hours, 0) for hours in range(5)])
    values = resampling._averages(
        zip(
            *(resampling._parts(each.strata(TAU).values(), np.arange(10), 10) for each in (first, second)),
            strict=True,
        ),
        np.vstack([np.ones(10), np.repeat([2.0, 0.0], 5)]),
    )
    assert values[0] == 0
    assert math.isnan(values[1])
    assert compared(first, second).se is not None


@settings(deadline=None, max_examples=60)
@given(BOTH, BOTH)
def test_swapping_the_arms_turns_every_sign_exactly(
    first: list[tuple[float, ...]], second: list[tuple[float, ...]]
):
    there = restricted_mean_difference(arm(first), arm(second), TAU, 0.95)
    back = restricted_mean_difference(arm(second), arm(first), TAU, 0.95)
    if there is None or back is None:
        assert there is back
        return
    assert back.value == -there.value
    assert (back.se, back.clusters, back.left_out) == (there.se, there.clusters, there.left_out)
    if there.low is not None and there.high is not None:
        assert (back.low, back.high) == (-there.high, -there.low)


@settings(deadline=None, max_examples=40)
@given(BOTH, BOTH, st.permutations(range(10)))
def test_other_names_for_the_people_leave_the_value_as_it_is(
    first: list[tuple[float, ...]], second: list[tuple[float, ...]], names: list[int]
):
    arms = [arm(first), arm(second)]
    renamed = [replace(each, cluster=_renamed(each.cluster, names)) for each in arms]
    before, after = (restricted_mean_difference(*pair, TAU, 0.95) for pair in (arms, renamed))
    assert (before is None) == (after is None)
    if before and after:
        assert after.value == pytest.approx(before.value, abs=1e-9)


def _renamed(cluster: Integers, names: list[int]) -> Integers:
    return np.array(names, dtype=np.int64)[cluster]


def test_the_same_rows_give_the_same_answer_in_any_order():
    first, second = simulated(np.random.default_rng(9), 12)
    turned = compared(*(each.take(np.arange(len(each.waits))[::-1]) for each in (first, second)))
    found = compared(first, second)
    assert found == compared(first, second)
    assert (turned.value, turned.se) == pytest.approx((found.value, found.se))


@pytest.mark.deep
@pytest.mark.parametrize("reviewers", [8, 30])
def test_95_percent_intervals_cover_what_they_say(reviewers: int):
    rng, repetitions = np.random.default_rng(20_260_817 + reviewers), 2000
    found = [compared(*simulated(rng, reviewers)) for _ in range(repetitions)]
    covered = sum(
        each.low <= 0 <= each.high for each in found if each.low is not None and each.high is not None
    )
    assert 0.93 <= covered / repetitions <= 0.97
