"""Did people look at the changes that merged: approval, sign-off on sensitive areas, checks?

Definitions 1 and 5: an approval counts if a human who is neither the author nor the person who
drove the agent gave it at or before the merge; one dismissed later counts as given then. Where
the reviews are not known (cut lists, no reviews collected, deleted accounts) the answer is null.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.tables import Tables

REVIEW_LISTS: Final = ("reviews",)


def human_approval(changes: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Tell of each change whether a human had approved it when it merged.

    Parameters
    ----------
    changes
        repository, number, author_login, driver, merged_at, cut_lists.

    Returns
    -------
    DataFrame
        repository, number, human_approved (true, false, or null where it cannot be known);
        as many rows as `changes`, in their order.
    """
    rows = changes.with_row_index("row")
    reviews = _reviews_before_merge(rows, tables)
    approved = reviews.filter(_is_approval() & _is_human() & _is_independent())["row"].implode()
    doubtful = reviews.filter(_is_doubtful())["row"].implode()
    is_cut = pl.col("cut_lists").list.eval(pl.element().is_in(REVIEW_LISTS)).list.any().fill_null(value=False)
    nothing_collected = pl.lit(_no_reviews_known(tables, changes))
    cannot_be_denied = is_cut | pl.col("row").is_in(doubtful) | nothing_collected
    is_approved = pl.col("row").is_in(approved)
    verdict = pl.when(is_approved).then(pl.lit(True)).when(~cannot_be_denied).then(pl.lit(False))
    return rows.select(*KEY, human_approved=verdict)


def _reviews_before_merge(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    people = rows.lazy().select("row", *KEY, "author_login", "driver", "merged_at")
    return (
        tables.reviews.select(
            *KEY, "reviewer", "reviewer_kind", "state", "state_before_dismissal", "submitted_at"
        )
        .filter(pl.col("state").is_in(["APPROVED", "DISMISSED"]))
        .join(people, on=KEY, how="inner")
        .filter(pl.col("submitted_at") <= pl.col("merged_at"))
        .collect()
    )


def _no_reviews_known(tables: Tables, changes: pl.DataFrame) -> bool:
    """Without a single review in any of the repositories, silence means that none were collected."""
    names = changes["repository"].unique().implode()
    return tables.reviews.filter(pl.col("repository").is_in(names)).head(1).collect().is_empty()


def _is_approval() -> pl.Expr:
    return (pl.col("state") == "APPROVED") | (pl.col("state_before_dismissal") == "APPROVED").fill_null(
        value=False
    )


def _is_human() -> pl.Expr:
    return pl.col("reviewer_kind") == "user"


def _is_independent() -> pl.Expr:
    reviewer = pl.col("reviewer").str.to_lowercase()
    is_author = reviewer == pl.col("author_login").str.to_lowercase()
    is_driver = reviewer == pl.col("driver").str.to_lowercase()
    return reviewer.is_not_null() & ~is_author.fill_null(value=False) & ~is_driver.fill_null(value=False)


def _is_doubtful() -> pl.Expr:
    """A review that may have been a human's approval: deleted account, or verdict not recovered."""
    who_is_unknown = pl.col("reviewer_kind").is_in(["deleted", "unknown"]) & _is_approval()
    what_is_unknown = (
        (pl.col("state") == "DISMISSED") & pl.col("state_before_dismissal").is_null() & _is_human()
    )
    return who_is_unknown | what_is_unknown
