"""Git histories whose weaknesses are known: who brought each in, and where it stands in every scan."""

from __future__ import annotations

from data.simulator.histories.engine import write
from data.simulator.histories.truth import (
    Ending,
    Happening,
    HistoryTruth,
    PlantedCommit,
    PlantedScan,
    PlantedWeakness,
    Sighting,
    WrittenHistory,
)

__all__ = [
    "Ending",
    "Happening",
    "HistoryTruth",
    "PlantedCommit",
    "PlantedScan",
    "PlantedWeakness",
    "Sighting",
    "WrittenHistory",
    "write",
]
