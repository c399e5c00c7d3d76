"""Whose share of fast approvals differs from everybody's by more than chance, given how many there are?"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.fatigue.prompts import IS_FAST, UNLESS_EXPLICIT, per_person
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.tally import kinds
from metrics.statistics.funnel import funnel_limits

SCHEMA: Final = {
    "reviewer": pl.String, "fast_count": pl.Int64, "approval_count": pl.Int64, "share": pl.Float64,
    "low": pl.Float64, "high": pl.Float64, "far_low": pl.Float64, "far_high": pl.Float64,
}  # fmt: skip


def funnel(prompts: pl.DataFrame, rules: FatigueRules) -> pl.DataFrame:
    """Place each pseudonymous person among everybody.

    Parameters
    ----------
    prompts
        From :func:`metrics.fatigue.tally.tally`.

    Returns
    -------
    DataFrame
        SCHEMA, by approvals; limits hold 95 and 99.8 of a hundred people of the common share. Empty below
        `minimum_approvals` approvals or `minimum_people` people: a small group shows nobody.
    """
    people = per_person(kinds(prompts), IS_FAST, UNLESS_EXPLICIT)
    fast, total = int(people["counted"].sum()), int(people["decision_count"].sum())
    if total < rules.minimum_approvals or people.height < rules.minimum_people:
        return pl.DataFrame(schema=SCHEMA)
    # Many people have the same count: limits are worked out once for each.
    limits = {n: funnel_limits(n, fast / total) for n in people["decision_count"].unique().to_list()}
    rows = [
        (reviewer, x, n, x / n, limits[n].low, limits[n].high, limits[n].far_low, limits[n].far_high)
        for reviewer, x, n in people.iter_rows()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("approval_count", "reviewer")
