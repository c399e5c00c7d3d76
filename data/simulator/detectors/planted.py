"""What was put in: verdicts, labels and draws, as they truly are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.simulator.detectors.truth import Detector, Item, Version

Verdict = Literal["flag", "pass", "error", "skipped"]
Witness = Literal["human", "dataset", "seed"]
Label = Literal["attack", "benign", "unsure"]


@dataclass(frozen=True)
class PlantedVerdict:
    """What one version of a detector said of an item."""

    item: Item
    detector: Detector
    version: Version
    verdict: Verdict
    score: float | None = None  # as the log can show it; of an ordinal one the place of its level

    @property
    def level(self) -> str:
        """Word of an ordinal score."""
        return self.detector.levels[int(self.score or 0)]

    @property
    def has_answer(self) -> bool:
        """Whether it said anything about the item."""
        return self.verdict in ("flag", "pass")


@dataclass(frozen=True)
class PlantedLabel:
    """What somebody said of an item."""

    event_id: str
    annotator: str
    labelled_at: datetime
    kind: Witness
    label: Label
    family: str | None = None
    design_id: str | None = None
    saw_score: bool | None = None
    is_adjudication: bool = False


@dataclass(frozen=True)
class PlantedStratum:
    """Items of one kind, and which of them were drawn."""

    name: str
    items: tuple[Item, ...]
    drawn: tuple[Item, ...]

    @property
    def probability(self) -> float:
        """Chance of being drawn."""
        return len(self.drawn) / len(self.items)


@dataclass(frozen=True)
class PlantedDraw:
    """Items that were drawn for labelling, before anybody looked."""

    design_id: str
    pilot: str
    detector: Detector
    version: Version
    second: str | None
    strata: tuple[PlantedStratum, ...]
    drawn_at: datetime
    drawn_by: str
    seed: int
