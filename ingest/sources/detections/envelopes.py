"""Where in a line of an application's log stands the detector's answer, and what does the line add to it?

Applications write the answer inside a record of their own: {"timestamp": ..., "request_id": ...,
"input": ..., "response": {...}}. Its parts are found by well-known names, or where
`[[sources.detections.place]]` says; the answer itself goes to the first format that recognises it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.contracts.detections import SURFACES, TRAFFIC
from ingest.sources.approvals.telling import blocks, first_moment, mapping, moment, object_of, text
from ingest.sources.detections import formats
from ingest.sources.detections.base import Format, Said
from ingest.sources.detections.formats.hugging_face import HUGGING_FACE
from ingest.sources.detections.places import inside
from ingest.sources.detections.records import (
    NAME_CHARS,
    UNKNOWN,
    UNRECOGNISED,
    Context,
    Found,
    Place,
    Row,
    digest,
    is_word,
    refused,
    told_of,
)
from ingest.sources.detections.shapes import objects
from ingest.sources.detections.words import UNSCANNED, judged, verdict_of
from ingest.sources.sarif.origin import repository_name

RESPONSES: Final = (
    "response", "result", "detector_response", "guardrail_response", "detection", "scan_result", "answer",
    "output", "verdict", "results",
)  # fmt: skip
BODIES: Final = ("body", "json", "data", "output", "response", "result")
EVENTS: Final = (
    "event_id", "request_id", "requestId", "correlation_id", "message_id", "item_id", "trace_id", "traceId",
    "id", "uuid",
)  # fmt: skip
MOMENTS: Final = (
    "timestamp", "@timestamp", "time", "ts", "occurred_at", "created_at", "createdAt", "at", "start_time",
    "startTime",
)  # fmt: skip
CONTENTS: Final = ("input", "prompt", "text", "content", "message", "query", "user_input", "request")
CONVERSATIONS: Final = (
    "conversation_id",
    "conversationId",
    "session_id",
    "sessionId",
    "thread_id",
    "chat_id",
)
_STATES: Final = ("status", "state", "outcome")
_FAULTS: Final = ("error", "exception", "error_type")
_FAULT_NAME: Final = re.compile(r"[\w.:-]{1,60}")
_HTTP_STATES: Final = ("status_code", "statusCode", "http_status", "status")
_FIRST_FAULT: Final = 400  # of the codes of HTTP
_DOCUMENT: Final = re.compile(r"documents?\D*(\d+)")
SILENT: Final = "answers of a known format that tell of no item"
_DETECTOR: Final = "detector"  # in a reader's state: the detector that the log told of before
_UNITS: Final = "units"  # in a reader's state: version, threshold and operator of each detector, as last told
_UNITS_AT_MOST: Final = 100  # a log with more names of detectors than that names something else so
_UNTOLD: Final = (None, None)
_JUDGED: Final = frozenset({"probability", "relative", "other"})  # no levels, no distances


@dataclass(frozen=True)
class Answer:
    """A detector's answer within a line."""

    said: Mapping[str, Any]
    format: Format
    is_inner: bool  # the line wraps it; else the line is the answer


@dataclass(frozen=True)
class _Told:
    """One verdict, and the answer that says it; None = the line says it without one."""

    answer: Answer | None
    said: Said
    is_one_of_several: bool = False  # detectors in the same line

    @property
    def detector(self) -> str | None:
        """The detector's own name for itself."""
        return name_in(self.said.detector)


@dataclass(frozen=True)
class _Unit:
    """Version and threshold of a detector; None = not told."""

    version: str | None = None
    threshold: float | None = None
    operator: str | None = None

    def verdict(self, said: Said) -> str:
        """The verdict that follows from an answer's score; where it has none, as told."""
        return judged(said.verdict, said.score, self.threshold, self.operator) or said.verdict


_NO_UNIT: Final = _Unit()


def recognises(lines: Iterable[Mapping[str, Any]], place: Place) -> bool:
    """Whether one of a file's lines holds an answer of a known format."""
    return any(answers(line, place) for line in lines)


