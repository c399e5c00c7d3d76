from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalogue.sign_offs import SIGN_OFFS
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.people import clustered_share
from metrics.fatigue.rules import FatigueRules
from tests.builders_metrics import Row
from tests.builders_sign_offs import HOUR, approved, case, change, reviewed
from tests.builders_velocity import of

BY_ID = {metric.id: metric for metric in SIGN_OFFS}
FAST, SILENT = "fast_pull_request_approval_share", "silent_approval_share"
PERSON: Row = {"authorship": "human", "author_login": "ana", "agent": None}


def number(metric: str, arm: str = "agent", **rows: Any) -> Number:
    return BY_ID[metric].compute(of(case(**rows), arm))


def merged(*parts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    names = {name for part in parts for name in part}
    return {name: [row for part in parts for row in part.get(name, [])] for name in names}


def test_the_share_of_fast_approvals_rests_on_people():
    # 6 people, 6 approvals each; all of them gave 2 within a minute: 12 of 36.
    found = number(FAST, **reviewed(6, 6, 2))
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator, found.n) == (12, 36, 36)
    assert found.value == pytest.approx(1 / 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1 / 3 < found.high


def test_of_few_approvals_or_people_counts_are_told_instead():
    few = number(FAST, **reviewed(4, 24, 3))
    assert isinstance(few, Undefined)
    assert few.reason == "12 of 96, 4 people: no rate below 30 decisions or 5 people"
    fewer = number(FAST, **reviewed(5, 5, 1))
    assert isinstance(fewer, Undefined)
    assert fewer.reason.startswith("5 of 25, 5 people")
    alone = number(FAST, **reviewed(1, 2, 1))
    assert isinstance(alone, Undefined)
    assert alone.reason.startswith("1 of 2, 1 person:")


def test_logins_that_differ_in_case_are_one_person():
    rows = reviewed(5, 6, 1)
    rows["reviews"] = [
        {**row, "reviewer": row["reviewer"].replace("person4", "Person3")} for row in rows["reviews"]
    ]
    found = number(FAST, **rows)
    assert isinstance(found, Undefined)
    assert "4 people" in found.reason


def test_what_is_left_out_is_counted_by_reason():
    extra = {
        "pull_requests": [change(900, 500, lines=3), change(901, 500, last_push_at=None), change(902, 500)],
        "reviews": [
            approved(900, 9, 500), approved(901, 9, 500), approved(902, 9, 500, reviewer="copilot"),
            approved(902, 10, 500, reviewer=None, reviewer_kind="deleted"),
        ],
    }  # fmt: skip
    rows = merged(reviewed(6, 6, 2), extra)
    assert number(FAST, **rows).coverage == Coverage(36, 40, (
        ("account deleted or unknown", 1), ("approved by its author or driver", 1), ("pushes unknown", 1),
        ("too few changed lines", 1),
    ))  # fmt: skip
    silent = number(SILENT, **rows)
    assert (silent.coverage.measured, silent.coverage.total) == (38, 40)  # needs no time
    own = number("self_approval_count", **rows)
    assert isinstance(own, Estimate)
    assert (own.value, own.coverage.measured) == (1, 39)


def test_nobody_approving_is_no_zero():
    for name in (FAST, SILENT, "rushed_approval_count", "self_approval_count", "oversize_approval_share"):
        found = number(name, pull_requests=[change(1)])
        assert isinstance(found, Undefined)
        assert found.reason == "nobody approved a pull request of this authorship in this window"


def test_large_and_rushed_ones_are_told_apart():
    rows = reviewed(6, 6, 1, lines=401)
    large = number("oversize_approval_share", **rows)
    assert isinstance(large, Estimate)
    assert (large.numerator, large.denominator) == (36, 36)
    # In the first six hours each of six people gave one approval; later ones of a person are hours apart.
    assert number("rushed_approval_count", **rows).as_json()["value"] == 0
    one = [change(n, 0, lines=600) for n in (1, 2)]
    both = number(
        "rushed_approval_count", pull_requests=one, reviews=[approved(n, n * HOUR / 4) for n in (1, 2)]
    )
    assert both.as_json()["value"] == 2


def test_agents_are_set_against_people():
    theirs = reviewed(6, 6, 1, first=500, **PERSON)
    found = number(
        "fast_pull_request_approval_difference", "agent vs human", **merged(reviewed(6, 6, 3), theirs)
    )
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(18 / 36 - 6 / 36)
    assert number(FAST, "human", **theirs).as_json()["numerator"] == 6


def test_silence_that_is_not_known_is_left_out():
    rows = reviewed(6, 6, 1)
    rows["reviews"][0] = {**rows["reviews"][0], "comment_count": None}
    found = number(SILENT, **rows)
    assert found.coverage.excluded == (("comments or earlier reviews unknown", 1),)


PEOPLE = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=12)


@settings(deadline=None, max_examples=60)
@given(PEOPLE)
def test_a_share_over_people_adds_up_or_says_why_there_is_none(people: list[tuple[int, int]]):
    fast, n = [min(pair) for pair in people], [max(pair) for pair in people]
    found = clustered_share(fast, n, Coverage(sum(n), sum(n)), FatigueRules(), 0.95)
    is_enough = sum(n) >= 30 and sum(size > 0 for size in n) >= 5
    assert isinstance(found, Estimate) == is_enough
    if isinstance(found, Estimate):
        assert (found.numerator, found.denominator) == (sum(fast), sum(n))
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= found.value <= found.high <= 1
