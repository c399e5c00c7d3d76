"""How does an export of scores from Langfuse tell of detectors, and of people?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from data.simulator.detectors.logs.encoding import iso
from data.simulator.detectors.planted import PlantedLabel, PlantedVerdict


def verdict_scores(planted: Iterable[PlantedVerdict]) -> list[dict[str, Any]]:
    """Numeric scores that a program sent."""
    return [
        {
            "id": f"score-{one.item.event_id}", "traceId": one.item.event_id, "observationId": None,
            "name": one.detector.name, "value": one.score, "stringValue": None, "dataType": "NUMERIC",
            "source": "API", "comment": None, "authorUserId": None,
            "timestamp": None if one.item.occurred_at is None else iso(one.item.occurred_at),
        }
        for one in planted
    ]  # fmt: skip


def people_scores(planted: Iterable[PlantedLabel], name: str = "attack") -> list[dict[str, Any]]:
    """Categories that people chose."""
    return [
        {
            "id": f"score-{one.event_id}-{one.annotator}", "traceId": one.event_id, "observationId": None,
            "name": name, "value": None, "stringValue": one.label, "dataType": "CATEGORICAL",
            "source": "ANNOTATION", "comment": None, "authorUserId": one.annotator,
            "timestamp": iso(one.labelled_at),
        }
        for one in planted
    ]  # fmt: skip