def read(records: Any, context: Context) -> Iterator[Found]:
    """Rows of the answers in a log, block by block."""
    reader = _Reader(context)
    for block in blocks(objects(records, context.name)):
        rows = [row for reference, line in block for row in reader.rows(reference, line)]
        yield Found(rows, left_out=reader.left_out(), state=reader.state)


def answers(line: Mapping[str, Any], place: Place) -> list[Answer]:
    """Answers in a line: where the settings say, the line itself, or what stands under a well-known name.

    A label with a score is so common that it is taken for the answer only where nothing else is one.
    """
    if place.response:
        return _known(inside(line, place.response), is_inner=True)
    own = _known(line, is_inner=False)
    if own and own[0].format is not HUGGING_FACE:
        return own
    inner = map(line.get, RESPONSES)
    found = (_known(each, is_inner=True) or _in_body(each) for each in inner)
    return next(filter(None, found), own)


def _in_body(inner: Any) -> list[Answer]:
    bodies = (_known(mapping(inner).get(name), is_inner=True) for name in BODIES)
    return next(filter(None, bodies), [])


def _known(value: Any, *, is_inner: bool) -> list[Answer]:
    told = object_of(value.encode()) if isinstance(value, str) and value.startswith("{") else value
    if not isinstance(told, list):
        return _one(told, is_inner=is_inner)
    labels = _labels(told, is_inner=is_inner)
    return labels or [answer for each in told for answer in _of_several(each, is_inner=is_inner)]


def _one(told: Any, *, is_inner: bool) -> list[Answer]:
    found = formats.format_of(told) if isinstance(told, dict) and told else None
    return [Answer(told, found, is_inner)] if found else []


def _labels(told: list[Any], *, is_inner: bool) -> list[Answer]:
    """Labels of one item with their scores, as classifiers list them."""
    labels = {"labels": told}
    return [Answer(labels, HUGGING_FACE, is_inner)] if HUGGING_FACE.recognises(labels) else []


def _of_several(each: Any, *, is_inner: bool) -> list[Answer]:
    """One of several answers; deeper than a list in a list none is looked for."""
    return _labels(each, is_inner=is_inner) if isinstance(each, list) else _one(each, is_inner=is_inner)


