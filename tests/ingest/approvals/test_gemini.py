from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.approvals.gemini import GEMINI_CHATS, GEMINI_OUTFILE, NO_CALLS, NO_PERMISSION, NO_TASK
from tests.ingest.approvals.reading import SHARED, at, context, lines, read

RESOURCE = {"_rawAttributes": [["service.name", "gemini-cli"], ["service.version", "0.61.0"]]}
COMMON = {"session.id": "s-1", "installation.id": "inst-1", "interactive": True}


def event(name: str, when: str = "2026-11-02T10:00:10Z", **told: Any) -> dict[str, Any]:
    attributes = {**COMMON, "event.name": f"gemini_cli.{name}", "event.timestamp": when, **told}
    return {"hrTime": [1793613610, 5], "resource": RESOURCE, "attributes": attributes, "_body": "Tool call"}


def call(**told: Any) -> dict[str, Any]:
    usual = {"function_name": "run_shell_command", "duration_ms": 4000, "success": True, "prompt_id": "p1"}
    return event("tool_call", **{**usual, "function_args": '{"command": "ls"}', **told})


def permission(**told: Any) -> dict[str, Any]:
    base = {"session_id": "s-1", "hook_event_name": "Notification", "timestamp": "2026-11-02T10:00:06.200Z"}
    details = {"type": "exec", "title": "Confirm", "command": "rm -rf build # pilot-canary-7f3a91"}
    return {**base, "notification_type": "ToolPermission", "details": details, **told}


def test_a_call_began_as_long_before_its_record_as_it_lasted():
    reading = read(GEMINI_OUTFILE, lines(call()))
    called, ended = reading.one("called"), reading.one("ended")

    assert (called["at"], ended["at"]) == (at("2026-11-02T10:00:06Z"), at("2026-11-02T10:00:10Z"))
    assert called["call_id"] == ended["call_id"]
    assert (ended["decision"], ended["actor"], ended["run_seconds"]) == ("accept", None, None)
    assert (called["request_kind"], called["agent_version"], called["is_interactive"]) == (
        "command", "0.61.0", True,
    )  # fmt: skip
    assert called["reviewer"] == "p-6"
    assert not reading.broken()


@pytest.mark.parametrize("word", ["accept", "auto_accept", "reject"])
def test_no_word_but_modify_names_a_person(word: str):
    reading = read(GEMINI_OUTFILE, lines(call(decision=word)))

    assert not reading.of("decided")
    assert reading.one("ended")["actor"] is None
    assert reading.one("ended")["decision"] == "accept"  # it ran: a saved grant reads "reject"


def test_modify_is_a_person():
    decided = read(GEMINI_OUTFILE, lines(call(decision="modify"))).one("decided")

    assert (decided["decision"], decided["actor"], decided["source_raw"]) == ("accept", "human", "modify")


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"decision": "reject"}, ("reject", None)),
        ({"error_type": "policy_violation"}, ("reject", "policy")),
        ({"decision": "accept", "error_type": "policy_violation"}, ("reject", "policy")),
        ({"decision": "accept", "error_type": "execution_failed"}, ("accept", None)),  # allowed, and failed
        ({"error_type": "invalid_tool_params"}, (None, None)),
        ({"decision": "reject", "error": "exit 1"}, (None, None)),
    ],
)
def test_a_call_that_did_not_succeed_was_refused_or_failed(told: Any, outcome: tuple[Any, Any]):
    ended = read(GEMINI_OUTFILE, lines(call(success=False, **told))).one("ended")

    assert (ended["decision"], ended["actor"]) == outcome


def test_a_permission_hook_says_that_a_person_was_asked():
    asked = read(GEMINI_OUTFILE, lines(permission())).one("asked")

    assert (asked["session_id"], asked["call_id"]) == ("s-1", None)
    assert asked["at"] == at("2026-11-02T10:00:06.200Z")
    assert (asked["request_kind"], asked["content_chars"], asked["canary_id"]) == (
        "command", 34, "pilot-canary-7f3a91",
    )  # fmt: skip
    assert asked["content_text"] is None


def test_an_answer_to_a_question_is_no_permission():
    asked = read(GEMINI_OUTFILE, lines(permission(details={"type": "ask_user"}))).one("asked")
    assert asked["request_kind"] == "question"


@pytest.mark.parametrize(
    ("word", "mode"),
    [("yolo", "bypass"), ("autoEdit", "accept_edits"), ("default", "default"), ("zen", "other")],
)
def test_modes_are_translated(word: str, mode: str):
    switch = event("plan.approval_mode_switch", from_mode="default", to_mode=word)
    reading = read(GEMINI_OUTFILE, lines(switch))

    assert reading.one("mode")["mode"] == mode
    assert reading.names("mode") == [mode]


