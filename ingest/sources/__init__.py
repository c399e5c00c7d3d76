"""The sources: one entry each, in the order in which they are read."""

from __future__ import annotations

from typing import Final

from ingest.sources.approvals import APPROVALS_SOURCE
from ingest.sources.base import AnySource, LiveSource, Parsed, Source, SourceFile
from ingest.sources.canaries import CANARIES_SOURCE
from ingest.sources.detections import DETECTIONS_SOURCE
from ingest.sources.git import GIT
from ingest.sources.github import GITHUB
from ingest.sources.github_export import GITHUB_EXPORT
from ingest.sources.incidents import INCIDENTS
from ingest.sources.labels import LABELS_SOURCE
from ingest.sources.sarif import SARIF
from ingest.sources.tables import TABLES_SOURCE
from ingest.sources.triage import TRIAGE

SOURCES: Final[tuple[AnySource, ...]] = (
    GITHUB, GITHUB_EXPORT, SARIF, TABLES_SOURCE, TRIAGE, INCIDENTS, CANARIES_SOURCE, APPROVALS_SOURCE,
    DETECTIONS_SOURCE, LABELS_SOURCE, GIT,
)  # fmt: skip

__all__ = ["SOURCES", "AnySource", "LiveSource", "Parsed", "Source", "SourceFile"]
