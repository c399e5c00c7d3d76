from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.estimate import Estimate, Undefined
from metrics.statistics.delays import (
    Delay,
    chain_ladder,
    effective_changes,
    nowcast,
    nowcast_on_exposure,
    reverse_time_hazard,
)

# Half of the escapes surface at once and half after ten days, all fully followed.
KNOWN = [*[Delay(0, 90)] * 15, *[Delay(10, 90)] * 15]
TRIANGLES = st.integers(2, 6).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 4), min_size=size, max_size=size), min_size=size, max_size=size
    ).map(
        lambda rows: [[x if place <= size - 1 - row else None for place, x in enumerate(each)]
                      for row, each in enumerate(rows)]
    )
)  # fmt: skip


def test_development_factors_are_worked_by_hand():
    # Column 1 over column 0 of the rows that reach it: (1+1 + 2+2) / (1 + 2) = 2, so F(0) = 1/2.
    assert chain_ladder([[1, 1], [2, 2], [5, None]]) == (0.5, 1.0)


def test_late_reports_that_could_not_be_seen_yet_do_not_make_delays_look_short():
    plain_share_at_once = 3 / 4
    corrected = reverse_time_hazard([Delay(0, 2), Delay(1, 2), Delay(0, 0), Delay(0, 0)], 1)
    assert corrected == (0.5, 1.0)
    assert corrected[0] < plain_share_at_once


def test_delays_beyond_the_follow_up_are_left_out():
    assert reverse_time_hazard([Delay(0, 90), Delay(80, 90)], 1) == (1.0, 1.0)


@settings(deadline=None, max_examples=60)
@given(TRIANGLES)
def test_reverse_hazard_equals_the_chain_ladder(triangle: list[list[int | None]]):
    size = len(triangle)
    delays = [
        Delay(age, size - 1 - row)
        for row, counts in enumerate(triangle)
        for age, x in enumerate(counts)
        for _ in range(x or 0)
    ]
    assert reverse_time_hazard(delays, size - 1) == pytest.approx(chain_ladder(triangle))


def test_an_age_without_reports_leaves_the_share_as_it_is():
    # 49 of 49 is one exactly; multiplied before it is divided, rounding would lift the share above the next.
    shares = chain_ladder([[49, 0, 1], [0, 0, 0]])
    assert shares[0] == shares[1] == 49 / 50


@settings(deadline=None, max_examples=60)
@given(TRIANGLES)
def test_shares_rise_to_one(triangle: list[list[int | None]]):
    shares = chain_ladder(triangle)
    assert list(shares) == sorted(shares)
    assert shares[-1] == 1.0


def test_young_changes_count_for_the_share_of_their_age():
    assert effective_changes([0, 9.9, 10, 300, -1], [0.5] * 10 + [1.0]) == 0.5 + 0.5 + 1 + 1


def test_nowcast_divides_by_effective_changes():
    found = nowcast(1, [0.0] * 40, KNOWN, 30, 0.95)
    assert isinstance(found, Estimate)
    assert (found.value, found.numerator, found.denominator, found.n) == (1 / 20, 1, 20, 40)
    assert found.high == pytest.approx(4.743864518 / 20)
    assert found.low is None


def test_twenty_nine_delays_are_too_few():
    found = nowcast(0, [1.0] * 40, KNOWN[:29], 30, 0.95)
    assert isinstance(found, Undefined)
    assert found.reason == "29 past escapes with a delay of at most 30 days; 30 needed"
    assert (found.coverage.measured, found.coverage.total) == (0, 40)


def test_delays_beyond_the_follow_up_do_not_help_to_reach_thirty():
    assert isinstance(nowcast(0, [1.0], [*KNOWN[:29], Delay(60, 90)], 30, 0.95), Undefined)


def test_changes_too_young_for_any_report_have_no_nowcast():
    late = [Delay(20, 90)] * 30
    found = nowcast(0, [1.0, 2.0], late, 30, 0.95)
    assert isinstance(found, Undefined)
    assert "old enough" in found.reason


def test_no_changes_have_no_nowcast():
    assert nowcast_on_exposure(0, 0.0, 0, 0.95) == nowcast(0, [], KNOWN, 30, 0.95)
    assert isinstance(nowcast(0, [], KNOWN, 30, 0.95), Undefined)
