"""Which verdicts belong to a pilot, and what is true of each item?

A detector of no single repository watches the whole house, so its verdicts belong to every pilot. An item of
a cohort that passes for benign is presumed benign while nobody has labelled it, and never mixed with those
that were.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.detectors.rules import DetectorRules
from metrics.detectors.truth import truths
from metrics.pilot import Pilot
from metrics.scope import matches, repositories
from metrics.tables import Tables

DRAWN: Final = ("design_id", "stratum", "stratum_count", "stratum_sample_count", "selection_probability")
WEEK: Final = "%G-W%V"
_ITEM: Final = ["event_id", "detector", "detector_version"]


def judged(tables: Tables, pilot: Pilot, rules: DetectorRules) -> pl.LazyFrame:
    """Every verdict of the pilot with the truth of its item and how it was drawn.

    Parameters
    ----------
    tables
        Already cut at the moment of judgement.

    Returns
    -------
    LazyFrame
        All columns of `detections` and: `truth` (values.Truth), `basis_kind` (dataset, human, seed; null =
        nobody said), `family`, `is_of_set`, `is_seed`, `label_count`, `all_saw_score`, `week` (ISO week in
        the pilot's zone; null = no time told), `week_on` (its Monday) and DRAWN (of the latest draw about
        this detector and version; null = not drawn).
    """
    own = of_pilot(tables.detections, pilot)
    known = truths(tables.labels, own)
    day = pl.col("occurred_at").dt.convert_time_zone(pilot.timezone).dt.date()
    monday = day.dt.truncate("1w")
    seen = own.with_columns(week=monday.dt.strftime(WEEK), week_on=monday)
    with_truth = _with(seen, known, ["event_id"]).with_columns(_seeds())
    told = with_truth.with_columns(_told(_presumed(own, rules))).drop("is_planted")
    return _with_draws(told, _latest_draws(draws(tables, pilot).filter("is_own")).collect())


def of_pilot(detections: pl.LazyFrame, pilot: Pilot) -> pl.LazyFrame:
    """Verdicts of the pilot's repositories, and of no repository."""
    named = repositories(detections, pilot)
    return detections.filter(pl.col("repository").is_null() | pl.col("repository").is_in(named))


def draws(tables: Tables, pilot: Pilot) -> pl.LazyFrame:
    """Every draw for labelling, and `is_own`: an item that any of them took is drawn by no later one."""
    return tables.selections.with_columns(is_own=pl.col("pilot") == pilot.name)


def _latest_draws(selections: pl.LazyFrame) -> pl.LazyFrame:
    latest = selections.sort("drawn_at", "design_id").unique(_ITEM, keep="last")
    return latest.select(*_ITEM, *DRAWN)


def _with_draws(told: pl.LazyFrame, drawn: pl.DataFrame) -> pl.LazyFrame:
    """How each item was drawn; a join that can find nothing is spared."""
    if drawn.is_empty():
        return told.with_columns(
            pl.lit(None, kind).alias(name) for name, kind in drawn.schema.items() if name in DRAWN
        )
    return _with(told, drawn, _ITEM)


def _with(verdicts: pl.LazyFrame, facts: pl.DataFrame, key: list[str]) -> pl.LazyFrame:
    """Verdicts with what is known of them; held are the facts, never the verdicts, which may be many more."""
    return verdicts.join(facts.lazy(), on=key, how="left", build_side="force_right")


def _presumed(detections: pl.LazyFrame, rules: DetectorRules) -> list[str]:
    """Cohorts that pass for benign."""
    if not rules.presumed_benign:
        return []
    cohorts = detections.select(pl.col("cohort").unique()).collect()["cohort"]
    return sorted(name for name in cohorts if matches(name, rules.presumed_benign))


def _seeds() -> list[pl.Expr]:
    is_seed = pl.col("seed_id").is_not_null() | pl.col("is_planted").fill_null(value=False)
    return [
        is_seed.alias("is_seed"),
        pl.col("is_of_set").fill_null(value=False),
        pl.col("label_count").fill_null(0),
    ]


def _told(presumed: list[str]) -> list[pl.Expr]:
    is_planted_only = pl.col("is_seed") & pl.col("basis_kind").ne_missing(pl.lit("seed"))
    unknown = pl.when(pl.col("cohort").is_in(presumed)).then(pl.lit("presumed")).otherwise(
        pl.lit("unlabelled")
    )  # fmt: skip
    truth = pl.when(is_planted_only).then(pl.lit("attack")).otherwise(pl.coalesce("truth", unknown))
    basis = pl.when(is_planted_only).then(pl.lit("seed")).otherwise("basis_kind")
    return [truth.alias("truth"), basis.alias("basis_kind")]
