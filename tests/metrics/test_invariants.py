"""What must hold for every metric of the catalogue and for every verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metrics.catalogue import CATALOGUE, Metric
from metrics.estimate import Estimate, Undefined
from metrics.gate.assessment import Ask, assess
from metrics.gate.states import STATES
from metrics.results import Result, compute
from tests.builders_metrics import (
    Row,
    bypass,
    clean_sprints,
    day,
    decision,
    finding,
    pilot,
    policy,
    pull_request,
    tables,
)

Rows = dict[str, list[Row]]


def busy() -> Rows:
    """A pilot in which a little of everything happened."""
    rows = clean_sprints(6, 4)
    people = [pull_request(100 + n, n, authorship="human", author_login="ana") for n in range(1, 9)]
    rows["pull_requests"] += [
        *people,
        pull_request(200, 9, sensitive_areas=["secrets"], checks_at_merge="failure"),
    ]
    rows["findings"] = [finding("a", 1, 5), finding("b", 8, 20), finding("c", 103, 9), bypass("d", 200, 8.9)]
    rows["dispositions"] = [decision("a"), decision("c"), decision("b", "false_positive", 21)]
    return rows


BUSY = compute(tables(**busy()), [pilot()], {"pay": policy()}, day(80))
EMPTY = compute(tables(), [pilot()], {"pay": policy()}, day(80))


def of(metric: Metric, results: list[Result]) -> list[Result]:
    return [row for row in results if row.metric == metric.id]


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.id)
def test_an_empty_window_is_undefined_with_a_reason(metric: Metric):
    numbers = [row.number for row in of(metric, EMPTY)]
    assert numbers
    assert all(isinstance(number, Undefined) and number.reason for number in numbers)


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.id)
def test_a_number_lies_in_its_interval_and_has_its_metrics_unit_and_counts(metric: Metric):
    numbers = [row.number for row in of(metric, BUSY) if isinstance(row.number, Estimate)]
    assert numbers, "the busy pilot must exercise every metric"
    for number in numbers:
        assert number.low is None or number.low <= number.value
        assert number.high is None or number.value <= number.high
        assert number.value == pytest.approx(number.numerator / number.denominator)
        assert (number.unit, number.method) == (metric.unit, metric.method)


@pytest.mark.parametrize("results", [BUSY, EMPTY], ids=["busy", "empty"])
def test_coverage_always_adds_up(results: list[Result]):
    for row in results:
        coverage = row.number.coverage
        assert coverage.measured + sum(count for _, count in coverage.excluded) == coverage.total, row.metric


@settings(deadline=None, max_examples=8)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(chance: Any):
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in busy().items()}
    assert compute(tables(**shuffled), [pilot()], {"pay": policy()}, day(80)) == BUSY
    ask = Ask(day(80))
    ours, theirs = (assess(tables(**rows), pilot(), policy(), ask) for rows in (shuffled, busy()))
    assert ours.verdict == theirs.verdict
    assert ours.changes.equals(theirs.changes)
    assert ours.findings.equals(theirs.findings)


def rank(rows: Rows, at: float) -> int:
    return STATES.index(assess(tables(**rows), pilot(), policy(), Ask(day(at))).verdict.state)


AS_OF = st.sampled_from([10.0, 20, 45, 60, 90, 120])
PLACES = st.lists(st.integers(1, 24), max_size=2, unique=True)


def pilots(confirmed: list[int], open_ones: list[int]) -> Rows:
    """Four sprints of six changes, some with escapes seen five days after the start of their sprint."""
    rows = clean_sprints(6, 4)
    rows["findings"] = [_escape(f"c{n}", n) for n in confirmed] + [_escape(f"u{n}", n) for n in open_ones]
    rows["dispositions"] = [decision(f"c{n}", decided=(n - 1) // 6 * 14 + 6) for n in confirmed]
    return rows


def _escape(finding_id: str, number: int) -> Row:
    return finding(finding_id, number, (number - 1) // 6 * 14 + 5)


@settings(deadline=None, max_examples=20)
@given(PLACES, PLACES, st.integers(1, 24), AS_OF)
def test_another_escape_never_improves_the_state(
    confirmed: list[int], open_ones: list[int], number: int, at: float
):
    before = pilots(confirmed, open_ones)
    unreviewed = {**before, "findings": [*before["findings"], _escape("new", number)]}
    real = {
        **unreviewed,
        "dispositions": [*before["dispositions"], decision("new", decided=(number - 1) // 6 * 14 + 6)],
    }
    assert rank(real, at) <= rank(unreviewed, at) <= rank(before, at)


@settings(deadline=None, max_examples=20)
@given(PLACES, PLACES, st.integers(1, 24), AS_OF)
def test_one_clean_change_less_never_improves_the_state(
    confirmed: list[int], open_ones: list[int], number: int, at: float
):
    before = pilots(confirmed, open_ones)
    assume(number not in {*confirmed, *open_ones})
    fewer = {**before, "pull_requests": [row for row in before["pull_requests"] if row["number"] != number]}
    assert rank(fewer, at) <= rank(before, at)


@settings(deadline=None, max_examples=20)
@given(PLACES, PLACES, st.integers(0, 27), AS_OF)
def test_a_scan_that_cannot_be_read_never_improves_the_state(
    confirmed: list[int], open_ones: list[int], place: int, at: float
):
    before = pilots(confirmed, open_ones)
    scans = list(before["scans"])
    scans[place] = {**scans[place], "status": "unreadable"}
    assert rank({**before, "scans": scans}, at) <= rank(before, at)
