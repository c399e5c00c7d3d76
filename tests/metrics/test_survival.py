from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.survival import (
    Curve,
    Floats,
    Waits,
    aalen_johansen,
    counts_at,
    kaplan_meier,
    quantile,
    restricted_mean,
    restricted_mean_influence,
    rows_by_code,
    share_at,
)
from tests.builders_waits import NOBODY, waits

# Few distinct hours, so that ties of every kind are frequent; 0 is legal.
ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=40)
LATE_ROWS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 2), st.integers(0, 11)), min_size=1, max_size=40
).map(lambda rows: [(hours, cause, min(entry, hours - 1)) for hours, cause, entry in rows])


def table_of(curve: Curve) -> list[tuple[float, float, float, float]]:
    return list(
        zip(
            curve.time.tolist(),
            curve.at_risk.tolist(),
            curve.events.tolist(),
            curve.share.tolist(),
            strict=True,
        )
    )


def weighted_survival(rows: Waits, weights: Floats) -> list[tuple[float, float, dict[int, float]]]:
    """Time, share waiting and incidence per cause, counted row by row, for rows of any weight."""
    entry = np.zeros(len(rows)) if rows.entry is None else rows.entry
    share, incidence, found = 1.0, {1: 0.0, 2: 0.0}, []
    for moment in sorted(set(rows.hours[rows.cause > 0].tolist())):
        is_in = (rows.hours >= moment) & ((entry < moment) | (entry <= 0))
        ends = {cause: weights[(rows.hours == moment) & (rows.cause == cause)].sum() for cause in incidence}
        is_last = not (is_in & ((rows.hours > moment) | (rows.cause == 0))).any()
        if is_last and (entry >= max(moment, 1e-9)).any():
            ends = dict.fromkeys(ends, 0.0)
        for cause, ended in ends.items():
            incidence[cause] += share * ended / weights[is_in].sum()
        share *= 1 - sum(ends.values()) / weights[is_in].sum()
        found.append((moment, share, dict(incidence)))
    return found


# --- Kaplan-Meier


def test_share_still_waiting_is_worked_by_hand():
    # 4 at risk, 1 ends: 3/4. Then 3 at risk, 1 of 3 ends and one is last seen: 1/2. The last one ends: 0.
    curve = kaplan_meier(waits((1, 1), (2, 2), (2, 0), (3, 1)))
    assert table_of(curve) == [(1, 4, 1, 0.75), (2, 3, 1, 0.5), (3, 1, 1, 0)]
    assert curve.se[0] == pytest.approx(math.sqrt(0.75 * 0.25 / 4))
    assert curve.se[1] == pytest.approx(0.5 * math.sqrt(1 / (4 * 3) + 1 / (3 * 2)))
    assert curve.se[2] == 0


def test_an_end_at_the_very_start_is_legal():
    assert table_of(kaplan_meier(waits((0, 1), (0, 1), (5, 1), (5, 0)))) == [(0, 4, 2, 0.5), (5, 2, 1, 0.25)]


def test_who_is_last_seen_when_another_ends_was_at_risk_then():
    assert table_of(kaplan_meier(waits((2, 0), (2, 1)))) == [(2, 2, 1, 0.5)]


def test_late_entries_are_at_risk_after_their_entry_only():
    # At 2 the third has only just come: 2 at risk. At 3 the first has gone: 2 at risk.
    curve = kaplan_meier(waits((2, 1, 0), (3, 1, 1), (4, 0, 2)))
    assert table_of(curve) == [(2, 2, 1, 0.5), (3, 2, 1, 0.25)]


def test_at_the_start_only_those_watched_from_the_start_are_at_risk():
    curve = kaplan_meier(waits((0, 1, 0), (9, 0, 0), (9, 0, 1), (9, 0, -3)))
    assert table_of(curve) == [(0, 3, 1, pytest.approx(2 / 3))]


def test_one_early_end_watched_alone_does_not_end_the_curve_for_those_who_enter_later():
    # Alone at risk, the first ends at 1. It says nothing of the others, of whom one in two ends at 6.
    curve = kaplan_meier(waits((1, 1, 0), (6, 1, 5), (8, 0, 5)))
    assert table_of(curve) == [(1, 1, 1, 1), (6, 2, 1, 0.5)]
    assert curve.se.tolist() == pytest.approx([0, math.sqrt(0.5 * 0.5 / 2)])
    assert curve.known_until == 8


def test_an_early_end_of_all_at_the_start_does_not_end_the_curve_either():
    assert table_of(kaplan_meier(waits((0, 1, 0), (6, 1, 5), (8, 0, 5))))[0] == (0, 1, 1, 1)


