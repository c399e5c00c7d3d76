"""What follows from several tables together: authorship, findings, and scans that were made good."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import polars as pl

from ingest.attribution import attribute
from ingest.contracts import FINDINGS, PULL_REQUESTS, SCANS
from ingest.judging import judge_pull_requests
from ingest.settings import IngestSettings
from ingest.store import Store

DERIVED_SOURCE = "attribution"
NOT_READ = ("failed", "partial", "unreadable")


def derive(store: Store, settings: IngestSettings, at: datetime) -> None:
    """Bring every derived column and row in line with the tables as they stand now."""
    judged = judge_pull_requests(
        store.current("pull_requests"), store.current("changed_files"), store.current("commits"), settings
    )
    store.judge(PULL_REQUESTS, judged)
    findings = attribute(
        store.current("scans"),
        store.current("scan_results"),
        store.current("pull_requests"),
        store.current("changed_files"),
    ).with_columns(
        source=pl.lit(DERIVED_SOURCE),
        ingested_at=pl.lit(at).dt.cast_time_unit("us"),
        extras=pl.lit(None, pl.String),
    )
    store.replace(FINDINGS, findings, DERIVED_SOURCE)


def withdraw(store: Store, found: Collection[str], read: Mapping[str, Collection[str]]) -> int:
    """Mark unread scans of files that are gone, or that were read again and gave something else.

    An unreadable scan keeps a pilot from passing until somebody repairs the file or takes it
    away; either is an act of a person, so the row stays and says `withdrawn`.
    """
    unread = store.current("scans").filter(pl.col("status").is_in(NOT_READ)).collect()
    again = [scan_id for ids in read.values() for scan_id in ids]
    is_gone = ~pl.col("file").is_in(list(found))
    is_replaced = pl.col("file").is_in(list(read)) & ~pl.col("scan_id").is_in(again)
    withdrawn = unread.filter(is_gone | is_replaced).with_columns(status=pl.lit("withdrawn"))
    store.write(SCANS, withdrawn)
    return withdrawn.height
