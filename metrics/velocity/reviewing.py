"""How were pull requests reviewed: rounds, approvals that a push outdated, merges over a refusal?"""

from __future__ import annotations

import math
from typing import Final

import polars as pl

from metrics.estimate import Estimate, Number
from metrics.measures import Slice
from metrics.shares import share
from metrics.statistics.special import student_quantile
from metrics.statistics.survival import Integers
from metrics.velocity.samples import REVIEWS_UNKNOWN, Sample

MEAN: Final = "mean, Student's t interval"

NOT_DECIDED: Final = "not decided yet"
NOT_MERGED: Final = "not merged"
NO_STANDING_APPROVAL: Final = "no standing approval, or not known what was pushed after it"

_IS_UNDECIDED: Final = pl.when(pl.col("decided_at").is_null()).then(pl.lit(NOT_DECIDED))
_IS_UNMERGED: Final = pl.when(pl.col("merged_at").is_null()).then(pl.lit(NOT_MERGED))


def mean_review_rounds(of: Slice) -> Number:
    """Mean rounds of those decided: one, and one more for each request for changes before the decision."""
    told = of.waits.select("left_out", "decided_at", "rounds")
    sample = Sample.of(told, _reason(_IS_UNDECIDED, "rounds", REVIEWS_UNKNOWN))
    if not sample.n:
        return sample.nothing("rounds")
    rounds = sample.rows["rounds"].to_numpy()
    total, n = int(rounds.sum()), sample.n
    low, high, level = _limits(rounds, of.measuring.confidence)
    return Estimate(total / n, low, high, level, "rounds", MEAN, total, n, n, sample.coverage)


def stale_approval_share(of: Slice) -> Number:
    """Share of merges whose last standing approval is older than the last push."""
    return _share_of_merged(of, "is_stale_approval", NO_STANDING_APPROVAL)


def merged_over_change_request_share(of: Slice) -> Number:
    """Share of merges at which some person's latest verdict was a request for changes."""
    return _share_of_merged(of, "is_over_change_request", REVIEWS_UNKNOWN)


def _share_of_merged(of: Slice, column: str, unknown: str) -> Number:
    told = of.waits.select("left_out", "merged_at", column)
    sample = Sample.of(told, _reason(_IS_UNMERGED, column, unknown))
    level, empty = of.measuring.confidence, sample.nothing("share").reason
    return share(sample.count(pl.col(column)), sample.coverage, level, empty)


def _reason(unfit: pl.Expr, column: str, unknown: str) -> pl.Expr:
    return pl.coalesce("left_out", unfit, pl.when(pl.col(column).is_null()).then(pl.lit(unknown)))


def _limits(rounds: Integers, confidence: float) -> tuple[float | None, float | None, float | None]:
    """Low, high and level; none where one number, or all alike, say nothing about the spread."""
    n, mean = len(rounds), float(rounds.mean())
    if rounds.min() == rounds.max():
        return None, None, None
    reach = student_quantile(n - 1, (1 + confidence) / 2) * float(rounds.std(ddof=1)) / math.sqrt(n)
    return max(mean - reach, 1.0), mean + reach, confidence
