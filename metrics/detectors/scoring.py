"""How often was each score given to attacks, to benign items and to what passes for benign?"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metrics.detectors.counting import Sets
from metrics.detectors.values import Scores

Floats = NDArray[np.float64]
OF: Final = ("attacks", "benign", "presumed")


def scores_of(kinds: pl.DataFrame, sets: Sets) -> Scores:
    """From scores that were kept.

    Parameters
    ----------
    kinds
        Of :attr:`metrics.detectors.tally.Tally.scores`, the rows of one unit and part without seeds.
    sets
        The unit's: scores of labelled sets count, and of what passes for benign.
    """
    given = [_rising(kinds.filter(is_of)) for is_of in _kinds(sets)]
    values = _distinct(np.sort(np.concatenate(given), kind="stable"))  # joins sorted runs in one pass
    counts = [np.diff(np.searchsorted(each, values, side="right"), prepend=0) for each in given]
    return Scores(values[::-1], *(each[::-1] for each in counts))


def _distinct(rising: Floats) -> Floats:
    is_new = np.diff(rising, prepend=np.nan) != 0
    return np.asarray(rising[is_new])


def _rising(kinds: pl.DataFrame) -> Floats:
    return np.sort(kinds["scores"].explode().drop_nulls().to_numpy())


def scores_in(rows: pl.DataFrame, sets: Sets) -> Scores:
    """From scores that were counted: the same, of SCORE_KEY, `score` and `count`."""
    count = pl.col("count")
    told = rows.select("score", **{name: count * is_of for name, is_of in zip(OF, _kinds(sets), strict=True)})
    wanted = told.filter(pl.sum_horizontal(OF) > 0)
    return _summed(wanted.sort("score", descending=True))


def _kinds(sets: Sets) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Whether a row is of one of OF; scores of anything else are on no curve."""
    cohort, truth = pl.col("cohort"), pl.col("truth")
    is_held = (pl.col("is_of_set") & cohort.is_in(sorted(sets.by_set))) | cohort.is_in(sorted(sets.by_people))
    is_presumed = cohort.is_in(sorted(sets.presumed)) & (truth != "attack") & ~is_held
    return is_held & (truth == "attack"), is_held & (truth == "benign"), is_presumed


def _summed(rows: pl.DataFrame) -> Scores:
    """Counts of each distinct score, of rows that are sorted by it."""
    values = rows["score"].to_numpy()
    starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    counts = [rows[name].to_numpy() for name in OF]
    summed = [np.add.reduceat(each, starts) if len(starts) else each for each in counts]
    return Scores(values[starts], *summed)
