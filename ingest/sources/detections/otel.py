"""What do results of evaluations in OpenTelemetry say: events `gen_ai.evaluation.result` in files of OTLP?

They come as log records, as events of spans and, from some exporters, as spans of that name. The explanation
that goes with a result may repeat the prompt, and is never stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ingest.contracts.detections import TRAFFIC
from ingest.sources.approvals.base import Record
from ingest.sources.approvals.otlp.binary_messages import binary_events
from ingest.sources.approvals.otlp.events import (
    BROKEN,
    FAULTS,
    METRICS,
    UNKNOWN_MOMENT,
    UNWANTED,
    Asked,
    Event,
)
from ingest.sources.approvals.otlp.json_messages import json_events
from ingest.sources.approvals.otlp.reading import recognises as is_telemetry
from ingest.sources.approvals.telling import blocks
from ingest.sources.detections.envelopes import short
from ingest.sources.detections.records import (
    UNKNOWN,
    UNRECOGNISED,
    Context,
    Found,
    Kind,
    Row,
    digest,
    refused,
)
from ingest.sources.detections.words import is_about_attacks, judged, verdict_of

EVENT: Final = "gen_ai.evaluation.result"
FOREIGN: Final = "evaluations of something else than attacks"
OTHERS: Final = "telemetry that tells of no evaluation"
_NAME: Final = "gen_ai.evaluation.name"
_LABEL: Final = "gen_ai.evaluation.score.label"
_SCORE: Final = "gen_ai.evaluation.score.value"
_VERSION: Final = ("gen_ai.evaluation.evaluator.version", "gen_ai.evaluator.version")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK: Final = 500  # messages, each of which may hold hundreds of records


def recognises(head: bytes, name: str) -> bool:
    """Whether a file that begins so is OTLP; protobuf is known by its moments, or by a result without one."""
    return is_telemetry(head, name) or (head.startswith(b"\n") and _is_result(head))


def _is_result(head: bytes) -> bool:
    try:
        return bool(binary_events(head, _asked()))
    except FAULTS:
        return False


def _asked() -> Asked:
    return Asked(frozenset({EVENT}), has_span_events=True, has_timeless=True)


def read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    """Rows of the results in a file of messages."""
    for block in blocks(records, _BLOCK):
        rows: list[Row] = []
        left_out: Counter[str] = Counter()
        for record in block:
            reference = f"{context.name}#{record.offset}"
            rows += [{**row, "raw_ref": reference} for row in _rows(record, context, left_out)]
        yield Found(rows, left_out=+left_out)


def _rows(record: Record, context: Context, left_out: Counter[str]) -> Iterator[Row]:
    reference = f"{context.name}#{record.offset}"
    asked = _asked()
    try:
        events = _events(record.content, asked)
    except FAULTS:
        yield refused(reference)
        return
    for event in events:
        name = event.text(_NAME) or ""
        if is_about_attacks(name) or name == context.place.detector:
            yield _row(event, name, context)
        else:
            left_out[FOREIGN] += 1
    left_out[OTHERS] += asked.others[UNWANTED] + asked.others[METRICS]
    if asked.others[BROKEN]:
        yield refused(reference)


def _events(content: bytes, asked: Asked) -> list[Event]:
    return json_events(content, asked) if content.lstrip().startswith(b"{") else binary_events(content, asked)


def _row(event: Event, name: str, context: Context) -> dict[str, Any]:
    place, label, fault = context.place, event.text(_LABEL), event.text("error.type")
    score = _score(event)
    operator = place.threshold_op or (None if place.threshold is None else ">=")
    told = "error" if fault else verdict_of(label)
    verdict = judged(told, score, place.threshold, operator)
    return {
        "event_id": _event_id(event), "detector": name, "verdict": verdict or UNRECOGNISED,
        "detector_version": next(filter(None, map(event.text, _VERSION)), None) or place.version or UNKNOWN,
        "occurred_at": _moment(event), "verdict_raw": short(fault or label),
        "score": score, "score_kind": "none" if score is None else "other",
        "threshold": place.threshold, "threshold_op": operator, "surface": place.surface or "unknown",
        "cohort": place.cohort or TRAFFIC, "repository": event.origin.repository or place.repository,
        "conversation_id": event.text("gen_ai.conversation.id") or event.text("session.id"),
    }  # fmt: skip


def _moment(event: Event) -> datetime | None:
    return None if event.at == UNKNOWN_MOMENT else _EPOCH + timedelta(microseconds=event.at)


def _event_id(event: Event) -> str:
    """The answer that was evaluated, or the span in which it was made."""
    told = event.text("gen_ai.response.id") or event.span_id or event.parent_id
    return told or digest([event.at, sorted((key, str(value)) for key, value in event.told.items())])


def _score(event: Event) -> float | None:
    told = event.text(_SCORE)
    try:
        return float(told) if told is not None else None
    except ValueError:
        return None


OTEL: Final = Kind("otel", "results of evaluations (gen_ai.evaluation.result) in files of OTLP", "otlp", read)

__all__ = ["OTEL", "recognises"]