def test_those_who_enter_in_the_moment_that_empties_the_risk_set_still_count():
    assert table_of(kaplan_meier(waits((5, 1, 0), (6, 1, 5), (8, 0, 5)))) == [(5, 1, 1, 1), (6, 2, 1, 0.5)]


def test_an_end_that_leaves_nobody_and_nobody_to_come_ends_the_curve():
    assert kaplan_meier(waits((1, 0, 0), (3, 1, 1), (3, 1, 2))).share.tolist() == [0]


def test_the_early_end_of_all_adds_to_no_incidence():
    late = waits((1, 2, 0), (6, 1, 5), (8, 0, 5))
    assert aalen_johansen(late, 2).share.tolist() == [0, 0]
    assert aalen_johansen(late, 1).share.tolist() == [0, 0.5]
    assert aalen_johansen(late, 2).events.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("rows", "hours"),
    [
        ([(1, 1), (9, 0)], 9),
        ([(1, 1), (9, 1)], math.inf),
        ([(9, 1), (9, 0)], 9),
        ([(1, 0)], 1),
        ([], 0),
    ],
)
def test_a_curve_is_known_until_the_last_look_unless_nobody_waits_any_more(
    rows: list[tuple[float, float]], hours: float
):
    found = waits(*rows) if rows else NOBODY
    assert kaplan_meier(found).known_until == hours
    assert aalen_johansen(found, 1).known_until == hours


@pytest.mark.parametrize(
    ("hours", "cause", "entry", "words"),
    [
        ([1.0, 2.0], [1], None, "one place per row"),
        ([1.0], [1], [0.0, 0.0], "one place per row"),
        ([-1.0], [1], None, "finite number of hours"),
        ([math.nan], [1], None, "finite number of hours"),
        ([math.inf], [0], None, "finite number of hours"),
        ([5.0], [1], [5.0], "never watched"),
        ([5.0], [0], [6.0], "never watched"),
        ([5.0], [0], [math.nan], "never watched"),
    ],
)
def test_rows_that_cannot_be_are_refused(
    hours: list[float], cause: list[int], entry: list[float] | None, words: str
):
    with pytest.raises(ValueError, match=words):
        Waits(np.array(hours), np.array(cause), None if entry is None else np.array(entry))


def test_a_wait_of_no_time_that_was_watched_from_the_start_is_no_late_entry():
    assert kaplan_meier(waits((0, 1, 0), (1, 0, 0))).at_risk.tolist() == [2]


@settings(deadline=None)
@given(st.one_of(ROWS, LATE_ROWS))
def test_curves_equal_the_count_row_by_row(rows: list[tuple[int, ...]]):
    found = waits(*rows)
    worked = weighted_survival(found, np.ones(len(rows)))
    assert kaplan_meier(found).time.tolist() == [moment for moment, _, _ in worked]
    assert kaplan_meier(found).share == pytest.approx([share for _, share, _ in worked], abs=1e-12)
    for cause in (1, 2):
        incidence = aalen_johansen(found, cause).share
        assert incidence == pytest.approx([ended[cause] for _, _, ended in worked], abs=1e-12)


@settings(deadline=None)
@given(ROWS)
def test_the_share_waiting_falls_and_stays_within_its_bounds(rows: list[tuple[int, int]]):
    share = [1.0, *kaplan_meier(waits(*rows)).share]
    assert all(earlier > later >= 0 for earlier, later in pairwise(share))


@settings(deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, int]], chance: object):
    shuffled = rows.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert table_of(kaplan_meier(waits(*rows))) == table_of(kaplan_meier(waits(*shuffled)))


@settings(deadline=None)
@given(ROWS)
def test_the_unit_of_time_does_not_matter(rows: list[tuple[int, int]]):
    minutes = [(60 * hours, cause) for hours, cause in rows]
    assert kaplan_meier(waits(*rows)).share.tolist() == kaplan_meier(waits(*minutes)).share.tolist()


@settings(deadline=None)
@given(ROWS)
def test_every_row_twice_is_the_same_curve_with_less_doubt(rows: list[tuple[int, int]]):
    once, twice = kaplan_meier(waits(*rows)), kaplan_meier(waits(*rows, *rows))
    assert once.share == pytest.approx(twice.share, abs=1e-12)
    assert twice.se == pytest.approx(once.se / math.sqrt(2), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=40))
