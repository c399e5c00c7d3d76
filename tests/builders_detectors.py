"""Builders for verdicts of detectors: say what matters, the rest is one detector version on traffic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from metrics.detectors.values import Unit
from metrics.tables import Tables
from tests.builders_metrics import LATER, START, Row, day, tables

DETECTOR, VERSION, THRESHOLD = "PromptGuard", "v2", 0.9
UNIT = Unit(DETECTOR, VERSION, THRESHOLD)  # of every row where nothing else is said


def detection(event_id: str, verdict: str = "pass", at: float | None = 1, **given: Any) -> Row:
    """A verdict `at` days after the start (None = no time told), without a score, of no repository."""
    usual = {
        "event_id": event_id,
        "detector": DETECTOR,
        "detector_version": VERSION,
        "occurred_at": None if at is None else day(at),
        "verdict": verdict,
        "verdict_raw": verdict,
        "score_kind": "none" if given.get("score") is None else "probability",
        "score_order": None,
        "threshold": THRESHOLD,
        "threshold_op": None if given.get("threshold", THRESHOLD) is None else ">=",
        "surface": "user",
        "cohort": "traffic",
    }
    return {**usual, **given}


def scored(event_id: str, score: float, at: float | None = 1, **given: Any) -> Row:
    """A verdict that its score gives: flagged from the threshold on."""
    flags = score >= given.get("threshold", THRESHOLD)
    return detection(event_id, "flag" if flags else "pass", at, score=score, **given)


def label(event_id: str, truth: str = "attack", annotator: str = "ada", at: float = 20, **given: Any) -> Row:
    """What a person said of an item, blind."""
    usual = {
        "event_id": event_id,
        "annotator": annotator,
        "labelled_at": day(at),
        "annotator_kind": "human",
        "label": truth,
        "saw_score": False,
        "is_adjudication": False,
    }
    return {**usual, **given}


def set_label(event_id: str, truth: str = "attack", **given: Any) -> Row:
    """A label that came with its set."""
    usual = {"annotator_kind": "dataset", "saw_score": None, "annotator": "set"}
    return label(event_id, truth, **{**usual, **given})


def seed_label(name: str, **given: Any) -> Row:
    """A planted item is known to be an attack."""
    usual = {"annotator_kind": "seed", "saw_score": None, "annotator": "planted"}
    return label(f"seed:{name}", "attack", **{**usual, **given})


def selection(event_id: str, stratum: str = "all", at: float = 15, **given: Any) -> Row:
    """An item that was drawn: 2 of 10 of its stratum."""
    population = given.get("stratum_count", 10)
    sampled = given.get("stratum_sample_count", 2)
    usual = {
        "design_id": "draw-1",
        "event_id": event_id,
        "pilot": "pay",
        "detector": DETECTOR,
        "detector_version": VERSION,
        "threshold": THRESHOLD,
        "stratum": stratum,
        "stratum_count": population,
        "stratum_sample_count": sampled,
        "selection_probability": sampled / population,
        "place": 0,
        "seed": 1,
        "from_at": START,
        "until_at": LATER,
        "drawn_at": day(at),
        "drawn_by": "sam",
    }
    return {**usual, **given}


def confusion(tp: int, fp: int, fn: int, tn: int, **given: Any) -> tuple[list[Row], list[Row]]:
    """Detections and the set's own labels of so many of each, of the cohort `house`."""
    cells = (
        ("tp", tp, "flag", "attack"),
        ("fp", fp, "flag", "benign"),
        ("fn", fn, "pass", "attack"),
        ("tn", tn, "pass", "benign"),
    )
    usual = {"cohort": "house", **given}
    names = [(f"{usual['cohort']}-{cell}{n}", *said) for cell, count, *said in cells for n in range(count)]
    return (
        [detection(name, verdict, **usual) for name, verdict, _ in names],
        [set_label(name, truth) for name, _, truth in names],
    )


def detections(rows: Iterable[Row]) -> pl.LazyFrame:
    """The table of verdicts with these rows."""
    return tables(detections=rows).detections


def labels(rows: Iterable[Row]) -> pl.LazyFrame:
    """The table of labels with these rows."""
    return tables(labels=rows).labels


def selections(rows: Iterable[Row]) -> pl.LazyFrame:
    """The table of drawn items with these rows."""
    return tables(selections=rows).selections


def detector_tables(
    detections: Iterable[Row] = (), labels: Iterable[Row] = (), selections: Iterable[Row] = (), **more: Any
) -> Tables:
    """Tables with these rows; `more` are rows of other tables."""
    return tables(detections=detections, labels=labels, selections=selections, **more)
