"""What do exports of Langfuse say: scores of evaluators are verdicts, those of people are labels?

Scores come as JSON (a list, or `data` of its interface), JSON lines or CSV, with names in camelCase from its
interface and pages and in snake_case from its export to object stores; also inside traces and observations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ingest.contracts.detections import TRAFFIC
from ingest.redaction import without_secrets
from ingest.sources.approvals.telling import blocks, mapping, moment, text
from ingest.sources.detections.columns import annotator
from ingest.sources.detections.envelopes import short
from ingest.sources.detections.records import (
    UNKNOWN,
    UNRECOGNISED,
    Context,
    Found,
    Row,
    digest,
    refused,
    told_of,
)
from ingest.sources.detections.shapes import Each, Table, objects
from ingest.sources.detections.words import by_threshold, is_about_attacks, label_of, verdict_of

SOURCES: Final = ("API", "EVAL", "ANNOTATION")
FOREIGN: Final = "scores of something else than attacks"
EMPTY: Final = "traces and observations without a score"
NOBODY: Final = "annotator of Langfuse"  # its export to object stores names no authors
_FIELDS: Final = {
    "traceId": "trace_id", "observationId": "observation_id", "sessionId": "session_id",
    "stringValue": "string_value", "dataType": "data_type", "authorUserId": "author_user_id",
    "createdAt": "created_at", "queueId": "queue_id",
}  # fmt: skip
_TRUTHS: Final = {1.0: "1", 0.0: "0"}


def recognises(lines: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a file's objects are scores, or traces that hold some."""
    return any(_scores(line) or _is_data(line) for line in lines)


def _is_data(line: Mapping[str, Any]) -> bool:
    rows = line.get("data")
    return isinstance(rows, list) and "meta" in line and any(_scores(mapping(row)) for row in rows)


def read(records: Any, context: Context) -> Iterator[Found]:
    """Verdicts and labels of JSON."""
    yield from _read(objects(records, context.name), context)


def read_table(records: Table, context: Context) -> Iterator[Found]:
    """Verdicts and labels of a table."""
    yield from _read(records.rows(context.name), context)


def _read(rows: Iterable[Each], context: Context) -> Iterator[Found]:
    for block in blocks(rows):
        detections: list[Row] = []
        labels: list[Row] = []
        left_out: Counter[str] = Counter()
        for reference, line in block:
            if line is None:
                detections.append(refused(reference))
                continue
            scores = _scores(line)
            left_out[EMPTY] += not scores
            for score in scores:
                _take(score, line, (detections, labels, left_out), (context, reference))
        yield Found(detections, labels, left_out=+left_out)


def _scores(line: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Scores in an object: itself, or those that a trace or observation lists."""
    listed = line.get("scores")
    told = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else [line]
    return [score for score in map(_plain, told) if _is_score(score)]


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """A score with one spelling of its fields; what is empty is not told."""
    return {_FIELDS.get(name, name): value for name, value in said.items() if value not in (None, "")}


def _is_score(score: Mapping[str, Any]) -> bool:
    return (
        score.get("source") in SOURCES and "name" in score and ("value" in score or "string_value" in score)
    )


def _take(
    score: Mapping[str, Any],
    line: Mapping[str, Any],
    into: tuple[list[Row], list[Row], Counter[str]],
    at: tuple[Context, str],
) -> None:
    (detections, labels, left_out), (context, reference) = into, at
    name = str(score["name"])
    if not (is_about_attacks(name) or name == context.place.detector):
        left_out[FOREIGN] += 1
    elif score["source"] == "ANNOTATION":
        labels.append({**_label(score, line, context), "raw_ref": reference})
    else:
        detections.append({**_verdict(score, line, context), "raw_ref": reference})


def _event(score: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    names = ("observation_id", "trace_id", "session_id")
    told = next(filter(None, (text(score.get(name)) for name in names)), None)
    return told or text(line.get("id") if line.get("scores") else None) or digest(dict(score))


def _word(score: Mapping[str, Any]) -> str | None:
    """What a score says in a word: its category, or whether it is true."""
    if score.get("data_type") == "NUMERIC":
        return None
    word = text(score.get("string_value"))
    return word if word is not None else _TRUTHS.get(_number(score) if _number(score) is not None else -1.0)


def _number(score: Mapping[str, Any]) -> float:
    try:
        return float(score.get("value", "nan"))
    except (TypeError, ValueError):
        return float("nan")


def _verdict(score: Mapping[str, Any], line: Mapping[str, Any], context: Context) -> dict[str, Any]:
    place, word = context.place, _word(score)
    number = _number(score) if score.get("data_type") == "NUMERIC" else None
    told = None if number != number else number  # noqa: PLR0124 - not a number is not told
    operator = place.threshold_op or (None if place.threshold is None else ">=")
    verdict = verdict_of(word) if word else by_threshold(told, place.threshold, operator)
    item = line.get("input") if line.get("scores") else None
    return {
        "event_id": _event(score, line), "detector": str(score["name"]), "occurred_at": _moment(score),
        "detector_version": place.version or UNKNOWN, "verdict": verdict or UNRECOGNISED,
        "verdict_raw": short(word), "score": told, "score_kind": "none" if told is None else "other",
        "threshold": place.threshold, "threshold_op": operator, "surface": place.surface or "unknown",
        "cohort": place.cohort or TRAFFIC, "repository": place.repository,
        "conversation_id": text(score.get("session_id")),
        **told_of(item if isinstance(item, str) else None, keep_text=context.keep_text),
    }  # fmt: skip


def _label(score: Mapping[str, Any], line: Mapping[str, Any], context: Context) -> dict[str, Any]:
    word, comment = _word(score), text(score.get("comment"))
    return {
        "event_id": _event(score, line), "annotator": annotator(text(score.get("author_user_id")) or NOBODY),
        "labelled_at": _moment(score), "annotator_kind": "human", "label": short(label_of(word)),
        "choice": short(word), "cohort": context.place.cohort, "is_adjudication": False,
        "reason": without_secrets(comment) if comment else None,
    }  # fmt: skip


def _moment(score: Mapping[str, Any]) -> datetime | None:
    """When a score was given; exports to object stores write UTC without saying so."""
    told = score.get("timestamp", score.get("created_at"))
    known = moment(told)
    if known is None and isinstance(told, str):
        try:
            known = datetime.fromisoformat(told).replace(tzinfo=UTC)
        except ValueError:
            return None
    return known
