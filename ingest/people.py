"""Findings that people told: incidents, and what audits found."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from ingest.attribution.told_by_people import Known, people_decisions, people_findings
from ingest.contracts import DISPOSITIONS_TABLE, FINDINGS
from ingest.store import Store

PEOPLE_SOURCE: Final = "people"


def derive_people(store: Store, at: datetime) -> None:
    """Bring the findings that people told in line with incidents and audit reviews.

    What they told is confirmed by being told: the decisions are written once and stay. Doing it again
    changes nothing; the caller holds the store's lock and publishes.
    """
    incidents, reviews = (store.current(name).collect() for name in ("incidents", "audit_reviews"))
    found = people_findings(incidents, reviews, _known(store))
    store.replace(FINDINGS, _stamped(found, at), PEOPLE_SOURCE)
    decided = people_decisions(incidents, reviews)
    if decided.height:
        store.write(DISPOSITIONS_TABLE, _stamped(decided, at))


def _known(store: Store) -> Known:
    return Known(
        store.current("landed_commits").select("repository", "sha", "pull_request").collect(),
        store.current("pull_requests").select("repository", "number", "merge_sha", "merged_at").collect(),
        store.current("commits").select("repository", "number", "sha").collect(),
    )


def _stamped(rows: pl.DataFrame, at: datetime) -> pl.DataFrame:
    return rows.with_columns(
        source=pl.lit(PEOPLE_SOURCE),
        ingested_at=pl.lit(at).dt.cast_time_unit("us"),
        extras=pl.lit(None, pl.String),
    )
