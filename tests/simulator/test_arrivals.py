"""Arrivals come in order of time, in the volume that the flows say."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.simulator.arrivals import Arrival, arrivals
from data.simulator.draws import stream
from data.simulator.truth import Plant
from tests.builders_simulator import AS_OF, SIX_WEEKS, flow, moment, plant, repository


def opened(*plants: Plant, seed: int = 1, until: datetime = AS_OF, **more: Any) -> list[Arrival]:
    return list(arrivals(repository(*plants, **more), until, stream(seed, "arrivals")))


@pytest.mark.parametrize(("per_week", "expected"), [(10, 60), (2.5, 15), (0.5, 3), (1 / 3, 2)])
def test_fractions_of_a_week_carry_over_until_they_are_whole(per_week: float, expected: int) -> None:
    assert len(opened(flows=(flow(per_week=per_week),))) == expected


def test_every_whole_week_holds_the_same_number() -> None:
    weeks = Counter(one.opened_at.isocalendar().week for one in opened())
    assert list(weeks.values()) == [10] * SIX_WEEKS


def test_nothing_is_opened_outside_of_its_flow_or_after_the_export() -> None:
    found = opened(flows=(flow(starts_on=date(2026, 6, 10)),), until=moment(6, 25))
    assert found
    assert min(one.opened_at for one in found) >= moment(6, 10)
    assert max(one.opened_at for one in found) < moment(6, 25)


def test_a_plant_arrives_among_the_others_at_its_moment() -> None:
    planted = [one for one in opened(plant("escape", moment(6, 17, 9))) if one.fate == "escape"]
    assert [(one.opened_at, one.merges, one.tool) for one in planted] == [
        (moment(6, 17, 9), True, "DeepScan")
    ]


@given(seed=st.integers(0, 10_000), per_week=st.floats(0.1, 40))
@settings(max_examples=25, deadline=None)
def test_arrivals_are_in_order_of_time(seed: int, per_week: float) -> None:
    moments = [one.opened_at for one in opened(seed=seed, flows=(flow(per_week=per_week), flow("human", 3)))]
    assert moments == sorted(moments)


def test_a_fate_comes_as_often_as_its_probability_says() -> None:
    found = opened(flows=(flow(per_week=500, fates=(("escape", 0.2), ("fixed", 0.1))),))
    counts = Counter(one.fate for one in found)
    # Three standard deviations of a binomial with n = 3000.
    assert counts["escape"] == pytest.approx(600, abs=66)
    assert counts["fixed"] == pytest.approx(300, abs=50)
