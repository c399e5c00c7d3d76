"""What does Azure Prompt Shields answer? Yes or no for the prompt and for each document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.simulator.detectors.planted import PlantedVerdict


def shield(prompt: PlantedVerdict | None, documents: Sequence[PlantedVerdict] = ()) -> dict[str, Any]:
    """The answer to shieldPrompt; a part that was not asked about is null."""
    return {
        "userPromptAnalysis": None if prompt is None else _detected(prompt),
        "documentsAnalysis": [_detected(one) for one in documents] or None,
    }


def _detected(one: PlantedVerdict) -> dict[str, Any]:
    return {"attackDetected": one.verdict == "flag"}
