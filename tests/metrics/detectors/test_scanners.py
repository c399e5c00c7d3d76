from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from metrics.detectors.scanners import Scanner, scanners
from metrics.estimate import Estimate, Number, Undefined
from metrics.gate.case import Ask, Case
from tests.builders_metrics import Row, day, decision, finding, head_scan, pilot, policy, scan, tables


def found(
    findings: Sequence[Row], dispositions: Sequence[Row] = (), scans: Sequence[Row] = ()
) -> dict[Any, Scanner]:
    rows = {"findings": findings, "dispositions": dispositions, "scans": scans}
    case = Case(tables(**rows), pilot(), policy(), Ask(day(60)))
    return {(each.tool, each.version): each for each in scanners(case)}


def told(number: Number) -> tuple[float, float]:
    assert isinstance(number, Estimate)
    return number.numerator, number.denominator


def by(tool: str, name: str, **given: Any) -> Row:
    return finding(name, tool=tool, tools=[tool], **given)


def test_false_positives_are_counted_among_what_was_decided_to_be_real_or_false():
    names = ["real", "mended", "false", "risk", "never", "tests", "open"]
    words = ["confirmed", "fixed", "false_positive", "accepted", "wont_fix", "wont_fix"]
    reasons = ["x", "x", "x", "x", "no time", "Used in tests: a fixture"]
    decided = [
        decision(name, word, reason=why) for name, word, why in zip(names, words, reasons, strict=False)
    ]
    one = found([by("a", name) for name in names], decided)["a", None]
    assert told(one.false_positive_share) == (1, 3)
    assert (one.confirmed, one.false_positives) == (2, 1)
    assert one.beside == (("accepted", 1), ("won't fix", 1), ("used in tests", 1), ("undecided", 1))
    assert one.false_positive_share.coverage.total == 7


def test_the_latest_decision_stands_and_reopened_is_none():
    decided = [decision("f", "false_positive", 4), decision("f", "reopened", 5)]
    one = found([by("a", "f")], decided)["a", None]
    assert isinstance(one.false_positive_share, Undefined)
    assert one.beside == (("undecided", 1),)


def test_a_tool_missed_what_another_found_first_where_it_looked_at_the_branch():
    rows = [by("a", "f1", seen=3), by("b", "f2", seen=3)]
    decided = [decision("f1"), decision("f2")]
    known = found(rows, decided, [scan("s1", 5, tool="a"), scan("s2", 5, tool="b")])
    assert told(known["a", None].miss_share) == (1, 2)
    assert told(known["b", None].miss_share) == (1, 2)


def test_a_tool_that_looked_before_or_after_it_was_there_missed_nothing():
    rows = [by("a", "own"), by("b", "f", seen=10, gone_at=day(20))]
    decided = [decision("own"), decision("f", decided=30)]
    for at, missed in ((9, 0), (10, 1), (19, 1), (20, 0)):
        one = found(rows, decided, [scan("s", at, tool="a")])["a", None]
        if missed:
            assert told(one.miss_share) == (1, 2)
        else:
            assert isinstance(one.miss_share, Undefined)
            assert one.miss_share.coverage.excluded == (("it did not look there", 1),)


def test_a_scan_of_the_change_that_brought_it_in_is_a_look():
    rows = [by("b", "f", number=7, seen=10)]
    one = found(rows, [decision("f", decided=12)], [head_scan("s", 7, tool="a")])["a", None]
    assert told(one.miss_share) == (1, 1)
    other = found(rows, [decision("f", decided=12)], [head_scan("s", 8, tool="a")])["a", None]
    assert isinstance(other.miss_share, Undefined)


def test_what_a_person_found_first_and_the_tool_later_is_caught():
    person = finding("p", tool=None, tools=["a"], reported_by="person")
    missed = finding("q", tool=None, tools=[], reported_by="incident")
    one = found([person, missed], [decision("p"), decision("q")], [scan("s", 5, tool="a")])["a", None]
    assert told(one.miss_share) == (1, 2)


def test_nothing_is_known_of_misses_where_nobody_else_found_anything():
    one = found([by("a", "f")], [decision("f")], [scan("s", 5, tool="a")])["a", None]
    assert isinstance(one.miss_share, Undefined)
    assert one.miss_share.reason.startswith("no confirmed finding that another tool or a person found first")


@pytest.mark.parametrize("status", ["failed", "partial", "unreadable", "withdrawn"])
def test_a_scan_that_says_nothing_is_no_look(status: str):
    rows, decided = [by("b", "f"), by("a", "own")], [decision("f"), decision("own")]
    one = found(rows, decided, [scan("s", 5, tool="a", status=status)])["a", None]
    assert isinstance(one.miss_share, Undefined)
    assert one.miss_share.reason == "no ok scan of it is known"


def test_what_is_not_confirmed_was_missed_by_nobody():
    rows = [by("a", "own"), by("b", "open"), by("b", "false")]
    decided = [decision("own"), decision("false", "false_positive")]
    one = found(rows, decided, [scan("s", 5, tool="a")])["a", None]
    assert isinstance(one.miss_share, Undefined)


def test_versions_stand_apart_where_the_first_report_tells_one():
    rows = [by("a", "f1", first_seen_scan="s1"), by("a", "f2", first_seen_scan="s2"), by("a", "f3")]
    decided = [decision("f1", "false_positive"), decision("f2"), decision("f3")]
    scans = [scan("s1", 2, tool="a", tool_version="1.0"), scan("s2", 3, tool="a", tool_version="1.1")]
    known = found(rows, decided, scans)
    assert told(known["a", None].false_positive_share) == (1, 3)
    assert told(known["a", "1.0"].false_positive_share) == (1, 1)
    assert told(known["a", "1.1"].false_positive_share) == (0, 1)


def test_findings_of_other_repositories_and_of_no_security_are_left_out():
    rows = [by("a", "f1", repository="other/x"), by("a", "f2", is_security=False)]
    assert found(rows, [decision("f1"), decision("f2")]) == {}