def test_without_censoring_the_curve_is_the_plain_share(hours: list[int]):
    curve = kaplan_meier(waits(*((each, 1) for each in hours)))
    plain = [sum(each > moment for each in hours) / len(hours) for moment in curve.time]
    assert curve.share == pytest.approx(plain, abs=1e-12)
    binomial = [math.sqrt(share * (1 - share) / len(hours)) for share in plain]
    assert curve.se == pytest.approx(binomial, abs=1e-12)


# --- Aalen-Johansen


@settings(deadline=None)
@given(ROWS)
def test_with_one_cause_incidence_is_what_no_longer_waits(rows: list[tuple[int, int]]):
    only = waits(*((hours, min(cause, 1)) for hours, cause in rows))
    incidence, waiting = aalen_johansen(only, 1), kaplan_meier(only)
    assert incidence.share == pytest.approx(1 - waiting.share, abs=1e-12)
    assert incidence.se == pytest.approx(waiting.se, abs=1e-7)


@settings(deadline=None)
@given(st.one_of(ROWS, LATE_ROWS))
def test_the_causes_partition_what_no_longer_waits(rows: list[tuple[int, ...]]):
    found = waits(*rows)
    both = aalen_johansen(found, 1).share + aalen_johansen(found, 2).share
    assert both == pytest.approx(1 - kaplan_meier(found).share, abs=1e-12)


@settings(deadline=None)
@given(ROWS)
def test_one_minus_kaplan_meier_of_a_cause_is_never_below_its_incidence(rows: list[tuple[int, int]]):
    incidence = aalen_johansen(waits(*rows), 1)
    naive = kaplan_meier(waits(*((hours, int(cause == 1)) for hours, cause in rows)))
    for moment, share in zip(incidence.time, incidence.share, strict=True):
        assert 1 - share_at(naive, moment, 0.95)[0] >= share - 1e-12


@settings(deadline=None, max_examples=50)
@given(ROWS)
def test_incidence_scatters_as_its_rows_move_it(rows: list[tuple[int, int]]):
    """The variance is the sum of squares of what each row moves the curve, taken by small weights."""
    found, step = waits(*rows), 1e-6
    curve = aalen_johansen(found, 1)
    variance = np.zeros(len(curve.time))
    for row in range(len(found)):
        low, high = np.ones(len(found)), np.ones(len(found))
        low[row], high[row] = 1 - step, 1 + step
        pair = [[ended[1] for _, _, ended in weighted_survival(found, each)] for each in (low, high)]
        variance += ((np.array(pair[1]) - np.array(pair[0])) / (2 * step)) ** 2
    assert curve.se**2 == pytest.approx(variance, abs=1e-6)


def test_a_cause_that_never_happened_has_incidence_0_throughout():
    curve = aalen_johansen(waits((1, 2), (2, 2), (3, 0)), 1)
    assert (curve.share.tolist(), curve.se.tolist(), curve.events.tolist()) == ([0, 0], [0, 0], [0, 0])


# --- share at a time


def test_a_share_holds_from_its_time_until_the_next():
    curve = kaplan_meier(waits((1, 1), (2, 1), (3, 0), (4, 1)))
    assert [share_at(curve, hours, 0.95)[0] for hours in (0.99, 1, 1.99, 2, 99)] == [1, 0.75, 0.75, 0.5, 0]


def test_limits_of_a_share_are_worked_by_hand():
    # log(-log S) of S = 0.5 scatters by 0.25 / (0.5 ln 2) = 0.7213 when the standard error is 0.25.
    value, low, high = share_at(kaplan_meier(waits((1, 1), (2, 1), (3, 0), (4, 0))), 2, 0.95)
    reach = math.exp(1.959964 * 0.25 / (0.5 * math.log(2)))
    assert (value, low, high) == pytest.approx((0.5, 0.5**reach, 0.5 ** (1 / reach)), abs=1e-6)


def test_limits_of_an_incidence_mirror_those_of_what_waits():
    rows = waits((1, 1), (2, 1), (3, 0), (4, 0))
    waiting, ended = share_at(kaplan_meier(rows), 2, 0.9), share_at(aalen_johansen(rows, 1), 2, 0.9)
    assert ended == pytest.approx((1 - waiting[0], 1 - waiting[2], 1 - waiting[1]))


def test_nothing_ended_yet_is_bounded_by_how_many_were_followed_so_long():
    # Ten rows, of which six were followed for 24 hours: none of six, exactly.
    rows = waits(*[(5, 0)] * 4, *[(30, 1)] * 6)
    assert share_at(aalen_johansen(rows, 1), 24, 0.95) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 6)))
    assert share_at(kaplan_meier(rows), 24, 0.95) == pytest.approx((1, 0.025 ** (1 / 6), 1))


