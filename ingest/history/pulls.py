"""What do the tables know of the pull requests of one repository, as far as landing goes?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

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

    def may_have_landed(self, number: int) -> bool:
        """Whether a number that a message names can be a merged pull request's."""
        return number > 0 and number not in self.unmerged


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
