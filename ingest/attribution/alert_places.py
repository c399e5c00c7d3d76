"""In which commit do an alert's path and line hold? In that of its latest state, on a branch if on any.

An alert tells one place, of its most recent instance, and the commit of the latest state on each ref; which
of them is the most recent one is not told, and hosts ask about the default branch first.
"""

from __future__ import annotations

import polars as pl

from ingest.attribution.alert_identity import alert_key
from ingest.attribution.alert_stays import KIND, instances


def followed_keys(alerts: pl.DataFrame) -> pl.DataFrame:
    """Keys of code scanners' alerts with the commit of their place: repository, finding_key, place_commit."""
    seen = instances(alerts).with_columns(commit=pl.when(pl.col("commit") != "").then("commit"))
    is_of_pull = pl.col("own_number").is_not_null()
    ordered = seen.sort("repository", "number", is_of_pull, pl.col("commit").is_null(), "ref", "category")
    first = ordered.unique(["repository", "number"], keep="first", maintain_order=True)
    keys = [alert_key(KIND, number) for number in first["number"]]
    return first.select("repository", finding_key=pl.Series(keys, dtype=pl.String), place_commit="commit")