class _Reader:
    """Reads one line after another; remembers which detector the log is of, in which version."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._silent = 0
        self._detector: str | None = context.state.get(_DETECTOR)
        self._units = {name: _Unit(*told) for name, told in (context.state.get(_UNITS) or {}).items()}

    @property
    def state(self) -> dict[str, Any]:
        """What the part of the log that comes later needs to know."""
        units = {name: [each.version, each.threshold, each.operator] for name, each in self._units.items()}
        return {_DETECTOR: self._detector, _UNITS: units}

    def left_out(self) -> dict[str, int]:
        """Answers since the last time that are known, and tell of no item."""
        told = {SILENT: self._silent} if self._silent else {}
        self._silent = 0
        return told

    def rows(self, reference: str, line: Mapping[str, Any] | None) -> list[Row]:
        if line is None:
            return [refused(reference)]
        found = answers(line, self._context.place)
        try:
            told = _told(found)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return [refused(reference)]
        if not found:
            return [self._without_answer(reference, line)]
        if not told:
            self._silent += 1
            return []
        around, is_one = _around(line, self._context.place), len(found) == 1
        return [
            self._row(each, _of(each.answer, around, None if is_one else place)) | {"raw_ref": reference}
            for place, each in told
        ]

    def _without_answer(self, reference: str, line: Mapping[str, Any]) -> Row:
        """A line in which the detector failed or did not look; any other goes to quarantine."""
        verdict, word = _failure(line)
        if verdict is None:
            return refused(reference, UNRECOGNISED)
        told = _Told(None, Said(verdict, verdict_raw=word))
        return self._row(told, _around(line, self._context.place)) | {"raw_ref": reference}

    def _row(self, told: _Told, around: _Around) -> dict[str, Any]:
        place, said, detector = self._context.place, told.said, self._name_of(told, around)
        unit = self._unit(told, around, detector)
        return {
            "event_id": around.event(said), "occurred_at": around.moment(said),
            "detector": detector, "detector_version": unit.version or UNKNOWN,
            "verdict": unit.verdict(said) if _is_judged(said, place) else said.verdict,
            "verdict_raw": short(said.verdict_raw), "score": said.score, "score_kind": said.score_kind,
            "score_order": list(said.score_order) or None, "score_raw": short(said.score_raw),
            "threshold": unit.threshold, "threshold_op": unit.operator, "action": said.action,
            "surface": said.surface or place.surface or around.surface or "unknown",
            "category": short(said.category), "cohort": place.cohort or around.cohort or TRAFFIC,
            **told_of(around.content(said), keep_text=self._context.keep_text),
            "conversation_id": around.conversation, "seed_id": around.seed, "url": around.url,
            "repository": place.repository or around.repository,
        }  # fmt: skip

    def _name_of(self, told: _Told, around: _Around) -> str:
        """Name of the detector; of a line without an answer, the one that the log told before."""
        if told.answer is None:
            return self._context.place.detector or around.detector or self._detector or UNKNOWN
        own = told.answer.format.detector
        self._detector = _named(self._context.place.detector, told) or around.detector or own
        return self._detector

    def _unit(self, told: _Told, around: _Around, detector: str) -> _Unit:
        """Version and threshold; where nobody looked they are those that the log told before."""
        place, said = self._context.place, told.said
        known = told.answer.format if told.answer else None
        is_silent = said.verdict in UNSCANNED
        before = self._units.get(detector, _NO_UNIT) if is_silent else _NO_UNIT
        version = name_in(said.version) or place.version or around.version or before.version
        threshold, operator = _first(
            _UNTOLD if said.is_default_threshold else (said.threshold, said.threshold_op),
            (place.threshold, place.threshold_op),
            (before.threshold, before.operator),
            (said.threshold, said.threshold_op),
            (known.threshold, known.threshold_op) if known else _UNTOLD,
        )
        unit = _Unit(version, threshold, operator or (None if threshold is None else ">="))
        if not is_silent and (detector in self._units or len(self._units) < _UNITS_AT_MOST):
            self._units[detector] = unit
        return unit


def _told(found: list[Answer]) -> list[tuple[int, _Told]]:
    """What each answer of a line says, with the answer's place among them."""
    said = [
        (place, answer, each)
        for place, answer in enumerate(found)
        for each in answer.format.read(answer.said)
    ]
    several = len({each.detector for _, _, each in said}) > 1
    return [(place, _Told(answer, each, several)) for place, answer, each in said]


def _named(placed: str | None, told: _Told) -> str | None:
    """A detector as the settings call it; several that one line names stay several."""
    said, own = told.detector, told.answer.format.detector if told.answer else ""
    if not placed or not said:
        return placed or said
    if not told.is_one_of_several:
        return placed
    return said.replace(own, placed, 1) if said.startswith(own) else f"{placed} {said}"


def _is_judged(said: Said, place: Place) -> bool:
    """Whether the settings' threshold decides: the answer tells none of its own, and a score that has one."""
    tells_own = said.threshold is not None and not said.is_default_threshold
    return place.threshold is not None and not tells_own and said.score_kind in _JUDGED


def _first(*told: tuple[float | None, str | None]) -> tuple[float | None, str | None]:
    """The first threshold and the first operator that somebody tells."""
    thresholds = (threshold for threshold, _ in told if threshold is not None)
    return next(thresholds, None), next((operator for _, operator in told if operator), None)


def short(word: str | None) -> str | None:
    """A word of a log; what is too long to be one may be somebody's text, and is not kept."""
    return word if word is not None and is_word(word) else None


