"""Did people look at the changes that merged: approval, sign-off on sensitive areas, checks?

Definitions 1 and 5: an approval counts if a human who is neither the author nor the person who
drove the agent gave it at or before the merge; one dismissed later counts as given then. Where
the reviews are not known (cut lists, no reviews collected, deleted accounts) the answer is null.
"""

from __future__ import annotations

import polars as pl

from metrics.arrivals import KEY
from metrics.keys import pull_key
from metrics.reviews import is_approval, is_cut, is_doubtful, is_human, is_independent, none_collected
from metrics.tables import Tables


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
    approved = reviews.filter(is_approval() & is_human() & is_independent())["row"].implode()
    doubtful = reviews.filter(is_doubtful())["row"].implode()
    nothing_collected = pl.lit(none_collected(tables, changes["repository"].unique().to_list()))
    cannot_be_denied = is_cut() | pl.col("row").is_in(doubtful) | nothing_collected
    is_approved = pl.col("row").is_in(approved)
    verdict = pl.when(is_approved).then(pl.lit(True)).when(~cannot_be_denied).then(pl.lit(False))
    return rows.select(*KEY, human_approved=verdict)


def _reviews_before_merge(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    key = pull_key(rows["repository"].unique().sort().to_list())
    people = rows.lazy().select("row", "author_login", "driver", "merged_at", key=key)
    return (
        tables.reviews.filter(pl.col("state").is_in(["APPROVED", "DISMISSED"]))
        .select("reviewer", "reviewer_kind", "state", "state_before_dismissal", "submitted_at", key=key)
        .join(people, on="key", how="inner")
        .filter(pl.col("submitted_at") <= pl.col("merged_at"))
        .collect()
    )