def test_nothing_ended_and_nobody_followed_so_long_leaves_all_open():
    rows = waits((5, 0), (6, 0))
    assert share_at(aalen_johansen(rows, 1), 24, 0.95) == (0, 0, 1)
    assert share_at(kaplan_meier(rows), 24, 0.95) == (1, 0, 1)


def test_nobody_at_all_leaves_all_open():
    assert share_at(aalen_johansen(NOBODY, 1), 24, 0.95) == (0, 0, 1)


def test_many_who_enter_late_do_not_vouch_for_the_hours_before():
    # Two from the start, of whom one is seen for 3 hours; 50 more from hour 4 on.
    rows = waits((30, 0, 0), (3, 0, 0), *[(30, 0, 4)] * 50)
    assert share_at(kaplan_meier(rows), 24, 0.95)[1] == pytest.approx(0.025)
    only_late = waits(*[(30, 0, 4)] * 50)
    assert share_at(kaplan_meier(only_late), 24, 0.95)[1] == 0


def test_all_ended_at_once_is_bounded_exactly():
    rows = waits(*[(5, 1)] * 10)
    assert share_at(aalen_johansen(rows, 1), 24, 0.95) == pytest.approx((1, 0.025**0.1, 1))


def test_when_the_last_one_has_ended_the_limit_of_the_step_before_stands():
    rows = waits(*((hours, 1) for hours in range(1, 101)))
    before, after = (share_at(aalen_johansen(rows, 1), hours, 0.95) for hours in (99, 100))
    assert after == (1, before[1], 1)
    assert before[1] == pytest.approx(0.943, abs=0.01)


def test_rounding_does_not_pass_for_a_share():
    # 0.1 ten times over is 0.9999999999999999.
    curve = aalen_johansen(waits(*((hours, 1) for hours in range(1, 11))), 1)
    assert share_at(curve, 10, 0.95)[1] == pytest.approx(share_at(curve, 9, 0.95)[1])


@settings(deadline=None)
@given(st.one_of(ROWS, LATE_ROWS), st.integers(0, 14), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_share_lies_within_its_limits_and_they_within_0_and_1(
    rows: list[tuple[int, ...]], hours: int, confidence: float
):
    for curve in (kaplan_meier(waits(*rows)), aalen_johansen(waits(*rows), 1)):
        value, low, high = share_at(curve, hours, confidence)
        assert 0 <= low <= value + 1e-12
        assert value - 1e-12 <= high <= 1
        wider = share_at(curve, hours, 0.999)
        assert wider[1] <= low + 1e-12
        assert wider[2] >= high - 1e-12


# --- quantiles


def test_the_median_is_the_first_time_at_which_half_has_ended():
    rows = waits((1, 1), (2, 1), (3, 1), (4, 1))
    assert quantile(kaplan_meier(rows), 0.5, 0.95)[0] == 2
    assert quantile(aalen_johansen(rows, 1), 0.5, 0.95)[0] == 2
    assert quantile(kaplan_meier(rows), 0.9, 0.95)[0] == 4


def test_a_half_that_rounding_keeps_from_being_one_is_a_half():
    # 5 of 10, each 0.1 of the whole.
    rows = waits(*((hours, 1) for hours in range(1, 11)))
    assert quantile(aalen_johansen(rows, 1), 0.5, 0.95)[0] == 5
    assert quantile(kaplan_meier(rows), 0.5, 0.95)[0] == 5


def test_a_share_that_is_not_reached_has_no_finite_time():
    curve = aalen_johansen(waits((1, 1), (2, 2), (3, 2), (4, 0)), 1)
    assert quantile(curve, 0.5, 0.95) == (math.inf, 1, math.inf)
    assert quantile(kaplan_meier(NOBODY), 0.5, 0.95) == (math.inf,) * 3


@settings(deadline=None)
@given(st.one_of(ROWS, LATE_ROWS), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_lies_within_its_limits_on_every_scale(rows: list[tuple[int, ...]], share: float):
    for curve in (kaplan_meier(waits(*rows)), aalen_johansen(waits(*rows), 1)):
        for value, low, high in (
            quantile(curve, share, 0.95),
            quantile(curve, share, 0.95, "log"),
            quantile(curve, share, 0.95, "plain"),
        ):
            assert low <= value <= high


@settings(deadline=None)
@given(ROWS, st.integers(0, 14))
def test_one_more_that_still_waits_never_shortens_a_median(rows: list[tuple[int, int]], hours: int):
    before, after = waits(*rows), waits(*rows, (hours, 0))
    assert quantile(kaplan_meier(after), 0.5, 0.95)[0] >= quantile(kaplan_meier(before), 0.5, 0.95)[0]


# --- restricted means


def test_the_restricted_mean_is_the_area_under_the_curve():
    # 1 for two hours, 3/4 for two more, 1/2 for six: 2 + 1.5 + 3.
    mean, se = restricted_mean(kaplan_meier(waits((2, 1), (4, 1), (20, 0), (30, 1))), 10)
    assert mean == 6.5
    assert se == pytest.approx(math.sqrt(4.5**2 / (4 * 3) + 3**2 / (3 * 2)))


def test_what_ends_after_the_limit_counts_as_the_limit():
    assert restricted_mean(kaplan_meier(waits((10, 1), (11, 1))), 10) == (10, 0)


@settings(deadline=None)
@given(ROWS, st.integers(1, 20))
def test_a_restricted_mean_lies_between_0_and_its_limit(rows: list[tuple[int, int]], tau: int):
    mean, se = restricted_mean(kaplan_meier(waits(*rows)), tau)
    assert 0 <= mean <= tau + 1e-9
    assert (mean > 0) == any(hours > 0 or cause == 0 for hours, cause in rows)
    assert se >= 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=30), st.integers(1, 20))
