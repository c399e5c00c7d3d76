"""At which hours of the week are people asked, and when do they answer fast?"""

from __future__ import annotations

import polars as pl

from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sequences import answers


def heat_map(approvals: pl.LazyFrame, timezone: str, rules: FatigueRules) -> pl.DataFrame:
    """Count answers by weekday and local hour, in one streaming pass.

    Parameters
    ----------
    approvals
        From :func:`metrics.fatigue.judging.judged`.

    Returns
    -------
    DataFrame
        weekday (1 = Monday), hour, answer_count, people_count, approval_count (explicit, measurable),
        fast_count (null where fewer than `minimum_people` people answered); only hours with answers, in
        their order.
    """
    local = pl.coalesce("shown_at", "happened_at").dt.convert_time_zone(timezone)
    is_measured = pl.col("left_out").is_null() & ~pl.col("is_inferred")
    by_person = (
        answers(approvals)
        .group_by(weekday=local.dt.weekday(), hour=local.dt.hour(), reviewer=pl.col("reviewer"))
        .agg(
            answer_count=pl.len().cast(pl.Int64),
            approval_count=is_measured.sum().cast(pl.Int64),
            fast_count=(is_measured & pl.col("is_fast")).sum().cast(pl.Int64),
        )
        .collect(engine="streaming")
    )
    is_enough = pl.col("people_count") >= rules.minimum_people
    return (
        by_person.group_by("weekday", "hour")
        .agg(
            pl.col("answer_count").sum(),
            pl.len().cast(pl.Int64).alias("people_count"),
            pl.col("approval_count", "fast_count").sum(),
        )
        .with_columns(fast_count=pl.when(is_enough).then("fast_count"))
        .sort("weekday", "hour")
    )
