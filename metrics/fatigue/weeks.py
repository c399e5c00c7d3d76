"""How do automation and permission modes change from week to week?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts.approvals import MODES
from metrics.fatigue.prompts import IS_AUTOMATED, UNLESS_DECIDER

_COUNT: Final = pl.col("decision_count")


def weekly(prompts: pl.DataFrame) -> pl.DataFrame:
    """Count decisions by ISO week, who made them and in which mode.

    Parameters
    ----------
    prompts
        From :func:`metrics.fatigue.tally.tally`.

    Returns
    -------
    DataFrame
        week_on (its Monday), decision_count, automated_count of decider_known_count, and per mode
        `<mode>_count` of mode_known_count; by week, only weeks with decisions.
    """
    decider_known = UNLESS_DECIDER.is_null()
    by_mode = [_sum(pl.col("mode") == mode).alias(f"{mode}_count") for mode in MODES]
    return (
        prompts.group_by(week_on=pl.col("on").dt.truncate("1w"))
        .agg(
            _COUNT.sum(),
            *by_mode,
            automated_count=_sum(decider_known & IS_AUTOMATED),
            decider_known_count=_sum(decider_known),
            mode_known_count=_sum(pl.col("mode").is_not_null()),
        )
        .sort("week_on")
    )


def _sum(holds: pl.Expr) -> pl.Expr:
    return _COUNT.filter(holds).sum()
