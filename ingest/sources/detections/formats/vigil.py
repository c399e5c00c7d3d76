"""Vigil: what did each of its scanners find in a prompt?

Each scanner is a detector of its own. The transformer lists what its model calls an injection even below its
threshold: it flags strictly above. The store of known attacks lists what lies nearer than its threshold; a
distance is low where the risk is high, so its score is the distance with a minus sign (-0.1 is riskier than
-0.4), of kind `distance`. A scanner without matches passed and has no score. One that is named in `errors`
is an error; an answer that failed as a whole is an error of Vigil. Sentiment is no finding and is left out.
Model and threshold stand in matches only, so that passes do not tell them: they are used to judge, but as
version and threshold the settings must tell them, or flags and passes would be of different detectors.
Shape: ResponseModel and the matches in deadbits/vigil-llm vigil/schema.py, vigil/dispatch.py and
vigil/scanners/; `timestamp` is UTC without an offset there. Matched texts are of the store and not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed, riskiest, scored
from ingest.sources.detections.formats.told import (
    entries,
    has,
    joined,
    meaning,
    moment,
    number,
    objects,
    raw,
    share,
    text,
    wanted,
)

_NAME: Final = "Vigil"
_STATUS: Final = {"success": True, "partial_success": True, "failed": False}
_FAULT: Final = re.compile(r"Error in scanner:([\w-]+)")
_OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_NO_FINDING: Final = frozenset({"sentiment"})


def _recognises(answer: Answer) -> bool:
    return has(answer, "status", "uuid", "results", "errors", "prompt")


def _read(answer: Answer) -> Iterator[Said]:
    has_worked = meaning(answer["status"], _STATUS, "status")
    said = [*_scanned(answer), *_faults(answer)] if has_worked else [Said("error", answer["status"])]
    for each in said or [Said("skipped", "no scanner ran")]:
        yield replace(
            each,
            event_id=text(answer["uuid"]),
            occurred_at=_at(answer.get("timestamp")),
            content=answer["prompt"] if isinstance(answer["prompt"], str) else None,
        )


def _at(told: Any) -> datetime | None:
    is_bare = isinstance(told, str) and not _OFFSET.search(told)
    return moment(f"{told}+00:00" if is_bare else told, "timestamp")


def _faults(answer: Answer) -> Iterator[Said]:
    for each in answer["errors"] if isinstance(answer["errors"], list) else []:
        scanner = _FAULT.match(each) if isinstance(each, str) else None
        yield Said("error", detector=_named(scanner[1]) if scanner else None)


def _named(scanner: str) -> str:
    return f"{_NAME} {scanner}"


def _scanned(answer: Answer) -> Iterator[Said]:
    for name, found in entries(answer["results"], "results").items():
        scanner = str(name).removeprefix("scanner:")
        if scanner not in _NO_FINDING:
            matches = objects(wanted(found, "matches"), "matches")
            yield replace(_said(matches), detector=_named(scanner), surface=_surface(scanner))


def _surface(scanner: str) -> str:
    return "model_output" if scanner == "response-similarity" else "user"


def _said(matches: Any) -> Said:
    return riskiest(_matched(each) for each in matches) if matches else Said("pass")


def _matched(told: Mapping[str, Any]) -> Said:
    if "distance" in told:
        distance = number(told["distance"], "distance")
        said = Said("flag", score_raw=raw(told["distance"]))
        return scored(said, None if distance is None else -distance, "distance")
    if "rule_name" in told:
        return Said(
            "flag", text(told["rule_name"]), category=text(told.get("category")) or joined(told.get("tags"))
        )
    return _classified(told)


def _classified(told: Mapping[str, Any]) -> Said:
    """A match of a model, or of the likeness of prompt and response; both write their threshold down."""
    is_model = "model_name" in told
    score = (share if is_model else number)(wanted(told, "score"), "score")
    threshold = number(wanted(told, "threshold"), "threshold")
    if score is None or threshold is None:
        raise ValueError("a match has no score or no threshold; expected both numbers")
    said = Said(flagged_or_passed(score > threshold), text(told.get("label")), score_raw=raw(told["score"]))
    return scored(said, score, "probability" if is_model else "other")


VIGIL: Final = Format(
    "vigil",
    "Vigil: the answer to a scan",
    _NAME,
    _recognises,
    _read,
)
