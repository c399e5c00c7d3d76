"""Which analyses that say nothing does the code host no longer list?

A failed analysis holds the verdict back until a later one of its category is ok. Where a category was
given up there is none, and a person may delete the analysis on the host instead. Each look lists the
analyses down to a moment (`features.since_at`); what lies after it, and was told by an earlier look only,
has been deleted. An ok analysis stays what it was.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.alert_stays import KIND
from ingest.attribution.host_alerts import HOST_SOURCE
from ingest.contracts.findings import UNREAD_STATUSES

WITHDRAWN: Final = "withdrawn"
REASON: Final = "GitHub no longer lists this analysis: it was deleted there"


def unlisted(scans: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """Rows of `scans` that are to be withdrawn, with their new status and reason."""
    is_silent = (pl.col("source") == HOST_SOURCE) & pl.col("status").is_in(UNREAD_STATUSES)
    within = scans.filter(is_silent).join(_listings(features), on="repository", how="inner")
    is_deleted = (pl.col("scanned_at") > pl.col("listed_since_at")) & (pl.col("file") != pl.col("listing"))
    gone = within.filter(is_deleted).select(scans.columns)
    return gone.with_columns(status=pl.lit(WITHDRAWN), status_reason=pl.lit(REASON))


def _listings(features: pl.DataFrame) -> pl.DataFrame:
    """Latest list of analyses of each repository: the batch that holds it, and how far down it goes."""
    is_listed = (pl.col("feature") == KIND) & (pl.col("status") == "ok")
    return features.filter(is_listed).select(
        "repository",
        listed_since_at="since_at",
        listing=pl.col("raw_ref").str.split("#").list.first(),
    )
