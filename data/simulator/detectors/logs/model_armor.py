"""What does Model Armor answer to a prompt? A level only where it matches."""

from __future__ import annotations

from typing import Any, Final

from data.simulator.detectors.planted import PlantedVerdict

LEVELS: Final = ("NO_MATCH", "LOW_AND_ABOVE", "MEDIUM_AND_ABOVE", "HIGH")
INVOCATIONS: Final = {"error": "FAILURE"}


def sanitization(one: PlantedVerdict) -> dict[str, Any]:
    """The answer of sanitizeUserPrompt with the one filter that looks for injections."""
    state = "MATCH_FOUND" if one.verdict == "flag" else "NO_MATCH_FOUND"
    own: dict[str, Any] = {"executionState": "EXECUTION_SUCCESS", "matchState": state}
    if one.verdict == "flag":
        own["confidenceLevel"] = one.level
    if not one.has_answer:
        own = {"executionState": "EXECUTION_SKIPPED"}
    results = {} if one.verdict == "error" else {"pi_and_jailbreak": {"piAndJailbreakFilterResult": own}}
    invocation = INVOCATIONS.get(one.verdict, "SUCCESS")
    told = {"filterMatchState": state, "filterResults": results, "invocationResult": invocation}
    return {"sanitizationResult": told}