def test_what_a_session_begins_with_is_seen():
    begun = event("config", model="gemini-3-pro", approval_mode="default", mcp_servers="jira,docs")
    reading = read(
        GEMINI_OUTFILE, lines(begun, event("user_prompt", prompt_length="30", prompt="secret plan"))
    )

    assert reading.one("mode")["mode"] == "default"
    assert reading.one("prompted")["content_chars"] == 30
    assert set(reading.names("mcp_server")) == {"jira", "docs"}
    assert (reading.names("model"), reading.names("agent_version")) == (["gemini-3-pro"], ["0.61.0"])
    assert "secret plan" not in str(reading)


def test_other_telemetry_is_left_out_with_a_word():
    span, metrics = (
        {"name": "llm", "startTime": [1, 2], "attributes": {}},
        {"scopeMetrics": [], "resource": {}},
    )
    reading = read(GEMINI_OUTFILE, lines(event("api_response"), span, metrics))

    assert reading.left_out == {NO_PERMISSION: 3}
    assert not reading.signals


def test_text_is_kept_only_where_the_settings_ask_for_it():
    told = permission(details={"type": "exec", "command": "curl -H 'token: ghp_" + "a1B2" * 9 + "' x"})
    kept = read(GEMINI_OUTFILE, lines(told), context(keep_text=True)).one("asked")["content_text"]

    assert "curl" in kept
    assert "ghp_" not in kept


def test_a_damaged_record_goes_to_quarantine_and_the_others_are_read():
    reading = read(GEMINI_OUTFILE, [b'{"attributes": {"event.name": "gem', *lines(call())])

    assert reading.broken() == [["kind|check__vocabulary"]]
    assert len(reading.signals) == 3


def test_a_record_without_a_moment_goes_to_quarantine():
    told = call()
    del told["attributes"]["event.timestamp"], told["hrTime"]
    assert {rule for rules in read(GEMINI_OUTFILE, lines(told)).broken() for rule in rules} == {
        "at|nullability"
    }


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([*COMMON, "function_name", "duration_ms", "decision", "event.timestamp"]), value=JSON
)
def test_no_value_of_any_shape_stops_reading(name: str, value: Any):
    strange = call(**{name: value})
    reading = read(GEMINI_OUTFILE, [orjson.dumps(strange), *lines(call())])

    assert sum(row["session_id"] == "s-1" for row in reading.signals) >= 2


# -- chats -------------------------------------------------------------------------------------------

HEAD = {"sessionId": "c-1", "projectHash": "ff", "startTime": "2026-06-11T19:15:35.513Z", "kind": "main"}
TASK = {"id": "1", "timestamp": "2026-06-11T19:15:48Z", "type": "user", "content": [{"text": "fix it"}]}
ANSWER = {
    "id": "2",
    "timestamp": "2026-06-11T19:15:52Z",
    "type": "gemini",
    "content": "",
    "model": "gemini-3.5",
}


def test_a_chat_tells_tasks_and_models_and_no_decision():
    returned = {**TASK, "content": [{"functionResponse": {"name": "x"}}]}
    set_later = {"$set": {"messages": [TASK]}}
    reading = read(
        GEMINI_CHATS, lines(HEAD, set_later, TASK, {**ANSWER, "toolCalls": [{"id": "a"}]}, returned)
    )

    assert [row["kind"] for row in reading.signals] == ["prompted"]
    assert (reading.one("prompted")["session_id"], reading.one("prompted")["content_chars"]) == ("c-1", 6)
    assert reading.names("model") == ["gemini-3.5"]
    assert reading.left_out == {NO_CALLS: 1, NO_TASK: 2}


def test_the_session_of_a_growing_chat_is_remembered():
    first = read(GEMINI_CHATS, lines(HEAD))
    later = read(GEMINI_CHATS, lines(TASK), context(state=first.state))

    assert later.one("prompted")["session_id"] == "c-1"


def test_a_chat_in_one_object_is_read():
    reading = read(GEMINI_CHATS, lines({**HEAD, "messages": [TASK, ANSWER]}))
    assert (len(reading.of("prompted")), reading.names("model")) == (1, ["gemini-3.5"])


@pytest.mark.skipif(not SHARED.exists(), reason="the real files are not beside this checkout")
def test_real_chats_tell_their_tasks():
    one, three = (
        read(GEMINI_CHATS, (SHARED / "gemini" / f"irrlicht_{number}.jsonl").read_bytes().splitlines())
        for number in (0, 1)
    )

    assert (len(one.of("prompted")), len(three.of("prompted"))) == (1, 3)
    assert len({row["session_id"] for row in three.signals}) == 3
    assert {*one.names("model"), *three.names("model")} == {"gemini-3.5-flash"}
    assert not one.broken()
