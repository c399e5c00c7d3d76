"""What do the tables know of the pull requests of one repository, as far as landing goes?"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Final

import polars as pl

CLOCKS: Final = timedelta(days=1)  # by which clocks of hosts and of committers may differ
MERGED = pl.col("merged_at").is_not_null() | pl.col("merge_sha").is_not_null()


@dataclass(frozen=True)
class Merged:
    """One pull request that was merged."""

    number: int
    merged_at: datetime | None
    merge_sha: str | None
    base_branch: str | None
    commits: tuple[str, ...] = ()  # its own, in no order; none where the list is not known or was cut


@dataclass(frozen=True)
class Pulls:
    """The pull requests of one repository."""

    merged: tuple[Merged, ...] = ()  # in the order of their numbers
    unmerged: frozenset[int] = frozenset()  # known, and not merged
    logins: Mapping[str, str] = field(default_factory=dict)  # commit -> account of its author
    opened: tuple[tuple[int, datetime], ...] = ()  # numbers and when each was opened, by number

    def may_be(self, number: int, committed_at: datetime | None) -> bool:
        """Whether the number that a commit names can be that of a pull request which landed as this commit.

        Forks and imported histories bring numbers of other repositories along. What was merged later than
        the commit was made is not it; and numbers rise with time, so that a number beyond that of a pull
        request which was opened later than the commit was made is another repository's.
        """
        if number <= 0 or number in self.unmerged:
            return False
        known = self.by_number.get(number)
        since = known.merged_at if known else self._opened_before(number)
        return committed_at is None or since is None or since <= committed_at + CLOCKS

    @cached_property
    def by_number(self) -> Mapping[int, Merged]:
        """Merged ones by their numbers."""
        return {pull.number: pull for pull in self.merged}

    def _opened_before(self, number: int) -> datetime | None:
        """When the last of the known ones with a smaller number was opened; None = there is none."""
        place = bisect_left(self.opened, number, key=lambda each: each[0])
        return self._latest_opened[place - 1] if place else None

    @cached_property
    def _latest_opened(self) -> tuple[datetime, ...]:
        return tuple(accumulate((at for _, at in self.opened), max))


def pulls_of(repository: str, pull_requests: pl.DataFrame, commits: pl.DataFrame) -> Pulls:
    """Read the tables; `commits` are those of pull requests as listed last."""
    own = pull_requests.filter(repository=repository).sort("number")
    listed = commits.filter(repository=repository)
    told = listed.filter(pl.col("author_login").is_not_null()).sort("number", "sha")
    shas = _commits_of(listed)
    merged = own.filter(MERGED).select("number", "merged_at", "merge_sha", "base_branch", "cut_lists")
    return Pulls(
        tuple(_merged(row, shas) for row in merged.iter_rows()),
        frozenset(own.filter(~MERGED)["number"]),
        dict(told.select("sha", "author_login").iter_rows()),
        tuple(own.select("number", "created_at").drop_nulls().iter_rows()),
    )


def _merged(
    row: tuple[int, datetime | None, str | None, str | None, list[str]], shas: Mapping[int, list[str]]
) -> Merged:
    number, merged_at, merge_sha, base_branch, cut = row
    return Merged(
        number, merged_at, merge_sha, base_branch, () if "commits" in cut else tuple(shas.get(number, ()))
    )


def _commits_of(listed: pl.DataFrame) -> Mapping[int, list[str]]:
    shas: dict[int, list[str]] = defaultdict(list)
    for number, sha in listed.filter(pl.col("number") > 0).select("number", "sha").sort("sha").iter_rows():
        shas[number].append(sha)
    return shas
