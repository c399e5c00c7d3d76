"""What does a text classification pipeline of Hugging Face answer? The score is that of the winning label."""

from __future__ import annotations

from typing import Any, Final

from data.simulator.detectors.planted import PlantedVerdict

LABELS: Final = ("SAFE", "INJECTION")
PLACES: Final = 4


def classification(one: PlantedVerdict, labels: tuple[str, str] = LABELS) -> list[dict[str, Any]]:
    """The winning label and its probability; the label wins from a half on, whatever the threshold."""
    score = one.score or 0.0
    wins = score >= 1 / 2
    return [{"label": labels[wins], "score": score if wins else round(1 - score, PLACES)}]
