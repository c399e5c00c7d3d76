from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.detectors.calibration import Calibration, calibration
from metrics.detectors.costs import CostCurve, cost_curve
from metrics.detectors.detectors import detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.values import Unit
from metrics.estimate import Estimate, Undefined
from tests.builders_detectors import detection, detector_tables, scored, set_label
from tests.builders_metrics import Row, pilot

UNIT = Unit("PromptGuard", "v2", 0.9)
ATTACKS, BENIGN = (0.95, 0.95, 0.7, 0.2), (0.95, 0.7, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1)


def sliced(rows: list[Row], labels: list[Row], unit: Unit = UNIT, **rules: Any) -> DetectorSlice:
    return detectors(detector_tables(rows, labels), pilot(), DetectorRules(**rules), 0.95).slice(unit)


def house(**given: Any) -> tuple[list[Row], list[Row]]:
    """Four attacks and eight benign items of a labelled set, with their scores."""
    said = [(f"a{n}", score, "attack") for n, score in enumerate(ATTACKS)]
    said += [(f"b{n}", score, "benign") for n, score in enumerate(BENIGN)]
    rows = [scored(name, score, cohort="house", **given) for name, score, _ in said]
    return rows, [set_label(name, truth) for name, _, truth in said]


def curve(of: DetectorSlice, prevalence: float | None = None) -> CostCurve:
    found = cost_curve(of, prevalence)
    assert isinstance(found, CostCurve)
    return found


# At a prevalence of 1 in 2 with a miss at 2 and a false alarm at 1: 1000 (FNR + FPR / 2).
COSTS = (
    (math.inf, 1000), (0.95, 500 + 62.5), (0.7, 250 + 125), (0.3, 250 + 187.5), (0.2, 250), (0.1, 500),
)  # fmt: skip


def test_every_threshold_that_was_seen_has_its_cost_and_the_cheapest_is_told():
    found = curve(sliced(*house(), miss_cost=2.0, false_alarm_cost=1.0), 0.5)
    assert found.thresholds.tolist() == [threshold for threshold, _ in COSTS]
    assert found.costs == pytest.approx([cost for _, cost in COSTS])
    best = found.cheapest
    assert (best.threshold, best.cost, best.false_negatives, best.false_positives) == (0.2, 250, 0, 4)
    assert (best.attacks, best.benign, best.fnr, best.fpr) == (4, 8, 0, 0.5)
    assert best.low < best.cost < best.high


def test_the_present_threshold_costs_what_its_scores_give():
    present = curve(sliced(*house(), miss_cost=2.0, false_alarm_cost=1.0), 0.5).present
    assert present is not None
    assert (present.threshold, present.cost, present.false_negatives, present.false_positives) == (
        0.9,
        562.5,
        2,
        1,
    )


def test_where_a_threshold_itself_does_not_flag_the_next_score_below_does():
    rows, labels = house(threshold=0.7, threshold_op=">")
    found = curve(sliced(rows, labels, Unit("PromptGuard", "v2", 0.7, ">"), miss_cost=2.0), 0.5)
    assert found.thresholds.tolist() == [0.95, 0.7, 0.3, 0.2, 0.1, -math.inf]
    assert found.present is not None
    assert found.present.false_negatives == 2  # flags 0.95 only
    assert found.cheapest.threshold == 0.1  # as >= 0.2


def test_a_threshold_that_is_not_told_has_no_cost():
    rows, labels = house()
    untold = [row | {"threshold": None, "threshold_op": None} for row in rows]
    assert curve(sliced(untold, labels, Unit("PromptGuard", "v2"))).present is None


def test_the_usual_prevalence_is_the_middle_of_the_range():
    assert curve(sliced(*house(), prevalence=(0.01, 0.25))).prevalence == pytest.approx(0.05)


def test_without_labelled_benign_items_those_that_pass_for_benign_serve_and_it_is_said():
    rows, labels = house()
    chat = [row | {"cohort": "chat"} if row["event_id"].startswith("b") else row for row in rows]
    attacks = [row for row in labels if row["event_id"].startswith("a")]
    of = sliced([*chat], attacks, presumed_benign=("chat",))
    assert curve(of).is_presumed
    assert not curve(sliced(*house())).is_presumed


@pytest.mark.parametrize(
    ("keep", "reason"),
    [("a", "no item that is benign, or passes for benign, has a score"),
     ("b", "no attack of a labelled set has a score")],
)  # fmt: skip
def test_a_cost_needs_attacks_and_benign_items(keep: str, reason: str):
    rows, labels = ([row for row in each if row["event_id"].startswith(keep)] for each in house())
    found = cost_curve(sliced(rows, labels))
    assert isinstance(found, Undefined)
    assert found.reason == reason


def test_without_scores_there_is_no_other_threshold():
    found = cost_curve(sliced([detection("a", "flag", cohort="house")], [set_label("a")]))
    assert isinstance(found, Undefined)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.1, 1000))
def test_no_threshold_is_cheaper_than_the_cheapest(prevalence: float, miss_cost: float):
    found = curve(sliced(*house(), miss_cost=miss_cost), prevalence)
    assert found.cheapest.cost == pytest.approx(float(np.min(found.costs)))
    assert found.present is not None
    assert found.present.cost >= found.cheapest.cost - 1e-9


# -- calibration ----------------------------------------------------------------------------------


def test_a_bin_tells_its_items_and_what_share_of_them_are_attacks():
    found = calibration(sliced(*house()))
    assert isinstance(found, Calibration)
    spans = [(each.low, round(each.mean_score, 3)) for each in found.bins]
    assert spans == [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.7, 0.7), (0.9, 0.95)]
    last = found.bins[-1].observed
    assert isinstance(last, Estimate)
    assert (last.numerator, last.denominator) == (2, 3)
    wrong = [(1 - score) ** 2 for score in ATTACKS] + [score**2 for score in BENIGN]
    assert isinstance(found.brier, Estimate)
    assert found.brier.value == pytest.approx(sum(wrong) / 12)


def test_only_a_probability_can_be_calibrated():
    rows, labels = house(score_kind="relative")
    found = calibration(sliced(rows, labels))
    assert isinstance(found, Undefined)
    assert found.reason == "the scores are no probabilities but relative"


def test_a_score_beyond_1_is_no_probability():
    rows, labels = house()
    found = calibration(sliced([*rows, scored("a9", 1.5, cohort="house")], [*labels, set_label("a9")]))
    assert isinstance(found, Undefined)
    assert found.reason == "scores outside 0 to 1 are no probabilities"


def test_without_labels_nothing_is_calibrated():
    found = calibration(sliced(house()[0], []))
    assert isinstance(found, Undefined)
