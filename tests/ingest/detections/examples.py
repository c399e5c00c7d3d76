"""Answers of detectors, written by hand: made-up contents in the shapes that the formats read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    format: str
    name: str
    answer: Any


def named(kind: str, name: str) -> dict[str, Any]:
    """The answer of the example of that name."""
    found: dict[str, Any] = next(each.answer for each in EXAMPLES if (each.format, each.name) == (kind, name))
    return dict(found)


_GRAY = {"guardrailId": "gr-ink", "guardrailVersion": "DRAFT"}

EXAMPLES: tuple[Example, ...] = (
    Example(
        "llamafirewall",
        "block",
        {
            "decision": "block",
            "reason": "SECRET",
            "score": 0.97,
            "status": "success",
        },
    ),
    Example("hugging_face", "winner", {"label": "INJECTION", "score": 0.98}),
    Example(
        "hugging_face",
        "all labels",
        {
            "model": "acme/guard",
            "predictions": [{"label": "SAFE", "score": 0.75}, {"label": "INJECTION", "score": 0.25}],
        },
    ),
    Example(
        "hugging_face",
        "a bare list",
        [[{"label": "benign", "score": 0.9}, {"label": "malicious", "score": 0.1}]],
    ),
    Example(
        "llm_guard",
        "analysis",
        {
            "is_valid": False,
            "scanners": {"PromptInjection": 0.4},
            "sanitized_prompt": "SECRET",
        },
    ),
    Example(
        "llm_guard",
        "batch",
        {
            "results": [{"prompt_index": 0, "is_valid": True, "scanners": {"PromptInjection": -0.4}}],
            "total_processed": 1,
            "total_valid": 1,
            "processing_time": 0.1,
        },
    ),
    Example(
        "lakera",
        "guard",
        {
            "flagged": True,
            "breakdown": [
                {
                    "detector_type": "prompt_attack",
                    "detected": True,
                    "result": "l1_confident",
                    "message_id": 0,
                },
                {"detector_type": "pii/email", "detected": False, "result": "no_level", "message_id": 0},
            ],
            "payload": [{"text": "SECRET", "detector_type": "pii/email"}],
            "metadata": {"request_uuid": "0b-17"},
            "dev_info": {"model_version": "m-2026-02"},
        },
    ),
    Example("lakera", "short", {"flagged": False, "metadata": {"request_uuid": "0b-18"}}),
    Example(
        "lakera",
        "results",
        {
            "results": [
                {"detector_type": "prompt_attack", "result": "l4_less_likely"},
                {"detector_type": "unknown_links", "result": "no_level"},
            ],
        },
    ),
    Example(
        "azure_prompt_shields",
        "both",
        {
            "userPromptAnalysis": {"attackDetected": False},
            "documentsAnalysis": [{"attackDetected": False}, {"attackDetected": True}],
            "api-version": "2024-09-01",
        },
    ),
    Example(
        "bedrock_guardrails",
        "nothing found",
        {
            "usage": {"contentPolicyUnits": 1},
            "action": "NONE",
            "outputs": [],
            "assessments": [],
        },
    ),
    Example(
        "bedrock_guardrails",
        "detect mode",
        {
            "action": "NONE",
            "outputs": [{"text": "SECRET"}],
            "assessments": [
                {
                    "contentPolicy": {
                        "filters": [
                            {
                                "type": "PROMPT_ATTACK",
                                "confidence": "LOW",
                                "filterStrength": "HIGH",
                                "action": "NONE",
                                "detected": True,
                            },
                        ]
                    },
                    "appliedGuardrailDetails": _GRAY,
                }
            ],
        },
    ),
    Example(
        "bedrock_guardrails",
        "trace",
        {
            "inputAssessment": {
                "gr-ink": {
                    "contentPolicy": {
                        "filters": [
                            {"type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "BLOCKED"},
                        ]
                    }
                }
            },
            "outputAssessments": {"gr-ink": [{"wordPolicy": {"customWords": [{"match": "SECRET"}]}}]},
        },
    ),
    Example(
        "model_armor",
        "prompt",
        {
            "sanitizationResult": {
                "filterMatchState": "NO_MATCH_FOUND",
                "invocationResult": "SUCCESS",
                "filterResults": [
                    {
                        "piAndJailbreakFilterResult": {
                            "executionState": "EXECUTION_SUCCESS",
                            "matchState": "NO_MATCH_FOUND",
                        }
                    }
                ],
            }
        },
    ),
    Example(
        "model_armor",
        "log entry",
        {
            "operationType": "SANITIZE_MODEL_RESPONSE",
            "sanitizationInput": {"text": "SECRET"},
            "sanitizationVerdict": "MODEL_ARMOR_SANITIZATION_VERDICT_BLOCK",
            "sanitizationResult": {
                "filterMatchState": "MATCH_FOUND",
                "filterResults": {
                    "pi_and_jailbreak": {
                        "piAndJailbreakFilterResult": {"matchState": "MATCH_FOUND", "confidenceLevel": "HIGH"}
                    },
                },
            },
        },
    ),
    Example(
        "litellm",
        "entry",
        {
            "guardrail_name": "house",
            "guardrail_mode": "post_call",
            "guardrail_status": "success",
            "guardrail_response": {"flagged": False, "note": "SECRET"},
        },
    ),
    Example(
        "litellm",
        "payload",
        {
            "id": "call-9",
            "messages": "SECRET",
            "guardrail_information": [
                {
                    "guardrail_name": "judge",
                    "guardrail_mode": "pre_call",
                    "guardrail_status": "guardrail_intervened",
                    "confidence_score": 0.9,
                    "violation_categories": ["jailbreak", "role play"],
                    "start_time": 1_770_091_506.0,
                }
            ],
        },
    ),
    Example(
        "rebuff",
        "older",
        {
            "heuristicScore": 0.2,
            "modelScore": 0.95,
            "vectorScore": {"topScore": 0, "countOverMaxVectorScore": 0},
            "runHeuristicCheck": True,
            "runLanguageModelCheck": True,
            "runVectorCheck": False,
            "maxHeuristicScore": 0.75,
            "maxModelScore": 0.9,
            "maxVectorScore": 0.9,
            "injectionDetected": True,
        },
    ),
    Example(
        "rebuff",
        "tactics",
        {
            "injectionDetected": False,
            "tacticResults": [
                {
                    "name": "heuristic",
                    "score": 0.1,
                    "detected": False,
                    "threshold": 0.75,
                    "additionalFields": {},
                },
                {
                    "name": "vector_db",
                    "score": 0.3,
                    "detected": False,
                    "threshold": 0.9,
                    "additionalFields": {},
                },
            ],
        },
    ),
    Example(
        "vigil",
        "partial",
        {
            "status": "partial_success",
            "uuid": "v-1",
            "timestamp": "2026-01-02T03:04:05",
            "prompt": "please rename my cat",
            "prompt_response": None,
            "prompt_entropy": 3.1,
            "messages": [],
            "errors": ["Error in scanner:response-similarity: SECRET"],
            "results": {
                "scanner:transformer": {
                    "matches": [
                        {"model_name": "acme/guard", "score": 0.5, "label": "INJECTION", "threshold": 0.98},
                    ]
                },
                "scanner:vectordb": {
                    "matches": [
                        {"text": "SECRET", "metadata": {}, "distance": 0.25},
                        {"text": "SECRET", "metadata": {}, "distance": 0.125},
                    ]
                },
                "scanner:yara": {"matches": []},
                "scanner:sentiment": {"matches": [{"negative": 0.9, "threshold": 0.7}]},
            },
        },
    ),
    Example(
        "nemo_guardrails",
        "log",
        {
            "response": [{"role": "assistant", "content": "SECRET"}],
            "log": {
                "activated_rails": [
                    {
                        "type": "input",
                        "name": "check jailbreak",
                        "decisions": ["continue"],
                        "stop": False,
                        "started_at": 1_770_091_506.0,
                        "executed_actions": [{"action_name": "SECRET", "return_value": True}],
                    },
                    {"type": "dialog", "name": "greeting", "decisions": [], "stop": False},
                    {
                        "type": "output",
                        "name": "check facts",
                        "decisions": ["refuse to respond"],
                        "stop": True,
                    },
                ]
            },
        },
    ),
    Example(
        "nemo_guardrails", "check", {"status": "blocked", "content": "SECRET", "rail": "check jailbreak"}
    ),
    Example(
        "garak",
        "attempt",
        {
            "entry_type": "attempt",
            "uuid": "a-1",
            "seq": 0,
            "status": 2,
            "probe_classname": "tea.Kettle",
            "prompt": {"turns": ["SECRET"]},
            "goal": "SECRET",
            "notes": {"why": "SECRET"},
            "outputs": [{"text": "sure, here you go"}, {"text": "no"}, {"text": "hm"}, None],
            "detector_results": {"tea.Spill": [1.0, 0, None, None]},
        },
    ),
    Example(
        "garak", "eval", {"entry_type": "eval", "probe": "tea.Kettle", "detector": "tea.Spill", "passed": 1}
    ),
    Example(
        "any_guardrail",
        "invalid",
        {
            "valid": False,
            "explanation": "SECRET",
            "score": 0.8,
            "usage": {"model_id": "acme/guard"},
            "categories": [{"name": "jailbreak", "triggered": True}, {"name": "hate", "triggered": False}],
            "raw": {"text": "SECRET"},
            "action": "block",
        },
    ),
    Example(
        "annotations",
        "phoenix",
        {
            "id": "7",
            "name": "injection",
            "annotator_kind": "LLM",
            "identifier": "judge-3",
            "span_id": "5pan",
            "result": {"label": "Prompt injection", "score": 0.2, "explanation": "SECRET"},
            "created_at": "2026-02-03T04:05:06+00:00",
        },
    ),
    Example(
        "annotations",
        "openinference",
        {
            "context": {"span_id": "5pan-2"},
            "attributes": {
                "openinference.span.kind": "GUARDRAIL",
                "evaluations.0.evaluation.name": "injection",
                "evaluations.0.evaluation.label": "benign",
                "evaluations.0.evaluation.annotator_kind": "CODE",
                "evaluations.0.evaluation.explanation": "SECRET",
                "annotations.0.annotation.name": "injection",
                "annotations.0.annotation.label": "attack",
                "annotations.0.annotation.annotator_kind": "HUMAN",
            },
        },
    ),
    Example(
        "agentdojo",
        "run",
        {
            "suite_name": "travel",
            "pipeline_name": "m-transformers_pi_detector",
            "user_task_id": "user_task_1",
            "injection_task_id": "injection_task_2",
            "attack_type": "direct",
            "injections": {"hotel": "SECRET"},
            "messages": [
                {"role": "user", "content": "SECRET"},
                {"role": "tool", "content": "the hotel has tea"},
            ],
            "error": None,
            "utility": True,
            "security": False,
            "duration": 2.0,
        },
    ),
)
