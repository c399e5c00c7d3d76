from __future__ import annotations

import orjson

from metrics.catalogue import CATALOGUE, Metric
from metrics.results import compute
from tests.builders_metrics import clean_sprints, day, pilot, policy, tables

FIELDS = {
    "pilot",
    "metric",
    "arm",
    "segment",
    "window",
    "value",
    "low",
    "high",
    "level",
    "unit",
    "numerator",
    "denominator",
    "n",
    "coverage",
    "method",
    "undefined_reason",
    "as_of",
    "settings",
    "detector",
}


def is_expected(metric: Metric, arm: str, segment: str) -> bool:
    """Comparisons are stated of the whole only; a single agent's numbers only of the agents."""
    is_of_one_agent = segment.startswith("agent ")
    return metric.by_agent and arm == "agent" if is_of_one_agent else " vs " not in arm


def test_there_is_one_row_per_metric_arm_and_window():
    found = compute(tables(**clean_sprints(3, 2)), [pilot()], {"pay": policy()}, day(20))
    keys = [(row.metric, row.arm, row.segment) for row in found]
    expected = [
        (metric.id, arm, segment)
        for metric in CATALOGUE
        for arm in metric.arms
        for segment in ("sprint 1", "sprint 2", "all", "agent copilot")
        if segment == "all" or is_expected(metric, arm, segment)
    ]
    assert keys == expected


def test_a_row_reads_alone():
    row = compute(tables(**clean_sprints(3, 1)), [pilot()], {"pay": policy()}, day(20))[0].as_json()
    assert set(row) == FIELDS
    assert row["window"] == {"kind": "sprint", "start": day(0), "end": day(14)}
    assert (row["value"], row["numerator"], row["denominator"], row["undefined_reason"]) == (0, 0, 3, None)
    assert row["coverage"] == {"measured": 3, "total": 3, "excluded": {}}
    assert row["settings"]["follow_up_days"] == 30


def test_what_is_undefined_is_null_with_its_reason_and_everything_is_json():
    rows = [row.as_json() for row in compute(tables(), [pilot()], {"pay": policy()}, day(20))]
    assert all(row["value"] is None and row["undefined_reason"] for row in rows)
    assert len(orjson.loads(orjson.dumps(rows))) == len(rows)


def test_every_pilot_has_its_own_rows():
    both = [pilot(name="a"), pilot(name="b", repositories=("other/*",))]
    found = compute(tables(**clean_sprints(3, 1)), both, dict.fromkeys("ab", policy()), day(20))
    rates = [
        row.number for row in found if (row.metric, row.arm, row.segment) == (CATALOGUE[0].id, "agent", "all")
    ]
    assert [rate.n for rate in rates] == [3, 0]


def test_before_the_start_only_the_epoch_has_a_row_and_it_is_empty():
    found = compute(tables(**clean_sprints(3, 1)), [pilot()], {"pay": policy()}, day(-10))
    assert {row.segment for row in found} == {"all"}
    assert {row.number.n for row in found} == {0}