def name_in(told: str | None) -> str | None:
    """A name or version; what is too long to be one may be somebody's text, and is not kept."""
    return told if told is not None and is_word(told, NAME_CHARS) else None


@dataclass(frozen=True)
class _Around:
    """What a line says beside the answer in it."""

    line: Mapping[str, Any]
    place: Place
    is_inner: bool = False
    number: int | None = None  # of the answer, where a line holds several

    def _text(self, name: str) -> str | None:
        return text(self.line.get(name))

    def event(self, said: Said) -> str:
        """Id of the item: of the application, of the answer, or made of the record."""
        own = text(inside(self.line, self.place.event)) if self.place.event else None
        known = next(filter(None, map(self._text, EVENTS)), None)
        told = own or ((known or said.event_id) if self.is_inner else (said.event_id or known))
        parts = (
            told or digest(self.line),
            None if self.number is None else str(self.number),
            said.item or None,
        )
        return "/".join(part for part in parts if part)

    def moment(self, said: Said) -> Any:
        if self.place.at:
            return moment(inside(self.line, self.place.at))
        known = first_moment(self.line, MOMENTS)
        return (known or said.occurred_at) if self.is_inner else (said.occurred_at or known)

    def content(self, said: Said) -> str | None:
        """Text of the item: where the settings say, as the answer repeats it, or as the line has it."""
        told = inside(self.line, self.place.content) if self.place.content else said.content
        if isinstance(told, str):
            return told
        found = told or next((self.line[name] for name in CONTENTS if self.line.get(name)), None)
        document = _DOCUMENT.fullmatch(said.item)
        if isinstance(found, dict):
            found = _document(found, int(document[1])) if document else _prompt(found)
        elif said.item:
            found = None  # the line's text is not this item's
        return found if isinstance(found, str) else None

    @property
    def conversation(self) -> str | None:
        return next(filter(None, map(self._text, CONVERSATIONS)), None)

    @property
    def seed(self) -> str | None:
        return self._text("seed_id")

    @property
    def url(self) -> str | None:
        told = self._text("item_url") or self._text("trace_url")
        return told if told and told.startswith(("https://", "http://")) else None

    @property
    def cohort(self) -> str | None:
        return self._text("cohort")

    @property
    def detector(self) -> str | None:
        return name_in(self._text("detector") or self._text("model"))

    @property
    def version(self) -> str | None:
        return name_in(self._text("detector_version") or self._text("model_version"))

    @property
    def surface(self) -> str | None:
        told = self._text("surface")
        return told if told in SURFACES else None

    @property
    def repository(self) -> str | None:
        return repository_name(self._text("repository"))


def _around(line: Mapping[str, Any], place: Place) -> _Around:
    return _Around(line, place)


def _of(answer: Answer | None, around: _Around, number: int | None) -> _Around:
    return _Around(around.line, around.place, answer is not None and answer.is_inner, number)


def _document(told: Mapping[str, Any], place: int) -> Any:
    documents = told.get("documents")
    return documents[place] if isinstance(documents, list) and place < len(documents) else None


def _prompt(told: Mapping[str, Any]) -> Any:
    return next((told[name] for name in ("userPrompt", *CONTENTS) if isinstance(told.get(name), str)), None)


def _failure(line: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """What a line without an answer says of the detector: that it failed, or was not run; and its word."""
    for name in _STATES:
        verdict = verdict_of(text(line.get(name)))
        if verdict in {"error", "skipped"}:
            return verdict, text(line.get(name))
    code = next((each for each in map(line.get, _HTTP_STATES) if isinstance(each, int)), 0)
    if code >= _FIRST_FAULT:
        return "error", str(code)
    fault = next((line[name] for name in _FAULTS if line.get(name)), None)
    return ("error", _name(fault)) if fault is not None else (None, None)


def _name(fault: Any) -> str | None:
    """Name of a fault; its message may repeat what somebody wrote."""
    told = text(fault)
    return told if told and _FAULT_NAME.fullmatch(told) else None
