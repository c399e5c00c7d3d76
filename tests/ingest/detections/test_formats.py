"""Each format of detectors' answers says what stands in a hand-written example, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.sources.detections.base import Said
from ingest.sources.detections.formats import (
    FORMATS,
    agentdojo,
    bedrock_guardrails,
    format_of,
    lakera,
    model_armor,
)
from tests.ingest.detections.examples import EXAMPLES, Example, named


def said(answer: Any) -> list[Said]:
    known = format_of(answer)
    assert known is not None
    return list(known.read(answer))


def only(answer: Any) -> Said:
    (one,) = said(answer)
    return one


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
def test_every_format_has_an_example(name: str):
    assert any(example.format == name for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.format}-{each.name}" for each in EXAMPLES])
def test_an_example_is_recognised_by_its_own_format_alone(example: Example):
    assert [each.name for each in FORMATS if each.recognises(example.answer)] == [example.format]


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.format}-{each.name}" for each in EXAMPLES])
def test_items_of_one_answer_are_told_apart(example: Example):
    keys = [(each.detector, each.version, each.item) for each in said(example.answer)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.format}-{each.name}" for each in EXAMPLES])
def test_a_missing_score_is_of_no_kind_and_a_score_is_of_some(example: Example):
    for each in said(example.answer):
        assert (each.score is None) == (each.score_kind == "none")
        assert (each.score_kind == "ordinal") == bool(each.score_order)


def test_no_reason_explanation_or_matched_text_is_ever_kept():
    for example in EXAMPLES:
        assert all("SECRET" not in repr(each) for each in said(example.answer)), example.name


# --- LlamaFirewall


def scan(**changed: Any) -> dict[str, Any]:
    return {"decision": "block", "reason": "SECRET full text", "score": 0.97, "status": "success", **changed}


def test_a_blocked_scan_is_a_flag_with_its_probability():
    assert only(scan()) == Said(
        "flag", "block", score=0.97, score_kind="probability", score_raw="0.97", action="block"
    )


def test_a_scan_sent_to_a_person_is_a_flag_under_review():
    one = only(scan(decision="human_in_the_loop_required"))
    assert (one.verdict, one.action) == ("flag", "review")


def test_an_enumeration_written_with_its_class_is_the_same_word():
    assert only(scan(decision="ScanDecision.ALLOW", score=0.1)).verdict == "pass"


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_scan_that_allowed_without_having_worked_is_no_pass(status: str):
    one = only(scan(decision="allow", score=0.0, status=status))
    assert (one.verdict, one.score, one.action) == (status, None, None)


def test_a_role_without_scanners_was_not_scanned():
    one = only(scan(decision="allow", score=0.0, reason="default"))
    assert (one.verdict, one.score) == ("skipped", None)


def test_other_peoples_decisions_are_not_taken_for_its_own():
    mine = {"decision": "block", "reason": "", "score": 0.97}
    assert format_of({**mine, "ticket": "T-1"}) is None
    assert only(mine).verdict == "flag"


def test_its_own_threshold_counts_where_nobody_tells_another():
    known = format_of(scan())
    assert known is not None
    assert (known.threshold, known.threshold_op) == (0.9, ">=")


# --- Hugging Face


def test_a_winning_benign_label_is_inverted():
    one = only({"label": "SAFE", "score": 0.75})
    assert (one.verdict, one.score, one.score_kind, one.score_raw) == ("pass", 0.25, "probability", "0.75")
    assert one.threshold is None


def test_a_winning_attack_keeps_its_score_and_the_model_is_detector_and_version():
    one = only({"model": "acme/guard-small", "label": "INJECTION", "score": 0.75})
    assert (one.verdict, one.score, one.detector, one.version) == (
        "flag", 0.75, "acme/guard-small", "acme/guard-small",
    )  # fmt: skip


def test_three_labels_sum_their_attacks_and_the_highest_label_is_the_verdict():
    labels = [("BENIGN", 0.5), ("JAILBREAK", 0.375), ("INJECTION", 0.125)]
    one = only({"output": [[{"label": name, "score": score} for name, score in labels]]})
    assert (one.verdict, one.verdict_raw, one.score, one.threshold) == ("pass", "BENIGN", 0.5, None)


@pytest.mark.parametrize("turned", [False, True])
def test_two_labels_are_decided_at_a_half_in_whatever_order_they_stand(*, turned: bool):
    labels = [{"label": "SAFE", "score": 0.5}, {"label": "INJECTION", "score": 0.5}]
    one = only({"labels": labels[::-1] if turned else labels})
    assert (one.verdict, one.score, one.threshold, one.threshold_op) == ("flag", 0.5, 0.5, ">=")


def test_winners_of_several_items_are_not_read_as_labels_of_one():
    with pytest.raises(ValueError, match=r"sum to 1\.870"):
        said({"labels": [{"label": "SAFE", "score": 0.97}, {"label": "INJECTION", "score": 0.9}]})


@pytest.mark.parametrize("label", ["LABEL_1", "positive", "I cannot help with that"])
def test_a_label_that_nobody_explains_is_refused(label: str):
    with pytest.raises(ValueError, match="expected a word for attack"):
        said({"label": label, "score": 0.9})


def test_nameless_labels_of_prompt_guard_2_are_known():
    one = only({"model": "meta-llama/Llama-Prompt-Guard-2-86M", "label": "LABEL_0", "score": 0.75})
    assert (one.verdict, one.score) == ("pass", 0.25)


# --- LLM Guard


def test_valid_means_safe_and_the_number_is_relative_to_the_threshold():
    one = only({"is_valid": True, "scanners": {"PromptInjection": -0.7, "Toxicity": -1.0}})
    assert one == Said(
        "pass", score=-0.7, score_kind="relative", score_raw="-0.7", threshold=0.0, threshold_op=">",
    )  # fmt: skip


def test_a_second_scanner_for_injections_is_a_detector_of_its_own():
    told = said({"is_valid": False, "scanners": {"PromptInjection": -0.1, "JailbreakHints": 0.2}})
    assert [(each.detector, each.verdict) for each in told] == [
        (None, "pass"), ("LLM Guard JailbreakHints", "flag"),
    ]  # fmt: skip


def test_another_scanner_may_be_why_an_item_is_invalid():
    one = only({"is_valid": False, "scanners": {"PromptInjection": 0.0, "Secrets": 1.0}})
    assert (one.verdict, one.score) == ("pass", 0.0)


def test_the_only_scanner_is_why_an_item_is_invalid_though_its_number_was_rounded_to_zero():
    assert only({"is_valid": False, "scanners": {"PromptInjection": 0.0}}).verdict == "flag"


def test_two_scanners_at_zero_leave_open_which_of_them_flagged():
    with pytest.raises(ValueError, match="which flagged"):
        said({"is_valid": False, "scanners": {"PromptInjection": 0.0, "Secrets": 0.0}})


def test_an_item_that_no_scanner_for_injections_saw_was_skipped():
    assert only({"is_valid": False, "scanners": {"Secrets": 1.0}}).verdict == "skipped"


def test_a_batch_keeps_the_failed_prompt_as_an_error():
    batch = [
        {"prompt_index": 0, "is_valid": False, "scanners": {"PromptInjection": 0.4}},
        {"prompt_index": 1, "is_valid": True, "scanners": {}, "error": "SECRET"},
    ]
    told = said({"results": batch, "total_processed": 2, "total_valid": 0, "processing_time": 0.2})
    assert [(each.item, each.verdict, each.score) for each in told] == [
        ("prompt 0", "flag", 0.4),
        ("prompt 1", "error", None),
    ]


# --- Lakera


def test_a_breakdown_makes_each_detector_type_its_own_detector():
    overall, attack, pii = said(named("lakera", "guard"))
    assert (overall.detector, overall.verdict, overall.score) == ("Lakera Guard", "flag", None)
    assert (attack.detector, attack.verdict, attack.score, attack.score_raw) == (
        "Lakera Guard prompt_attack", "flag", 4.0, "l1_confident",
    )  # fmt: skip
    assert (attack.score_kind, attack.score_order) == ("ordinal", lakera.LEVELS)
    assert (pii.verdict, pii.score, pii.category) == ("pass", None, "pii/email")
    assert {each.event_id for each in (overall, attack, pii)} == {"0b-17"}
    assert {each.version for each in (overall, attack, pii)} == {"m-2026-02"}


def test_results_without_a_verdict_are_judged_at_a_threshold_that_is_said():
    attack, link = said(named("lakera", "results"))
    assert (attack.verdict, attack.score, attack.threshold, attack.threshold_op) == ("pass", 1.0, 2.0, ">=")
    assert (link.verdict, link.score) == ("skipped", None)


def test_the_riskiest_message_of_a_request_stands_for_it():
    several = [{"detector_type": "prompt_attack", "result": each} for each in ("l5_unlikely", "l2_likely")]
    one = only({"results": several})
    assert (one.verdict, one.score, one.score_raw) == ("flag", 3.0, "l2_likely")


@pytest.mark.parametrize("level", ["l6_never", "high", None, 1])
def test_an_unknown_level_is_refused(level: Any):
    with pytest.raises(ValueError, match="expected l1_confident"):
        said({"results": [{"detector_type": "prompt_attack", "result": level}]})


# --- Azure Prompt Shields


def test_the_prompt_and_each_document_are_items_of_their_own():
    told = said(named("azure_prompt_shields", "both"))
    assert [(each.item, each.surface, each.verdict, each.score) for each in told] == [
        ("prompt", "user", "pass", None),
        ("document 0", "document", "pass", None),
        ("document 1", "document", "flag", None),
    ]
    assert {each.version for each in told} == {"2024-09-01"}


def test_a_request_without_a_prompt_has_documents_only():
    one = only({"userPromptAnalysis": None, "documentsAnalysis": [{"attackDetected": False}]})
    assert (one.item, one.verdict) == ("document 0", "pass")


def test_an_analysis_without_its_answer_is_refused():
    with pytest.raises(KeyError):
        said({"userPromptAnalysis": {"attacksDetected": []}})


# --- Bedrock Guardrails


def bedrock(*filters: dict[str, Any], **changed: Any) -> dict[str, Any]:
    assessment = {
        "contentPolicy": {"filters": list(filters)},
        "appliedGuardrailDetails": {"guardrailId": "gr-tea", "guardrailVersion": "7"},
    }
    return {"action": "NONE", "outputs": [], "assessments": [assessment], **changed}


def attack(**changed: Any) -> dict[str, Any]:
    told = {"type": "PROMPT_ATTACK", "confidence": "MEDIUM", "filterStrength": "HIGH", "action": "BLOCKED"}
    return {**told, "detected": True, **changed}


def test_a_blocked_prompt_attack_is_a_flag_with_an_ordinal_score():
    assert only(bedrock(attack(), action="GUARDRAIL_INTERVENED")) == Said(
        "flag", "BLOCKED", score=2.0, score_kind="ordinal", score_order=bedrock_guardrails.LEVELS,
        score_raw="MEDIUM", action="block", detector="Bedrock Guardrails gr-tea", version="7",
    )  # fmt: skip


def test_detect_mode_is_a_flag_that_was_only_observed():
    one = only(bedrock(attack(action="NONE")))
    assert (one.verdict, one.action) == ("flag", "observe")


def test_another_filter_is_no_prompt_attack():
    one = only(bedrock(attack(type="HATE"), action="GUARDRAIL_INTERVENED"))
    assert (one.verdict, one.score) == ("pass", None)


def test_a_content_policy_that_used_no_unit_did_not_look():
    assert only(bedrock(usage={"contentPolicyUnits": 0})).verdict == "skipped"
    assert only(bedrock(usage={"contentPolicyUnits": 1})).verdict == "pass"
    assert only(bedrock(attack(filterStrength="NONE", action="NONE", detected=False))).verdict == "skipped"


def test_a_trace_tells_input_from_output():
    told = said(named("bedrock_guardrails", "trace"))
    assert [(each.item, each.surface, each.verdict, each.detector) for each in told] == [
        ("input", "user", "flag", "Bedrock Guardrails gr-ink"),
        ("output 0", "model_output", "pass", "Bedrock Guardrails gr-ink"),
    ]


def test_a_filter_that_neither_blocked_nor_says_whether_it_detected_is_refused():
    told = attack(action="NONE")
    del told["detected"]
    with pytest.raises(KeyError):
        said(bedrock(told))


# --- Model Armor


def armor(found: dict[str, Any] | None, outcome: str = "SUCCESS") -> dict[str, Any]:
    filters = {"pi_and_jailbreak": {"piAndJailbreakFilterResult": found}} if found else {}
    return {
        "sanitizationResult": {
            "filterMatchState": "MATCH_FOUND",
            "invocationResult": outcome,
            "filterResults": filters,
        }
    }


def test_only_the_filter_for_injections_decides():
    one = only(armor({"executionState": "EXECUTION_SUCCESS", "matchState": "NO_MATCH_FOUND"}))
    assert (one.verdict, one.score) == ("pass", None)


def test_a_match_has_an_ordinal_level():
    one = only(armor({"matchState": "MATCH_FOUND", "confidenceLevel": "MEDIUM_AND_ABOVE"}, "PARTIAL"))
    assert (one.verdict, one.score, one.score_kind, one.score_order) == (
        "flag",
        1.0,
        "ordinal",
        model_armor.LEVELS,
    )


def test_a_filter_that_was_skipped_or_is_missing_did_not_pass():
    assert (
        only(armor({"executionState": "EXECUTION_SKIPPED", "matchState": "NO_MATCH_FOUND"})).verdict
        == "skipped"
    )
    missing = {outcome: only(armor(None, outcome)).verdict for outcome in ("SUCCESS", "PARTIAL", "FAILURE")}
    assert missing == {"SUCCESS": "skipped", "PARTIAL": "error", "FAILURE": "error"}


def test_a_log_entry_tells_surface_and_action():
    one = only(named("model_armor", "log entry"))
    assert (one.verdict, one.score, one.surface, one.action) == ("flag", 2.0, "model_output", "block")


def test_the_action_may_stand_within_the_result():
    answer = armor({"matchState": "NO_MATCH_FOUND"})
    answer["sanitizationResult"]["sanitizationVerdict"] = "MODEL_ARMOR_SANITIZATION_VERDICT_ALLOW"
    assert only(answer).action == "allow"


# --- LiteLLM


@pytest.mark.parametrize(
    ("status", "verdict", "action"),
    [
        ("success", "pass", "allow"),
        ("guardrail_intervened", "flag", None),
        ("guardrail_flagged", "flag", "observe"),
        ("guardrail_failed_to_respond", "error", None),
        ("not_run", "skipped", None),
    ],
)
def test_each_status_of_litellm_is_a_state_of_its_own(status: str, verdict: str, action: str | None):
    one = only({"guardrail_name": "house", "guardrail_status": status})
    assert (one.verdict, one.action, one.detector) == (verdict, action, "house")


def test_a_payload_names_the_call_and_a_judges_confidence_is_no_risk():
    one = only(named("litellm", "payload"))
    assert (one.event_id, one.score, one.score_raw) == ("call-9", None, "0.9")
    assert (one.surface, one.category) == ("user", "jailbreak, role play")
    assert one.occurred_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("around", ["metadata", "standard_logging_object"])
def test_entries_are_found_in_spend_logs_and_in_callbacks(around: str):
    payload = named("litellm", "payload")
    assert only({"request_id": "call-9", around: payload}).event_id == "call-9"


def test_the_old_word_failure_is_refused():
    with pytest.raises(ValueError, match="guardrail_status is 'failure'"):
        said({"guardrail_status": "failure"})


# --- Rebuff


def test_each_check_of_rebuff_is_a_detector_and_one_that_did_not_run_has_no_score():
    told = {each.detector: each for each in said(named("rebuff", "older"))}
    assert (told["Rebuff"].verdict, told["Rebuff"].score) == ("flag", None)
    assert told["Rebuff heuristic"].verdict == "pass"
    model = told["Rebuff language_model"]
    assert (model.verdict, model.score, model.threshold, model.threshold_op) == ("flag", 0.95, 0.9, ">")
    vector = told["Rebuff vector_db"]
    assert (vector.verdict, vector.score, vector.threshold) == ("skipped", None, 0.9)


def test_a_score_at_its_threshold_does_not_flag_in_rebuff():
    answer = {**named("rebuff", "older"), "modelScore": 0.9}
    assert next(each for each in said(answer) if each.detector == "Rebuff language_model").verdict == "pass"


def test_a_tactic_that_is_missing_was_not_run():
    told = {each.detector: each.verdict for each in said(named("rebuff", "tactics"))}
    assert told == {
        "Rebuff": "pass", "Rebuff heuristic": "pass", "Rebuff language_model": "skipped",
        "Rebuff vector_db": "pass",
    }  # fmt: skip


# --- Vigil


def test_a_distance_is_turned_so_that_higher_is_riskier():
    told = {each.detector: each for each in said(named("vigil", "partial"))}
    store = told["Vigil vectordb"]
    assert (store.verdict, store.score, store.score_kind, store.score_raw) == (
        "flag",
        -0.125,
        "distance",
        "0.125",
    )


def test_a_model_match_below_its_threshold_is_listed_but_no_flag():
    told = {each.detector: each for each in said(named("vigil", "partial"))}
    model = told["Vigil transformer"]
    assert (model.verdict, model.score, model.score_kind) == ("pass", 0.5, "probability")


def test_a_scanner_that_failed_is_an_error_and_one_without_matches_a_pass():
    told = {each.detector: each for each in said(named("vigil", "partial"))}
    assert {name: each.verdict for name, each in told.items()} == {
        "Vigil transformer": "pass", "Vigil vectordb": "flag", "Vigil yara": "pass",
        "Vigil response-similarity": "error",
    }  # fmt: skip
    assert {each.content for each in told.values()} == {"please rename my cat"}
    assert told["Vigil yara"].occurred_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert told["Vigil yara"].event_id == "v-1"


def test_an_answer_that_failed_as_a_whole_is_one_error():
    answer = {**named("vigil", "partial"), "status": "failed", "results": {}}
    assert only(answer).verdict == "error"


# --- NeMo Guardrails


def test_rails_that_stop_are_flags_and_dialog_rails_detect_nothing():
    told = said(named("nemo_guardrails", "log"))
    assert [(each.detector, each.surface, each.verdict) for each in told] == [
        ("NeMo Guardrails check jailbreak", "user", "pass"),
        ("NeMo Guardrails check facts", "model_output", "flag"),
    ]
    assert told[0].occurred_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_log_without_rails_means_that_nothing_looked():
    assert only({"log": {"activated_rails": []}}).verdict == "skipped"


def test_a_rail_of_an_unknown_type_is_refused():
    with pytest.raises(ValueError, match="type of a rail"):
        said({"activated_rails": [{"type": "telepathy", "name": "x", "stop": False}]})


# --- garak


def test_outputs_of_an_attempt_are_items_and_a_null_score_is_no_pass():
    told = said(named("garak", "attempt"))
    assert [(each.item, each.verdict, each.score, each.content) for each in told] == [
        ("output 0", "flag", 1.0, "sure, here you go"),
        ("output 1", "pass", 0.0, "no"),
        ("output 2", "error", None, "hm"),
        ("output 3", "skipped", None, None),
    ]
    assert {(each.detector, each.threshold, each.threshold_op, each.event_id) for each in told} == {
        ("garak tea.Spill", 0.5, ">=", "a-1")
    }


@pytest.mark.parametrize("status", [0, 1])
def test_an_attempt_that_comes_again_says_nothing_yet(status: int):
    assert said({**named("garak", "attempt"), "status": status}) == []


@pytest.mark.parametrize("status", [3, "2", True, None])
def test_an_unknown_status_of_an_attempt_is_refused(status: Any):
    with pytest.raises(ValueError, match="status of an attempt"):
        said({**named("garak", "attempt"), "status": status})


def test_other_lines_of_a_report_say_nothing():
    assert said(named("garak", "eval")) == []
    assert said({"entry_type": "start_run setup", "run.eval_threshold": 0.7}) == []
    assert said({"entry_type": "init", "garak_version": "9.9", "run": "r-1"}) == []


# --- any-guardrail


def test_a_null_score_of_any_guardrail_stays_null():
    one = only({"valid": True, "explanation": None, "score": None})
    assert (one.verdict, one.score, one.score_kind) == ("pass", None, "none")


def test_an_invalid_item_is_a_flag_and_no_verdict_is_an_error():
    one = only(named("any_guardrail", "invalid"))
    assert (one.verdict, one.score, one.score_kind, one.category, one.version) == (
        "flag", 0.8, "other", "jailbreak", "acme/guard",
    )  # fmt: skip
    assert only({"valid": None, "explanation": "SECRET", "score": 0.4}).verdict == "error"


# --- annotations


def test_an_annotation_by_a_program_is_a_verdict_without_a_risk():
    one = only(named("annotations", "phoenix"))
    assert (one.verdict, one.detector, one.version, one.event_id) == ("flag", "injection", "judge-3", "5pan")
    assert (one.score, one.score_raw) == (None, "0.2")


def test_flat_annotations_are_read_and_a_persons_stands_aside():
    one = only(named("annotations", "openinference"))
    assert (one.verdict, one.detector, one.event_id) == ("pass", "injection", "5pan-2")


def test_what_a_person_said_is_a_label():
    with pytest.raises(ValueError, match="label"):
        said({**named("annotations", "phoenix"), "annotator_kind": "HUMAN"})


def test_an_annotation_with_a_score_but_no_label_is_refused():
    with pytest.raises(ValueError, match="label is null"):
        said({**named("annotations", "phoenix"), "result": {"label": None, "score": 1.0}})


# --- AgentDojo


def run(*outputs: Any, **changed: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "book a room"}]
    messages += [{"role": "tool", "content": each} for each in outputs]
    told = {
        "suite_name": "travel", "pipeline_name": "m-transformers_pi_detector", "user_task_id": "user_task_0",
        "injection_task_id": None, "attack_type": None, "injections": {}, "error": None,
    }  # fmt: skip
    return {**told, "messages": messages, "utility": True, "security": True, **changed}


def test_a_replaced_output_is_a_flag_and_its_text_is_gone():
    kept, replaced = said(run([{"type": "text", "content": "a room"}], agentdojo.MARKER))
    assert (kept.verdict, kept.item, kept.content, kept.surface) == (
        "pass",
        "message 1",
        "a room",
        "tool_output",
    )
    assert (replaced.verdict, replaced.item, replaced.content) == ("flag", "message 2", None)
    assert kept.event_id == "travel/m-transformers_pi_detector/user_task_0/none/none"


def test_a_pipeline_without_a_detector_did_not_look():
    assert only(run("a room", pipeline_name="m")).verdict == "skipped"


def test_a_run_that_broke_off_leaves_its_last_output_undecided():
    assert [each.verdict for each in said(run("a", "b", error="SECRET"))] == ["pass", "error"]
