"""Who decided, and how long it took: the best evidence stands, and nothing is invented."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ingest.approving import decisions, sessions
from ingest.contracts import APPROVAL_SESSIONS, APPROVALS
from tests.ingest.approvals.builders_signals import (
    NOON,
    Row,
    at,
    by_user,
    called,
    decided,
    only,
    ran,
    refused,
    signal,
    signals_of,
    wait,
    who,
)

HUMAN = ("accept", "human", "explicit", "explicit")
INFERRED = ("accept", "human", "inferred", "inferred")
BY_RULE = ("accept", "policy", "inferred", "none")
NOT_KNOWN = ("accept", "unknown", "none", "none")
PENDING = ("pending", "none", "none", "explicit")
REFUSED = ("reject", "human", "explicit", "explicit")

# -- spans ---------------------------------------------------------------------------------------------


def test_a_span_gives_the_wait_of_the_record_in_the_same_span():
    span = by_user("waited", 0.0, until=6.466, span_id="ab", parent_id="cd")
    record = by_user("decided", 6.465, "c1", span_id="ab", tool_name="Bash", scope="once")
    decision = only(span, record)
    assert who(decision) == HUMAN
    assert wait(decision) == (6.466, "span")
    assert (decision["shown_at"], decision["decided_at"]) == (at(0), at(6.465))
    assert (decision["tool_name"], decision["scope"]) == ("Bash", "once")


def test_a_span_without_a_record_reaches_its_call_through_the_span_around_it():
    call = called(0, "c1", "Bash", span_id="cd")
    decision = only(call, by_user("waited", 0.1, until=4.1, span_id="ab", parent_id="cd"))
    assert (decision["call_id"], decision["happened_at"]) == ("c1", at(4.1))
    assert (who(decision), wait(decision)) == (HUMAN, (4.0, "span"))


def test_a_span_that_nothing_joins_is_a_decision_of_its_own():
    decision = only(by_user("waited", 0, until=4, span_id="ab"))
    assert (decision["call_id"], who(decision)) == ("span-ab", HUMAN)


def test_spans_of_rules_and_hooks_are_no_wait():
    for actor in ("policy", "hook", "model"):
        span = signal("waited", 0, "c1", until=0.03, actor=actor, decision="accept", source_raw="config")
        decision = only(called(0, "c1"), span, ran(5, "c1"))
        assert who(decision) == ("accept", actor, "explicit", "none")
        assert (wait(decision), decision["shown_at"]) == ((None, None), None)


def test_a_negative_wait_is_none():
    assert wait(only(by_user("waited", 5, "c1", until=4, is_interactive=True))) == (None, None)
    asked = signal("asked", 5, "c1")
    assert wait(only(asked, by_user("decided", 4, "c1"))) == (None, None)


# -- what telemetry claims -----------------------------------------------------------------------------


def test_a_claim_of_claude_code_needs_a_person_or_a_measured_wait():
    assert who(only(by_user("decided", 0, "c1"))) == NOT_KNOWN
    assert who(only(by_user("decided", 0, "c1", is_interactive=True))) == HUMAN
    assert who(only(signal("asked", -3, "c1"), by_user("decided", 0, "c1"))) == HUMAN
    assert who(only(by_user("waited", -3, "c1", until=0), by_user("decided", 0, "c1"))) == HUMAN


def test_nobody_sits_before_a_program():
    span = by_user("waited", -3, "c1", until=0, is_interactive=False)
    for rows in (
        [span],
        [span, by_user("decided", 0, "c1", is_interactive=False)],
        [called(0, "c1", is_interactive=False), ran(9, "c1")],
        [called(0, "c1", is_interactive=False), signal("asked", 0.1), ran(9, "c1")],
    ):
        decision = only(*rows)
        assert decision["actor"] == "unknown"
        assert wait(decision) == (None, None)
    assert only(called(0, "c1"), refused(9, "c1", is_interactive=False))["actor"] == "unknown"


def test_a_wait_that_no_person_can_be_is_none_where_nobody_is_known_to_sit():
    quick = by_user("waited", 0, "c1", until=0.03), by_user("decided", 0.03, "c1")
    assert only(*quick)["actor"] == "unknown"
    told = [{**row, "is_interactive": True} for row in quick]
    assert (who(only(*told)), wait(only(*told))) == (HUMAN, (0.03, "span"))


def test_other_vendors_and_mapped_tables_are_taken_at_their_word():
    assert who(only(by_user("decided", 0, "c1", source_raw="approved by desk"))) == HUMAN
    assert who(only(by_user("decided", 0, "c1", vendor="codex", source_raw="user"))) == HUMAN


def test_a_refused_claim_leaves_room_for_what_can_be_inferred():
    rows = called(0, "c1"), by_user("decided", 4, "c1"), ran(4.1, "c1")
    assert (who(only(*rows)), wait(only(*rows))) == (INFERRED, (4.1, "upper_bound"))


# -- records of question and answer --------------------------------------------------------------------


def test_records_of_question_and_answer_give_the_wait():
    rows = (
        signal("asked", 0, "c1", vendor="copilot", request_kind="command", content_chars=37),
        signal("decided", 2.579, "c1", vendor="copilot", decision="reject", actor="human"),
    )
    decision = only(*rows)
    assert (who(decision), wait(decision)) == (REFUSED, (2.579, "records"))
    assert (decision["request_kind"], decision["content_chars"]) == ("command", 37)


@pytest.mark.parametrize("actor", ["policy", "hook", "model"])
def test_what_a_machine_answered_was_shown_to_nobody(actor: str):
    record = signal("decided", 2, "c1", decision="accept", actor=actor)
    decision = only(called(0, "c1"), signal("asked", 0.1), record, ran(9, "c1"))
    assert who(decision) == ("accept", actor, "explicit", "none")
    assert (decision["shown_at"], wait(decision)) == (None, (None, None))


def test_a_question_that_nobody_answered_is_pending():
    decision = only(signal("asked", 0, "c1", vendor="copilot"))
    assert (who(decision), decision["decided_at"], decision["happened_at"]) == (PENDING, None, at(0))


def test_copilot_tells_people_in_the_record_of_the_decision_alone():
    rows = signal("asked", 0, "c1", vendor="copilot"), ran(5, "c1", vendor="copilot")
    assert who(only(*rows)) == ("accept", "unknown", "none", "explicit")


def test_a_cancelled_question_is_nobodys_decision():
    decision = only(
        signal("asked", 0, "c1", vendor="codex"),
        signal("decided", 60, "c1", vendor="codex", decision="cancelled", actor="none"),
    )
    assert (who(decision), wait(decision)) == (("cancelled", "none", "explicit", "explicit"), (None, None))


# -- hooks ---------------------------------------------------------------------------------------------


def test_what_ran_after_a_question_was_accepted_by_a_person():
    rows = called(0, "c1", "Bash"), signal("asked", 0.022, tool_name="Bash"), ran(9, "c1", run_seconds=6.5)
    decision = only(*rows)
    assert (who(decision), wait(decision)) == (HUMAN, (2.478, "hook"))
    assert (decision["shown_at"], decision["decided_at"]) == (at(0.022), at(2.5))


def test_a_run_that_was_not_timed_makes_the_wait_an_upper_bound_except_for_edits():
    command = only(called(0, "c1", "Bash"), signal("asked", 1), ran(9, "c1"))
    edit = only(called(0, "c1"), signal("asked", 1), ran(9, "c1"))
    assert (wait(command), wait(edit)) == ((8.0, "upper_bound"), (8.0, "hook"))
    assert who(command) == who(edit) == HUMAN


def test_a_refusal_after_a_question_is_timed_by_the_question():
    decision = only(called(0, "c1", "Bash"), signal("asked", 0.035), refused(3.807, "c1"))
    assert (who(decision), wait(decision)) == (REFUSED, (3.772, "hook"))


def test_a_question_is_about_the_latest_open_call_of_its_tool():
    found = decided(
        called(0, "done"), ran(1, "done"),
        called(2, "other", "Bash"), called(3, "mine"), called(70, "later"),
        signal("asked", 4, tool_name="Edit"),
        ran(9, "other"), ran(9, "mine"), ran(70.1, "later"),
    )  # fmt: skip
    assert {call: row["shown_at"] for call, row in found.items() if row["shown_evidence"] == "explicit"} == {
        "mine": at(4)
    }


@pytest.mark.parametrize(("asked_at", "is_joined"), [(-1.0, True), (-1.1, False), (60, True), (60.1, False)])
def test_a_call_is_asked_about_within_a_minute_and_clocks_may_differ_by_a_second(
    asked_at: float, *, is_joined: bool
):
    found = decided(called(0, "c1"), signal("asked", asked_at), ran(99, "c1"))
    assert (found["c1"]["shown_evidence"] == "explicit") is is_joined
    assert (f"asked-{int(at(asked_at).timestamp() * 1000)}" in found) is not is_joined


def test_questions_about_calls_of_one_message_follow_its_order():
    batch = [called(0.1 * place, f"c{place}", batch_count=3, batch_place=place) for place in range(3)]
    asked = [signal("asked", second) for second in (0.5, 5.1, 8.1)]
    found = decided(*batch, *asked, ran(5, "c0"), ran(8, "c1"), ran(20, "c2"))
    assert [wait(found[f"c{place}"])[0] for place in range(3)] == [4.5, 2.9, 11.9]


def test_a_call_of_a_message_is_asked_about_when_the_one_before_it_is_over():
    batch = [called(0, f"c{place}", batch_count=2, batch_place=place) for place in range(2)]
    found = decided(*batch, signal("asked", 0.02), signal("asked", 145), ran(144.9, "c0"), ran(150, "c1"))
    assert [wait(found[call])[0] for call in ("c0", "c1")] == [144.88, 5.0]
    assert len(found) == 2  # and no question stays without its call


def test_a_hook_at_the_turn_of_a_call_tells_which_of_two_alike_is_asked_about():
    batch = [called(0, f"c{place}", "Bash", batch_count=2, batch_place=place) for place in range(2)]
    turns = [called(0.03 * place + 0.01, f"c{place}", "Bash", raw_ref="b.jsonl#1") for place in range(2)]
    question = signal("asked", 0.06, tool_name="Bash", raw_ref="b.jsonl#2")
    found = decided(*batch, *turns, question, ran(0.2, "c0"), ran(17, "c1"))
    assert [found[call]["shown_evidence"] for call in ("c0", "c1")] == ["none", "explicit"]


def test_the_size_of_what_was_shown_tells_calls_of_one_message_apart():
    batch = [called(0, f"c{size}", content_chars=size, batch_count=2) for size in (10, 20)]
    found = decided(*batch, signal("asked", 1, content_chars=20), ran(9, "c10"), ran(9, "c20"))
    assert [found[call]["shown_evidence"] for call in ("c10", "c20")] == ["none", "explicit"]


def test_two_logs_of_one_question_are_one_question():
    both = signal("asked", 1), signal("asked", 1.03, raw_ref="b.jsonl#1")
    batch = [called(0, f"c{place}", batch_count=2, batch_place=place) for place in range(2)]
    found = decided(*batch, *both, ran(9, "c0"), ran(0.5, "c1"))
    assert (wait(found["c0"]), found["c1"]["shown_evidence"]) == ((8.0, "hook"), "none")


def test_a_question_whose_call_was_never_logged_is_pending_under_its_moment():
    decision = only(signal("asked", 0.25, tool_name="Bash"))
    assert (decision["call_id"], who(decision)) == (f"asked-{int(NOON.timestamp() * 1000) + 250}", PENDING)


def test_where_only_decisions_are_logged_the_latest_open_question_is_answered():
    rule = {"decision": "accept", "actor": "policy", "source_raw": "config", "tool_name": "Bash"}
    found = decided(
        signal("asked", 0, tool_name="Edit"), signal("asked", 1, tool_name="Bash"),
        signal("decided", 2, "c0", **rule),
        by_user("decided", 4, "c1", tool_name="Bash"), by_user("decided", 10, "c2", tool_name="Edit"),
    )  # fmt: skip
    assert {call: wait(row) for call, row in found.items()} == {
        "c0": (None, None),
        "c1": (3.0, "records"),
        "c2": (10.0, "records"),
    }
    assert who(found["c1"]) == HUMAN


# -- transcripts ---------------------------------------------------------------------------------------


def test_an_explicit_refusal_is_a_persons_and_timed_by_the_call():
    decision = only(called(0, "c1", "Bash", mode="accept_edits"), refused(3.8, "c1"))
    assert (who(decision), wait(decision)) == (REFUSED, (3.8, "transcript"))
    assert (decision["shown_at"], decision["decided_at"]) == (at(0), at(3.8))


@pytest.mark.parametrize("actor", ["policy", "model"])
def test_a_refusal_by_a_rule_or_a_model_is_no_persons(actor: str):
    decision = only(called(0, "c1", "Bash"), refused(3.8, "c1", actor))
    assert (who(decision), wait(decision)) == (("reject", actor, "explicit", "none"), (None, None))


@pytest.mark.parametrize(
    ("gap", "known", "waited"),
    [
        (1.0, INFERRED, (1.0, "upper_bound")),
        (0.999, BY_RULE, (None, None)),
        (90, INFERRED, (90.0, "upper_bound")),
    ],
)
def test_an_edit_that_took_a_second_waited_for_a_person(
    gap: float, known: tuple[str, ...], waited: tuple[float | None, str | None]
):
    decision = only(called(0, "c1"), ran(gap, "c1"))
    assert (who(decision), wait(decision)) == (known, waited)
    assert decision["shown_at"] == (at(0) if known == INFERRED else None)


@pytest.mark.parametrize(
    "told",
    [
        *({"mode": mode} for mode in ("accept_edits", "bypass", "auto", "plan", "other", None)),
        {"batch_count": 2}, {"batch_count": None}, {"vendor": "codex"}, {"tool": "Bash"}, {"tool": "Read"},
        {"tool": "ExitPlanMode"}, {"is_interactive": False},
    ],
)  # fmt: skip
def test_nothing_is_inferred_where_other_reasons_make_it_slow(told: Row):
    vendor = told.get("vendor", "claude_code")
    for gap in (0.1, 300):
        decision = only(called(0, "c1", **told), ran(gap, "c1", vendor=vendor))
        assert (who(decision), wait(decision)) == (NOT_KNOWN, (None, None))
        assert decision["decided_at"] is None


@pytest.mark.parametrize(("gap", "known"), [(0.001, BY_RULE), (1.0, NOT_KNOWN), (90, NOT_KNOWN)])
def test_an_edit_that_failed_slowly_is_no_persons_answer(gap: float, known: tuple[str, ...]):
    """What failed at once waited for nobody."""
    decision = only(called(0, "c1"), ran(gap, "c1", source_raw="failed"))
    assert (who(decision), wait(decision)) == (known, (None, None))


def test_what_came_of_a_call_is_told_by_the_log_that_knows_it():
    telemetry = ran(4, "c1", source_raw="user_temporary", run_seconds=0.1, raw_ref="otel.jsonl#1")
    assert who(only(called(0, "c1"), telemetry)) == NOT_KNOWN
    assert who(only(called(0, "c1"), telemetry, ran(4.1, "c1"))) == INFERRED
    assert who(only(called(0, "c1"), telemetry, ran(4.1, "c1", source_raw="failed"))) == NOT_KNOWN


def test_where_hooks_tell_of_prompts_an_edit_without_one_waited_for_nobody_known():
    asked = called(0, "asked"), signal("asked", 0.1, tool_name="Edit"), ran(9, "asked")
    slow, quick = (called(20, "slow"), ran(30, "slow")), (called(40, "quick"), ran(40.2, "quick"))
    elsewhere = (called(0, "far", session_id="T"), ran(9, "far", session_id="T"))
    found = decided(*asked, *slow, *quick, *elsewhere)
    assert {call: who(row) for call, row in found.items()} == {
        "asked": HUMAN,
        "slow": NOT_KNOWN,
        "quick": BY_RULE,
        "far": INFERRED,
    }
    assert wait(found["slow"]) == (None, None)


def test_the_mode_is_that_of_the_call_else_the_last_one_before_it():
    modes = (
        signal("mode", -9, mode="plan"),
        signal("mode", -5, mode="default"),
        signal("mode", 5, mode="auto"),
    )
    assert who(only(*modes, called(0, "c1", mode=None), ran(4, "c1"))) == INFERRED
    decision = only(*modes, called(0, "c1", mode="bypass"), ran(4, "c1"))
    assert (who(decision), decision["mode"]) == (NOT_KNOWN, "bypass")
    assert only(*modes, called(-7, "c1", mode=None), ran(4, "c1"))["mode"] == "plan"


def test_a_call_with_nothing_after_it_is_no_decision():
    assert decided(called(0, "c1"), signal("called", 1), signal("ended", 2, decision="accept")) == {}


def test_plans_and_questions_stay_apart_by_their_kind():
    plan = called(0, "c1", "ExitPlanMode", request_kind="plan"), refused(10.6, "c1")
    assert (only(*plan)["request_kind"], who(only(*plan))) == ("plan", REFUSED)


# -- facts ---------------------------------------------------------------------------------------------


def test_facts_come_from_the_best_evidence_and_from_a_session_that_knows_one():
    rows = (
        signal("prompted", -9, reviewer="p-1", team="core", repository="acme/pay", model="m1"),
        signal("mode", -8, mode="default", model="m2", agent_version="2.1", is_interactive=True),
        called(0, "c1", tool="Bash", content_chars=40, canary_id="pilot-canary-7f3a"),
        by_user("decided", 4, "c1", content_chars=None),
        ran(5, "c1", content_chars=99, raw_ref="b#2"),
    )
    decision = only(*rows)
    assert (decision["content_chars"], decision["canary_id"]) == (40, "pilot-canary-7f3a")
    assert [decision[name] for name in ("reviewer", "team", "repository", "agent_version", "model")] == [
        "p-1", "core", "acme/pay", "2.1", None,
    ]  # fmt: skip
    assert (who(decision), decision["raw_ref"]) == (HUMAN, "a.jsonl#1")


def test_sessions_of_different_vendors_and_names_do_not_mix():
    rows = (
        called(0, "c1", "Bash"),
        ran(5, "c1"),
        signal("asked", 1, session_id="other"),
        signal("asked", 1, vendor="codex"),
    )
    assert sorted(
        (row["vendor"], row["session_id"], row["actor"]) for row in decisions(signals_of(*rows)).to_dicts()
    ) == [("claude_code", "S", "unknown"), ("claude_code", "other", "none"), ("codex", "S", "none")]


def test_a_record_that_names_no_call_is_a_decision_all_the_same():
    records = [
        by_user("decided", 0, tool_name=tool, is_interactive=True, signal_id=tool)
        for tool in ("Bash", "Edit")
    ]
    names = [f"decided-{int(NOON.timestamp() * 1000)}-{tool}" for tool in ("Bash", "Edit")]
    assert sorted(decided(*records)) == names


# -- sessions ------------------------------------------------------------------------------------------


def test_a_session_sums_up_its_signals():
    signals = signals_of(
        signal("prompted", 0, reviewer="p-1"), signal("prompted", 0.5, raw_ref="otel.jsonl#4"),
        signal("prompted", 1.0), signal("prompted", 60),
        signal("mode", 1, mode="default", agent_version="2.1"), signal("mode", 2, mode="auto"),
        called(3, "c1", agent_version="2.2"), ran(4, "c1"),
        by_user("waited", 5, "c2", until=99),
    )  # fmt: skip
    (session,) = sessions(signals, decisions(signals)).to_dicts()
    assert (session["first_at"], session["last_at"]) == (at(0), at(99))
    assert (session["task_count"], session["decision_count"]) == (3, 2)
    assert (session["modes"], session["reviewer"]) == (["auto", "default"], "p-1")
    assert (session["agent_version"], session["is_interactive"]) == ("2.2", None)


def test_tasks_that_logs_of_all_kinds_tell_of_are_counted_once():
    transcript = [signal("prompted", second) for second in (0, 30, 60)]
    hooks = [signal("prompted", second + 5, raw_ref="hooks.jsonl#1") for second in (30, 60)]
    telemetry = [signal("prompted", second + 0.2, raw_ref="otel.jsonl#1") for second in (0, 30)]
    other = [signal("prompted", 9, session_id="T", raw_ref="hooks.jsonl#9")]
    signals = signals_of(*transcript, *hooks, *telemetry, *other)
    told = sessions(signals, decisions(signals))
    assert told.select("session_id", "task_count").rows() == [("S", 3), ("T", 1)]


def test_no_signals_are_no_decisions_and_no_sessions():
    nothing = signals_of()
    assert decisions(nothing).is_empty()
    assert sessions(nothing, decisions(nothing)).is_empty()


def test_rows_hold_their_contracts():
    signals = signals_of(called(0, "c1"), ran(5, "c1"), signal("asked", 90), signal("prompted", -1))
    found = decisions(signals)
    for schema, rows in ((APPROVALS.schema, found), (APPROVAL_SESSIONS.schema, sessions(signals, found))):
        stamped = rows.with_columns(
            source=pl.lit("x"), ingested_at=pl.lit(NOON), extras=pl.lit(None, pl.String)
        )
        schema.validate(stamped, cast=True)


# -- order, copies and files leave no trace --------------------------------------------------------------

SECONDS = st.integers(0, 40).map(lambda half: half / 2)
CALLS = st.sampled_from(["c1", "c2", "c3"])
SIGNALS = st.one_of(
    st.builds(called, SECONDS, CALLS, st.sampled_from(["Edit", "Bash"]), session_id=st.sampled_from("ST")),
    st.builds(ran, SECONDS, CALLS, run_seconds=st.sampled_from([None, 0.5])),
    st.builds(refused, SECONDS, CALLS, st.sampled_from(["human", "policy"])),
    st.builds(
        lambda at_, tool: signal("asked", at_, tool_name=tool), SECONDS, st.sampled_from([None, "Edit"])
    ),
    st.builds(
        lambda at_, mode: signal("mode", at_, mode=mode), SECONDS, st.sampled_from(["default", "auto"])
    ),
    st.builds(lambda at_, call: by_user("decided", at_, call, span_id=call), SECONDS, CALLS),
    st.builds(lambda at_, call: by_user("waited", at_, until=at_ + 3, span_id=call), SECONDS, CALLS),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(SIGNALS, min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_order_and_copies_of_signals_change_nothing(rows: list[Row], random: Random):
    signals = signals_of(*rows)
    expected = decisions(signals)
    mixed = list(rows) + random.sample(rows, k=len(rows) // 2)
    random.shuffle(mixed)
    again = signals_of(*mixed)
    assert_frame_equal(decisions(again), expected)
    assert_frame_equal(sessions(again, decisions(again)), sessions(signals, expected))


@settings(max_examples=15, deadline=None)
@given(st.lists(SIGNALS, min_size=1, max_size=14))
def test_what_is_said_of_a_decision_holds_together(rows: list[Row]):
    for row in decisions(signals_of(*rows)).to_dicts():
        has_wait = row["wait_seconds"] is not None
        assert has_wait == (row["wait_basis"] is not None)
        assert not (has_wait and row["actor"] not in {"human", "unknown"})
        assert not (row["actor"] in {"policy", "hook", "model"} and row["shown_at"])
        assert (row["shown_at"] is None) or row["shown_evidence"] != "none"
        assert (row["decision"] == "pending") == (row["actor"] == "none")
        assert (row["actor_evidence"] == "none") == (row["actor"] in {"unknown", "none"})


def test_a_message_that_was_read_in_two_parts_is_as_long_as_its_last_call_tells():
    first = called(0, "c1", batch_count=1, batch_place=0, raw_ref="a.jsonl#10")
    second = called(0, "c2", batch_count=2, batch_place=1, raw_ref="a.jsonl#90")
    alone = called(20, "c3", batch_count=1, batch_place=0, raw_ref="a.jsonl#170")
    told = decided(first, second, alone, *(ran(30, call) for call in ("c1", "c2", "c3")))
    assert {call: who(row) for call, row in told.items()} == {
        "c1": NOT_KNOWN, "c2": NOT_KNOWN, "c3": INFERRED,
    }  # fmt: skip
