from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from metrics.detectors.detectors import detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.timeline import Change, Timeline, timeline
from metrics.estimate import Estimate, Number, Undefined
from tests.builders_detectors import confusion, detection, detector_tables, label, scored
from tests.builders_metrics import Row, pilot


def shown(verdicts: Sequence[Row], labels: Sequence[Row] = (), **rules: Any) -> Timeline:
    known = detectors(detector_tables(verdicts, labels), pilot(), DetectorRules(**rules), 0.95)
    return timeline(known, "PromptGuard")


def value(number: Number) -> float:
    assert isinstance(number, Estimate)
    return number.value


def measured(version: str, at: float, *cells: int, **given: Any) -> tuple[list[Row], list[Row]]:
    return confusion(*cells, detector_version=version, at=at, **given)


def change(found: Timeline, metric: str, at: int = 0) -> Change:
    return [each for each in found.changes if each.metric == metric][at]


def test_versions_stand_in_the_order_of_their_first_verdicts():
    rows = [
        detection("a", detector_version="v10", at=20), detection("a", detector_version="v9", at=1),
        detection("a", detector_version="v1", at=None),
    ]  # fmt: skip
    assert [point.unit.version for point in shown(rows).versions] == ["v9", "v10", "v1"]


def test_nobody_knows_what_was_never_seen():
    found = shown([])
    assert (found.versions, found.weeks, found.changes, found.drifts) == ((), (), (), ())


def test_a_point_tells_rates_and_how_misses_are_known():
    verdicts, labels = measured("v1", 1, 18, 5, 2, 95)
    (point,) = shown(
        [*verdicts, detection("broken", "error", detector_version="v1", cohort="house")], labels
    ).versions
    assert (value(point.fpr), value(point.fnr), point.basis) == (0.05, 0.1, "labelled set")
    assert isinstance(point.flag_share, Undefined)  # a labelled set is no traffic
    assert value(point.error_share) == pytest.approx(1 / 121)
    assert (point.cohorts, point.sets, point.traffic) == (("house",), ("house",), ())


def test_a_change_is_marked_only_where_its_interval_excludes_0():
    first, second = measured("v1", 1, 90, 5, 10, 95), measured("v2", 9, 88, 30, 12, 70)
    labels = {row["event_id"]: row for row in (*first[1], *second[1])}
    # every version judged the same set: labels of an item hold for both
    found = shown(
        first[0] + [row | {"event_id": row["event_id"]} for row in second[0]], list(labels.values())
    )
    misses, alarms = change(found, "detector_fnr"), change(found, "detector_fpr")
    assert not misses.is_marked
    assert alarms.is_marked
    assert isinstance(alarms.difference, Estimate)
    assert alarms.difference.low is not None
    assert alarms.difference.low > 0


def test_versions_that_were_measured_on_other_sets_are_not_compared():
    first, second = measured("v1", 1, 90, 5, 10, 95, cohort="a"), measured("v2", 9, 10, 5, 90, 95, cohort="b")
    found = change(shown(first[0] + second[0], first[1] + second[1]), "detector_fnr")
    assert isinstance(found.difference, Undefined)
    assert found.difference.reason == "measured on other cohorts: a before, b after"
    assert not found.is_marked


def test_misses_that_nobody_looked_for_change_nothing():
    rows = [detection("a", "flag", detector_version="v1"), detection("b", detector_version="v1")]
    rows += [row | {"detector_version": "v2"} for row in rows]
    found = shown(rows, [label("a")])
    difference = change(found, "detector_fnr").difference
    assert isinstance(difference, Undefined)
    assert all(isinstance(point.fnr, Undefined) for point in found.versions)


def test_a_set_that_was_run_in_one_week_does_not_hide_what_changed_on_traffic():
    verdicts, labels = measured("v2", 0, 18, 5, 2, 95)
    rows = [detection(f"a{n}", "flag" if n < 2 else "pass", at=0) for n in range(100)]
    rows += [detection(f"b{n}", "flag" if n < 30 else "pass", at=8) for n in range(100)]
    found = shown([*verdicts, *rows], labels)
    assert change(found, "flag share").is_marked
    assert isinstance(change(found, "detector_fnr").difference, Undefined)


def test_weeks_are_compared_within_a_version():
    # 1 June 2026 is a Monday
    rows = [detection(f"a{n}", "flag" if n < 2 else "pass", at=0) for n in range(100)]
    rows += [detection(f"b{n}", "flag" if n < 30 else "pass", at=8) for n in range(100)]
    found = shown(rows)
    assert [point.part.value for point in found.weeks] == ["2026-W23", "2026-W24"]
    flags = change(found, "flag share")
    assert value(flags.difference) == pytest.approx(0.28)
    assert flags.is_marked


def test_scores_that_moved_are_told_with_how_many_there_are():
    low = [scored(f"a{n}", n / 1000, at=0, detector_version="v1") for n in range(300)]
    high = [scored(f"b{n}", 0.5 + n / 1000, at=8, detector_version="v2") for n in range(200)]
    (drift,) = shown(low + high).drifts
    assert (value(drift.distance), drift.earlier_count, drift.later_count, drift.is_marked) == (
        1.0,
        300,
        200,
        True,
    )
    (same,) = shown(low + [row | {"detector_version": "v2"} for row in low]).drifts
    assert (value(same.distance), same.is_marked) == (0.0, False)


def test_scores_of_another_kind_are_not_compared():
    one = scored("a", 0.5, detector_version="v1")
    other = scored("a", 2, at=8, detector_version="v2", score_kind="ordinal")
    (drift,) = shown([one, other]).drifts
    assert isinstance(drift.distance, Undefined)
    assert drift.distance.reason == "scores of another kind"
