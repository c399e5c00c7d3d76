"""What would tables of one's own tell: verdicts, labels and draws as CSV?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from data.simulator.detectors.logs.encoding import csv_table
from data.simulator.detectors.planted import PlantedDraw, PlantedLabel, PlantedVerdict
from data.simulator.detectors.rows import label_row, selection_rows

OWN_COLUMNS: Final = ("item", "risk", "said")
LABEL_COLUMNS: Final = (
    "event_id", "annotator", "labelled_at", "annotator_kind", "label", "family", "design_id", "saw_score",
    "is_adjudication",
)  # fmt: skip
SELECTION_COLUMNS: Final = (
    "design_id", "event_id", "pilot", "detector", "detector_version", "threshold", "second_detector",
    "stratum", "stratum_count", "stratum_sample_count", "selection_probability", "place", "seed", "drawn_at",
    "drawn_by",
)  # fmt: skip


def own_rows(planted: Iterable[PlantedVerdict]) -> list[dict[str, Any]]:
    """Verdicts by columns of somebody's own."""
    return [{"item": one.item.event_id, "risk": one.score, "said": one.verdict} for one in planted]


def verdicts_csv(planted: Iterable[PlantedVerdict]) -> bytes:
    """Verdicts of one version of a detector."""
    return csv_table(OWN_COLUMNS, own_rows(planted))


def labels_csv(planted: Iterable[PlantedLabel]) -> bytes:
    """Labels in the columns of the contract."""
    return csv_table(LABEL_COLUMNS, map(label_row, planted))


def selections_csv(planted: Iterable[PlantedDraw]) -> bytes:
    """Draws in the columns of the contract; without limits of time."""
    return csv_table(SELECTION_COLUMNS, (row for draw in planted for row in selection_rows(draw)))
