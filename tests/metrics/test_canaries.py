from __future__ import annotations

from typing import Any

import pytest

from metrics.catalogue.sign_offs import SIGN_OFFS
from metrics.estimate import Estimate, Number, Undefined
from metrics.fatigue.canaries import has_canaries
from metrics.fatigue.judging import CANARY
from tests.builders_fatigue import FAST, SLOW, approval
from tests.builders_metrics import Row, pilot
from tests.builders_sign_offs import approved, canary, case, change
from tests.builders_velocity import at, of

BY_ID = {metric.id: metric for metric in SIGN_OFFS}
MARK = "pilot-canary-7f3a"
SEEDED = canary("pilot-canary-pull", "pull_request", repository="acme/pay", number=1)


def number(metric: str, hours: tuple[float, float] | None = None, **rows: Any) -> Number:
    return BY_ID[metric].compute(of(case(**rows), hours=hours))


def met(decision: str, actor: str = "human", wait: float = SLOW, **given: Any) -> Row:
    return approval(wait, canary_id=MARK, decision=decision, actor=actor, **given)


def outcomes(**rows: Any) -> list[str]:
    return case(**rows).canaries["outcome"].to_list()


@pytest.mark.parametrize(
    ("decision", "actor", "outcome"),
    [
        ("accept", "human", "missed"),
        ("reject", "human", "caught"),
        ("accept", "policy", "passed without a person"),
        ("reject", "hook", "stopped without a person"),
        ("pending", "none", "waiting for an answer"),
        ("cancelled", "human", "cancelled"),
        ("accept", "unknown", "not known who decided"),
    ],
)
def test_a_seeded_prompt_is_missed_or_caught_by_people_alone(decision: str, actor: str, outcome: str):
    assert outcomes(approvals=[met(decision, actor)], canaries=[canary(MARK)]) == [outcome]


def test_only_what_is_registered_counts_and_other_prompts_do_not():
    rows = [met("accept"), approval(canary_id="pilot-canary-other"), approval()]
    assert outcomes(approvals=rows, canaries=[canary(MARK)]) == ["missed"]
    assert outcomes(approvals=rows) == []
    assert outcomes(approvals=rows, canaries=[canary(MARK, "pull_request")]) == []
    assert outcomes(approvals=rows, canaries=[canary(MARK, repository="other/thing")]) == []


def test_only_what_was_registered_by_then_is_a_canary_and_the_rest_are_ordinary_decisions():
    rows = [met("accept", happened_at=at(hours)) for hours in (9.99, 10, 11)]
    stray = approval(canary_id="pilot-canary-stray")
    of_case = case(approvals=[*rows, stray], canaries=[canary(MARK, registered_at=at(10))])
    assert of_case.canaries["happened_at"].to_list() == [at(10), at(11)]
    apart = of_case.approvals.select("canary_id", "left_out").collect()
    assert apart.sort("canary_id", nulls_last=True).rows() == [
        (MARK, CANARY), (MARK, CANARY), (None, None), (None, None),
    ]  # fmt: skip


def test_registering_a_decision_afterwards_makes_no_miss_of_it():
    rows = [met("accept", wait=FAST, happened_at=at(9))]
    before, after = (
        case(approvals=rows, canaries=c).prompts for c in ([], [canary(MARK, registered_at=at(10))])
    )
    assert before.equals(after)


def test_the_share_that_was_missed_has_an_exact_interval():
    rows = [
        met("accept"),
        *(met("reject") for _ in range(19)),
        met("accept", "policy"),
        met("pending", "none"),
    ]
    found = number("canary_miss_share", approvals=rows, canaries=[canary(MARK)])
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator) == (1, 20)
    assert (found.low, found.high) == pytest.approx((0.001265, 0.248733), abs=1e-6)
    assert found.coverage.excluded == (("passed without a person", 1), ("waiting for an answer", 1))


def test_without_canaries_there_is_a_reason_and_no_word_of_fatigue():
    found = number("canary_miss_share", approvals=[approval()])
    assert isinstance(found, Undefined)
    assert found.reason == "no canaries: docs/canaries.md"
    assert not has_canaries(case().canaries)
    waiting = {"approvals": [met("pending", "none")], "canaries": [canary(MARK)]}
    unanswered = number("canary_miss_share", **waiting)
    assert isinstance(unanswered, Undefined)
    assert unanswered.reason == "no person has answered a canary yet"
    assert not has_canaries(case(**waiting).canaries)
    assert has_canaries(case(approvals=[met("reject")], canaries=[canary(MARK)]).canaries)


def test_a_window_holds_the_answers_given_in_it():
    rows = {"approvals": [met("accept", happened_at=at(10)), met("reject", happened_at=at(50))]}
    found = number("canary_miss_share", (0, 40), canaries=[canary(MARK)], **rows)
    assert isinstance(found, Estimate)
    assert (found.numerator, found.denominator) == (1, 1)


def refused(seconds: float, **given: Any) -> Row:
    return approved(1, seconds, state="CHANGES_REQUESTED", **given)


