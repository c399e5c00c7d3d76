"""Which rows of the judged verdicts belong to a unit, and to a part of it?"""

from __future__ import annotations

import polars as pl

from metrics.detectors.values import Part, Unit


def of_unit(judged: pl.LazyFrame, unit: Unit) -> pl.LazyFrame:
    """Rows of one version of a detector at its threshold; where none is told, those that tell none."""
    return judged.filter(is_of_unit(unit))


def is_of_unit(unit: Unit) -> pl.Expr:
    """Whether a row is of a unit."""
    is_at = pl.col("threshold").eq_missing(pl.lit(unit.threshold, pl.Float64))
    is_so = pl.col("threshold_op").fill_null(">=") == unit.operator
    return (
        (pl.col("detector") == unit.detector) & (pl.col("detector_version") == unit.version) & is_at & is_so
    )


def is_of_part(part: Part) -> pl.Expr:
    """Whether a row is of a part; the mean of cohorts rests on all rows."""
    if part.by in {"whole", "mean"}:
        return pl.lit(value=True)
    return (pl.col(part.by) == part.value).fill_null(value=False)


def is_traffic(tally: pl.DataFrame) -> pl.Expr:
    """Whether a row is of traffic: neither planted, nor of a cohort that came with labels of its own."""
    sets = tally.filter("is_of_set")["cohort"].unique()
    return ~pl.col("is_seed") & ~pl.col("cohort").is_in(sets.implode())
