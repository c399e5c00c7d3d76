from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from metrics.detectors.rules import DetectorRules
from metrics.estimate import Estimate, Undefined
from metrics.gate.case import Ask, Case
from metrics.gate.criteria import outcomes
from metrics.gate.states import Outcome
from metrics.measuring import Measuring
from tests.builders_detectors import confusion, detection, label, selection
from tests.builders_metrics import Row, day, pilot, policy, tables


def judged(
    detections: list[Row], labels: Sequence[Row] = (), selections: Sequence[Row] = (), **rules: Any
) -> Outcome:
    rows = {"detections": detections, "labels": labels, "selections": selections}
    measuring = Measuring(detectors=DetectorRules(**rules))
    case = Case(tables(**rows), pilot(), policy(), Ask(day(60)), measuring)
    return next(each for each in outcomes(case.facts) if each.criterion == "detector_fnr")


def test_without_verdicts_it_is_not_measurable_and_the_source_is_named():
    outcome = judged([])
    assert outcome.state == "not_measurable"
    assert outcome.sentence == (
        "Not measurable, source missing: detector verdicts and labels (tables detections, labels)"
    )
    assert not outcome.blocking


def test_labelled_sets_alone_tell_nothing_of_traffic():
    outcome = judged(*confusion(90, 1, 10, 99))
    assert outcome.state == "not_enough_evidence"
    assert outcome.sentence == "Cannot tell yet: no detector gave a verdict on traffic yet"
    assert isinstance(outcome.estimate, Undefined)


def test_labels_of_flagged_items_alone_do_not_make_misses_known():
    outcome = judged([detection("a", "flag"), detection("b")], [label("a")])
    assert outcome.state == "not_met"
    assert outcome.sentence.startswith(
        "The misses of 1 of 1 detector version on traffic are not known: "
        "PromptGuard v2 >= 0.9, not identifiable"
    )


def test_a_labelled_set_that_is_large_enough_makes_them_known():
    verdicts, labels = confusion(90, 1, 10, 99)
    outcome = judged([*verdicts, detection("a")], labels)
    assert outcome.state == "met"
    assert outcome.sentence == (
        "The misses of 1 detector version on traffic are known to 10 % either side, or better"
    )
    assert isinstance(outcome.estimate, Estimate)
    assert (outcome.estimate.numerator, outcome.estimate.denominator) == (1, 1)


# Wilson's interval of 2/20 is 0.028..0.301, 20.1 points above; 1.96^2 * 0.1 * 0.9 / 0.1^2 = 34.6.
@pytest.mark.parametrize(("allowed", "state"), [(0.1, "not_met"), (0.21, "met")])
def test_too_wide_an_interval_says_what_would_do(allowed: float, state: str):
    verdicts, labels = confusion(18, 1, 2, 99)
    outcome = judged([*verdicts, detection("a")], labels, known_half_width=allowed)
    assert outcome.state == state
    if state == "not_met":
        assert outcome.sentence.endswith(
            "known to 20.1 percentage points only, about 35 labelled attacks would do"
        )


def test_planted_attacks_tell_of_the_planted_kinds_only():
    rows = [detection(f"s{n}", "flag", seed_id=f"one{n}") for n in range(200)]
    outcome = judged([*rows, detection("a")])
    assert outcome.state == "not_met"


def test_an_audit_of_passed_items_makes_them_known():
    flagged = [detection(f"f{n}", "flag") for n in range(100)]
    passed = [detection(f"p{n}") for n in range(110)]
    labels = [label(row["event_id"]) for row in flagged]
    labels += [label(row["event_id"], "attack" if n < 10 else "benign") for n, row in enumerate(passed)]
    drawn = [selection(row["event_id"], stratum_count=110, stratum_sample_count=110) for row in passed]
    assert judged([*flagged, *passed], labels, drawn).state == "met"
    few = [row | {"stratum_sample_count": 20, "selection_probability": 2 / 11} for row in drawn[:20]]
    outcome = judged([*flagged, *passed], [*labels[:100], *labels[105:125]], few)
    assert outcome.state == "not_met"
    # 5 misses in 15 labels: 36.7 of 136.7 attacks. So many attacks alone leave 10 * sqrt(76 / 136.7) points.
    assert outcome.sentence.endswith(
        "known to 15.3 percentage points only, about 42 labels of passed items would do"
    )


def test_every_detector_in_use_counts_and_one_that_was_replaced_does_not():
    verdicts, labels = confusion(90, 1, 10, 99)
    known = [*verdicts, detection("now", at=50)]
    old = detection("then", at=10, detector="Old")
    assert judged([*known, old], labels).state == "met"
    other = detection("now", at=49, detector="Other")
    outcome = judged([*known, other], labels)
    assert outcome.state == "not_met"
    assert "1 of 2 detector versions" in outcome.sentence


def test_where_there_are_too_few_attacks_more_labels_would_not_do():
    """Everything is labelled: 5 of 25 attacks passed, and the next 25 may tell another rate."""
    flagged = [detection(f"f{n}", "flag") for n in range(20)]
    passed = [detection(f"p{n}") for n in range(60)]
    labels = [label(row["event_id"]) for row in flagged]
    labels += [label(row["event_id"], "attack" if n < 5 else "benign") for n, row in enumerate(passed)]
    drawn = [selection(row["event_id"], stratum_count=60, stratum_sample_count=60) for row in passed]
    outcome = judged([*flagged, *passed], labels, drawn)
    assert outcome.state == "not_met"
    assert outcome.sentence.endswith(
        "traffic with about 62 attacks would do, and this has about 25: draw from a longer time"
    )
