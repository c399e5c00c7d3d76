from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.gate.policy import Policy
from metrics.gate.verdict import judge
from metrics.operating import odds, probability_below, proof_probability, run_probability
from tests.builders_gate import moment, sprint

RATES = st.sampled_from([0.0, 0.002, 0.01, 0.05, 1.0])
VOLUMES = st.integers(0, 300)


def test_two_heads_in_a_row_within_three_throws_are_three_of_eight():
    assert run_probability(0.5, 3, 2) == 3 / 8


def test_one_good_sprint_is_enough_where_the_rule_asks_for_one():
    assert run_probability(0.2, 3, 1) == pytest.approx(1 - 0.8**3)


def test_three_in_a_row_cannot_happen_in_two():
    assert run_probability(1.0, 2, 3) == 0.0


def test_the_rule_as_written_passes_a_five_percent_pilot_with_seventy_percent_at_twenty_changes():
    assert odds(0.05, 20, 12, Policy()).as_written == pytest.approx(0.701843, abs=1e-6)


def test_followed_up_loses_the_sprints_that_do_not_mature_in_time():
    # 30 days are three sprints of 14 days: nine of twelve mature.
    expected = run_probability(probability_below(0.02, 100, 0.01), 9, 2)
    assert odds(0.02, 100, 12, Policy()).followed_up == expected


def test_no_volume_of_twenty_changes_can_be_proven_in_twelve_sprints():
    assert odds(0.0, 20, 12, Policy()).proven == 0.0
    # 19 mature sprints of 20 clean changes are 380, the first multiple beyond 367.
    assert proof_probability(0.0, 20, 18, Policy()) == 0.0
    assert proof_probability(0.0, 20, 19, Policy()) == pytest.approx(1.0)


def test_false_proof_stays_within_the_level_at_exactly_one_percent():
    chances = [proof_probability(0.01, n, 26, Policy()) for n in (50, 100, 300)]
    assert max(chances) < 0.05
    assert min(chances) > 0.005


def test_proof_with_an_escape_is_worked_by_hand():
    # Four in a row of 100 changes: proven after four clean ones, or after seven (657 needed) with one
    # escape in the first three; an escape in the fourth leaves only three clean ones by then.
    clean, one = 0.998**100, 100 * 0.002 * 0.998**99
    expected = clean**4 + 3 * one * clean**6
    assert proof_probability(0.002, 100, 7, Policy(sprints=4)) == pytest.approx(expected)


def test_strict_mode_needs_more_sprints_for_the_same_proof():
    assert proof_probability(0.0, 300, 3, Policy()) == pytest.approx(1.0)
    assert proof_probability(0.0, 300, 3, Policy(strict=True)) == 0.0
    assert proof_probability(0.0, 300, 4, Policy(strict=True)) == pytest.approx(1.0)


def test_without_changes_nothing_passes():
    nothing = odds(0.0, 0, 12, Policy())
    assert (nothing.as_written, nothing.followed_up, nothing.proven) == (0.0, 0.0, 0.0)


def test_a_horizon_shorter_than_the_follow_up_leaves_only_the_rule_as_written():
    chance = odds(0.0, 300, 2, Policy())
    assert (chance.as_written, chance.followed_up, chance.proven) == (1.0, 0.0, 0.0)


def test_odds_are_those_of_the_gate_itself():
    rng, policy, sprints, n, repeats = np.random.default_rng(7), Policy(), 6, 100, 300
    draws = rng.binomial(n, 0.002, (repeats, sprints))
    proven = sum(any(_is_proven(row[:seen], n, policy) for seen in range(2, sprints + 1)) for row in draws)
    assert proven / repeats == pytest.approx(proof_probability(0.002, n, sprints, policy), abs=0.09)


def _is_proven(escapes: np.ndarray, n: int, policy: Policy) -> bool:
    counted = [sprint(number, n, int(x)) for number, x in enumerate(escapes, start=1)]
    return judge(counted, policy, moment(400)).readings.proven is True


@settings(deadline=None, max_examples=60)
@given(RATES, VOLUMES, st.integers(0, 16), st.booleans())
def test_each_reading_is_harder_than_the_one_before(rate: float, volume: int, sprints: int, strict: bool):  # noqa: FBT001
    chance = odds(rate, volume, sprints, Policy(strict=strict))
    assert 0 <= chance.proven <= chance.followed_up + 1e-9
    assert chance.followed_up <= chance.as_written + 1e-9 <= 1 + 1e-6
