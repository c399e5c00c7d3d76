"""Findings that people told: incidents, and what audits found."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from ingest.attribution.told_by_people import SHORTEST_COMMIT, Known, people_findings
from ingest.attribution.told_decisions import people_decisions
from ingest.contracts import DISPOSITIONS_TABLE, FINDINGS
from ingest.provenance import stamped
from ingest.store import Store

PEOPLE_SOURCE: Final = "people"


def derive_people(store: Store, at: datetime) -> None:
    """Bring the findings that people told in line with incidents and audit reviews.

    What they told is confirmed by being told, and dismissed by being taken back: the decisions are written
    once and stay. Doing it again changes nothing; the caller holds the store's lock and publishes.
    """
    incidents, reviews = (store.current(name).collect() for name in ("incidents", "audit_reviews"))
    told, said = (_of_people(store, table.name) for table in (FINDINGS, DISPOSITIONS_TABLE))
    found = people_findings(incidents, reviews, _known(store, incidents, reviews), told)
    store.replace(FINDINGS, stamped(found, PEOPLE_SOURCE, at), PEOPLE_SOURCE)
    decided = people_decisions(incidents, reviews, said)
    if decided.height:
        store.write(DISPOSITIONS_TABLE, stamped(decided, PEOPLE_SOURCE, at))


def _of_people(store: Store, name: str) -> pl.DataFrame:
    """What people's words gave until now."""
    return store.current(name).filter(pl.col("source") == PEOPLE_SOURCE).collect()


def _known(store: Store, incidents: pl.DataFrame, reviews: pl.DataFrame) -> Known:
    """What is known of the changes and commits that are named; all others are not even read into memory."""
    begins = incidents["commit_sha"].drop_nulls().str.to_lowercase().str.slice(0, SHORTEST_COMMIT).unique()
    landed = (
        _of_commits(store, "landed_commits", begins).select("repository", "sha", "pull_request").collect()
    )
    commits = _of_commits(store, "commits", begins).select("repository", "number", "sha").collect()
    told = (incidents["pull_request"], reviews["number"], landed["pull_request"], commits["number"])
    is_named = pl.col("number").is_in(
        pl.concat([each.cast(pl.Int64).rename("number") for each in told]).implode()
    )
    is_merge = _begins("merge_sha").is_in(begins.implode())
    changes = store.current("pull_requests").filter(is_named | is_merge)
    return Known(landed, changes.select("repository", "number", "merge_sha", "merged_at").collect(), commits)


def _of_commits(store: Store, table: str, begins: pl.Series) -> pl.LazyFrame:
    return store.current(table).filter(_begins("sha").is_in(begins.implode()))


def _begins(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, SHORTEST_COMMIT)
