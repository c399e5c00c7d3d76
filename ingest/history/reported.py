"""Which lines of which commits were reported, so that their origins are wanted?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.store import Store

LINE: Final = ("repository", "commit_sha", "path", "line")
READ: Final = ("ok", "partial")
GONE: Final = "fixed"  # state of an alert on a branch: its line is told of a time before


def reported_lines(store: Store) -> pl.DataFrame:
    """Every line of code that a scan or an alert points at: repository, commit_sha, path and line; sorted."""
    both = pl.concat([_of_scans(store), _of_alerts(store)])
    return both.drop_nulls().unique().sort(LINE).collect()


def _of_scans(store: Store) -> pl.LazyFrame:
    scans = store.current("scans").filter(pl.col("status").is_in(READ))
    results = store.current("scan_results").filter("is_blamable")
    placed = results.select("scan_id", "path", "line", "told_commit").join(
        scans.select("scan_id", "repository", "commit_sha"), on="scan_id"
    )
    # A scanner of history tells path and line in the commit that it names, not in the one it was started at.
    return placed.with_columns(commit_sha=pl.coalesce("told_commit", "commit_sha")).select(LINE)


def _of_alerts(store: Store) -> pl.LazyFrame:
    """An alert's place holds for the commits of its refs; where it is fixed there is no such line."""
    alerts = store.current("alerts").filter("is_blamable")
    places = pl.int_ranges(pl.col("ref_commits").list.len()).alias("place")
    on_refs = alerts.with_columns(places).explode("ref_commits", "place")
    state = pl.col("ref_states").list.get(pl.col("place"), null_on_oob=True)
    return on_refs.filter(state.ne_missing(GONE)).select(
        "repository", pl.col("ref_commits").alias("commit_sha"), "path", "line"
    )
