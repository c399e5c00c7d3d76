"""How far is each draw: items settled per stratum, labels per person, and what they show so far?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from dashboard.composition import Session
from dashboard.labelling_agreeing import open_count
from dashboard.labelling_draws import foresee
from dashboard.labelling_tables import (
    PERSON,
    judged_now,
    labels_of,
    needed,
    operator_of,
    opinions_of,
    unit_of,
)
from dashboard.labelling_values import AnnotatorProgress, Design, StratumProgress
from metrics.detectors.audits import audit_of
from metrics.detectors.drawing import Drawable, Planned
from metrics.detectors.values import Unit
from metrics.estimate import Coverage, Number, Undefined

GONE: Final = "no verdict on its items is known any more"


@dataclass(frozen=True)
class _Said:
    """Labels of one draw."""

    labels: pl.DataFrame
    wanted: int  # people per item


def designs(session: Session, pilot: str | None = None) -> tuple[Design, ...]:
    """Every draw of a pilot, or of all pilots asked for, the latest first."""
    names = [each.name for each in session.pilots if pilot in {None, each.name}]
    chosen = session.tables.selections.filter(pl.col("pilot").is_in(names)).collect()
    by_design = chosen.partition_by("design_id", maintain_order=True)
    found = [_design(session, rows) for rows in by_design]
    return tuple(sorted(found, key=lambda each: (each.drawn_at, each.design_id), reverse=True))


def _design(session: Session, rows: pl.DataFrame) -> Design:
    row = rows.row(0, named=True)
    unit = unit_of(row, operator_of(session, row))
    drawable = Drawable(unit, row["cohort"], row["from_at"], row["until_at"], row["drawn_at"])
    judged = judged_now(session, row["pilot"])
    said = _Said(labels_of(session, row["design_id"]), needed(session, row["pilot"]))
    strata = _strata(rows, judged, row)
    plan = tuple(Planned(each.name, each.population, each.drawn) for each in strata)
    return Design(
        **{name: row[name] for name in ("design_id", "pilot", "drawn_at", "drawn_by", "seed", "cohort")},
        unit=unit,
        second=row["second_detector"],
        window=(row["from_at"], row["until_at"]),
        needed=said.wanted,
        strata=strata,
        annotators=_annotators(rows.height, said),
        open_disagreements=open_count(said.labels, said.wanted),
        promised=foresee(session, judged, drawable, (row["pilot"], plan, None))[1],
        reached=_reached(session, judged, unit, row),
    )


def _reached(session: Session, judged: pl.LazyFrame, unit: Unit, row: dict[str, Any]) -> Number:
    """The miss rate by this draw alone, as the numbers of the pilot work it out."""
    is_own = pl.col("design_id") == row["design_id"]
    audit = audit_of(judged, session.tables.selections.with_columns(is_own=is_own).collect(), unit)
    if audit is None:
        return Undefined(GONE, 0, Coverage(0, 0))
    level = session.policy(row["pilot"]).confidence
    return audit.stated(audit.missed_share(level), level)


def _strata(rows: pl.DataFrame, judged: pl.LazyFrame, row: dict[str, Any]) -> tuple[StratumProgress, ...]:
    is_same = (pl.col("detector") == row["detector"]) & (
        pl.col("detector_version") == row["detector_version"]
    )
    truths = judged.filter(is_same & (pl.col("design_id") == row["design_id"])).select("event_id", "truth")
    known = rows.join(truths.unique("event_id").collect(), on="event_id", how="left")
    is_miss = pl.col("truth") == "attack"
    counted = known.group_by("stratum").agg(
        pl.col("stratum_count").first(),
        drawn=pl.len(),
        done=(is_miss | (pl.col("truth") == "benign")).sum(),
        misses=is_miss.sum(),
        unclear=(pl.col("truth") == "unclear").sum(),
    )
    ordered = counted.sort("stratum_count", "stratum", descending=True)
    return tuple(StratumProgress(*values) for values in ordered.iter_rows())


def _annotators(drawn: int, said: _Said) -> tuple[AnnotatorProgress, ...]:
    """What waits for a person is what they have not labelled and too few others have."""
    opinions = opinions_of(said.labels)
    counts = opinions.group_by("event_id").agg(people=pl.len())
    full = counts.filter(pl.col("people") >= said.wanted)
    progress = []
    for person in opinions[PERSON].unique(maintain_order=True):
        own = opinions.filter(pl.col(PERSON) == person)
        closed = full.join(own, on="event_id", how="anti").height
        progress.append(AnnotatorProgress(own["annotator"][0], own.height, drawn - own.height - closed))
    return tuple(sorted(progress, key=lambda each: each.annotator.casefold()))
