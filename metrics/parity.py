"""Were the changes of both sides looked at alike: by the same tools, with the same rules, as often?

Definitions 0: a comparison is only as good as its sameness. A rules version that looked at one side more
than at the other finds more there, whoever wrote the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from metrics.arms import SIDES
from metrics.arrivals import KEY
from metrics.audited import of_pilot
from metrics.detection import looks_by_rules
from metrics.gate.case import Case
from metrics.measures import Slice
from metrics.statistics.differences import share_difference

LOOK: Final = ("stage", "tool", "rules_version")


@dataclass(frozen=True)
class Look:
    """How many changes of each side one version of one tool's rules looked at."""

    stage: str  # pre_merge or post_merge
    tool: str
    rules: str  # empty = not told
    first: tuple[int, int]  # agent changes looked at, of all in scope
    second: tuple[int, int]  # people's

    @property
    def is_single(self) -> bool:
        """Whether there is only one side."""
        return not self.first[1] or not self.second[1]

    def is_unlike(self, confidence: float) -> bool:
        """Whether it looked at one side more often than at the other, by more than chance."""
        limits = share_difference(*self.first, *self.second, confidence)
        return limits is not None and (limits.low > 0 or limits.high < 0)


def looks(case: Case, sides: Sequence[Slice]) -> tuple[Look, ...]:
    """Every version of rules that looked at a change of either side, by stage, tool and version.

    Parameters
    ----------
    sides
        Agents' slice and people's.
    """
    changes = [of.changes.select(*KEY, "merged_at") for of in sides]
    told = case.merges.select(*KEY, "base_branch", "author_login", "driver")
    every = pl.concat(changes).join(told, on=KEY, how="left").unique(KEY)
    own = of_pilot(case.cut, case.pilot.name)
    seen = looks_by_rules(every, own, timedelta(days=case.policy.follow_up_days))
    counted = [
        seen.join(own, on=KEY, how="semi").group_by(LOOK).agg(pl.len().cast(pl.Int64).alias(side))
        for own, side in zip(changes, SIDES, strict=True)
    ]
    both = counted[0].join(counted[1], on=LOOK, how="full", coalesce=True).sort(LOOK)
    totals = [own.height for own in changes]
    return tuple(
        Look(stage, tool, rules, (first or 0, totals[0]), (second or 0, totals[1]))
        for stage, tool, rules, first, second in both.iter_rows()
    )


def unlike(found: Sequence[Look], confidence: float) -> tuple[Look, ...]:
    """Those that looked at one side more often than at the other, by more than chance."""
    return tuple(look for look in found if look.is_unlike(confidence))
