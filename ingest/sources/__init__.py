"""The sources: one entry each, in the order in which they are read."""

from __future__ import annotations

from typing import Final

from ingest.sources.base import Parsed, Source, SourceFile
from ingest.sources.github_export import GITHUB_EXPORT
from ingest.sources.sarif import SARIF
from ingest.sources.tables import TABLES_SOURCE
from ingest.sources.triage import TRIAGE

SOURCES: Final[tuple[Source, ...]] = (GITHUB_EXPORT, SARIF, TABLES_SOURCE, TRIAGE)

__all__ = ["SOURCES", "Parsed", "Source", "SourceFile"]
