"""LiteLLM: what did a guardrail say of a call that went through the proxy?

An answer is one entry of `guardrail_information`, or a logging payload or spend log that holds such a list
(then its id is the item's). success is a pass, guardrail_intervened a flag, guardrail_flagged a flag that
was let through, guardrail_failed_to_respond an error, not_run is skipped. The word `failure` of old releases
stood for both a finding and a fault: it raises. `confidence_score` is how sure a judge is of whatever it
said, not how risky the item is: kept as written, never as the score. Requests and responses hold texts and
are not kept.
Shape: `StandardLoggingGuardrailInformation` in BerriAI/litellm litellm/types/utils.py (1.109.1, and copies of
older releases in public repositories); guardrail_flagged rests on its documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.told import (
    has,
    is_listing,
    joined,
    meaning,
    moment,
    objects,
    part,
    raw,
    share,
    text,
    wanted,
)

_STATUS: Final = "guardrail_status"
_LIST: Final = "guardrail_information"
_PAYLOAD: Final = "standard_logging_object"
_WAYS: Final = ((), ("metadata",), (_PAYLOAD,))
_VERDICT: Final = {
    "success": "pass", "guardrail_intervened": "flag", "guardrail_flagged": "flag",
    "guardrail_failed_to_respond": "error", "not_run": "skipped",
}  # fmt: skip
_ACTION: Final = {"success": "allow", "guardrail_flagged": "observe"}
_SURFACE: Final = {
    "pre_call": "user", "during_call": "user", "post_call": "model_output",
}  # fmt: skip


def _recognises(answer: Answer) -> bool:
    return has(answer, _STATUS) or _listed(answer) is not None


def _listed(answer: Answer) -> Any:
    """The entries of a logging payload, or of a row of the spend logs; None where there are none."""
    found = (part(answer, *way, _LIST) for way in _WAYS)
    return next((each for each in found if is_listing(each, _STATUS)), None)


def _read(answer: Answer) -> Iterator[Said]:
    if has(answer, _STATUS):
        yield _said(answer)
        return
    payload = part(answer, _PAYLOAD) or answer
    event = text(part(payload, "id")) or text(part(payload, "request_id"))
    for each in objects(_listed(answer), _LIST):
        yield replace(_said(each), event_id=event)


def _said(told: Any) -> Said:
    status = wanted(told, _STATUS)
    share(told.get("confidence_score"), "confidence_score")
    return Said(
        meaning(status, _VERDICT, _STATUS), status,
        score_raw=raw(told.get("confidence_score")),
        action=_action(told, status),
        surface=_surface(told.get("guardrail_mode")),
        category=joined(told.get("violation_categories")),
        detector=text(told.get("guardrail_name")) or text(told.get("guardrail_provider")),
        occurred_at=moment(told.get("start_time"), "start_time"),
    )  # fmt: skip


def _action(told: Any, status: str) -> str | None:
    """What was done; an intervention is a block or a mask, and only a mask says which it was."""
    counts = told.get("masked_entity_count")
    is_masked = has(counts) and any(counts.values())
    return "mask" if is_masked and _VERDICT[status] in {"flag", "pass"} else _ACTION.get(status)


def _surface(mode: Any) -> str | None:
    return _SURFACE.get(mode) if isinstance(mode, str) else None


LITELLM: Final = Format(
    "litellm",
    "LiteLLM: guardrail information of a logged call",
    "LiteLLM guardrail",
    _recognises,
    _read,
)
