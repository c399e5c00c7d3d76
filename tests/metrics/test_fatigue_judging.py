"""Which decisions are measured, which are fast, and that none is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts.approvals import ACTORS, DECISIONS, EVIDENCE, REQUEST_KINDS, SCOPES, WAIT_BASES
from metrics.fatigue.judging import (
    AUTOMATED,
    AWAY,
    CANARY,
    CARRIED,
    LEFT_OUT,
    NO_PERSON,
    NO_WAIT,
    NOT_INTERACTIVE,
    PLAN_OR_QUESTION,
    READ_ONLY,
    REJECTED,
    UNANSWERED,
    UNKNOWN_DECIDER,
)
from metrics.fatigue.rules import FatigueRules
from tests.builders_fatigue import FAST, approval, counted, judge
from tests.builders_metrics import Row, day


def one(wait: float | None = 30.0, rules: FatigueRules | None = None, **given: Any) -> dict[str, Any]:
    return judge([approval(wait, **given)], rules).row(0, named=True)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, None),
        ({"decision": "reject"}, REJECTED),
        ({"decision": "pending"}, UNANSWERED),
        ({"decision": "cancelled"}, UNANSWERED),
        ({"actor": "policy"}, AUTOMATED),
        ({"actor": "hook"}, AUTOMATED),
        ({"actor": "model"}, AUTOMATED),
        ({"actor": "none"}, AUTOMATED),
        ({"actor": "unknown"}, UNKNOWN_DECIDER),
        ({"scope": "carried"}, CARRIED),
        ({"is_interactive": False}, NOT_INTERACTIVE),
        ({"is_interactive": None}, None),
        ({"request_kind": "plan"}, PLAN_OR_QUESTION),
        ({"request_kind": "question"}, PLAN_OR_QUESTION),
        ({"is_read_only": True}, READ_ONLY),
        ({"is_read_only": None}, None),
        ({"is_read_only": None, "request_kind": "read"}, READ_ONLY),
        ({"canary_id": "pilot-canary-otter"}, CANARY),
        ({"reviewer": None}, NO_PERSON),
    ],
    ids=str,
)
def test_each_decision_has_its_reason(given: dict[str, Any], reason: str | None):
    assert one(**given)["left_out"] == reason


@pytest.mark.parametrize(("wait", "reason"), [(None, NO_WAIT), (600.0, None), (600.1, AWAY), (0.0, None)])
def test_only_a_known_wait_of_up_to_ten_minutes_is_measured(wait: float | None, reason: str | None):
    assert one(wait)["left_out"] == reason


def test_a_reject_that_could_not_be_measured_is_no_control():
    assert one(None, decision="reject")["left_out"] == NO_WAIT
    assert one(5.0, decision="reject", actor="hook")["left_out"] == AUTOMATED


@pytest.mark.parametrize(
    ("kind", "chars", "limit"),
    [
        ("command", 200, 2.0),
        ("command", 201, 2.01),
        ("command", 1_000, 10.0),
        ("command", None, 2.0),
        ("edit", 150, 2.0),
        ("edit", 250, 2.5),
        ("edit", None, 2.0),
        (None, 400, 4.0),
    ],
)
def test_the_limit_is_the_floor_or_reading_at_the_fastest_pace(
    kind: str | None, chars: int | None, limit: float
):
    assert one(request_kind=kind, content_chars=chars)["limit_seconds"] == pytest.approx(limit)


def test_a_short_command_is_judged_by_the_floor_alone_however_slowly_one_may_read():
    slow_readers = FatigueRules(chars_per_second=10)
    assert one(rules=slow_readers, content_chars=200)["limit_seconds"] == 2
    assert one(rules=slow_readers, content_chars=200, request_kind="edit")["limit_seconds"] == 20


@pytest.mark.parametrize(("wait", "is_fast"), [(1.999, True), (2.0, False), (None, None)])
def test_fast_is_below_the_limit(wait: float | None, is_fast: bool | None):  # noqa: FBT001 - a case
    assert one(wait)["is_fast"] is is_fast


def test_an_unknown_size_is_told():
    assert one(content_chars=None)["is_size_known"] is False
    assert one(content_chars=0)["is_size_known"] is True


@pytest.mark.parametrize(
    ("given", "is_inferred"),
    [
        ({}, False),
        ({"shown_evidence": "inferred"}, True),
        ({"actor_evidence": "inferred"}, True),
        ({"wait_basis": "transcript", "decision": "reject"}, False),
        ({"wait_basis": "transcript", "shown_evidence": "inferred"}, True),
        ({"wait_basis": "upper_bound"}, True),
        ({"wait_basis": "hook"}, False),
        ({"wait_basis": None}, False),
        ({"shown_evidence": "none"}, True),
        ({"shown_evidence": "none", "wait": None}, False),
    ],
    ids=str,
)
def test_what_is_inferred_is_told_from_what_a_record_states(given: dict[str, Any], is_inferred: bool):  # noqa: FBT001 - a case
    assert one(**given)["is_inferred"] is is_inferred


@st.composite
def any_decision(draw: Any) -> Row:
    """A decision of any kind, likely or not."""
    wait = draw(st.one_of(st.none(), st.floats(0, 2_000)))
    return approval(
        wait,
        happened_at=day(draw(st.floats(0, 30))),
        decision=draw(st.sampled_from(DECISIONS)),
        actor=draw(st.sampled_from(ACTORS)),
        actor_evidence=draw(st.sampled_from(EVIDENCE)),
        shown_evidence=draw(st.sampled_from(EVIDENCE)),
        scope=draw(st.sampled_from([None, *SCOPES])),
        request_kind=draw(st.sampled_from([None, *REQUEST_KINDS])),
        wait_basis=draw(st.sampled_from([None, *WAIT_BASES])),
        is_read_only=draw(st.sampled_from([None, True, False])),
        is_interactive=draw(st.sampled_from([None, True, False])),
        content_chars=draw(st.sampled_from([None, 0, 200, 5_000])),
        reviewer=draw(st.sampled_from([None, "p1", "p2"])),
        canary_id=draw(st.sampled_from([None, None, "pilot-canary-otter"])),
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(any_decision(), max_size=30))
def test_every_decision_has_one_reason_or_is_counted_and_none_is_lost(rows: list[Row]):
    judged, tallied = judge(rows), counted(rows)
    assert set(judged["left_out"].drop_nulls()) <= set(LEFT_OUT)
    assert tallied["decision_count"].sum() == judged.height == len(rows)
    assert judged.filter(judged["left_out"].is_null())["is_fast"].null_count() == 0
    waits = judged["wait_seconds"].sum()
    assert tallied["waited_seconds"].sum() == pytest.approx(waits, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(any_decision())
def test_only_a_persons_known_accept_is_ever_measured(row: Row):
    judged = judge([row]).row(0, named=True)
    if judged["left_out"] is None:
        assert (row["actor"], row["decision"]) == ("human", "accept")
        assert row["is_read_only"] is not True
        assert row["wait_seconds"] <= 600


def test_days_are_local_days():
    late = approval(happened_at=day(0.99))  # 23:45 in UTC, the next day in Berlin
    assert [str(counted([late], zone)["on"][0]) for zone in ("UTC", "Europe/Berlin")] == [
        "2026-06-01", "2026-06-02",
    ]  # fmt: skip


def test_equal_decisions_are_counted_together_in_the_order_of_days():
    rows = [approval(FAST, happened_at=day(number)) for number in (3, 1, 3, 2)]
    tallied = counted(rows)
    assert tallied["decision_count"].to_list() == [1, 1, 2]
    assert tallied["on"].is_sorted()
    assert tallied["waited_seconds"].to_list() == [0.5, 0.5, 1.0]


def test_an_edit_is_never_read_only_whatever_its_log_says():
    told = judge([approval(request_kind=kind, is_read_only=True) for kind in ("edit", "command", None)])
    assert told["left_out"].to_list() == [None, READ_ONLY, READ_ONLY]
