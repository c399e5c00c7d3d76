"""NeMo Guardrails: which rails were activated, and which of them stopped a conversation?

Each rail of input, output, retrieval or tools is a detector of its own; dialog and generation rails detect
nothing. A rail that stopped, or decided to refuse, is a flag. There is no score. Where no such rail was
activated, nothing looked (skipped). What rails return and what a model was asked hold texts: not kept.
Shape: GenerationLog, ActivatedRail and RailsResult in NVIDIA/NeMo-Guardrails
nemoguardrails/rails/llm/options.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed
from ingest.sources.detections.formats.told import (
    has,
    meaning,
    moment,
    objects,
    part,
    text,
    truth,
    wanted,
)

_NAME: Final = "NeMo Guardrails"
_RAILS: Final = "activated_rails"
_RESULT: Final = frozenset({"status", "content", "rail"})
_SURFACE: Final = {  # a tool's call is written by the model, a tool's result comes back from outside
    "input": "user", "output": "model_output", "retrieval": "document",
    "tool_input": "tool_output", "tool_result": "tool_output",
    "tool_output": "model_output", "tool_call": "model_output",
    "dialog": None, "generation": None,
}  # fmt: skip
_REFUSALS: Final = frozenset({"stop", "refuse to respond", "bot refuse to respond"})
_STATUS: Final = {"passed": ("pass", "allow"), "modified": ("flag", "mask"), "blocked": ("flag", "block")}


def _recognises(answer: Answer) -> bool:
    return _rails(answer) is not None or (has(answer, *_RESULT) and set(answer) == _RESULT)


def _rails(answer: Answer) -> list[Any] | None:
    told = part(answer, "log", _RAILS)
    told = part(answer, _RAILS) if told is None else told
    return told if isinstance(told, list) else None


def _read(answer: Answer) -> Iterator[Said]:
    rails = _rails(answer)
    if rails is None:
        yield _result(answer)
        return
    said = [each for told in objects(rails, _RAILS) if (each := _rail(told)) is not None]
    yield from _told_apart(said or [Said("skipped", "no rail was activated")])


def _result(answer: Answer) -> Said:
    verdict, action = meaning(answer["status"], _STATUS, "status")
    rail = text(answer["rail"])
    return Said(verdict, answer["status"], action=action, detector=_named(rail) if rail else None)


def _named(rail: str) -> str:
    return f"{_NAME} {rail}"


def _rail(told: Any) -> Said | None:
    surface = meaning(wanted(told, "type"), _SURFACE, "type of a rail")
    rail = text(wanted(told, "name"))
    if surface is None:
        return None
    if rail is None:
        raise ValueError("an activated rail has no name; expected the name of its flow")
    return _judged(told, rail, surface)


def _judged(told: Any, rail: str, surface: str) -> Said:
    decisions = told.get("decisions")
    is_refused = isinstance(decisions, list) and any(str(each) in _REFUSALS for each in decisions)
    is_flagged = truth(wanted(told, "stop"), "stop") or is_refused
    return Said(
        flagged_or_passed(is_flagged), "stop" if is_flagged else "continue",
        action="block" if is_flagged else "allow", surface=surface, detector=_named(rail),
        occurred_at=moment(told.get("started_at"), "started_at"),
    )  # fmt: skip


def _told_apart(said: list[Said]) -> Iterator[Said]:
    """A rail that ran several times looked at several items."""
    times = Counter(each.detector for each in said)
    seen: Counter[str | None] = Counter()
    for each in said:
        place = seen[each.detector]
        seen[each.detector] += 1
        yield replace(each, item=f"run {place}") if times[each.detector] > 1 else each


NEMO_GUARDRAILS: Final = Format(
    "nemo_guardrails",
    "NeMo Guardrails: the log of a generation, or the result of a check",
    _NAME,
    _recognises,
    _read,
)
