"""What are sprints heading for whose follow-up is not over?

The delays of all past escapes not dismissed - agents', humans', before the pilot - say how much
of what will be found has been found (definitions 5). A nowcast is shown, never gated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import polars as pl

from metrics.arrivals import KEY
from metrics.gate.policy import Policy
from metrics.gate.states import SprintCount
from metrics.statistics.delays import Delay, nowcast


def delays(findings: Iterable[pl.DataFrame], as_of: datetime) -> list[Delay]:
    """Days from merge to first report of every change that an escape was found in."""
    escapes = pl.concat([each.filter(pl.col("is_escape")) for each in findings], how="vertical")
    merged = pl.col("merged_at").first()
    first = escapes.group_by(KEY, maintain_order=True).agg(
        reported_after=(pl.col("first_seen_at").min() - merged).dt.total_days(),
        observable_for=(pl.lit(as_of) - merged).dt.total_days(),
    )
    return [Delay(*row) for row in first.select("reported_after", "observable_for").iter_rows()]


def with_nowcasts(
    sprints: Iterable[SprintCount],
    changes: pl.DataFrame,
    past: list[Delay],
    judged: tuple[Policy, datetime],
) -> tuple[SprintCount, ...]:
    """Add to each sprint that is not mature the rate that it is heading for."""
    policy, as_of = judged
    young = changes.select("sprint", age=(pl.lit(as_of) - pl.col("merged_at")).dt.total_seconds() / 86_400)

    def of_one(sprint: SprintCount) -> SprintCount:
        if sprint.mature:
            return sprint
        ages = young.filter(pl.col("sprint") == sprint.number)["age"].to_list()
        hint = nowcast(sprint.escapes_high, ages, past, policy.follow_up_days, policy.confidence)
        return replace(sprint, nowcast=hint)

    return tuple(of_one(sprint) for sprint in sprints)
