from __future__ import annotations

from typing import Any

import pytest

from ingest.sources.approvals.opencode import NO_CALL, NO_PERMISSION, OPENCODE_EVENTS, OPENCODE_PARTS
from tests.ingest.approvals.reading import SHARED, at, context, lines, read


def asked(request: str = "per_1", when: str = "2026-11-02T10:00:00Z", **told: Any) -> dict[str, Any]:
    about = {"id": request, "sessionID": "ses_1", "permission": "bash", "patterns": ["npm *"], "always": []}
    usual = {"metadata": {"command": "npm test"}, "tool": {"messageID": "m", "callID": f"call_{request}"}}
    return {"type": "permission.asked", "properties": {**about, **usual, **told}, "ts": when}


def replied(
    request: str = "per_1", when: str = "2026-11-02T10:00:03.500Z", reply: str = "once"
) -> dict[str, Any]:
    about = {"sessionID": "ses_1", "requestID": request, "reply": reply}
    return {"type": "permission.replied", "properties": about, "ts": when}


def test_a_question_and_its_answer_are_one_call():
    reading = read(OPENCODE_EVENTS, lines(asked(), replied()))
    question, answer = reading.one("asked"), reading.one("decided")

    assert question["call_id"] == answer["call_id"] == "call_per_1"
    assert (answer["at"] - question["at"]).total_seconds() == 3.5
    assert (question["request_kind"], question["content_chars"]) == ("command", 8)
    assert (answer["decision"], answer["actor"], answer["scope"]) == ("accept", "human", "once")
    assert not reading.broken()


@pytest.mark.parametrize(
    ("version", "reply", "decision", "scope"),
    [
        ("permission", "always", "accept", "session"),  # forgotten when it is closed
        ("permission.v2", "always", "accept", "permanent"),  # saved
        ("permission.v2", "reject", "reject", None),
    ],
)
def test_answers_of_both_versions_are_read(version: str, reply: str, decision: str, scope: str | None):
    about = {"id": "per_9", "sessionID": "ses_1", "action": "edit", "resources": ["src/a.py"]}
    question = {
        "type": f"{version}.asked",
        "data": {**about, "source": {"callID": "c"}},
        "time": 1793613600000,
    }
    answer = {**replied("per_9", reply=reply), "type": f"{version}.replied"}
    reading = read(OPENCODE_EVENTS, lines(question, {"event": answer, "ts": answer["ts"]}))

    assert reading.one("asked")["request_kind"] == "edit"
    decided = reading.one("decided")
    assert (decided["call_id"], decided["decision"], decided["scope"]) == ("c", decision, scope)


def test_what_one_answer_swept_along_nobody_looked_at():
    questions = [asked(f"per_{number}") for number in (1, 2, 3)]
    answers = [
        replied("per_1", "2026-11-02T10:00:05.000Z", "reject"),
        replied("per_2", "2026-11-02T10:00:05.002Z", "reject"),
        replied("per_3", "2026-11-02T10:00:09.000Z", "reject"),
    ]
    decided = read(OPENCODE_EVENTS, lines(*questions, *answers)).of("decided")

    assert [(row["actor"], row["scope"]) for row in decided] == [
        ("human", None), ("policy", "carried"), ("human", None),
    ]  # fmt: skip


def test_two_quick_answers_that_sweep_nothing_are_two_answers():
    answers = [replied("per_1", "2026-11-02T10:00:05.000Z"), replied("per_2", "2026-11-02T10:00:05.050Z")]
    decided = read(OPENCODE_EVENTS, lines(asked(), asked("per_2"), *answers)).of("decided")

    assert [row["actor"] for row in decided] == ["human", "human"]


def test_an_answer_in_the_next_part_of_a_file_finds_its_call():
    first = read(OPENCODE_EVENTS, lines(asked()))
    later = read(OPENCODE_EVENTS, lines(replied()), context(state=first.state))

    assert later.one("decided")["call_id"] == "call_per_1"
    assert later.state["calls"] == {}


def test_a_word_of_no_version_goes_to_quarantine():
    assert read(OPENCODE_EVENTS, lines(asked(), replied(reply="maybe"))).broken() == [
        ["decision|check__vocabulary"]
    ]


def test_calls_on_the_bus_are_read_too_and_other_events_left_out():
    state = {
        "status": "completed",
        "input": {"command": "ls"},
        "time": {"start": 1793613600000, "end": 1793613601000},
    }
    part = {"type": "tool", "tool": "bash", "callID": "c1", "sessionID": "ses_1", "state": state}
    update = {"type": "message.part.updated", "properties": {"part": part}}
    reading = read(OPENCODE_EVENTS, lines(update, {"type": "session.idle", "properties": {}}))

    assert [row["kind"] for row in reading.signals] == ["called", "ended"]
    assert reading.left_out == {NO_PERMISSION: 1}


# -- parts -------------------------------------------------------------------------------------------


def part(**state: Any) -> dict[str, Any]:
    times = {"start": 1779832481308, "end": 1779832481311}
    told = {"status": "completed", "input": {"command": "ls -la"}, "time": times, **state}
    return {"type": "tool", "tool": "bash", "callID": "975", "state": told}


def test_a_part_is_a_call_that_ran_and_names_nobody():
    reading = read(OPENCODE_PARTS, lines(part()), context("logs/ses_7.jsonl"))
    called, ended = reading.one("called"), reading.one("ended")

    assert {called["session_id"], ended["session_id"]} == {"ses_7"}
    assert (called["call_id"], called["content_chars"]) == ("975", 6)
    assert (ended["at"] - called["at"]).total_seconds() == 0.003
    assert (ended["decision"], ended["actor"], ended["run_seconds"]) == ("accept", None, None)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("The user rejected permission to use this specific tool call.", ("reject", "human")),
        ("The user has specified a rule which prevents you from it", ("reject", "policy")),
        ("cat: The user rejected permission", ("accept", None)),  # what a file says is nobody's word
    ],
)
def test_an_error_that_begins_with_a_refusal_is_one(error: str, outcome: tuple[str, str | None]):
    ended = read(OPENCODE_PARTS, lines(part(status="error", error=error))).one("ended")
    assert (ended["decision"], ended["actor"]) == outcome


def test_a_call_that_still_runs_has_no_end():
    reading = read(OPENCODE_PARTS, lines(part(status="running")))
    assert [row["kind"] for row in reading.signals] == ["called"]


@pytest.mark.skipif(not SHARED.exists(), reason="the real files are not beside this checkout")
def test_the_real_parts_hold_one_call_and_one_task():
    file = SHARED / "opencode" / "irrlicht_2-11.jsonl"
    reading = read(OPENCODE_PARTS, file.read_bytes().splitlines(), context(f"opencode/{file.name}"))

    assert [row["kind"] for row in reading.signals] == ["prompted", "called", "ended"]
    assert {row["session_id"] for row in reading.signals} == {"irrlicht_2-11"}
    assert reading.one("called")["at"] == at("2026-05-26T21:54:41.308Z")
    assert reading.left_out == {NO_CALL: 5}
    assert not reading.broken()
