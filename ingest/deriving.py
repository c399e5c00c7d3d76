"""What follows from several tables together: authorship, findings, and scans that were made good."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ingest.attribution import attribute
from ingest.contracts import FINDINGS, PULL_REQUESTS, SCANS
from ingest.contracts.findings import UNREAD_STATUSES
from ingest.judging import judge_pull_requests
from ingest.listings import latest_listing
from ingest.settings import IngestSettings
from ingest.store import Store

DERIVED_SOURCE = "attribution"


def derive(store: Store, settings: IngestSettings, at: datetime) -> int:
    """Bring every derived column and row in line with the tables; how many results have no scan."""
    changed_files = latest_listing(store.current("changed_files"))
    commits = latest_listing(store.current("commits"))
    judged = judge_pull_requests(store.current("pull_requests"), changed_files, commits, settings)
    store.judge(PULL_REQUESTS, judged)
    findings = attribute(
        store.current("scans"),
        store.current("scan_results"),
        store.current("pull_requests"),
        changed_files,
    ).with_columns(
        source=pl.lit(DERIVED_SOURCE),
        ingested_at=pl.lit(at).dt.cast_time_unit("us"),
        extras=pl.lit(None, pl.String),
    )
    store.replace(FINDINGS, findings, DERIVED_SOURCE)
    results, scans = store.current("scan_results"), store.current("scans")
    orphans = results.join(scans, on="scan_id", how="anti").select(pl.len()).collect()
    return int(orphans.item())


@dataclass(frozen=True)
class Reread:
    """What a file that was read in this run gave."""

    scan_ids: frozenset[str]
    is_same_content: bool  # the bytes were known already; settings or a sidecar changed


def withdraw(store: Store, found: Collection[str], read: Mapping[str, Reread]) -> int:
    """Mark scans that no longer stand for anything, and say how many.

    An unreadable scan keeps a pilot from passing until somebody mends the file or takes it away;
    either is an act of a person, so the row stays and says `withdrawn`. A readable one is
    withdrawn only when the same bytes were placed elsewhere by corrected settings: a file that is
    overwritten by every run of a scanner is a series of scans, and all of them count.
    """
    scans = store.current("scans").filter(pl.col("status") != "withdrawn").collect()
    again = frozenset[str]().union(*(reread.scan_ids for reread in read.values()))
    corrected = [file for file, reread in read.items() if reread.is_same_content]
    was_not_read = pl.col("status").is_in(UNREAD_STATUSES)
    is_gone = was_not_read & ~pl.col("file").is_in(list(found))
    is_mended = was_not_read & pl.col("file").is_in(list(read))
    is_placed_anew = pl.col("file").is_in(corrected)
    is_given_again = pl.col("scan_id").is_in(list(again))
    withdrawn = scans.filter(is_gone | ((is_mended | is_placed_anew) & ~is_given_again))
    store.write(SCANS, withdrawn.with_columns(status=pl.lit("withdrawn")))
    return withdrawn.height
