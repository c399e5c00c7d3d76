from __future__ import annotations

from collections.abc import Callable

import pytest

from metrics.density.measures import (
    code_kloc_added,
    found_before_merge_share,
    vulnerabilities_per_kloc,
    vulnerabilities_per_kloc_high,
    vulnerabilities_per_surviving_kloc,
    vulnerabilities_per_surviving_kloc_high,
)
from metrics.estimate import Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.rates import garwood
from tests.builders_density import Work, side, world
from tests.builders_metrics import bypass, decision, finding, head_scan, pull_request, scan, tables

AGENTS = Work("agent", "acme/pay", 2_000, (1, 0, 2, 0))


def known(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def reason(number: Number) -> str:
    assert isinstance(number, Undefined), number
    return number.reason


def test_three_findings_in_eight_kloc_are_a_rate_with_garwoods_interval():
    found = known(vulnerabilities_per_kloc(side(world(AGENTS), "agent")))
    assert (found.numerator, found.denominator, found.n, found.value) == (3, 8.0, 4, 0.375)
    assert (found.low, found.high) == garwood(3, 8.0, 0.95)
    assert (found.unit, found.method, found.level) == ("findings per KLOC", "Garwood", 0.95)


def test_unreviewed_findings_count_at_the_upper_end_of_the_band_only():
    agents = side(world(AGENTS, Work("agent", "acme/pay", 2_000, (4,), confirmed=False)), "agent")
    assert known(vulnerabilities_per_kloc(agents)).numerator == 3
    assert known(vulnerabilities_per_kloc_high(agents)).numerator == 7
    assert agents.density.counted.height == 7


def test_clean_code_that_was_looked_at_has_a_rate_of_zero_with_an_upper_limit():
    found = known(vulnerabilities_per_kloc(side(world(Work("agent", "acme/pay", 5_000, (0,))), "agent")))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.7378, abs=1e-4)


def test_a_rate_over_code_that_nothing_looked_at_does_not_exist():
    found = vulnerabilities_per_kloc(side(world(AGENTS, scanned=()), "agent"))
    assert reason(found) == "no ok scan looked at any change of this window"
    assert found.coverage.excluded == (("no ok scan looked at it", 4),)


def test_only_what_was_looked_at_is_in_the_rate():
    other = Work("agent", "acme/docs", 9_000, (0, 0))
    found = known(vulnerabilities_per_kloc(side(world(AGENTS, other, scanned=("acme/pay",)), "agent")))
    assert (found.denominator, found.coverage.measured, found.coverage.total) == (8.0, 4, 6)


def test_nothing_merged_and_nothing_known_are_different_reasons():
    assert (
        reason(vulnerabilities_per_kloc(side(world(), "agent"))) == "no in-scope change merged in this window"
    )
    empty = tables(pull_requests=[pull_request(1)], scans=[scan("s", 5)])
    assert "known to have added" in reason(vulnerabilities_per_kloc(side(empty, "agent")))


def surviving(*lines: int | None) -> Slice:
    changes = [
        pull_request(number, code_additions=1_000, surviving_code_lines=each)
        for number, each in enumerate(lines, 1)
    ]
    findings = [finding("f", 1)]
    rows = tables(
        pull_requests=changes, findings=findings, dispositions=[decision("f")], scans=[scan("s", 5)]
    )
    return side(rows, "agent")


@pytest.mark.parametrize(
    "measure",
    [vulnerabilities_per_surviving_kloc, vulnerabilities_per_surviving_kloc_high],
    ids=["confirmed", "not dismissed"],
)
def test_the_rate_per_surviving_line_stands_on_the_changes_whose_lines_are_known(
    measure: Callable[[Slice], Number],
):
    found = known(measure(surviving(500, None, 250)))
    assert (found.numerator, found.denominator, found.n) == (1, 0.75, 2)
    assert found.coverage.excluded == (("surviving lines unknown", 1),)


def test_surviving_lines_that_nobody_counted_make_no_rate():
    found = vulnerabilities_per_surviving_kloc(surviving(None, None))
    assert reason(found) == "surviving lines are unknown: no clone has been read"
    assert "still stands" in reason(vulnerabilities_per_surviving_kloc(surviving(0, None)))


def test_kloc_added_counts_looked_at_or_not():
    made = world(AGENTS, Work("agent", "acme/docs", 500, (0,)), scanned=())
    found = known(code_kloc_added(side(made, "agent")))
    assert (found.value, found.unit, found.n, found.level) == (8.5, "KLOC", 5, None)


def test_kloc_of_unknown_files_is_unknown():
    made = tables(pull_requests=[pull_request(1), pull_request(2, code_additions=3)])
    found = known(code_kloc_added(side(made, "agent")))
    assert (found.value, found.coverage.excluded) == (0.003, (("files unknown", 1),))
    assert "unknown" in reason(code_kloc_added(side(tables(pull_requests=[pull_request(1)]), "agent")))
    assert "merged" in reason(code_kloc_added(side(world(), "agent")))


def test_share_found_before_the_merge_is_the_defect_removal_efficiency():
    made = tables(
        pull_requests=[pull_request(1, code_additions=10)],
        scans=[head_scan("h", 1), scan("s", 5)],
        findings=[bypass("a"), bypass("b"), finding("c"), finding("d")],
        dispositions=[decision("d", "false_positive")],
    )
    found = known(found_before_merge_share(side(made, "agent")))
    assert (found.numerator, found.denominator) == (2, 3)
    assert (found.low, found.high) == clopper_pearson(2, 3, 0.95)


def test_where_nothing_looked_after_the_merge_not_everything_was_found_before_it():
    made = tables(pull_requests=[pull_request(1)], scans=[head_scan("h", 1)], findings=[bypass("a")])
    found = found_before_merge_share(side(made, "agent"))
    assert reason(found) == "no ok scan looked at any of these changes after their merge"
    assert found.coverage.excluded == (("no ok scan looked at its change after the merge", 1),)


def test_no_findings_at_all_have_no_share_found_before():
    assert "no finding" in reason(
        found_before_merge_share(side(world(Work("agent", "acme/pay", 9, (0,))), "agent"))
    )
    assert "merged" in reason(found_before_merge_share(side(world(), "agent")))
