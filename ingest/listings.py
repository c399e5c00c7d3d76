"""Which files and commits does a pull request have today, and which did it have before a push?

A force-push takes commits and files out of a pull request, and no export says so: the next one
just does not list them. Rows are never removed from the store (an older state must stay readable,
and files may be ingested in any order), so every row says when its pull request had last changed
as it was listed, and readers take the rows of the latest listing. Without this, authorship and
sizes would rest on commits and files that are gone, and on the order of ingestion.
"""

from __future__ import annotations

from typing import Final

import polars as pl

LISTED: Final = ("changed_files", "commits")  # the tables whose rows are a pull request's lists
KEY: Final = ["repository", "number"]
LISTING: Final = [*KEY, "source"]
NO_PULL_REQUEST: Final = 0  # number of commits that belong to none


def latest_listing(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Of each pull request only the rows of its latest listing, in the order given.

    The latest listing is the rows whose `seen_at` is the maximum of their pull request. Rows
    without `seen_at` give way to later rows of the same source that have it. A source that never
    tells is not outdone by another one that does, as nobody knows which listing is the later:
    its rows stay. Commits of no pull request (number 0) are no listing and all stay.

    >>> from datetime import datetime
    >>> told = {"repository": "acme/one", "number": 1, "source": "github_export"}
    >>> monday, friday = datetime(2026, 6, 1), datetime(2026, 6, 5)
    >>> rows = [told | {"sha": "a", "seen_at": monday}, told | {"sha": "b", "seen_at": friday}]
    >>> latest_listing(pl.LazyFrame(rows)).collect()["sha"].to_list()
    ['b']
    """
    told = rows.group_by(LISTING).agg(told_at=pl.col("seen_at").max())
    listings = told.with_columns(latest_at=pl.col("told_at").max().over(KEY))
    is_latest = (pl.col("seen_at") == pl.col("latest_at")).fill_null(value=False)
    is_never_told, is_no_listing = pl.col("told_at").is_null(), pl.col("number") == NO_PULL_REQUEST
    placed = rows.join(listings, on=LISTING, how="left", maintain_order="left")
    return placed.filter(is_latest | is_never_told | is_no_listing).drop("told_at", "latest_at")
