"""LLM Guard: what did its scanners for injections say, through its API?

`is_valid` is true where the item is safe. Each scanner for injections is a detector of its own; other
scanners (toxicity, secrets) are left out, and where none for injections ran the item was not looked at
(skipped). A scanner's number is relative to its threshold, from -1 to 1 and rounded to 0.1: above 0 it was
exceeded, strictly, so the threshold on this scale is 0. It is no probability, and not to be compared with
the scanner's own threshold (0.92 by default), which no answer tells. As the API tells no verdict per scanner,
a rounded 0.0 of an invalid item is a flag only where no other scanner can have been the reason.
Shape: llm_guard_api/app/schemas.py, llm_guard/util.py (calculate_risk_score) and
llm_guard/input_scanners/prompt_injection.py in protectai/llm-guard. Sanitized texts are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed
from ingest.sources.detections.formats.told import (
    entries,
    has,
    is_listing,
    number,
    objects,
    part,
    raw,
    truth,
)

_DEFAULT: Final = "PromptInjection"
_LIMIT: Final = 0.0  # where a scanner flags, on its relative scale
_ABOUT: Final = ("injection", "jailbreak")
_INDEX: Final = "prompt_index"


def _recognises(answer: Answer) -> bool:
    is_single = has(answer, "is_valid") and has(part(answer, "scanners"))
    return is_single or is_listing(part(answer, "results"), "is_valid", "scanners")


def _read(answer: Answer) -> Iterator[Said]:
    if has(answer, "is_valid"):
        yield from (replace(said, surface=_surface(answer)) for said in _said(answer))
        return
    for place, each in enumerate(objects(answer["results"], "results")):
        told = number(each.get(_INDEX), _INDEX)
        index = place if told is None else told
        yield from (replace(said, item=f"prompt {index:.0f}", surface="user") for said in _said(each))


def _said(told: Mapping[str, Any]) -> Iterator[Said]:
    if told.get("error") is not None:  # a batch goes on without the prompt that failed
        yield _unscanned("error", "error")
        return
    is_valid = truth(told["is_valid"], "is_valid")
    risks = {str(name): _risk(value) for name, value in entries(told["scanners"], "scanners").items()}
    about = [name for name in risks if any(word in name.casefold() for word in _ABOUT)]
    for name in about:
        yield _scanned(name, _is_flagged(name, risks, is_valid), risks[name], told["scanners"][name])
    if not about:
        yield _unscanned("skipped", "no scanner for injections")


def _unscanned(verdict: str, why: str) -> Said:
    return Said(verdict, why, threshold=_LIMIT, threshold_op=">")


def _named(scanner: str) -> str | None:
    """The scanner for injections is what the format is called after; others are named."""
    return None if scanner == _DEFAULT else f"LLM Guard {scanner}"


def _risk(value: Any) -> float:
    risk = number(value, "a scanner's score")
    if risk is None or not -1 <= risk <= 1:
        raise ValueError(f"a scanner's score is {raw(value) or 'null'}; expected a number from -1 to 1")
    return risk


def _is_flagged(name: str, risks: Mapping[str, float], is_valid: bool) -> bool:  # noqa: FBT001 - the answer's word
    if is_valid and risks[name] > 0:
        raise ValueError(f"is_valid is true, but {name[:40]} is above 0; expected both to say the same")
    if is_valid or risks[name] != 0:
        return risks[name] > 0
    return not _is_explained(risks)


def _is_explained(risks: Mapping[str, float]) -> bool:
    """Whether another scanner is why the item is invalid, where this one stands at a rounded 0.0."""
    if any(risk > 0 for risk in risks.values()):
        return True
    if sum(risk == 0 for risk in risks.values()) > 1:
        raise ValueError("is_valid is false, but no scanner is above 0 and several are at 0: which flagged?")
    return False


def _scanned(name: str, is_flagged: bool, risk: float, told: Any) -> Said:  # noqa: FBT001 - its verdict
    return Said(
        flagged_or_passed(is_flagged), score=risk, score_kind="relative", score_raw=raw(told),
        threshold=_LIMIT, threshold_op=">", detector=_named(name),
    )  # fmt: skip


def _surface(told: Mapping[str, Any]) -> str | None:
    names = {"sanitized_prompt": "user", "sanitized_output": "model_output"}
    return next((surface for name, surface in names.items() if name in told), None)


LLM_GUARD: Final = Format(
    "llm_guard",
    "LLM Guard: the answer of its API to a scan, an analysis or a batch",
    f"LLM Guard {_DEFAULT}",
    _recognises,
    _read,
)
