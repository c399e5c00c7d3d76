"""How many verdicts are there of each kind, and which scores were given?

One streaming pass counts everything that rates are made of and keeps the scores, eight bytes each. Of more
scores than there is room for those of items that no curve looks at are left out, and if need be all: then a
pass per unit counts them. What is held is bounded, however many verdicts there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import polars as pl
import polars.selectors as cs
from polars.selectors import Selector

from metrics.detectors.judging import WEEK
from metrics.detectors.slicing import of_unit
from metrics.detectors.values import ANSWERED, TRUTHS, Unit

UNIT_KEY: Final = ("detector", "detector_version", "threshold", "threshold_op")
KIND: Final = ("verdict", "truth", "basis_kind", "is_of_set", "is_seed")
PLACE: Final = ("cohort", "family", "surface", "week")
TALLY_KEY: Final = (*UNIT_KEY, *PLACE, *KIND, "score_kind", "has_score", "is_drawn")
SCORE_KEY: Final = ("cohort", "truth", "basis_kind", "is_of_set", "is_seed")
MOST_SCORES: Final = 2**20  # distinct scores that are told apart; more are binned as finely
MOST_KEPT: Final = 2**24  # scores that are held, in 134 megabytes
BATCHES: Final = 64  # that are counted before they are added up
OF_CURVES: Final = frozenset({"attack", "benign", "presumed"})
_STAGES: Final = (frozenset(TRUTHS), OF_CURVES, frozenset[str]())  # truths of which scores are kept
_KEY: Final = tuple("week_on" if name == "week" else name for name in TALLY_KEY)


@dataclass(frozen=True, eq=False)
class Tally:
    """Verdicts counted, and their scores."""

    rows: pl.DataFrame  # TALLY_KEY, `count`, `first_at`, `last_at`, `lowest` and `highest` score
    scores: pl.DataFrame  # TALLY_KEY of what has scores and a verdict, and `scores`
    truths: frozenset[str]  # of which every score is there

    @property
    def has_curves(self) -> bool:
        """Whether every score that a curve looks at is there."""
        return self.truths >= OF_CURVES

    @property
    def is_whole(self) -> bool:
        """Whether every score is there."""
        return self.truths == _STAGES[0]


def tally(judged: pl.LazyFrame, truths: frozenset[str] = _STAGES[0]) -> Tally:
    """Count judged verdicts, and keep the scores of those that have one of some truths.

    Parameters
    ----------
    judged
        From :func:`metrics.detectors.judging.judged`.
    """
    batches = _needed(judged).collect_batches(maintain_order=False, engine="streaming")
    found = _counted(_needed(judged.clear()).collect())
    while some := [_only(_counted(batch), truths) for batch in islice(batches, BATCHES)]:
        found, truths = _lighter(_merged([found, *some]), truths)
    rows = _named(found)
    is_scored = pl.col("scores").list.len() > 0
    return Tally(rows.drop("scores"), rows.filter(is_scored).select(*TALLY_KEY, "scores"), truths)


def _needed(judged: pl.LazyFrame) -> pl.LazyFrame:
    """What is counted of each verdict, and nothing else: a batch is as wide as this."""
    told = judged.with_columns(
        pl.col("threshold_op").fill_null(">="),
        has_score=pl.col("score").is_not_null(), is_drawn=pl.col("design_id").is_not_null(),
    )  # fmt: skip
    return told.select(pl.col(_KEY), "score", "occurred_at").with_columns(_words().cast(pl.Categorical))


def _words() -> Selector:
    """Four bytes each instead of sixteen while they are on their way."""
    return cs.string() | cs.categorical()


def _counted(batch: pl.DataFrame) -> pl.DataFrame:
    moment, score = pl.col("occurred_at"), pl.col("score")
    return batch.group_by(_KEY).agg(
        count=pl.len().cast(pl.Int64), first_at=moment.min(), last_at=moment.max(),
        lowest=score.min(), highest=score.max(), scores=score,
    )  # fmt: skip


def _merged(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts).group_by(_KEY).agg(
        pl.col("count").sum(), pl.col("first_at").min(), pl.col("last_at").max(),
        pl.col("lowest").min(), pl.col("highest").max(), pl.col("scores").explode().drop_nulls(),
    )  # fmt: skip


def _only(counted: pl.DataFrame, truths: frozenset[str]) -> pl.DataFrame:
    """The same with scores of verdicts on items of some truths alone."""
    is_wanted = (
        pl.col("has_score") & pl.col("verdict").is_in(ANSWERED) & pl.col("truth").is_in(sorted(truths))
    )
    nothing = pl.lit([], pl.List(pl.Float64))
    return counted.with_columns(scores=pl.when(is_wanted).then("scores").otherwise(nothing))


def _lighter(counted: pl.DataFrame, truths: frozenset[str]) -> tuple[pl.DataFrame, frozenset[str]]:
    """The same with no more scores than there is room for, and the truths of which all are there."""
    stages = [truths, *(fewer for fewer in _STAGES if fewer < truths)]
    tried = ((_only(counted, fewer), fewer) for fewer in stages)
    return next((found, fewer) for found, fewer in tried if _held(found) <= MOST_KEPT)


def _held(counted: pl.DataFrame) -> int:
    return int(counted["scores"].list.len().sum())


def _named(counted: pl.DataFrame) -> pl.DataFrame:
    """Weeks by their names, in the order of TALLY_KEY."""
    named = counted.with_columns(_words().cast(pl.String), week=pl.col("week_on").dt.strftime(WEEK))
    figures = ("count", "first_at", "last_at", "lowest", "highest", "scores")
    return named.select(*TALLY_KEY, *figures).sort(TALLY_KEY, nulls_last=True)


def moved(judged: pl.LazyFrame, unit: Unit, at: float) -> pl.DataFrame:
    """A unit's rows of the tally as its scores would have them at another threshold, by one pass."""
    scored = of_unit(judged, unit).filter(
        pl.col("verdict").is_in(ANSWERED) & pl.col("score").is_not_null()
    )  # fmt: skip
    verdict = pl.when(_is_flagged(pl.col("score"), unit, at)).then(pl.lit("flag")).otherwise(pl.lit("pass"))
    return tally(scored.with_columns(verdict=verdict), frozenset()).rows


