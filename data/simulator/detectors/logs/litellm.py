"""What does LiteLLM log of a guardrail that gave no answer (`StandardLoggingGuardrailInformation`)?"""

from __future__ import annotations

from typing import Any, Final

from data.simulator.detectors.planted import PlantedVerdict

STATUS: Final = {
    "pass": "success",
    "flag": "guardrail_intervened",
    "error": "guardrail_failed_to_respond",
    "skipped": "not_run",
}


def guardrail_information(one: PlantedVerdict, name: str, provider: str) -> dict[str, Any]:
    """One entry; what the guardrail itself answered is not kept."""
    told = {"guardrail_name": name, "guardrail_provider": provider, "guardrail_mode": "pre_call"}
    return told | {"guardrail_status": STATUS[one.verdict]}
