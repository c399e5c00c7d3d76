"""Amazon Bedrock Guardrails: did the content filter PROMPT_ATTACK detect something?

Only that filter is read; `action` of the whole guardrail is also of its other policies. In detect mode the
filter's action is NONE though `detected` is true: that is a flag, and nothing was done about it (observe).
Its confidence (NONE, LOW, MEDIUM, HIGH) is ordinal. By default only filters that detected something are
listed: where it is missing, nothing was found and there is no score; where no unit of the content policy
was used, or the filter's strength is NONE, it did not look (skipped). A strength is a threshold (HIGH acts
from LOW on, LOW only on HIGH), but told of findings only, so it is not said: the version fixes it.
An answer without assessments names no guardrail: where logs hold such, the settings must tell detector and
version, or these passes are of another detector than the flags.
Shape: the reference of ApplyGuardrail and GuardrailTraceAssessment of the Bedrock Runtime API, as in
botocore 1.44.5 and in clients of public repositories; the trace of Converse tells input from output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed, leveled, numbered, riskiest
from ingest.sources.detections.formats.told import (
    entries,
    has,
    meaning,
    objects,
    part,
    text,
    truth,
    wanted,
)

LEVELS: Final = ("NONE", "LOW", "MEDIUM", "HIGH")
_LEVEL: Final = {each: each for each in LEVELS}
_OVERALL: Final = ("GUARDRAIL_INTERVENED", "NONE")
_POLICIES: Final = (
    "contentPolicy", "topicPolicy", "wordPolicy", "sensitiveInformationPolicy", "contextualGroundingPolicy",
    "automatedReasoningPolicy", "invocationMetrics", "appliedGuardrailDetails",
)  # fmt: skip
_INPUT: Final = "inputAssessment"
_OUTPUT: Final = "outputAssessments"


def _recognises(answer: Answer) -> bool:
    if has(part(answer, _INPUT)) or has(part(answer, _OUTPUT)):
        return True
    assessments = part(answer, "assessments")
    if not isinstance(assessments, list):
        return False
    is_ours = has(answer, "outputs") or any(map(_is_assessment, assessments))
    return is_ours and answer.get("action") in _OVERALL


def _is_assessment(each: Any) -> bool:
    return any(has(each, name) for name in _POLICIES)


def _read(answer: Answer) -> Iterator[Said]:
    if has(answer, "assessments"):
        assessments = objects(answer["assessments"], "assessments")
        yield from numbered([_said(each, answer) for each in assessments or [{}]], "assessment")
        return
    for name, each in entries(answer.get(_INPUT) or {}, _INPUT).items():
        yield replace(_traced(each, name, "user"), item="input")
    for name, several in entries(answer.get(_OUTPUT) or {}, _OUTPUT).items():
        said = [_traced(each, name, "model_output") for each in objects(several, _OUTPUT)]
        yield from (replace(each, item=f"output {place}") for place, each in enumerate(said))


def _traced(assessment: Any, guardrail: str, surface: str) -> Said:
    said = _said(entries(assessment, "assessment"), {})
    return replace(said, surface=surface, detector=said.detector or _named(guardrail))


def _said(assessment: Any, answer: Answer) -> Said:
    details = part(assessment, "appliedGuardrailDetails")
    found = [_filtered(each) for each in _attacks(assessment)]
    said = riskiest(found) if found else _unfound(assessment, answer)
    return replace(
        said,
        detector=_named(text(part(details, "guardrailId"))),
        version=text(part(details, "guardrailVersion")),
    )


def _named(guardrail: str | None) -> str | None:
    return f"Bedrock Guardrails {guardrail}" if guardrail else None


def _attacks(assessment: Any) -> Sequence[Any]:
    filters = part(assessment, "contentPolicy", "filters")
    told = objects(filters, "filters") if filters is not None else []
    return [each for each in told if wanted(each, "type") == "PROMPT_ATTACK"]


def _unfound(assessment: Any, answer: Answer) -> Said:
    usage = part(assessment, "invocationMetrics", "usage") or part(answer, "usage")
    units = part(usage, "contentPolicyUnits")
    return Said("skipped" if units == 0 and units is not False else "pass")


def _filtered(told: Any) -> Said:
    if told.get("filterStrength") == "NONE":
        return Said("skipped", "filterStrength NONE")
    level = meaning(wanted(told, "confidence"), _LEVEL, "confidence")
    is_blocked = meaning(wanted(told, "action"), {"BLOCKED": True, "NONE": False}, "action")
    is_flagged = is_blocked or _is_detected(told, level)
    action = "block" if is_blocked else "observe" if is_flagged else "allow"
    said = Said(flagged_or_passed(is_flagged), told["action"], score_raw=level, action=action)
    return leveled(said, level, LEVELS)


def _is_detected(told: Any, level: str) -> bool:
    """Whether a filter that did not block detected something; without `detected` only NONE says no.

    Older answers have no `detected`, and list only what was blocked.
    """
    if told.get("detected") is None and level != "NONE":
        raise KeyError("detected")
    return told.get("detected") is not None and truth(told["detected"], "detected")


BEDROCK_GUARDRAILS: Final = Format(
    "bedrock_guardrails",
    "Amazon Bedrock Guardrails: the answer of ApplyGuardrail, or a guardrail's trace",
    "Bedrock Guardrails",
    _recognises,
    _read,
)
