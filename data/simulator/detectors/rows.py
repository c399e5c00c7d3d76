"""How do planted verdicts, labels and draws look in the trusted tables, without the way through logs?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import polars as pl

from data.simulator.detectors.planted import PlantedDraw, PlantedLabel, PlantedVerdict
from data.simulator.detectors.truth import Detector, Version
from data.simulator.draws import stream
from ingest.contracts import DETECTIONS, LABELS_TABLE, SELECTIONS, Table

PROVENANCE: Final = ("source", "ingested_at")


def without_stamp(table: Table) -> dict[str, pl.DataType]:
    """Columns of a table but for those that an intake stamps."""
    return {name: kind for name, kind in table.polars_schema.items() if name not in PROVENANCE}


def detections(planted: Iterable[PlantedVerdict]) -> pl.DataFrame:
    """Verdicts in the columns of `detections`."""
    return pl.DataFrame([_verdict(one) for one in planted], schema=without_stamp(DETECTIONS))


def labels(planted: Iterable[PlantedLabel]) -> pl.DataFrame:
    """Labels in the columns of `labels`."""
    return pl.DataFrame([label_row(one) for one in planted], schema=without_stamp(LABELS_TABLE))


def selections(planted: Iterable[PlantedDraw]) -> pl.DataFrame:
    """Drawn items in the columns of `selections`."""
    rows = [row for draw in planted for row in selection_rows(draw)]
    return pl.DataFrame(rows, schema=without_stamp(SELECTIONS))


def digest(text: str) -> str:
    """Hash of a text in UTF-8."""
    return sha256(text.encode()).hexdigest()


def _verdict(one: PlantedVerdict) -> dict[str, Any]:
    item = one.item
    return {
        "event_id": item.event_id, "surface": item.surface, "cohort": item.cohort,
        "content_sha256": digest(item.text), "content_chars": len(item.text), "seed_id": item.seed_id,
        "conversation_id": item.conversation_id, "repository": item.repository,
        "occurred_at": item.occurred_at, "verdict": one.verdict, "raw_ref": "simulator", **_said(one),
    }  # fmt: skip


def _said(one: PlantedVerdict) -> dict[str, Any]:
    detector = one.detector
    has_score, is_ordinal = one.score is not None, detector.kind == "ordinal"
    return {
        "detector": detector.name, "detector_version": one.version.name,
        "score": one.score, "score_kind": detector.kind if has_score else "none",
        "score_order": list(detector.levels) if has_score and is_ordinal else None,
        **of_unit(detector, one.version),
    }  # fmt: skip


def of_unit(detector: Detector, version: Version) -> dict[str, Any]:
    """Threshold and operator on the scale of the score: a place of levels, or no distance at all."""
    scales = {"none": None, "ordinal": float(detector.flagged_level), "relative": 0.0}
    threshold = scales.get(detector.kind, version.threshold)
    return {"threshold": threshold, "threshold_op": None if threshold is None else detector.operator}


def label_row(one: PlantedLabel) -> dict[str, Any]:
    """A label by the columns of the contract; what they lack is not told."""
    return {
        "event_id": one.event_id, "annotator": one.annotator, "labelled_at": one.labelled_at,
        "annotator_kind": one.kind, "label": one.label, "family": one.family, "design_id": one.design_id,
        "saw_score": one.saw_score, "is_adjudication": one.is_adjudication, "raw_ref": "simulator",
    }  # fmt: skip


def selection_rows(draw: PlantedDraw) -> Iterator[Mapping[str, Any]]:
    """One row per drawn item; the places in the queue are drawn too."""
    drawn = [(stratum, item) for stratum in draw.strata for item in stratum.drawn]
    places = list(range(len(drawn)))
    stream(draw.seed, "queue", draw.design_id).shuffle(places)
    for place, (stratum, item) in zip(places, drawn, strict=True):
        yield {
            "design_id": draw.design_id, "event_id": item.event_id, "pilot": draw.pilot,
            "detector": draw.detector.name, "detector_version": draw.version.name,
            "threshold": of_unit(draw.detector, draw.version)["threshold"], "second_detector": draw.second,
            "stratum": stratum.name, "stratum_count": len(stratum.items),
            "stratum_sample_count": len(stratum.drawn),
            "selection_probability": round(stratum.probability, 6), "place": place, "seed": draw.seed,
            "drawn_at": draw.drawn_at, "drawn_by": draw.drawn_by, "raw_ref": "simulator",
        }  # fmt: skip
