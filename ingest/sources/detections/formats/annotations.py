"""Phoenix and OpenInference: what did a program's annotations say of a span?

A Phoenix annotation is an object of its own with its result; OpenInference writes them flat among a span's
attributes, as `annotations.0.annotation.label` or `evaluations.0.evaluation.label`. The annotation's name is
the detector, its identifier the version. Its label must be a known word for attack or benign: range and
direction of a score depend on the evaluator, so a score is kept as written and never read as a risk.
What a person said (HUMAN) is a label, not a verdict: it raises, or stands aside where a program spoke, too.
Explanations are not kept.
Shape: spec/annotations.md in Arize-ai/openinference; schema SpanAnnotation of Phoenix' API (as in
api-evangelist/phoenix json-schema/, and the packages of its client).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.told import has, meaning, moment, number, part, raw, text, wanted
from ingest.sources.detections.formats.words import verdict_of

_FLAT: Final = re.compile(r"(annotations|evaluations)\.(\d{1,6})\.(?:annotation|evaluation)\.(\w+)")
_KINDS: Final = {"HUMAN": False, "LLM": True, "CODE": True}


def _recognises(answer: Answer) -> bool:
    is_phoenix = has(answer, "annotator_kind", "name", "result") and _names_span(answer)
    return is_phoenix or any(fields.keys() >= {"name"} for fields in _flat(answer).values())


def _names_span(answer: Answer) -> bool:
    return any(has(answer, name) for name in ("span_id", "trace_id", "session_id"))


def _read(answer: Answer) -> Iterator[Said]:
    if has(answer, "annotator_kind", "name", "result"):
        yield _phoenix(answer)
        return
    flat = [fields for fields in _flat(answer).values() if "name" in fields]
    said = [_said(each, each) for each in flat if _is_program(each)]
    if not said:
        raise ValueError("all annotations of this span are by people; read them as labels")
    yield from (replace(each, event_id=_span_id(answer)) for each in said)


def _phoenix(answer: Answer) -> Said:
    if not _is_program(answer):
        raise ValueError("annotator_kind is HUMAN; what a person says is a label: read it as labels")
    said = _said(answer, answer["result"])
    told = next(text(answer.get(name)) for name in ("span_id", "trace_id", "session_id") if name in answer)
    return replace(said, event_id=told, occurred_at=moment(answer.get("created_at"), "created_at"))


def _is_program(told: Mapping[str, Any]) -> bool:
    """Whether no person said it; where nobody says who did, it is not taken for a program's."""
    return meaning(wanted(told, "annotator_kind"), _KINDS, "annotator_kind")


def _said(told: Mapping[str, Any], result: Any) -> Said:
    label = wanted(result, "label")
    number(result.get("score"), "score")
    return Said(
        verdict_of(label), text(label), score_raw=raw(result.get("score")),
        detector=text(told.get("name")), version=text(told.get("identifier")),
    )  # fmt: skip


def _flat(answer: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Annotations of a span by form and index."""
    attributes = part(answer, "attributes")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, value in (attributes if has(attributes) else answer if has(answer) else {}).items():
        told = _FLAT.fullmatch(name) if isinstance(name, str) else None
        if told:
            found.setdefault((told[1], told[2]), {})[told[3]] = value
    return found


def _span_id(answer: Answer) -> str | None:
    return text(part(answer, "context", "span_id")) or text(answer.get("span_id"))


ANNOTATIONS: Final = Format(
    "annotations",
    "Phoenix and OpenInference: annotations of a span by a model or by code",
    "annotation",
    _recognises,
    _read,
)
