"""Do approvals become fast as a session goes on?"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import polars as pl

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.people import too_few
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sequences import sequences
from metrics.statistics.gee import LogisticTrend, logistic_trend
from metrics.statistics.special import student_quantile
from metrics.units import ODDS

PER: Final = 10  # prompts later in the session
METHOD: Final = "logistic GEE over people, bias-reduced"
NO_FIT: Final = "the approvals do not vary enough along their sessions for a trend"
_FURTHEST: Final = 700.0  # a logarithm beyond which a float ends


def session_trend(approvals: pl.LazyFrame, rules: FatigueRules, confidence: float) -> Number:
    """By which factor do the odds that an approval is fast change with ten prompts more in the session?

    Explicit, measurable approvals; their place is counted among all answers of the session and centred
    within the person, so that people with long sessions are not compared with people with short ones.

    Parameters
    ----------
    approvals
        From :func:`metrics.fatigue.judging.judged`.

    Returns
    -------
    An odds ratio; above 1: the later, the more are fast. Undefined for few approvals or people.
    """
    counts = _by_place(approvals)
    x, n, people = int(counts["fast"].sum()), int(counts["of"].sum()), counts["reviewer"].n_unique()
    coverage = Coverage(n, n)
    if n < rules.minimum_approvals or people < rules.minimum_people:
        return Undefined(too_few((x, n), people, rules, ("trend", "approvals")), n, coverage, ODDS)
    found = _fitted(counts)
    if found is None:
        return Undefined(NO_FIT, n, coverage, ODDS)
    return _stated(found, (x, n), coverage, confidence)


def _by_place(approvals: pl.LazyFrame) -> pl.DataFrame:
    """Fast ones of the approvals of each person at each place of a session."""
    is_measured = pl.col("left_out").is_null() & ~pl.col("is_inferred")
    sums = (pl.col("is_fast").sum().cast(pl.Int64).alias("fast"), pl.len().cast(pl.Int64).alias("of"))
    parts = [
        rows.filter(is_measured).group_by("reviewer", "position").agg(sums) for rows in sequences(approvals)
    ]
    empty = {"reviewer": pl.String, "position": pl.Int64, "fast": pl.Int64, "of": pl.Int64}
    return pl.concat([pl.DataFrame(schema=empty), *parts]).sort("reviewer", "position")


def _fitted(counts: pl.DataFrame) -> LogisticTrend | None:
    place, of = pl.col("position"), pl.col("of")
    usual = (place * of).sum().over("reviewer") / of.sum().over("reviewer")
    along = counts.select((place - usual) / PER).to_series().to_numpy()
    fast, total = (counts[name].to_numpy().astype(np.float64) for name in ("fast", "of"))
    return logistic_trend(fast, total, along, counts["reviewer"].rle_id().to_numpy().astype(np.int64))


def _stated(
    found: LogisticTrend, counted: tuple[int, int], coverage: Coverage, confidence: float
) -> Estimate:
    reach = student_quantile(found.people - 1, (1 + confidence) / 2) * found.se_reduced[1]
    value, low, high = (
        math.exp(min(max(each, -_FURTHEST), _FURTHEST))
        for each in (found.slope, found.slope - reach, found.slope + reach)
    )
    return Estimate(value, low, high, confidence, ODDS, METHOD, *counted, counted[1], coverage)
