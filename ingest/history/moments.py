"""When did each commit come to its branch?

Clocks of committers go wrong: along the branch itself the time never goes back, and what would lie after the
look itself is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ingest.history.order import Arrivals


@dataclass(frozen=True)
class Clock:
    """What is known of times."""

    committed_at: Mapping[str, datetime | None]  # commit -> what its committer's clock said
    merged_at: Mapping[str, datetime]  # commit -> when the pull request that brought it was merged
    looked_at: datetime


def landed_at(arrived: Arrivals, clock: Clock) -> dict[str, datetime]:
    """Commit -> when it came: with its pull request, else with the commit of the branch that brought it."""
    line = dict(zip(arrived.line, _along(arrived, clock), strict=True))
    came = {sha: clock.merged_at.get(sha, at) for sha, at in line.items()}
    return {sha: clock.merged_at.get(sha, came[by]) for sha, by in arrived.brought_by.items()}


def _along(arrived: Arrivals, clock: Clock) -> list[datetime]:
    """Times of the branch's own commits that never go back; a clock without sense has its neighbour's."""
    told = (clock.committed_at.get(sha) for sha in arrived.line)
    believed = [at if at is not None and at <= clock.looked_at else None for at in told]
    times = pl.Series(believed, dtype=pl.Datetime("us", "UTC")).forward_fill().backward_fill()
    return times.fill_null(clock.looked_at).cum_max().to_list()