@pytest.mark.parametrize(
    ("pull", "reviews", "outcome"),
    [
        ({}, [], "waiting for an answer"),
        ({}, [approved(1, 30)], "missed"),
        ({"merged": 5}, [approved(1, 30)], "missed"),
        ({}, [refused(30)], "caught"),
        ({}, [refused(30), approved(1, 60)], "missed"),
        ({"closed": 5}, [], "caught"),
        ({"closed": 5}, [approved(1, 6 * 3600.0)], "caught"),
        ({"merged": 5}, [], "passed without a person"),
        ({"merged": 5}, [refused(30)], "passed without a person"),
        ({}, [approved(1, 30, reviewer_kind="bot")], "waiting for an answer"),
        ({"driver": "robin"}, [approved(1, 30)], "waiting for an answer"),
        ({"closed": 5}, [approved(1, 30, reviewer=None, reviewer_kind="deleted")], "not known who decided"),
        ({"closed": 5, "cut_lists": ["reviews"]}, [], "not known who decided"),
    ],
)
def test_a_seeded_pull_request_is_missed_when_a_person_approves_it(
    pull: dict[str, Any], reviews: list[Row], outcome: str
):
    rows = {"pull_requests": [change(1, **pull), change(2)], "reviews": reviews, "canaries": [SEEDED]}
    assert outcomes(**rows) == [outcome]


@pytest.mark.parametrize(
    ("pull", "reviews", "found"),
    [
        ({}, [approved(1, 0, 9.99)], []),
        ({}, [approved(1, 0, 10)], ["missed"]),
        ({}, [approved(1, 0, 9), approved(1, 0, 11, reviewer="kim")], ["missed"]),
        ({}, [approved(1, 0, 9), refused(0, hours=11, reviewer="kim")], ["caught"]),
        ({}, [refused(0, hours=9)], ["waiting for an answer"]),
        ({"merged": 9}, [approved(1, 0, 8)], []),
        ({"merged": 11}, [approved(1, 0, 9)], []),
        ({"merged": 11}, [], ["passed without a person"]),
        ({"merged": 9}, [], []),
        ({"closed": 9}, [], []),
        ({"closed": 11}, [], ["caught"]),
    ],
)
def test_a_pull_request_is_a_canary_from_its_registering_on(
    pull: dict[str, Any], reviews: list[Row], found: list[str]
):
    seeded = canary(
        "pilot-canary-pull", "pull_request", repository="acme/pay", number=1, registered_at=at(10)
    )
    assert outcomes(pull_requests=[change(1, **pull)], reviews=reviews, canaries=[seeded]) == found


def test_approvals_of_a_seeded_pull_request_are_no_ordinary_ones():
    seeded = canary("pilot-canary-pull", "pull_request", repository="acme/pay", number=1, registered_at=at(1))
    reviews = [approved(1, 30, 5), approved(2, 30, 5)]
    signed = case(pull_requests=[change(1, 5), change(2, 5)], reviews=reviews, canaries=[seeded]).sign_offs
    assert signed.sort("number").select("number", "left_out", "is_fast").rows() == [
        (1, "seeded pull request (judged apart)", True),
        (2, None, True),
    ]


def test_a_marker_in_the_title_or_the_branch_is_enough():
    pulls = [
        change(1, title=f"Tidy up [{MARK}]"), change(2, head_branch=f"canary/{MARK}-b"), change(3),
        change(4, title=f"Tidy up [{MARK}]", repository="other/thing"), change(5, title=f"{MARK}99"),
    ]  # fmt: skip
    seeded = [canary(MARK, "pull_request"), canary(f"{MARK}99", "pull_request")]
    found = case(pull_requests=pulls, canaries=seeded).canaries
    assert found.select("canary_id", "number").rows() == [(MARK, 1), (MARK, 2), (f"{MARK}99", 5)]
    in_other = [canary(MARK, "pull_request", repository="acme/shop")]
    assert case(pull_requests=pulls, canaries=in_other).canaries.is_empty()


def test_pull_requests_and_prompts_are_never_added_up():
    rows = {
        "pull_requests": [change(1)], "reviews": [approved(1, 30)], "approvals": [met("reject")],
        "canaries": [canary(MARK), SEEDED],
    }  # fmt: skip
    prompts, pulls = (
        number(name, **rows) for name in ("canary_miss_share", "pull_request_canary_miss_share")
    )
    assert (prompts.as_json()["numerator"], prompts.as_json()["denominator"]) == (0, 1)
    assert (pulls.as_json()["numerator"], pulls.as_json()["denominator"]) == (1, 1)
    assert case(**rows).canaries.filter(number=1)["is_fast"].to_list() == [True]


def test_misses_that_were_fast_speak_for_the_rule():
    # Fast of missed 7 of 9, fast of caught 1 of 10: (7.5 x 9.5) / (2.5 x 1.5) = 19.
    rows = [
        *(met("accept", wait=FAST) for _ in range(7)), *(met("accept") for _ in range(2)),
        met("reject", wait=FAST), *(met("reject") for _ in range(9)),
    ]  # fmt: skip
    found = number("canary_fast_odds_ratio", approvals=rows, canaries=[canary(MARK)])
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(19)
    only_missed = number("canary_fast_odds_ratio", approvals=rows[:9], canaries=[canary(MARK)])
    assert isinstance(only_missed, Undefined)


def test_canaries_of_other_pilots_are_not_met():
    rows = {"approvals": [met("accept")], "canaries": [canary(MARK)]}
    assert case(pilot=pilot(exclude=("acme/pay",)), **rows).canaries.is_empty()
