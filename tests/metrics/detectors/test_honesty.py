"""No way leads to a rate that nobody knows: misses of 0, attacks of other traffic, scores of no kind."""

from __future__ import annotations

import pytest

from metrics.detectors.health import health
from metrics.detectors.values import WHOLE, Unit
from metrics.estimate import Estimate, Undefined
from tests.builders_detectors import UNIT, detection, label, scored, selection, set_label
from tests.builders_metrics import Row
from tests.metrics.detectors.test_counting import drawn, known, traffic

OTHER = Unit("B", "1", 0.9)
CAUGHT = [label(f"f{n}") for n in range(20)]


def test_misses_that_the_draw_of_another_detector_found_count_for_all_that_passed_them():
    rows = traffic(20, 100)
    both = [*rows, *(row | {"detector": "B", "detector_version": "1"} for row in rows)]
    counts = {"stratum_count": 50, "stratum_sample_count": 50}
    first = [selection(f"p{n}", at=10, design_id="first", **counts) for n in range(50)]
    own = {"detector": "B", "detector_version": "1", "design_id": "second"}
    second = [selection(f"p{n}", at=12, **own, **counts) for n in range(50, 100)]
    labels = [label(f"p{n}", "attack" if n < 10 else "benign") for n in range(100)]
    missed = known(both, [*labels, *CAUGHT], [*first, *second]).number("detector_fnr", OTHER)
    assert isinstance(missed, Estimate)
    assert (missed.numerator, missed.denominator) == (10, 30)


def test_attacks_caught_after_a_draw_without_an_end_do_not_lower_its_miss_rate():
    selections, labels = drawn(20, 100, 1)
    endless = [row | {"from_at": None, "until_at": None} for row in selections]
    later = [detection(f"later{n}", "flag", at=18) for n in range(200)]
    found = [label(f"later{n}") for n in range(200)]
    missed = known([*traffic(20, 100), *later], [*labels, *CAUGHT, *found], endless)
    number = missed.number("detector_fnr", UNIT)
    assert isinstance(number, Estimate)
    assert (number.numerator, number.denominator) == (5, 25)


@pytest.mark.parametrize("word", ["benign", "unsure"])
def test_a_person_who_is_taken_in_does_not_make_a_planted_attack_vanish(word: str):
    rows = [detection("s1", seed_id="a"), detection("s2", "flag", seed_id="b"), detection("p")]
    number = known(rows, [label("s1", word)]).number("detector_fnr_seeded", UNIT)
    assert isinstance(number, Estimate)
    assert (number.numerator, number.denominator) == (1, 2)


def test_one_passed_item_among_labels_of_flagged_ones_makes_no_labelled_set():
    labels = [*(set_label(f"f{n}") for n in range(50)), set_label("p0", "benign")]
    number = known(traffic(50, 500), labels).number("detector_fnr", UNIT)
    assert isinstance(number, Undefined)
    assert number.reason.startswith("not identifiable")


def test_a_set_of_flagged_items_only_is_warned_of():
    rows = [*traffic(0, 50), *(detection(f"i{n}", "flag", cohort="incidents") for n in range(9))]
    lines = health(known(rows, [set_label(f"i{n}") for n in range(9)]))
    (line,) = [each for each in lines if each.kind == "chosen"]
    assert (line.state, line.count) == ("warning", 9)


def house(attacks: tuple[float, ...], benign: tuple[float, ...]) -> tuple[list[Row], list[Row]]:
    rows = [scored(f"a{n}", score, cohort="house") for n, score in enumerate(attacks)]
    rows += [scored(f"b{n}", score, cohort="house") for n, score in enumerate(benign)]
    return rows, [
        set_label(row["event_id"], "attack" if row["event_id"][0] == "a" else "benign") for row in rows
    ]


def test_scores_of_several_kinds_have_no_area():
    rows, labels = house((0.95, 0.5), (3.0, 0.0))
    mixed = [row | {"score_kind": "ordinal"} if row["event_id"][0] == "b" else row for row in rows]
    assert isinstance(known(mixed, labels).number("detector_auc", UNIT), Undefined)


def test_a_score_of_95_is_no_probability():
    rows, labels = house((95.0, 20.0), (3.0, 0.0))
    assert isinstance(known(rows, labels).number("detector_brier", UNIT), Undefined)


def test_alarms_below_the_threshold_were_reviewed_by_nobody():
    rows = [*(scored(f"f{n}", 0.95) for n in range(20)), *(scored(f"p{n}", 0.5) for n in range(200))]
    found = known(rows, CAUGHT)
    assert isinstance(found.number("detector_precision", UNIT), Estimate)
    for metric in ("detector_precision", "detector_false_alarm_share"):
        assert isinstance(found.number(metric, UNIT, WHOLE, 0.4), Undefined)
        assert isinstance(found.number(metric, UNIT, WHOLE, 0.92), Estimate)


@pytest.mark.parametrize("cohort", ["traffic", "half a set"])
def test_caught_attacks_and_passed_benign_items_alone_make_no_labelled_set(cohort: str):
    """30 caught attacks and 60 passed benign items have a set's label; what else passed has none."""
    rows = [detection(f"f{n}", "flag", cohort=cohort) for n in range(30)]
    rows += [detection(f"p{n}", cohort=cohort) for n in range(80)]
    labels = [set_label(f"f{n}", "attack") for n in range(30)] + [
        set_label(f"p{n}", "benign") for n in range(60)
    ]
    found = known(rows, labels)
    assert isinstance(found.number("detector_fnr", UNIT), Undefined)
    assert isinstance(found.number("detector_fpr", UNIT), Undefined)


def test_who_found_misses_cannot_make_them_planted_ones_afterwards():
    """12 misses of a drawn 50: registered as planted after they were labelled, they stay misses."""
    rows, (chosen, found) = traffic(20, 50), drawn(50, 50, 12)
    labels = [*CAUGHT, *found]
    late = [label(f"p{n}", "attack", "sam", at=25, annotator_kind="seed") for n in range(12)]
    early = [label(f"p{n}", "attack", "sam", at=1, annotator_kind="seed") for n in range(12)]
    honest, hidden, planted = (
        known(rows, each, chosen).number("detector_fnr", UNIT)
        for each in (labels, labels + late, labels + early)
    )
    assert isinstance(honest, Estimate)
    assert isinstance(hidden, Estimate)
    assert isinstance(planted, Estimate)
    assert hidden == honest
    assert honest.numerator == 12
    assert planted.numerator == 0
