from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.logrank import log_rank
from metrics.statistics.survival import Integers, Waits
from tests.builders_waits import NOBODY, waits

ROWS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 2), st.integers(0, 2)), min_size=0, max_size=25)


def with_strata(rows: list[tuple[int, int, int]]) -> tuple[Waits, Integers]:
    """Rows of hours, cause and stratum."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Waits(table[:, 0], table[:, 1].astype(np.int64)), table[:, 2].astype(np.int64)


def test_two_against_two_are_worked_by_hand():
    # At 1: 2 of 4 are ours, 1/2. At 2: 1 of 3, 1/3. Then none of ours is left.
    found = log_rank(waits((1, 1), (2, 1)), waits((3, 1), (4, 1)))
    assert (found.observed, found.expected) == (2, pytest.approx(5 / 6))
    assert found.variance == pytest.approx(1 / 4 + 2 / 9)
    assert found.chi2 == pytest.approx((7 / 6) ** 2 / (17 / 36))
    assert found.p == pytest.approx(math.erfc(math.sqrt(found.chi2 / 2)))


def test_tied_ends_scatter_less():
    # Both ends at 1 among 2 and 2: hypergeometric, 2 (1/2)(1/2)(2/3).
    found = log_rank(waits((1, 1), (5, 0)), waits((1, 2), (5, 0)))
    assert (found.observed, found.expected, found.variance) == (1, 1, pytest.approx(1 / 3))


def test_every_cause_is_an_end_and_censoring_is_none():
    assert log_rank(waits((1, 1), (2, 2), (3, 0)), waits((4, 0))).observed == 2


def test_late_entries_are_compared_from_their_entry_on():
    # At 2 only the first of ours and one of theirs are watched; at 6 one of ours and two of theirs.
    found = log_rank(waits((2, 1, 0), (6, 1, 3)), waits((9, 0, 0), (9, 0, 4)))
    assert (found.observed, found.expected) == (2, pytest.approx(1 / 2 + 1 / 3))
    assert found.variance == pytest.approx(1 / 4 + 2 / 9)


def test_strata_are_compared_within_and_added_up():
    first, second = waits((1, 1), (2, 1), (8, 1)), waits((3, 1), (4, 1), (7, 1), (9, 1))
    whole = log_rank(first, second, (np.array([5, 5, -2]), np.array([5, 5, -2, -2])))
    parts = [
        log_rank(waits((1, 1), (2, 1)), waits((3, 1), (4, 1))),
        log_rank(waits((8, 1)), waits((7, 1), (9, 1))),
    ]
    for name in ("observed", "expected", "variance"):
        assert getattr(whole, name) == pytest.approx(sum(getattr(part, name) for part in parts))


def test_a_stratum_of_one_group_alone_says_nothing():
    first, second = waits((1, 1), (2, 1)), waits((3, 1), (4, 1))
    alone = waits((1, 1), (2, 1), (1.5, 1), (6, 0))
    plain, more = (
        log_rank(group, second, (codes, np.array([0, 0])))
        for group, codes in ((first, np.array([0, 0])), (alone, np.array([0, 0, 1, 1])))
    )
    assert more.chi2 == pytest.approx(plain.chi2)
    assert more.observed - more.expected == pytest.approx(plain.observed - plain.expected)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (waits((1, 1)), NOBODY),
        (NOBODY, NOBODY),
        (waits((1, 0)), waits((1, 0))),
        (waits((1, 1)), waits((1, 1))),
        (waits((2, 1, 1)), waits((3, 1, 2))),
    ],
)
def test_where_there_was_never_a_choice_nothing_speaks_against_alike(first: Waits, second: Waits):
    found = log_rank(first, second)
    assert (found.variance, found.chi2, found.p) == (0, 0, 1)
    assert found.observed == found.expected


@settings(deadline=None)
@given(ROWS, ROWS)
def test_swapping_the_groups_turns_the_sign_and_nothing_else(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
):
    (ours, our_strata), (theirs, their_strata) = with_strata(first), with_strata(second)
    there = log_rank(ours, theirs, (our_strata, their_strata))
    back = log_rank(theirs, ours, (their_strata, our_strata))
    assert there.chi2 == pytest.approx(back.chi2, abs=1e-9)
    assert there.p == pytest.approx(back.p, abs=1e-9)
    assert there.observed - there.expected == pytest.approx(back.expected - back.observed, abs=1e-9)


@settings(deadline=None)
@given(ROWS, ROWS)
def test_only_the_order_of_times_matters(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
):
    groups = [with_strata(rows)[0] for rows in (first, second)]
    bent = [Waits(np.expm1(group.hours), group.cause) for group in groups]
    assert log_rank(*groups) == log_rank(*bent)


@settings(deadline=None)
@given(ROWS, ROWS)
def test_one_stratum_is_no_strata(first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]):
    groups = [with_strata(rows)[0] for rows in (first, second)]
    codes = tuple(np.full(len(group), 9) for group in groups)
    assert log_rank(*groups) == log_rank(*groups, (codes[0], codes[1]))
