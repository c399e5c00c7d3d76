"""Rows for the store's tests, every field that does not matter defaulted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from ingest.checking import check
from ingest.contracts import FINDINGS, INGEST_RUNS, PULL_REQUESTS, REVIEW_EVENTS, REVIEWS, Table

NOON = "2026-08-03T12:00:00Z"

_PROVENANCE = {"source": "github_export", "ingested_at": NOON, "raw_ref": "export.jsonl:1"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "pull_requests": {
        "repository": "acme/payments",
        "number": 1,
        "author_kind": "user",
        "created_at": "2026-08-01T09:00:00Z",
        "updated_at": "2026-08-02T09:00:00Z",
        "authorship": "unknown",
    },
    "reviews": {
        "repository": "acme/payments",
        "number": 1,
        "review_id": "R1",
        "reviewer_kind": "user",
        "state": "APPROVED",
        "submitted_at": "2026-08-02T08:00:00Z",
    },
    "review_events": {
        "event_id": "E1",
        "repository": "acme/payments",
        "number": 1,
        "kind": "merged",
        "occurred_at": "2026-08-02T09:00:00Z",
        "actor_kind": "user",
    },
    "findings": {
        "finding_id": "f" * 16,
        "repository": "acme/payments",
        "rule": "py/sql-injection",
        "severity": "high",
        "is_security": True,
        "is_blamable": True,
        "reported_by": "scan",
        "first_seen_at": NOON,
        "first_seen_stage": "post_merge",
        "method": "sole_merge",
        "confidence": "high",
    },
    "ingest_runs": {
        "run_id": "run-1",
        "status": "ok",
        "started_at": NOON,
        "published_at": NOON,
    },
}


def _required(table: Table) -> dict[str, Any]:
    """Plain values for counts and JSON that every row of a table must have."""
    plain = {pl.Int64(): 0, pl.Float64(): 0.0, pl.String(): "{}"}
    needed = {name: column.dtype for name, column in table.columns.items() if not column.nullable}
    return {name: plain[dtype] for name, dtype in needed.items() if dtype in plain}


def raw_rows(table: Table, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as a source delivers them, one per given set of differences from the defaults."""
    filled = [{**_required(table), **_PROVENANCE, **_DEFAULTS[table.name], **row} for row in rows]
    return pl.DataFrame(filled, infer_schema_length=None)


def valid_rows(table: Table, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows that hold their contract."""
    checked = check(raw_rows(table, *rows), table)
    assert checked.rejected.is_empty(), checked.rejected_by_rule
    return checked.valid


def pull_requests(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make valid pull requests."""
    return valid_rows(PULL_REQUESTS, *rows)


def reviews(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make valid reviews."""
    return valid_rows(REVIEWS, *rows)


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make valid timeline events."""
    return valid_rows(REVIEW_EVENTS, *rows)


def findings(*rows: dict[str, Any]) -> pl.DataFrame:
    """Make valid findings."""
    return valid_rows(FINDINGS, *rows)


def run(run_id: str = "run-1", published_at: str = NOON, **differences: Any) -> pl.DataFrame:
    """One ledger row."""
    return valid_rows(INGEST_RUNS, {"run_id": run_id, "published_at": published_at, **differences})


def moment(text: str) -> datetime:
    """Read a UTC moment from ISO text without an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
