"""Lakera Guard: was a request flagged, by which of its detectors, and how surely?

/v2/guard says a verdict under the policy ("Lakera Guard"), and with a breakdown one of each detector type,
which is a detector of its own here. /v2/guard/results says no verdict, only levels: l3_likely and above
count as flags, and that threshold is said, so that another can be asked for. Levels run from l1_confident
(riskiest) to l5_unlikely: an order, no probability; `no_level` is no score. Several messages of one request
are one item: the riskiest stands. `payload` holds matched texts and is not kept.
Shape: the response schema in api-evangelist/lakera-ai (json-schema/lakera-guard-response-schema.json), the
client in mozilla-ai/any-guardrail (guardrails/lakera_guard), and scripts in public repositories that call
/v2/guard/results. They spell some levels differently, so the number decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed, leveled, riskiest
from ingest.sources.detections.formats.told import (
    has,
    is_listing,
    objects,
    part,
    raw,
    shown,
    text,
    truth,
    wanted,
)

_NAME: Final = "Lakera Guard"
LEVELS: Final = ("l5_unlikely", "l4_less_likely", "l3_likely", "l2_very_likely", "l1_confident")
LIKELY: Final = float(LEVELS.index("l3_likely"))
_LEVEL: Final = re.compile(r"l([1-5])(?:_[a-z_]+)?")
_NO_LEVEL: Final = "no_level"
_VERSIONS: Final = ("model_version", "version", "git_revision")


def _recognises(answer: Answer) -> bool:
    is_guard = has(answer, "flagged") and _is_lakeras(answer)
    return is_guard or is_listing(part(answer, "results"), "detector_type", "result")


def _is_lakeras(answer: Answer) -> bool:
    has_id = part(answer, "metadata", "request_uuid") is not None
    return has_id or is_listing(part(answer, "breakdown"), "detector_type")


def _read(answer: Answer) -> Iterator[Said]:
    versions = (text(part(answer, "dev_info", name)) for name in _VERSIONS)
    version = next((each for each in versions if each), None)
    event = text(part(answer, "metadata", "request_uuid"))
    yield from (replace(each, event_id=event, version=version) for each in _said(answer))


def _said(answer: Answer) -> Iterator[Said]:
    if has(answer, "flagged"):
        flagged = truth(answer["flagged"], "flagged")
        yield Said(flagged_or_passed(flagged), raw(flagged), detector=_NAME)
        yield from _by_type(answer.get("breakdown") or [], _broken_down)
    else:
        yield from _by_type(answer["results"], _result)


def _by_type(told: Any, said_of: Callable[[Mapping[str, Any]], Said]) -> Iterator[Said]:
    found: dict[str, list[Said]] = {}
    for each in objects(told, "breakdown or results"):
        kind = text(wanted(each, "detector_type"))
        if kind is None:
            raise ValueError(f"detector_type is {shown(each['detector_type'])}; expected a name")
        found.setdefault(kind, []).append(said_of(each))
    for kind, several in found.items():
        yield replace(riskiest(several), detector=f"{_NAME} {kind}", category=kind)


def _broken_down(told: Mapping[str, Any]) -> Said:
    detected = truth(wanted(told, "detected"), "detected")
    level = told.get("result", told.get("confidence"))
    said = Said(flagged_or_passed(detected), raw(detected), score_raw=raw(level))
    return said if level is None else leveled(said, _level(level), LEVELS)


def _result(told: Mapping[str, Any]) -> Said:
    level = _level(told["result"])
    if level is None:
        return Said("skipped", _NO_LEVEL, score_raw=_NO_LEVEL, threshold=LIKELY, threshold_op=">=")
    verdict = flagged_or_passed(LEVELS.index(level) >= LIKELY)
    said = Said(verdict, told["result"], score_raw=told["result"], threshold=LIKELY, threshold_op=">=")
    return leveled(said, level, LEVELS)


def _level(told: Any) -> str | None:
    """The level by its number; None for `no_level`."""
    word = told.casefold() if isinstance(told, str) else ""
    found = _LEVEL.fullmatch(word)
    if found is None and word != _NO_LEVEL:
        raise ValueError(f"a level is {shown(told)}; expected l1_confident to l5_unlikely, or {_NO_LEVEL}")
    return LEVELS[5 - int(found[1])] if found else None


LAKERA: Final = Format(
    "lakera",
    "Lakera Guard: the answer of /v2/guard or /v2/guard/results",
    _NAME,
    _recognises,
    _read,
)