def moved_of(scores: pl.DataFrame, unit: Unit, at: float) -> pl.DataFrame:
    """The same from the unit's rows of :attr:`Tally.scores`, where every score is there."""
    every = pl.col("scores").list.len().cast(pl.Int64)
    flags = pl.col("scores").list.eval(_is_flagged(pl.element(), unit, at)).list.sum().cast(pl.Int64)
    parts = [
        scores.select(pl.col(TALLY_KEY).exclude("verdict"), verdict=pl.lit(verdict), count=count)
        for verdict, count in (("flag", flags), ("pass", every - flags))
    ]
    counted = pl.concat(parts).group_by(TALLY_KEY).agg(pl.col("count").sum())
    return counted.filter(pl.col("count") > 0).sort(TALLY_KEY, nulls_last=True)


def _is_flagged(score: pl.Expr, unit: Unit, at: float) -> pl.Expr:
    return score > at if unit.operator == ">" else score >= at


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
        return ScoreCounts(_collected(wanted.group_by(*SCORE_KEY, "score").agg(count=pl.len())))
    return _binned(wanted, scored)


def _binned(wanted: pl.LazyFrame, scored: pl.DataFrame) -> ScoreCounts:
    """Counted in equal bins, which are exact where each holds one score only."""
    lowest, highest = (scored[name].drop_nulls() for name in ("lowest", "highest"))
    least, width = lowest.min(), (highest.max() - lowest.min()) / (MOST_SCORES - 1)  # type: ignore[operator]
    place = ((pl.col("score") - least) / (width or 1.0)).round().cast(pl.Int64)
    found = wanted.with_columns(place=place).group_by(*SCORE_KEY, "place").agg(
        count=pl.len(), score=pl.col("score").min(), top=pl.col("score").max()
    )  # fmt: skip
    rows = _collected(found)
    spans = rows.group_by("place").agg(pl.col("score").min(), pl.col("top").max())
    is_binned = bool((spans["score"] != spans["top"]).any())
    lowest_of = rows.drop("score", "top").join(spans.select("place", "score"), on="place")
    return ScoreCounts(lowest_of.drop("place"), is_binned)


def _collected(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.collect(engine="streaming").with_columns(pl.col("count").cast(pl.Int64))
