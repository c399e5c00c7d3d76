"""Which part of a line is the answer, which detector gave it, and what of it the settings or the log tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.detections.examples import named
from tests.ingest.detections.worlds import World, line


def read(world: World, *lines: Any) -> list[dict[str, Any]]:
    """Rows of a log of these lines that hold their contract."""
    world.lines("a.jsonl", *(each if isinstance(each, str) else json.dumps(each) for each in lines))
    world.pull()
    return world.rows()


def labels(*scores: float | None) -> list[dict[str, Any]]:
    names = ("SAFE", "INJECTION", "JAILBREAK")
    return [{"label": name, "score": score} for name, score in zip(names, scores, strict=False)]


# -- lists of labels -----------------------------------------------------------------------------------


def test_a_label_without_a_score_costs_its_own_line_only(world: World) -> None:
    rows = read(
        world, {"id": "1", "response": labels(None, 0.3)}, {"id": "2", "response": labels(0.75, 0.25)}
    )
    assert [(row["event_id"], row["verdict"], row["score"]) for row in rows] == [("2", "pass", 0.25)]
    assert world.broken() == {"verdict|check__vocabulary": 1}


def test_the_risk_of_three_labels_is_the_sum_of_the_attacks(world: World) -> None:
    (row,) = read(world, {"id": "1", "response": labels(0.5, 0.25, 0.25)})
    assert (row["event_id"], row["verdict"], row["score"]) == ("1", "pass", 0.5)


def test_winning_labels_of_several_items_are_not_taken_for_those_of_one(world: World) -> None:
    winners = [{"label": "SAFE", "score": 0.9}, {"label": "INJECTION", "score": 0.8}]
    assert read(world, {"id": "1", "response": winners}) == []
    assert world.broken() == {"verdict|check__vocabulary": 1}


def test_all_labels_of_several_items_are_a_row_each(world: World) -> None:
    rows = read(world, {"id": "1", "response": [labels(0.75, 0.25), labels(0.25, 0.75)]})
    assert [(row["event_id"], row["verdict"]) for row in rows] == [("1/0", "pass"), ("1/1", "flag")]


# -- the line itself, or what it wraps -------------------------------------------------------------------


def test_an_inner_name_that_another_format_knows_does_not_win_over_the_line(world: World) -> None:
    litellm = {
        "guardrail_name": "house", "guardrail_status": "guardrail_intervened",
        "guardrail_response": {"flagged": False, "metadata": {"request_uuid": "0b"}},
    }  # fmt: skip
    phoenix = {
        "name": "injection", "annotator_kind": "LLM", "span_id": "s-1",
        "result": {"label": "benign", "score": 0.9},
    }  # fmt: skip
    rows = read(world, {"id": "1", **litellm}, phoenix)
    assert [(row["detector"], row["verdict"], row["score"]) for row in rows] == [
        ("house", "flag", None), ("injection", "pass", None),
    ]  # fmt: skip


def test_a_label_and_score_of_the_application_do_not_win_over_the_answer_that_it_wraps(world: World) -> None:
    answer = {"decision": "block", "score": 0.97, "status": "success"}
    (row,) = read(world, {"id": "1", "label": "benign", "score": 0.1, "response": answer})
    assert (row["verdict"], row["score"]) == ("flag", 0.97)


@pytest.mark.parametrize("status", [0, 1])
def test_a_known_answer_that_tells_of_no_item_is_left_out_and_not_refused(world: World, status: int) -> None:
    begun = {**named("garak", "attempt"), "status": status, "detector_results": {}}
    other = {"entry_type": "init", "garak_version": "0.13"}
    assert len(read(world, other, begun, line("r-1"))) == 1
    assert (world.broken(), sum(world.left_out.values())) == ({}, 2)


# -- whose verdict, at which threshold -------------------------------------------------------------------


def test_a_detectors_own_threshold_counts_after_what_is_said_and_what_the_settings_say(world: World) -> None:
    (row,) = read(world, line("r-1"))
    assert (row["threshold"], row["threshold_op"]) == (0.9, ">=")
    world.cursor, world.place = {}, [{"paths": ["logs/**"], "threshold": 0.5, "threshold_op": ">"}]
    (row,) = read(world, line("r-1"))
    assert (row["threshold"], row["threshold_op"]) == (0.5, ">")


def test_several_detectors_of_one_answer_stay_several_under_the_name_that_the_settings_give(
    world: World,
) -> None:
    world.place = [{"paths": ["logs/**"], "detector": "Acme"}]
    rows = read(world, {"id": "1", "response": named("rebuff", "tactics")})
    names = [row["detector"] for row in rows]
    assert names == ["Acme", "Acme heuristic", "Acme language_model", "Acme vector_db"]
    (row,) = read(world, line("r-1"))
    assert row["detector"] == "Acme"


def test_detectors_of_other_names_in_one_line_stay_several(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "detector": "Proxy"}]
    entries = [{"guardrail_name": name, "guardrail_status": "success"} for name in ("pii", "attacks")]
    rows = read(world, {"id": "1", "guardrail_information": entries})
    assert [(row["event_id"], row["detector"]) for row in rows] == [
        ("1", "Proxy pii"),
        ("1", "Proxy attacks"),
    ]


def test_one_detector_of_a_line_has_the_name_alone_that_the_settings_give(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "detector": "Acme"}]
    lakera = {"results": [{"detector_type": "prompt_attack", "result": "l1_confident"}]}
    filtered = {"type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "BLOCKED", "detected": True}
    bedrock = {
        "action": "GUARDRAIL_INTERVENED", "outputs": [],
        "assessments": [{"contentPolicy": {"filters": [filtered]},
                         "appliedGuardrailDetails": {"guardrailId": "gr7", "guardrailVersion": "3"}}],
    }  # fmt: skip
    rows = read(world, {"id": "1", "response": lakera}, {"id": "2", "response": bedrock})
    assert [(row["detector"], row["verdict"]) for row in rows] == [("Acme", "flag"), ("Acme", "flag")]


# -- a threshold of the settings -------------------------------------------------------------------------

SAFE, ATTACK = {"label": "SAFE", "score": 0.1}, {"label": "INJECTION", "score": 0.9}
REBUFF = {
    "injectionDetected": True,
    "tacticResults": [{"name": "heuristic", "score": 0.6, "threshold": 0.5, "detected": True}],
}
LAKERA = {"results": [{"detector_type": "prompt_attack", "result": "l3_likely"}]}
FIREWALL = {"decision": "block", "score": 0.89, "status": "success"}
GARAK = {**named("garak", "attempt"), "outputs": ["x"], "detector_results": {"d": [0.89]}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([SAFE], ("flag", "SAFE", 0.9, 0.9)),  # 1 - 0.1 reaches it exactly
        ([ATTACK], ("flag", "INJECTION", 0.9, 0.9)),
        ([{**ATTACK, "score": 0.89}], ("pass", "INJECTION", 0.89, 0.9)),
        (labels(0.2, 0.8), ("pass", "INJECTION", 0.8, 0.9)),  # two labels: 0.5 is only their default
        (FIREWALL, ("pass", "block", 0.89, 0.9)),
        (GARAK, ("pass", None, 0.89, 0.9)),
        ({**FIREWALL, "status": "error"}, ("error", "error", None, 0.9)),
        ({**FIREWALL, "status": "skipped"}, ("skipped", "skipped", None, 0.9)),
        ({**FIREWALL, "score": None}, ("flag", "block", None, 0.9)),
        (LAKERA, ("flag", "l3_likely", 2.0, 2.0)),  # levels have a threshold of theirs
        ({"is_valid": False, "scanners": {"PromptInjection": 0.5}}, ("flag", None, 0.5, 0.0)),
    ],
)
def test_a_threshold_of_the_settings_decides_where_the_answer_tells_none(
    world: World, answer: Any, expected: tuple[Any, ...]
) -> None:
    world.place = [{"paths": ["logs/**"], "threshold": 0.9}]
    (row,) = read(world, {"id": "1", "response": answer})
    assert tuple(row[name] for name in ("verdict", "verdict_raw", "score", "threshold")) == expected


def test_a_threshold_that_the_answer_tells_stands_and_judges(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "threshold": 0.9}]
    rows = read(world, {"id": "1", "response": REBUFF})
    (heuristic,) = [row for row in rows if row["detector"] == "Rebuff heuristic"]
    assert (heuristic["verdict"], heuristic["score"], heuristic["threshold"]) == ("flag", 0.6, 0.5)


def test_a_threshold_itself_flags_only_where_the_settings_do_not_say_otherwise(world: World) -> None:
    world.place = [{"paths": ["logs/**"], "threshold": 0.9, "threshold_op": ">"}]
    rows = read(world, {"id": "1", "response": [ATTACK]}, {"id": "2", "response": [SAFE]})
    assert [(row["verdict"], row["threshold_op"]) for row in rows] == [("pass", ">"), ("pass", ">")]


def test_a_default_of_the_format_judges_no_verdict_again(world: World) -> None:
    (row,) = read(world, line("r-1", "block", 0.3))
    assert (row["verdict"], row["score"], row["threshold"]) == ("flag", 0.3, 0.9)


FAILED = {"request_id": "r-2", "status_code": 503}


def test_a_failure_is_of_the_version_and_threshold_that_the_log_told_before(world: World) -> None:
    told = line("r-1", detector_version="7")
    rows = read(world, told, FAILED, line("r-3", detector_version="8"), {**FAILED, "request_id": "r-4"})
    units = [(row["verdict"], row["detector_version"], row["threshold"]) for row in rows]
    assert units == [("flag", "7", 0.9), ("error", "7", 0.9), ("flag", "8", 0.9), ("error", "8", 0.9)]


def test_what_the_log_told_is_remembered_until_it_is_read_on(world: World) -> None:
    first = [line("r-1", detector_version="7")]
    read(world, *first)
    (row,) = read(world, *first, FAILED)
    assert (row["detector"], row["detector_version"], row["threshold"]) == ("LlamaFirewall", "7", 0.9)


def test_a_failure_before_anything_is_told_is_of_an_unknown_version(world: World) -> None:
    rows = read(world, FAILED, line("r-1", detector_version="7"))
    assert (rows[0]["verdict"], rows[0]["detector_version"], rows[0]["threshold"]) == (
        "error",
        "unknown",
        None,
    )


def test_a_pass_without_a_version_gets_nobody_elses(world: World) -> None:
    rows = read(world, line("r-1", detector_version="7"), line("r-2", "allow", 0.1))
    assert [row["detector_version"] for row in rows] == ["7", "unknown"]


def test_an_answer_that_says_error_is_of_the_version_that_its_own_detector_told(world: World) -> None:
    def said(name: str, status: str, **more: str) -> dict[str, str]:
        return {"id": name + status, "guardrail_name": name, "guardrail_status": status, **more}

    fault = "guardrail_failed_to_respond"
    rows = read(
        world, said("one", "success", detector_version="7"), said("two", "success"), said("one", fault),
        said("two", fault),
    )  # fmt: skip
    assert [(row["verdict"], row["detector_version"]) for row in rows[2:]] == [
        ("error", "7"),
        ("error", "unknown"),
    ]
