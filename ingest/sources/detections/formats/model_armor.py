"""Google Cloud Model Armor: did its filter for prompt injection and jailbreaks match?

Only that filter is read, not the overall `filterMatchState`, which is also of other filters. Its level
(LOW_AND_ABOVE, MEDIUM_AND_ABOVE, HIGH) is ordinal and told of matches only: without one there is no score.
A filter whose execution was skipped is `skipped`; one that is missing from a PARTIAL or FAILURE invocation
is an `error`; one that is missing from a SUCCESS is not switched on, and `skipped`.
Shape: Google's reference of Model Armor v1 (InvocationResult, FilterExecutionState), and the log entry
SanitizeOperationLogEntry as public repositories build and read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import leveled
from ingest.sources.detections.formats.told import entries, has, meaning, part, wanted

_RESULT: Final = "sanitizationResult"
_FILTER: Final = "piAndJailbreakFilterResult"
LEVELS: Final = ("LOW_AND_ABOVE", "MEDIUM_AND_ABOVE", "HIGH")
_LEVEL: Final = {**{each: each for each in LEVELS}, "DETECTION_CONFIDENCE_LEVEL_UNSPECIFIED": None}
_MATCH: Final = {"MATCH_FOUND": "flag", "NO_MATCH_FOUND": "pass"}
_RAN: Final = {"EXECUTION_SUCCESS": True, "EXECUTION_SKIPPED": False}
_MISSING: Final = {"SUCCESS": "skipped", "PARTIAL": "error", "FAILURE": "error"}
_SURFACE: Final = {"SANITIZE_USER_PROMPT": "user", "SANITIZE_MODEL_RESPONSE": "model_output"}
_ACTION: Final = {
    "MODEL_ARMOR_SANITIZATION_VERDICT_BLOCK": "block",
    "MODEL_ARMOR_SANITIZATION_VERDICT_ALLOW": "allow",
}


def _recognises(answer: Answer) -> bool:
    result = part(answer, _RESULT)
    return any(has(result, name) for name in ("filterMatchState", "filterResults", "invocationResult"))


def _read(answer: Answer) -> Iterator[Said]:
    result = entries(answer[_RESULT], _RESULT)
    outcome = meaning(result.get("invocationResult", "SUCCESS"), _MISSING, "invocationResult")
    found = _filter(result.get("filterResults"))
    said = _judged(found) if found is not None else Said(outcome, result.get("invocationResult"))
    yield replace(said, surface=_told(answer, "operationType", _SURFACE), action=_action(answer))


def _filter(results: Any) -> Any:
    """The filter's result; they come as an object of filters or as a list of them."""
    filters = results if isinstance(results, list) else list(entries(results or {}, "filterResults").values())
    return next((each[_FILTER] for each in filters if has(each, _FILTER)), None)


def _judged(found: Any) -> Said:
    state = entries(found, _FILTER).get("executionState", "EXECUTION_SUCCESS")
    if not meaning(state, _RAN, "executionState"):
        return Said("skipped", state)
    matched = wanted(found, "matchState")
    level = meaning(found["confidenceLevel"], _LEVEL, "confidenceLevel") if _has_level(found) else None
    said = Said(meaning(matched, _MATCH, "matchState"), matched, score_raw=found.get("confidenceLevel"))
    return leveled(said, level, LEVELS)


def _has_level(found: Any) -> bool:
    return found.get("confidenceLevel") is not None


def _told(answer: Answer, name: str, words: dict[str, str]) -> str | None:
    return meaning(answer[name], words, name) if answer.get(name) is not None else None


def _action(answer: Answer) -> str | None:
    """What was done; log entries say it beside the result or in it."""
    name = "sanitizationVerdict"
    return _told(answer, name, _ACTION) or _told(answer[_RESULT], name, _ACTION)


MODEL_ARMOR: Final = Format(
    "model_armor",
    "Google Cloud Model Armor: the answer to a sanitize call, or its log entry",
    "Model Armor",
    _recognises,
    _read,
)
