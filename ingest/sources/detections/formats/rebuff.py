"""Rebuff: what did its three checks (heuristics, a language model, a store of known attacks) say?

The answer's own verdict is said by "Rebuff", each check's by a detector of its own. A score is from 0 to 1,
higher = riskier, but a likeness or a model's own estimate, no probability; it flags strictly above its
threshold. A check that did not run has the score 0 in older answers and is missing from newer ones: it is
skipped, and has no score.
Shape: DetectResponse in protectai/rebuff python-sdk/rebuff/rebuff.py (`tacticResults`), and the older one in
its JavaScript SDK (`heuristicScore`, `runHeuristicCheck`, `maxHeuristicScore`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed, scored
from ingest.sources.detections.formats.told import (
    has,
    number,
    objects,
    part,
    raw,
    text,
    truth,
    wanted,
)

_NAME: Final = "Rebuff"
_DETECTED: Final = ("injectionDetected", "injection_detected")
_TACTICS: Final = ("tacticResults", "tactic_results")
_CHECKS: Final = {  # tactic: whether it ran, its score, its threshold
    "heuristic": ("runHeuristicCheck", "heuristicScore", "maxHeuristicScore"),
    "language_model": ("runLanguageModelCheck", "modelScore", "maxModelScore"),
    "vector_db": ("runVectorCheck", "vectorScore", "maxVectorScore"),
}
_SAME: Final = {"vector": "vector_db"}  # the JavaScript SDK's word


def _recognises(answer: Answer) -> bool:
    is_detecting = any(has(answer, name) for name in _DETECTED)
    is_older = any(has(answer, ran, score) for ran, score, _ in _CHECKS.values())
    return is_detecting and (is_older or any(isinstance(part(answer, name), list) for name in _TACTICS))


def _read(answer: Answer) -> Iterator[Said]:
    name = next(each for each in _DETECTED if each in answer)
    detected = truth(answer[name], name)
    yield Said(flagged_or_passed(detected), raw(detected), detector=_NAME)
    tactics = next((answer[each] for each in _TACTICS if answer.get(each)), None)
    is_older = any(has(answer, ran) for ran, _, _ in _CHECKS.values())
    yield from _checks(answer) if is_older else _tactics(tactics or [])


def _tactics(told: Any) -> Iterator[Said]:
    said = {_tactic_name(each): each for each in objects(told, "tacticResults")}
    for name in dict.fromkeys([*_CHECKS, *said]):
        yield _tactic(name, said[name]) if name in said else _skipped(name)


def _tactic_name(told: Any) -> str:
    name = text(wanted(told, "name"))
    if name is None:
        raise ValueError(
            "a tactic of tacticResults has no name; expected heuristic, language_model or vector_db"
        )
    return _SAME.get(name, name)


def _tactic(name: str, told: Any) -> Said:
    detected = truth(wanted(told, "detected"), "detected")
    return _said(name, detected, told.get("score"), told.get("threshold"))


def _checks(answer: Answer) -> Iterator[Said]:
    for name, (ran, score, threshold) in _CHECKS.items():
        has_run = ran in answer and truth(answer[ran], ran)
        limit = number(answer.get(threshold), threshold)
        yield _check(name, answer.get(score), limit) if has_run else _skipped(name, limit)


def _check(name: str, score: Any, limit: float | None) -> Said:
    """One check of an older answer; the store's score is an object with the best likeness."""
    told = score.get("topScore") if has(score) else score
    value = number(told, name)
    if value is None or limit is None:
        raise ValueError(f"{name} ran, but its score or its threshold is missing; expected both numbers")
    return _said(name, value > limit, told, limit)


def _said(name: str, detected: bool, score: Any, threshold: Any) -> Said:  # noqa: FBT001 - what it found
    limit = number(threshold, "threshold")
    said = Said(
        flagged_or_passed(detected), raw(detected), score_raw=raw(score), threshold=limit,
        threshold_op=_operator(limit), detector=f"{_NAME} {name}",
    )  # fmt: skip
    return scored(said, number(score, f"score of {name}"), "other")


def _skipped(name: str, limit: float | None = None) -> Said:
    return Said(
        "skipped", "not run", threshold=limit, threshold_op=_operator(limit), detector=f"{_NAME} {name}"
    )  # fmt: skip


def _operator(limit: float | None) -> str | None:
    return None if limit is None else ">"


REBUFF: Final = Format(
    "rebuff",
    "Rebuff: the answer to a detection request",
    _NAME,
    _recognises,
    _read,
)
