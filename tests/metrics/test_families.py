from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.arms import HEADLINE
from metrics.density.attributions import Attribution, attributions
from metrics.density.families import FAMILIES, FEWEST, NOT_TOLD, OTHER, Part, family_of, parts
from metrics.estimate import Estimate, Undefined
from metrics.gate.case import Ask, Case
from metrics.measures import Slice
from metrics.segments import whole
from metrics.slices import Slicer
from tests.builders_metrics import LATER, Row, decision, finding, pilot, policy, pull_request, scan, tables

PERSON: Row = {"authorship": "human", "author_login": "ana", "agent": None}
KNOWN = {
    "Injection": (78, 89, 94, 95, 20, 117),
    "Cross-site scripting": (79, 80),
    "Paths and files": (22, 36, 73, 377, 434),
    "Deserialisation and foreign code": (502, 829, 1321),
    "Cryptography": (326, 327, 328, 330, 338, 916),
    "Credentials and secrets": (259, 312, 321, 522, 798),
    "Authentication and access": (285, 287, 306, 352, 639, 732, 862),
    "Memory safety": (119, 125, 190, 416, 476, 787),
    "Resources and availability": (362, 400, 770, 1333),
    "Information exposure": (200, 209, 215, 532),
    "Network and requests": (295, 319, 601, 605, 611, 918),
}


def compared(*findings: Row, lines: tuple[int, int] = (1000, 1000), changes: int = 1) -> Slice:
    """Agents' changes from 1 on and people's from 101 on, all looked at."""
    rows = tables(
        pull_requests=[
            *(pull_request(n, code_additions=lines[0]) for n in range(1, changes + 1)),
            *(pull_request(100 + n, code_additions=lines[1], **PERSON) for n in range(1, changes + 1)),
        ],
        scans=[scan("s")],
        findings=findings,
        dispositions=[decision("gone", "false_positive")],
    )
    case = Case(rows, pilot(), policy(), Ask(LATER))
    return Slicer(case).slice(HEADLINE, whole(case))


def many(count: int, number: int, cwe: str = "CWE-89") -> list[Row]:
    return [finding(f"{number}-{n}", number, cwe=[cwe]) for n in range(count)]


def told(found: tuple[Part, ...]) -> list[tuple[str, float, float]]:
    return [(part.name, part.first.events, part.second.events) for part in found]


def test_each_weakness_is_in_one_family() -> None:
    listed = [number for family in FAMILIES for number in family.cwes]
    assert len(listed) == len(set(listed))
    assert {family.name for family in FAMILIES} == set(KNOWN)


@pytest.mark.parametrize(("name", "number"), [(name, each) for name, ids in KNOWN.items() for each in ids])
def test_well_known_weaknesses_are_where_people_look_for_them(name: str, number: int) -> None:
    assert family_of([f"CWE-{number}"]) == name


def test_what_is_listed_nowhere_is_other_and_what_nobody_told_is_not_told() -> None:
    assert (family_of(["CWE-703"]), family_of([])) == (OTHER, NOT_TOLD)


@given(st.lists(st.sampled_from(["CWE-89", "CWE-79", "CWE-703", "CWE-22"]), max_size=4))
def test_the_order_of_ids_changes_no_family(ids: list[str]) -> None:
    assert family_of(ids) == family_of(sorted(ids)) == family_of(ids[::-1])


def test_findings_are_counted_by_family_and_by_severity_for_both_sides() -> None:
    of = compared(
        finding("a", 1, cwe=["CWE-89"]),
        finding("b", 1, cwe=["CWE-79"], severity="critical"),
        finding("c", 101, cwe=["CWE-89"], severity="medium"),
        finding("d", 101),
        finding("gone", 1, cwe=["CWE-22"]),
    )
    assert told(parts(of, "family")) == [
        ("Cross-site scripting", 1, 0),
        ("Injection", 1, 1),
        (NOT_TOLD, 0, 1),
    ]
    assert told(parts(of, "severity")) == [("critical", 1, 0), ("high", 1, 1), ("medium", 0, 1)]


def test_a_kind_is_divided_by_the_lines_of_all_changes_of_its_side() -> None:
    (part,) = parts(compared(*many(3, 1), lines=(1500, 500)), "family")
    assert (part.first.rate, part.second.rate) == (2.0, 0.0)
    assert part.second.exposure == 0.5


@pytest.mark.parametrize(("people", "has_ratio"), [(FEWEST - 1, False), (FEWEST, True)])
def test_a_ratio_needs_enough_findings_on_each_side(people: int, *, has_ratio: bool) -> None:
    (part,) = parts(compared(*many(40, 1), *many(people, 101)), "family")
    assert isinstance(part.ratio, Estimate if has_ratio else Undefined)


def test_the_ratio_of_a_kind_is_that_of_its_rates_with_an_interval_around_it() -> None:
    spread = [row for n in range(1, 5) for row in (*many(10, n), *many(5, 100 + n))]
    (part,) = parts(compared(*spread, changes=4), "family")
    assert isinstance(part.ratio, Estimate)
    assert part.ratio.value == pytest.approx(2.0)
    assert (part.ratio.low or 0) < 2 < (part.ratio.high or 0)


def test_without_findings_there_is_no_kind() -> None:
    assert (parts(compared(), "family"), parts(compared(), "severity")) == ((), ())


def test_findings_are_counted_by_how_their_change_is_known_surest_first() -> None:
    of = compared(
        finding("a", 1, method="blame", confidence="high"),
        finding("b", 1),
        finding("c", 101),
        finding("d", 101, method="explicit", confidence="high"),
        finding("e", 101, method="blame", confidence="low"),
    )
    assert attributions(of) == (
        Attribution("explicit", "high", 0, 1),
        Attribution("blame", "high", 1, 0),
        Attribution("sole_merge", "medium", 1, 1),
        Attribution("blame", "low", 0, 1),
    )
