"""What must hold for every metric of detectors, whatever was logged and labelled."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.documents import rows as as_rows
from metrics.catalogue import DETECTOR_METRICS, DetectorMetric
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.measures import MEASURES
from metrics.detectors.results import of_detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import WHOLE, Part
from metrics.estimate import Estimate, Number, Undefined
from metrics.gate.case import Ask, Case
from metrics.measuring import Measuring
from tests.builders_detectors import UNIT, detection, detector_tables, label, scored, seed_label, set_label
from tests.builders_metrics import Row, day, pilot, policy

RULES = DetectorRules(presumed_benign=("chat",), thresholds=(0.5,))
Rows = tuple[list[Row], list[Row]]


def busy() -> Rows:
    """Two labelled sets with scores, presumed-benign traffic, planted items, reviewed and unread traffic."""
    rows, labels = [], []
    for name, shift in (("house", 0), ("rogue", 3)):
        for n in range(20):
            score, is_attack = ((n * 7 + shift) % 20) / 20, n % 3 == 0
            item = f"{name}{n}"
            rows.append(scored(item, min(1.0, score + 0.3 * is_attack), n % 9, cohort=name))
            given = {"family": "jailbreak"} if n % 6 == 0 else {}
            labels.append(set_label(item, "attack" if is_attack else "benign", **given))
    rows += [scored(f"chat{n}", n / 40, cohort="chat", surface="document") for n in range(40)]
    rows += [scored(f"seed{n}", n / 5, seed_id=f"s{n}") for n in range(5)]
    labels += [seed_label(f"s{n}", family="leak") for n in range(5)]
    rows += [scored(f"t{n}", 0.95, at=None) for n in range(6)]
    labels += [label(f"t{n}", "attack" if n else "benign") for n in range(4)]
    rows += [detection("e", "error", cohort="house"), detection("k", "skipped", cohort="house")]
    return rows, labels


def known(rows: Rows) -> Detectors:
    return detectors(detector_tables(*rows), pilot(), RULES, 0.95)


def stated(found: Detectors) -> dict[tuple[str, Part, float | None], Number]:
    return {
        (metric.id, part, at): found.number(metric.id, UNIT, part, at)
        for metric in DETECTOR_METRICS
        for part in found.parts(UNIT)
        for at in (None, 0.5)
        if part.by in metric.parts
    }


BUSY = stated(known(busy()))


def of(metric: DetectorMetric) -> list[Number]:
    return [number for (name, _, _), number in BUSY.items() if name == metric.id]


def test_every_measure_is_in_the_catalogue_and_the_other_way_round():
    assert [metric.id for metric in DETECTOR_METRICS] == list(MEASURES)


@pytest.mark.parametrize("metric", DETECTOR_METRICS, ids=lambda metric: metric.id)
def test_a_number_has_counts_lies_in_its_interval_and_names_its_method(metric: DetectorMetric):
    found = [number for number in of(metric) if isinstance(number, Estimate)]
    assert found, "the busy detector must exercise every metric"
    for number in found:
        assert number.n > 0
        assert number.low is None or 0 <= number.low <= number.value
        assert number.high is None or number.value <= number.high <= 1
        assert number.value == pytest.approx(number.numerator / number.denominator)
        assert number.unit == metric.unit
        assert number.method.partition(" ")[0].rstrip(",").lower() in metric.method.lower()


@pytest.mark.parametrize("metric", DETECTOR_METRICS, ids=lambda metric: metric.id)
def test_what_cannot_be_told_says_why_and_coverage_adds_up(metric: DetectorMetric):
    for number in of(metric):
        coverage = number.coverage
        assert coverage.measured + sum(count for _, count in coverage.excluded) == coverage.total
        assert all(count > 0 for _, count in coverage.excluded)
        if isinstance(number, Undefined):
            assert number.reason
            assert number.unit == metric.unit


@pytest.mark.parametrize("metric", DETECTOR_METRICS, ids=lambda metric: metric.id)
def test_without_rows_there_is_no_number_and_without_labels_no_rate_of_errors(metric: DetectorMetric):
    empty = known(([detection("a", "error"), detection("b", "skipped")], []))
    number = empty.number(metric.id, UNIT)
    is_of_coverage = metric.id in {"detector_error_share", "detector_unscanned_share"}
    assert isinstance(number, Estimate if is_of_coverage else Undefined)


OF_ALL_ITEMS = ("detector_error_share", "detector_unscanned_share", "detector_labelled_share")


def values(numbers: dict[Any, Number], leave_out: tuple[str, ...] = OF_ALL_ITEMS) -> dict[Any, Any]:
    return {
        key: (number.value, number.low, number.high) if isinstance(number, Estimate) else None
        for key, number in numbers.items()
        if key[0] not in leave_out
    }


@settings(deadline=None, max_examples=5)
@given(st.integers(1, 30), st.sampled_from(["flag", "pass"]))
def test_rows_that_nobody_labelled_change_no_rate(count: int, verdict: str):
    rows, labels = busy()
    more = [detection(f"new{n}", verdict, cohort="traffic") for n in range(count)]
    assert values(stated(known(([*rows, *more], labels)))) == values(BUSY)


@settings(deadline=None, max_examples=5)
@given(st.integers(1, 30), st.sampled_from(["error", "skipped"]), st.booleans())
def test_errors_and_skipped_items_move_no_rate(count: int, verdict: str, is_labelled: bool):  # noqa: FBT001
    rows, labels = busy()
    more = [detection(f"new{n}", verdict, cohort="house") for n in range(count)]
    known_labels = [set_label(f"new{n}") for n in range(count)] if is_labelled else []
    assert values(stated(known(([*rows, *more], [*labels, *known_labels])))) == values(BUSY)


@settings(deadline=None, max_examples=3)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(chance: Any):
    rows, labels = busy()
    shuffled = chance.sample(rows, len(rows)), chance.sample(labels, len(labels))
    assert stated(known(shuffled)) == BUSY


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 19), st.floats(0, 1))
def test_counts_at_any_threshold_add_up_to_the_same_items(n: int, at: float):
    found = known(busy())
    here, there = found.slice(UNIT).counts, found.slice(UNIT, at=at).counts
    assert (here.attacks, here.benign) == (there.attacks, there.benign)
    flagged = found.slice(UNIT, at=n / 20).counts.flagged
    assert (flagged >= there.flagged) == (n / 20 <= at) or flagged == there.flagged


def test_recall_and_the_miss_rate_are_one_together():
    for (name, part, at), number in BUSY.items():
        if name == "detector_fnr" and isinstance(number, Estimate):
            caught = BUSY["detector_recall", part, at]
            assert isinstance(caught, Estimate)
            assert caught.value + number.value == pytest.approx(1)


def test_rows_stand_alone_and_are_json():
    measuring = Measuring(detectors=RULES)
    case = Case(detector_tables(*busy()), pilot(), policy(), Ask(day(60)), measuring)
    found = list(of_detectors(case))
    assert len({(each.metric, each.segment) for each in found}) == len(found)
    row = next(each for each in found if each.metric == "detector_fnr" and each.part == WHOLE).as_json()
    assert row["segment"] == "detector PromptGuard v2 >= 0.9, whole"
    assert row["arm"] == "all"
    assert row["window"] == {"kind": "all", "start": day(0), "end": day(8)}
    assert row["detector"] == {
        "name": "PromptGuard", "version": "v2", "threshold": 0.9, "operator": ">=", "part": "whole",
        "value": "", "basis": "labelled set",
    }  # fmt: skip
    printed = orjson.loads(orjson.dumps(as_rows(found)))
    assert len(printed) == len(found)
    assert {each["detector"]["threshold"] for each in printed} == {0.9, 0.5}
    assert all(math.isfinite(each["value"]) for each in printed if each["value"] is not None)
    assert asdict(RULES)["thresholds"] == (0.5,)


def test_a_pilot_without_detectors_has_no_row_of_them():
    assert not list(of_detectors(Case(detector_tables(), pilot(), policy(), Ask(day(60)))))
