"""Which pull requests of two sides are compared, who decided on them, and what are they like?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from metrics.estimate import Coverage
from metrics.measures import Slice
from metrics.statistics.resampling import Arm
from metrics.velocity.samples import Sample, timed_of


@dataclass(frozen=True)
class Pair:
    """The pull requests of both sides whose wait is known."""

    first: Sample
    second: Sample

    @classmethod
    def of(cls, of: Slice) -> Pair:
        """Both sides of a comparison; the second is empty where there is none."""
        nobody = Sample(of.waits.clear(), Coverage(0, 0))
        return cls(timed_of(of), nobody if of.against is None else timed_of(of.against))

    @property
    def sides(self) -> tuple[Sample, Sample]:
        """First and second."""
        return self.first, self.second

    @property
    def has_both(self) -> bool:
        """Whether there is anything to compare."""
        return self.first.n > 0 and self.second.n > 0

    @property
    def coverage(self) -> Coverage:
        """Of both sides together."""
        parts = [side.coverage for side in self.sides]
        reasons: Counter[str] = Counter()
        for part in parts:
            reasons.update(dict(part.excluded))
        measured, total = sum(part.measured for part in parts), sum(part.total for part in parts)
        return Coverage(measured, total, tuple(sorted(reasons.items())))

    def strata(self) -> dict[int, tuple[str, str]]:
        """Repository and size band of every stratum of either side, by its code."""
        columns = ("stratum_code", "repository", "size_band")
        rows = pl.concat([side.rows.select(columns).unique() for side in self.sides]).unique()
        return {code: (repository, size_band) for code, repository, size_band in rows.sort(columns).rows()}

    def arms(self) -> tuple[Arm, Arm]:
        """Both sides as the statistics take them."""
        return self.first.arm, self.second.arm

    def unstratified(self) -> tuple[Arm, Arm]:
        """The same with everything in one stratum."""
        return self.first.unstratified, self.second.unstratified
