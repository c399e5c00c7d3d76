"""How much does the share of fast approvals hang on the two numbers that define "fast"?

Rejects are judged by the same rule beside it: a reject shows that somebody looked, so a rule that calls many
of them fast is too strict.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Final

import polars as pl

from metrics.fatigue.judging import REJECTED, limit_seconds
from metrics.fatigue.rules import FatigueRules

FLOORS: Final = (1.0, 2.0, 3.0, 5.0)  # seconds
PACES: Final = (50.0, 75.0, 100.0, 150.0, math.inf)  # characters a second; inf: the floor alone


def sensitivity(approvals: pl.LazyFrame, rules: FatigueRules) -> pl.DataFrame:
    """Count fast answers under every rule of the grid, that in use among them, in one streaming pass.

    Parameters
    ----------
    approvals
        From :func:`metrics.fatigue.judging.judged`.

    Returns
    -------
    DataFrame
        floor_seconds, chars_per_second (inf = the floor alone), is_inferred, and per rule fast_count of
        approval_count and fast_reject_count of reject_count; in this order, twice as many rows as rules.
    """
    is_reject = pl.col("left_out") == REJECTED
    floors, paces = sorted({*FLOORS, rules.floor_seconds}), sorted({*PACES, rules.chars_per_second})
    rules_of = {place: _rule(rules, *pair) for place, pair in enumerate(product(floors, paces))}
    fast = [
        (pl.col("wait_seconds") < limit_seconds(rule)).sum().alias(str(n)) for n, rule in rules_of.items()
    ]
    counted = (
        approvals.filter(pl.col("left_out").is_null() | is_reject)
        .group_by("is_inferred", is_reject=is_reject.fill_null(value=False))
        .agg(pl.len().cast(pl.Int64).alias("count"), *fast)
        .collect(engine="streaming")
    )
    return _beside(counted, rules_of)


def _rule(rules: FatigueRules, floor: float, pace: float) -> FatigueRules:
    return replace(rules, floor_seconds=floor, chars_per_second=pace)


def _beside(counted: pl.DataFrame, rules_of: dict[int, FatigueRules]) -> pl.DataFrame:
    """One row per rule and evidence, approvals and rejects beside each other."""
    counts = {(row["is_inferred"], row["is_reject"]): row for row in counted.iter_rows(named=True)}
    nothing = dict.fromkeys(counted.columns, 0)
    rows = []
    for (place, rule), is_inferred in product(rules_of.items(), (False, True)):
        approved, rejected = (counts.get((is_inferred, each), nothing) for each in (False, True))
        row = (rule.floor_seconds, rule.chars_per_second, is_inferred)
        rows.append((*row, approved[str(place)], approved["count"], rejected[str(place)], rejected["count"]))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


SCHEMA: Final = {
    "floor_seconds": pl.Float64, "chars_per_second": pl.Float64, "is_inferred": pl.Boolean,
    "fast_count": pl.Int64, "approval_count": pl.Int64, "fast_reject_count": pl.Int64,
    "reject_count": pl.Int64,
}  # fmt: skip
