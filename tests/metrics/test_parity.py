from __future__ import annotations

from metrics.arms import ARMS
from metrics.gate.case import Ask, Case
from metrics.parity import Look, looks, unlike
from metrics.segments import whole
from metrics.slices import Slicer
from tests.builders_metrics import LATER, Row, head_scan, pilot, policy, pull_request, scan, tables

PERSON: Row = {"authorship": "human", "author_login": "ana", "agent": None}


def seen(changes: int, *scans: Row) -> tuple[Look, ...]:
    """What looked at so many changes of agents, from 1 on, and of people, from 101 on."""
    pulls = [
        *(pull_request(n) for n in range(1, changes + 1)),
        *(pull_request(100 + n, **PERSON) for n in range(1, changes + 1)),
    ]
    case = Case(tables(pull_requests=pulls, scans=scans), pilot(), policy(), Ask(LATER))
    slicer, segment = Slicer(case), whole(case)
    return looks(case, [slicer.slice(ARMS[arm], segment) for arm in ("agent", "human")])


def test_each_version_of_rules_is_counted_for_both_sides() -> None:
    heads = [head_scan("a", 1), head_scan("b", 2, rules_version="2"), head_scan("c", 101)]
    assert seen(2, scan("post"), *heads) == (
        Look("post_merge", "scan-a", "1", (2, 2), (2, 2)),
        Look("pre_merge", "scan-a", "1", (1, 2), (1, 2)),
        Look("pre_merge", "scan-a", "2", (1, 2), (0, 2)),
    )


def test_a_version_that_looked_at_one_side_far_more_often_is_unlike() -> None:
    heads = [head_scan(f"h{n}", n) for n in range(1, 21)]
    (post, before) = seen(20, scan("post"), *heads)
    assert unlike((post, before), 0.95) == (before,)


def test_what_may_be_chance_is_not_called_unlike() -> None:
    assert unlike([Look("pre_merge", "scan-a", "1", (9, 10), (7, 10))], 0.95) == ()


def test_without_changes_of_one_side_nothing_is_unlike() -> None:
    alone = Look("pre_merge", "scan-a", "1", (9, 10), (0, 0))
    assert alone.is_single
    assert not alone.is_unlike(0.95)


def test_a_scan_of_nobodys_change_is_no_look() -> None:
    assert seen(1, scan("late", 90)) == ()
