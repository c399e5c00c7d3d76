"""What do the tables say of a draw now, whatever moment the numbers are asked for?

Labelling is work of today: an `as_of` of the configuration moves numbers, not what waits for people.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from dashboard.composition import Session
from dashboard.labelling_values import HUMAN
from ingest.errors import UsageError
from metrics.detectors.judging import judged
from metrics.detectors.values import Unit
from metrics.triage import one_person

PERSON: Final = "person"  # a name is one person however it is written
LABEL_COLUMNS: Final = (
    "event_id", "annotator", "labelled_at", "label", "choice", "family", "design_id", "guideline_version",
    "saw_score", "is_adjudication", "reason",
)  # fmt: skip


def known_pilot(session: Session, name: str) -> str:
    """The pilot of this name; UsageError names those that there are."""
    names = [pilot.name for pilot in session.pilots]
    if name not in names:
        raise UsageError(f"no pilot {name!r} in {session.path}; there are: {', '.join(names)}")
    return name


def judged_now(session: Session, pilot: str) -> pl.LazyFrame:
    """Every verdict of the pilot with what is true of its item, by all labels that there are."""
    rules = session.measuring(pilot).detectors
    return judged(session.tables, session.pilot(pilot), rules)


def needed(session: Session, pilot: str) -> int:
    """Labels of different people that an item needs; of a pilot that is not configured any more, two."""
    names = [each.name for each in session.pilots]
    return session.measuring(pilot).detectors.annotators if pilot in names else 2


def design_row(session: Session, design_id: str) -> dict[str, Any]:
    """What all items of a draw share; UsageError where there is no such draw."""
    chosen = session.tables.selections.filter(pl.col("design_id") == design_id).head(1).collect()
    if chosen.is_empty():
        raise UsageError(f"no draw is called {design_id!r}; `pilot label list` names them all")
    return chosen.row(0, named=True)


def unit_of(design: dict[str, Any], operator: str = ">=") -> Unit:
    """The detector that a draw is about."""
    return Unit(design["detector"], design["detector_version"], design["threshold"], operator)


def operator_of(session: Session, design: dict[str, Any]) -> str:
    """Whether the draw's detector flags at the threshold itself, as its verdicts say."""
    is_same = (pl.col("detector") == design["detector"]) & (
        pl.col("detector_version") == design["detector_version"]
    )
    at = pl.col("threshold").eq_missing(pl.lit(design["threshold"], pl.Float64))
    found = session.tables.detections.filter(is_same & at).select("threshold_op").head(1).collect()
    return ">=" if found.is_empty() else found.item() or ">="


def labels_of(session: Session, design_id: str) -> pl.DataFrame:
    """What people said of the items of a draw: LABEL_COLUMNS and person, in the order they said it."""
    is_of_draw = (pl.col("design_id") == design_id) & (pl.col("annotator_kind") == HUMAN)
    given = session.tables.labels.filter(is_of_draw).select(*LABEL_COLUMNS)
    return given.with_columns(one_person("annotator").alias(PERSON)).sort("labelled_at", PERSON).collect()


def opinions_of(labels: pl.DataFrame) -> pl.DataFrame:
    """The latest label of each person about each item, without what settles disagreements."""
    own = labels.filter(~pl.col("is_adjudication"))
    return own.unique(["event_id", PERSON], keep="last", maintain_order=True)


def settled_of(labels: pl.DataFrame) -> pl.DataFrame:
    """The latest adjudication of each item."""
    return labels.filter("is_adjudication").unique("event_id", keep="last", maintain_order=True)
