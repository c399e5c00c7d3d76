"""What does the API of LLM Guard answer? The score is relative to the scanner's threshold, in tenths."""

from __future__ import annotations

from typing import Any

from data.simulator.detectors.planted import PlantedVerdict


def analysis(one: PlantedVerdict) -> dict[str, Any]:
    """The answer to /analyze/prompt; `is_valid` means safe."""
    told = {"is_valid": one.verdict == "pass", "scanners": {"PromptInjection": one.score}}
    return {"sanitized_prompt": one.item.text, **told}
