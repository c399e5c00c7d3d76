"""The promises of the trusted tables: one contract each, listed in TABLES."""

from __future__ import annotations

from typing import Final

from ingest.contracts.alerts import ALERTS, FEATURES_TABLE, RULE_BYPASSES
from ingest.contracts.approvals import (
    AGENT_SIGHTINGS,
    APPROVAL_SESSIONS,
    APPROVAL_SIGNALS,
    APPROVALS,
    CANARIES,
    ERASURES,
)
from ingest.contracts.common import (
    ACTOR_KINDS,
    AUTHORSHIPS,
    FILE_CLASSES,
    SENSITIVE_AREAS,
    SEVERITIES,
    Table,
)
from ingest.contracts.detections import DETECTIONS, LABELS_TABLE, SELECTIONS
from ingest.contracts.findings import DISPOSITIONS_TABLE, FINDINGS, SCAN_RESULTS, SCANS
from ingest.contracts.history import FILE_MARKS, LANDED_COMMITS, LINE_ORIGINS
from ingest.contracts.ingest_runs import INGEST_RUNS
from ingest.contracts.people import AUDIT_REVIEWS, AUDITS, INCIDENTS
from ingest.contracts.pull_requests import CHANGED_FILES, COMMITS, PULL_REQUESTS, REVIEW_EVENTS, REVIEWS
from ingest.contracts.snapshots import SNAPSHOTS

TABLES: Final[tuple[Table, ...]] = (
    PULL_REQUESTS,
    CHANGED_FILES,
    REVIEWS,
    REVIEW_EVENTS,
    COMMITS,
    SCANS,
    SCAN_RESULTS,
    FINDINGS,
    DISPOSITIONS_TABLE,
    ALERTS,
    FEATURES_TABLE,
    RULE_BYPASSES,
    LANDED_COMMITS,
    LINE_ORIGINS,
    FILE_MARKS,
    INCIDENTS,
    AUDITS,
    AUDIT_REVIEWS,
    APPROVAL_SIGNALS,
    APPROVALS,
    APPROVAL_SESSIONS,
    AGENT_SIGHTINGS,
    CANARIES,
    ERASURES,
    DETECTIONS,
    LABELS_TABLE,
    SELECTIONS,
    INGEST_RUNS,
    SNAPSHOTS,
)
BY_NAME: Final[dict[str, Table]] = {table.name: table for table in TABLES}

__all__ = [
    "ACTOR_KINDS",
    "AGENT_SIGHTINGS",
    "ALERTS",
    "APPROVALS",
    "APPROVAL_SESSIONS",
    "APPROVAL_SIGNALS",
    "AUDITS",
    "AUDIT_REVIEWS",
    "AUTHORSHIPS",
    "BY_NAME",
    "CANARIES",
    "CHANGED_FILES",
    "COMMITS",
    "DETECTIONS",
    "DISPOSITIONS_TABLE",
    "ERASURES",
    "FEATURES_TABLE",
    "FILE_CLASSES",
    "FILE_MARKS",
    "FINDINGS",
    "INCIDENTS",
    "INGEST_RUNS",
    "LABELS_TABLE",
    "LANDED_COMMITS",
    "LINE_ORIGINS",
    "PULL_REQUESTS",
    "REVIEWS",
    "REVIEW_EVENTS",
    "RULE_BYPASSES",
    "SCANS",
    "SCAN_RESULTS",
    "SELECTIONS",
    "SENSITIVE_AREAS",
    "SEVERITIES",
    "SNAPSHOTS",
    "TABLES",
    "Table",
]
