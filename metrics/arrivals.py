"""Which merged change is an earlier one that arrives again (backport, merge train)?

The same merge commit, the same head commit, or a branch or title that names the pull request it
repeats. The earliest merge counts; a change cannot repeat a later one, nor one of another part: what
merged since a pilot's start counts for itself, whatever it says to repeat from before.
"""

from __future__ import annotations

from typing import Final

import polars as pl

KEY: Final = ("repository", "number")
SHAS: Final = ("merge_sha", "head_sha")
PART: Final = "part"  # only changes of one part can be arrivals of one another
_PLACE: Final = ("repository", PART)
# A backport says in its branch or at the head of its title which pull request it repeats.
BACKPORT_BRANCH: Final = r"(?i)(?:back-?port|cherry-?pick|mergify/bp)\b(?:.*pr-|[-/_])(\d+)(?:[-/_]|$)"
BACKPORT_TITLE: Final = r"(?i)^\s*[\[(]?\s*(?:back-?port|cherry-?pick).*#(\d+)"
PICKED_FROM: Final = r"(?i)cherry[- ]picked from [^)]*#(\d+)"


def with_links(merges: pl.DataFrame) -> pl.DataFrame:
    """Add `named` (the pull request that a change says it repeats) and `may_repeat` to changes of any arm.

    What shares no commit, names nothing and is not named stands alone in every part of these changes.
    """
    named = merges.select(named=_named())["named"]
    # Two commits of one hash by chance are only looked at in vain.
    is_shared = [pl.col(sha).is_not_null() & pl.col(sha).hash().is_duplicated() for sha in SHAS]
    is_named = pl.col("number").is_in(named.drop_nulls().implode())
    return merges.with_columns(named, may_repeat=pl.any_horizontal(*is_shared, named.is_not_null(), is_named))


def earliest_arrivals(candidates: pl.DataFrame) -> pl.DataFrame:
    """Map every arrival to the number of its earliest one.

    Parameters
    ----------
    candidates
        In order of merge, with links (:func:`with_links`) and PART.
    """
    linked = candidates.filter("may_repeat").select(*KEY, PART, *SHAS, "named")
    counts_as = candidates["number"].clone().scatter(candidates["may_repeat"].arg_true(), _earliest(linked))
    return candidates.select(*KEY, counts_as=counts_as)


def _earliest(linked: pl.DataFrame) -> pl.Series:
    """Number of the earliest arrival of each of these changes, which are in order of merge."""
    rows = linked.with_row_index("place")
    named = rows.select(*_PLACE, named="number", by_name="place")
    named_too = rows.join(named, on=(*_PLACE, "named"), how="left", maintain_order="left")
    first = pl.min_horizontal("place", *map(_first_with, SHAS), "by_name")
    earliest = named_too.select(first=first)["first"]
    while not (further := earliest.gather(earliest)).equals(earliest):  # a backport of a backport
        earliest = further
    return rows["number"].gather(earliest)


def _first_with(sha: str) -> pl.Expr:
    return pl.when(pl.col(sha).is_not_null()).then(pl.col("place").min().over(*_PLACE, sha))


def _named() -> pl.Expr:
    branch = pl.col("head_branch").str.extract(BACKPORT_BRANCH)
    title = pl.col("title").str.extract(BACKPORT_TITLE)
    picked = pl.col("title").str.extract(PICKED_FROM)
    return pl.coalesce(branch, title, picked).cast(pl.Int64, strict=False)