def test_without_censoring_the_restricted_mean_is_the_plain_one(hours: list[int], tau: int):
    mean, _ = restricted_mean(kaplan_meier(waits(*((each, 1) for each in hours))), tau)
    assert mean == pytest.approx(sum(min(each, tau) for each in hours) / len(hours))


@pytest.mark.parametrize(
    "curve",
    [
        aalen_johansen(waits((1, 1), (2, 0)), 1),
        kaplan_meier(NOBODY),
    ],
)
def test_an_incidence_and_nobody_have_no_restricted_mean(curve: Curve):
    with pytest.raises(ValueError, match="share still waiting of at least one row"):
        restricted_mean(curve, 10)


@settings(deadline=None)
@given(st.one_of(ROWS, LATE_ROWS), st.integers(1, 15))
def test_influences_cancel_out(rows: list[tuple[int, ...]], tau: int):
    found = waits(*rows)
    assert restricted_mean_influence(found, kaplan_meier(found), tau).sum() == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(ROWS, st.integers(1, 15))
def test_squared_influences_add_up_to_the_variance(rows: list[tuple[int, int]], tau: int):
    found = waits(*rows)
    curve = kaplan_meier(found)
    squares = (restricted_mean_influence(found, curve, tau) ** 2).sum()
    assert math.sqrt(squares) == pytest.approx(restricted_mean(curve, tau)[1], abs=1e-7)


@settings(deadline=None, max_examples=50)
@given(LATE_ROWS, st.integers(1, 15))
def test_an_influence_is_what_a_little_more_weight_moves(rows: list[tuple[int, ...]], tau: int):
    found, step = waits(*rows), 1e-6
    influence = restricted_mean_influence(found, kaplan_meier(found), tau)
    for row in range(len(found)):
        means = []
        for weight in (1 - step, 1 + step):
            weights = np.ones(len(found))
            weights[row] = weight
            means.append(_weighted_mean(found, weights, tau))
        assert influence[row] == pytest.approx((means[1] - means[0]) / (2 * step), abs=1e-5)


def _weighted_mean(rows: Waits, weights: Floats, tau: float) -> float:
    steps = [(0.0, 1.0), *((moment, share) for moment, share, _ in weighted_survival(rows, weights))]
    edges = [*(min(moment, tau) for moment, _ in steps), tau]
    return sum(share * (end - start) for (_, share), (start, end) in zip(steps, pairwise(edges), strict=True))


# --- small helpers


def test_rows_are_found_by_their_code():
    found = rows_by_code(np.array([5, -1, 5]))
    assert {code: rows.tolist() for code, rows in found.items()} == {-1: [1], 5: [0, 2]}
    assert rows_by_code(np.empty(0, dtype=np.int64)) == {}


def test_hours_are_counted_at_their_times():
    assert counts_at(np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 3.0])).tolist() == [1, 0, 2]


def test_rows_taken_keep_their_entry():
    taken = waits((5, 1, 2), (6, 0, 3)).take(np.array([1, 1]))
    assert (taken.hours.tolist(), taken.cause.tolist()) == ([6, 6], [0, 0])
    assert taken.entry is not None
    assert taken.entry.tolist() == [3, 3]
