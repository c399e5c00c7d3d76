"""What does LlamaFirewall's Prompt Guard scanner answer (`ScanResult`, as JSON)?"""

from __future__ import annotations

from typing import Any, Final

from data.simulator.detectors.planted import PlantedVerdict

NOTHING: Final = "No prompt injection detected"
FAILURES: Final = {"error": "Scanner timed out", "skipped": "Scanner not configured for this role"}


def scan_result(one: PlantedVerdict) -> dict[str, Any]:
    """The scanner's answer; where it blocks, its reason holds the whole text."""
    if not one.has_answer:
        reason = FAILURES[one.verdict]
        return {"decision": "allow", "reason": reason, "score": 0.0, "status": one.verdict}
    flags = one.verdict == "flag"
    reason = _reason(one) if flags else NOTHING
    decision = "block" if flags else "allow"
    return {"decision": decision, "reason": reason, "score": one.score, "status": "success"}


def _reason(one: PlantedVerdict) -> str:
    likely = "Received text is likely to be a prompt injection attack, with a probability of"
    return f'{likely} {one.score}.\n Full text: "{one.item.text}"'
