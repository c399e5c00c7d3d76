from __future__ import annotations

from typing import Any

import pytest

from metrics.detectors.detectors import detectors
from metrics.detectors.hidden import Hidden, unseen_attacks
from metrics.detectors.rules import DetectorRules
from metrics.estimate import Estimate, Undefined
from metrics.statistics.capture import chao2, chapman
from tests.builders_detectors import detection, detector_tables, label, set_label
from tests.builders_metrics import Row, pilot

NAMES = ("Alpha", "Beta", "Gamma")


def found(rows: list[Row], labels: list[Row]) -> tuple[Hidden, ...]:
    return unseen_attacks(detectors(detector_tables(rows, labels), pilot(), DetectorRules(), 0.95))


def looked(event: str, *flags: bool, names: tuple[str, ...] = NAMES, **given: Any) -> list[Row]:
    """An item that so many detectors looked at."""
    said = zip(names, flags, strict=False)
    return [detection(event, "flag" if flags else "pass", detector=name, **given) for name, flags in said]


def attacks(**counts: int) -> tuple[list[Row], list[Row]]:
    """Confirmed attacks in traffic by who flagged them: `yn=3` means three that only the first of two did."""
    names = [(f"{who}{n}", who) for who, count in counts.items() for n in range(count)]
    rows = [row for name, who in names for row in looked(name, *(letter == "y" for letter in who))]
    return rows, [label(name) for name, _ in names]


def test_two_detectors_tell_at_least_the_lower_limit_of_chapman():
    (one,) = found(*attacks(yy=20, yn=80, ny=80))
    assert isinstance(one.at_least, Estimate)
    assert one.seen == 180
    assert one.at_least.value == int(chapman(100, 100, 20, 0.95).low)
    assert (one.at_least.low, one.at_least.high) == (one.at_least.value, None)
    assert one.at_least.method == "at least, lower limit of Chapman"


def test_three_detectors_are_taken_together_first_and_then_by_two():
    together, *pairs = found(*attacks(yyy=5, yyn=4, nyy=2, ynn=9, nny=8))
    assert [unit.detector for unit in together.units] == ["Alpha", "Beta", "Gamma"]
    assert isinstance(together.at_least, Estimate)
    assert together.at_least.value == int(chao2(28, 17, 6, 3, 0.95).low)
    assert [tuple(unit.detector for unit in pair.units) for pair in pairs] == [
        ("Alpha", "Beta"), ("Alpha", "Gamma"), ("Beta", "Gamma"),
    ]  # fmt: skip


def test_there_are_never_fewer_than_are_known():
    (one,) = found(*attacks(yy=3, nn=40))
    assert isinstance(one.at_least, Estimate)
    assert (one.seen, one.at_least.value) == (3, 43)


def test_only_attacks_that_people_confirmed_in_traffic_count():
    rows, labels = attacks(yy=1, yn=1)
    unlabelled = looked("nobody", True, True)
    of_set = looked("set", True, True, cohort="house")
    planted = looked("planted", True, True, seed_id="one")
    (one,) = found([*rows, *unlabelled, *of_set, *planted], [*labels, set_label("set")])
    assert one.seen == 2


def test_attacks_that_one_of_them_did_not_look_at_tell_nothing_of_both():
    rows, labels = attacks(yy=2)
    (one,) = found([*rows, detection("alone", "flag", detector="Alpha")], [*labels, label("alone")])
    assert one.seen == 2


def test_without_a_second_detector_or_an_attack_there_is_nothing_to_tell():
    assert found([], []) == ()
    assert found([detection("a", "flag")], [label("a")]) == ()
    assert found(looked("a", True, True), [label("a", "benign")]) == ()


def test_attacks_that_nobody_flagged_tell_no_overlap():
    (one,) = found(*attacks(nn=5))
    assert isinstance(one.at_least, Undefined)


@pytest.mark.parametrize(
    ("counts", "warned"),
    [({"yy": 10, "nn": 10}, True), ({"yy": 5, "yn": 5, "ny": 5, "nn": 5}, False)],
    ids=["alike", "independent"],
)
def test_detectors_that_catch_the_same_attacks_are_warned_of(counts: dict[str, int], *, warned: bool):
    (one,) = found(*attacks(**counts))
    assert bool(one.warnings) is warned


def test_detectors_of_one_family_are_warned_of():
    rows, labels = attacks(yy=1, yn=1)
    named = [row | {"detector": f"prompt-guard {row['detector']}"} for row in rows]
    (one,) = found(named, labels)
    assert "one family" in one.warnings[0]
