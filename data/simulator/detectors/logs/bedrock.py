"""What does ApplyGuardrail of Bedrock Guardrails answer, with the full scope of its output?"""

from __future__ import annotations

from typing import Any, Final

from data.simulator.detectors.planted import PlantedVerdict

LEVELS: Final = ("NONE", "LOW", "MEDIUM", "HIGH")  # a filter of medium strength acts from MEDIUM on
REFUSAL: Final = "Sorry, the guardrail blocked this."


def guardrail(one: PlantedVerdict, *, detect_only: bool = False) -> dict[str, Any]:
    """The answer; in detect mode nothing is done about what was detected."""
    flags = one.verdict == "flag"
    acts = flags and not detect_only
    part = {
        "type": "PROMPT_ATTACK", "confidence": one.level, "filterStrength": "MEDIUM",
        "action": "BLOCKED" if acts else "NONE", "detected": flags,
    }  # fmt: skip
    applied = {"guardrailId": "gr7acme", "guardrailVersion": one.version.name}
    return {
        "usage": {"contentPolicyUnits": 1},
        "action": "GUARDRAIL_INTERVENED" if acts else "NONE",
        "outputs": [{"text": REFUSAL}] if acts else [],
        "assessments": [{"contentPolicy": {"filters": [part]}, "appliedGuardrailDetails": applied}],
    }
