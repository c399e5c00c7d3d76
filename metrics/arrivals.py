"""Which merged change is an earlier one that arrives again (backport, merge train)?

The same merge commit, the same head commit, or a branch or title that names the pull request it
repeats. The earliest merge counts; a change cannot repeat a later one.
"""

from __future__ import annotations

from typing import Final

import polars as pl

KEY: Final = ("repository", "number")
# A backport says in its branch or at the head of its title which pull request it repeats.
BACKPORT_BRANCH: Final = r"(?i)(?:back-?port|cherry-?pick|mergify/bp)\b(?:.*pr-|[-/_])(\d+)(?:[-/_]|$)"
BACKPORT_TITLE: Final = r"(?i)^\s*[\[(]?\s*(?:back-?port|cherry-?pick).*#(\d+)"
PICKED_FROM: Final = r"(?i)cherry[- ]picked from [^)]*#(\d+)"


def earliest_arrivals(candidates: pl.DataFrame) -> pl.DataFrame:
    """Map every arrival to the number of its earliest one; `candidates` are in order of merge."""
    rows = candidates.select(*KEY, "merge_sha", "head_sha", named=_named()).with_row_index("place")
    named = rows.select("repository", "number", by_name="place")
    linked = rows.join(
        named, left_on=("repository", "named"), right_on=KEY, how="left", maintain_order="left"
    )  # fmt: skip
    first = pl.min_horizontal("place", _first_with("merge_sha"), _first_with("head_sha"), "by_name")
    earliest = linked.select(first=first)["first"]
    while not (further := earliest.gather(earliest)).equals(earliest):  # a backport of a backport
        earliest = further
    return rows.select(*KEY).with_columns(counts_as=rows["number"].gather(earliest))


def _first_with(sha: str) -> pl.Expr:
    return pl.when(pl.col(sha).is_not_null()).then(pl.col("place").min().over("repository", sha))


def _named() -> pl.Expr:
    branch = pl.col("head_branch").str.extract(BACKPORT_BRANCH)
    title = pl.col("title").str.extract(BACKPORT_TITLE)
    picked = pl.col("title").str.extract(PICKED_FROM)
    return pl.coalesce(branch, title, picked).cast(pl.Int64, strict=False)
