from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.detectors.attack_share import attack_share, of_flags
from metrics.detectors.base_rates import at_prevalence, base_rates, per_day, prevalences
from metrics.detectors.detectors import detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.stating import proportion
from metrics.estimate import Coverage, Estimate, Number, Undefined
from tests.builders_detectors import UNIT, confusion, detection, detector_tables
from tests.builders_metrics import Row, pilot

VOLUME = 100_000


def share(x: int, n: int) -> Number:
    return proportion(x, Coverage(n, n), 0.95, "nothing")


def value(number: Number) -> float:
    assert isinstance(number, Estimate)
    return number.value


# Published rates on 100,000 messages a day, at a prevalence of 0.1 %: alerts, false ones, misses.
@pytest.mark.parametrize(
    ("fpr", "tpr", "ppv", "per_day"),
    [
        (1240, 8910, (0.986, 0.421, 0.067, 0.007), (1328, 1239, 10.9)),
        (4880, 5120, (0.913, 0.096, 0.010, 0.001), (4926, 4875, 48.8)),
        (24030, 8930, (0.788, 0.036, 0.0037, 0.0004), (24095, 24006, 10.7)),
    ],
    ids=["few false alarms", "half missed", "many false alarms"],
)
def test_a_published_table_comes_out(fpr: int, tpr: int, ppv: tuple[float, ...], per_day: tuple[float, ...]):
    rates = share(fpr, 100_000), share(10_000 - tpr, 10_000)
    day = at_prevalence(*rates, 0.001, VOLUME)
    found = [value(number) for number in (day.alerts, day.false_alerts, day.misses)]
    assert found[:2] == pytest.approx(per_day[:2], abs=1)
    assert found[2] == pytest.approx(per_day[2], abs=0.1)
    for prevalence, right in zip((0.5, 0.01, 0.001, 0.0001), ppv, strict=True):
        assert value(at_prevalence(*rates, prevalence, VOLUME).ppv) == pytest.approx(right, abs=6e-4)


def test_the_range_keeps_its_ends_and_steps_evenly_between():
    assert prevalences((0.0001, 0.01)) == (0.0001, 0.000316228, 0.001, 0.00316228, 0.01)
    assert prevalences((0.002, 0.005)) == (0.002, 0.005)
    assert prevalences((0.01, 0.01)) == (0.01,)


def test_where_misses_are_not_identifiable_only_false_alarms_are_told():
    unknown = Undefined("not identifiable: passed items were never labelled", 5, Coverage(0, 5))
    (day, *_) = base_rates(share(1, 100), unknown, DetectorRules(), VOLUME)
    assert isinstance(day.false_alerts, Estimate)
    for number in (day.alerts, day.misses, day.ppv):
        assert isinstance(number, Undefined)
        assert number.reason == unknown.reason


def test_without_a_volume_only_the_share_of_right_alerts_is_told():
    (day, *_) = base_rates(share(1, 100), share(1, 10), DetectorRules(), None)
    assert isinstance(day.ppv, Estimate)
    assert all(isinstance(number, Undefined) for number in (day.alerts, day.false_alerts, day.misses))


def test_a_detector_that_flags_nothing_has_no_share_of_right_alerts():
    day = at_prevalence(share(0, 100), share(10, 10), 0.01, VOLUME)
    assert isinstance(day.ppv, Undefined)
    assert value(day.alerts) == 0


counts = st.integers(0, 60)


@settings(max_examples=40, deadline=None)
@given(counts, counts, st.sampled_from([0.0001, 0.01, 0.5]))
def test_intervals_hold_their_value_and_every_rate_within_those_of_the_rates(
    x: int, y: int, prevalence: float
):
    fpr, fnr = share(x, 60), share(y, 60)
    day = at_prevalence(fpr, fnr, prevalence, VOLUME)
    for number in (day.alerts, day.false_alerts, day.misses, day.ppv):
        if isinstance(number, Estimate):
            assert number.low is not None
            assert number.high is not None
            assert 0 <= number.low <= number.value <= number.high
    assert isinstance(day.misses, Estimate)
    assert isinstance(fnr, Estimate)
    assert day.misses.high == pytest.approx(VOLUME * prevalence * (fnr.high or 0))


def volume(rows: Sequence[Row], labels: Sequence[Row] = (), **rules: Any) -> Number:
    known = detectors(detector_tables(rows, labels), pilot(), DetectorRules(**rules), 0.95)
    return per_day(known, UNIT)


def test_the_volume_is_as_set_or_as_observed():
    rows = [detection(f"a{n}", at=n % 2) for n in range(10)]
    assert value(volume(rows)) == 5
    assert value(volume(rows, events_per_day=70.0)) == 70
    assert isinstance(volume([detection("a", at=None)]), Undefined)


def test_errors_planted_items_and_labelled_sets_are_no_volume():
    verdicts, labels = confusion(5, 5, 5, 5)
    rows = [detection("a"), detection("b", "error"), detection("s", seed_id="one"), *verdicts]
    assert value(volume(rows, labels)) == 1


# -- how frequent attacks are ----------------------------------------------------------------------


def test_what_false_alarms_explain_is_taken_off_and_what_misses_hide_is_put_back():
    """Of 1,000 items 100 attacks: 80 caught, and 90 false alarms of 900."""
    found = of_flags((170, 1_000), (share(10, 100), share(20, 100)), 0.95)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.1)
    assert found.low is not None
    assert found.low < 0.1


@pytest.mark.parametrize(
    ("flags", "rates", "words"),
    [
        ((5, 100), (share(10, 100), share(20, 100)), "less than its false alarms alone"),
        ((95, 100), (share(10, 100), share(20, 100)), "more than attacks alone"),
        ((5, 100), (share(60, 100), share(60, 100)), "flags say nothing"),
        ((0, 0), (share(10, 100), share(20, 100)), "no verdict on traffic"),
        ((5, 100), (share(10, 100), share(0, 0)), "nothing"),
    ],
    ids=["below", "above", "useless", "no traffic", "unknown misses"],
)
def test_a_share_of_attacks_that_cannot_be_is_not_moved_to_the_edge(
    flags: tuple[int, int], rates: tuple[Number, Number], words: str
):
    found = of_flags(flags, rates, 0.95)
    assert isinstance(found, Undefined)
    assert words in found.reason


def test_labelled_sets_and_planted_items_are_no_traffic_of_which_attacks_are_a_share():
    rows, labels = confusion(8, 1, 2, 9)
    traffic = [detection(f"t{n}", "flag" if n < 17 else "pass", cohort="traffic") for n in range(100)]
    seed = detection("s", "flag", seed_id="one")
    found = detectors(detector_tables([*rows, *traffic, seed], labels), pilot(), DetectorRules(), 0.95)
    number = attack_share(found, UNIT, (share(10, 100), share(20, 100)))
    assert isinstance(number, Estimate)
    assert (number.numerator, number.denominator) == (17, 100)
