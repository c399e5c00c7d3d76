"""How many verdicts are there of each kind, and how often was each score given?

One streaming pass counts everything that rates are made of, and one pass per unit counts its scores; what is
kept is as large as the number of kinds and of distinct scores, however many verdicts there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from metrics.detectors.judging import WEEK
from metrics.detectors.slicing import of_unit
from metrics.detectors.values import Unit

UNIT_KEY: Final = ("detector", "detector_version", "threshold", "threshold_op")
KIND: Final = ("verdict", "truth", "basis_kind", "is_of_set", "is_seed")
PLACE: Final = ("cohort", "family", "surface", "week")
TALLY_KEY: Final = (*UNIT_KEY, *PLACE, *KIND, "score_kind", "has_score", "is_drawn")
SCORE_KEY: Final = ("cohort", "truth", "basis_kind", "is_of_set", "is_seed")
MOST_SCORES: Final = 2**20  # distinct scores that are told apart; more are binned as finely
MOST_KEPT: Final = 2**24  # verdicts of which what is counted is kept, in some hundred megabytes
ANSWERED: Final = ("flag", "pass")  # verdicts; error and skipped are none


def kept(judged: pl.LazyFrame, rows: int) -> pl.LazyFrame:
    """What is counted of each verdict, worked out once where there is room for it, else at every pass.

    Parameters
    ----------
    rows
        How many verdicts there are, at most.
    """
    if rows > MOST_KEPT:
        return judged
    names = [name for name in TALLY_KEY if name not in {"has_score", "is_drawn", "threshold", "week"}]
    words = [name for name in names if name not in {"is_of_set", "is_seed"}]
    needed = judged.select(*names, "threshold", "score", "occurred_at", "design_id", "week_on")
    short = needed.with_columns(pl.col(*words, "design_id").cast(pl.Categorical))
    return _with_weeks(short.collect(engine="streaming")).lazy()


def _with_weeks(rows: pl.DataFrame) -> pl.DataFrame:
    """Write each week once, not for each verdict."""
    weeks = rows.select(pl.col("week_on").unique().drop_nulls())
    named = weeks.with_columns(week=pl.col("week_on").dt.strftime(WEEK).cast(pl.Categorical))
    return rows.join(named, on="week_on", how="left").drop("week_on")


def tally(judged: pl.LazyFrame) -> pl.DataFrame:
    """Count judged verdicts by TALLY_KEY: `count`, `first_at`, `last_at`, `lowest` and `highest` score."""
    moment = pl.col("occurred_at")
    told = judged.with_columns(
        has_score=pl.col("score").is_not_null(), is_drawn=pl.col("design_id").is_not_null()
    )
    counted = told.group_by(TALLY_KEY).agg(
        count=pl.len(), first_at=moment.min(), last_at=moment.max(),
        lowest=pl.col("score").min(), highest=pl.col("score").max(),
    )  # fmt: skip
    rows = counted.collect(engine="streaming").with_columns(pl.col(pl.Categorical).cast(pl.String))
    return rows.sort(TALLY_KEY, nulls_last=True).with_columns(
        pl.col("threshold_op").fill_null(">="), pl.col("count").cast(pl.Int64)
    )


def units(counted: pl.DataFrame) -> tuple[Unit, ...]:
    """Every version of every detector at every threshold, sorted; one without a threshold comes first."""
    rows = counted.select(UNIT_KEY).unique().sort(UNIT_KEY, nulls_last=False)
    return tuple(Unit(*row) for row in rows.iter_rows())


@dataclass(frozen=True, eq=False)
class ScoreCounts:
    """How often each score was given: SCORE_KEY, `score`, `count`; scores in bins stand for their lowest."""

    rows: pl.DataFrame
    is_binned: bool = False  # there are more than MOST_SCORES of them


def score_counts(judged: pl.LazyFrame, unit: Unit, counted: pl.DataFrame) -> ScoreCounts:
    """Count a unit's scores, of items that it gave a verdict on.

    Parameters
    ----------
    judged
        Judged verdicts, of the wanted part.
    counted
        The unit's rows of :func:`tally`: they tell how many scores to expect.
    """
    scored = counted.filter(pl.col("has_score") & pl.col("verdict").is_in(ANSWERED))
    wanted = of_unit(judged, unit).filter(
        pl.col("verdict").is_in(ANSWERED) & pl.col("score").is_not_null()
    )  # fmt: skip
    if int(scored["count"].sum()) <= MOST_SCORES:
        return ScoreCounts(_counted(wanted.group_by(*SCORE_KEY, "score").agg(count=pl.len())))
    return _binned(wanted, scored)


def _binned(wanted: pl.LazyFrame, scored: pl.DataFrame) -> ScoreCounts:
    """Counted in equal bins, which are exact where each holds one score only."""
    lowest, highest = (scored[name].drop_nulls() for name in ("lowest", "highest"))
    least, width = lowest.min(), (highest.max() - lowest.min()) / (MOST_SCORES - 1)  # type: ignore[operator]
    place = ((pl.col("score") - least) / (width or 1.0)).round().cast(pl.Int64)
    found = wanted.with_columns(place=place).group_by(*SCORE_KEY, "place").agg(
        count=pl.len(), score=pl.col("score").min(), top=pl.col("score").max()
    )  # fmt: skip
    rows = _counted(found)
    spans = rows.group_by("place").agg(pl.col("score").min(), pl.col("top").max())
    is_binned = bool((spans["score"] != spans["top"]).any())
    lowest_of = rows.drop("score", "top").join(spans.select("place", "score"), on="place")
    return ScoreCounts(lowest_of.drop("place"), is_binned)


def _counted(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.collect(engine="streaming").with_columns(pl.col("count").cast(pl.Int64))
