"""LlamaFirewall: what did a scan decide?

allow is a pass; block and human_in_the_loop_required are flags, the latter sent to a person. `status` error
and skipped are kept apart whatever the decision says, and a result whose `reason` is "default" is what the
library gives when no scanner is set up for the role: skipped, its score of 0.0 is none. The score is the
probability of an attack by Prompt Guard, highest where several scanners ran; it blocks from the scanner's
threshold on, 0.9 unless set otherwise. The result names neither scanner nor version. `reason` holds the
full text of blocked items and is not kept.
Shape: ScanResult in meta-llama/PurpleLlama LlamaFirewall/src/llamafirewall/llamafirewall_data_types.py;
llamafirewall.py and scanners/prompt_guard_scanner.py beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import scored
from ingest.sources.detections.formats.told import has, meaning, raw, share

_DECISION: Final = {
    "allow": ("pass", "allow"), "block": ("flag", "block"), "human_in_the_loop_required": ("flag", "review"),
}  # fmt: skip
_STATUS: Final = {"success": None, "error": "error", "skipped": "skipped"}
_OLDER: Final = frozenset({"decision", "reason", "score"})  # alone; in company anybody may write these
_UNSCANNED: Final = "default"


def _recognises(answer: Answer) -> bool:
    is_older = has(answer, *_OLDER) and set(answer) == _OLDER
    return has(answer, "decision", "score", "status") or is_older


def _read(answer: Answer) -> Iterator[Said]:
    decision, status = _word(answer["decision"]), _word(answer.get("status", "success"))
    verdict, action = meaning(decision, _DECISION, "decision")
    unscanned = meaning(status, _STATUS, "status") or _without_scanner(answer)
    score = share(answer["score"], "score")
    if unscanned:
        yield Said(unscanned, status, score_raw=raw(score))
        return
    yield scored(Said(verdict, decision, score_raw=raw(score), action=action), score, "probability")


def _word(told: Any) -> Any:
    """An enumeration's value, however it was written down: `block` or `ScanDecision.BLOCK`."""
    return told.rpartition(".")[2].casefold() if isinstance(told, str) else told


def _without_scanner(answer: Answer) -> str | None:
    return "skipped" if answer.get("reason") == _UNSCANNED else None


LLAMAFIREWALL: Final = Format(
    "llamafirewall",
    "LlamaFirewall: the result of a scan",
    "LlamaFirewall",
    _recognises,
    _read,
    threshold=0.9,
    threshold_op=">=",
)
