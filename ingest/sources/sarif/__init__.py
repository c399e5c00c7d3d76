"""Scan results in SARIF 2.1.0, the format that almost every scanner writes."""

from __future__ import annotations

from typing import Final

from ingest.sources.base import Source
from ingest.sources.sarif.fetch import fetch, settings_key
from ingest.sources.sarif.parse import parse

SARIF: Final = Source(
    name="sarif",
    meaning="scan results in SARIF 2.1.0 files: scans and what they reported",
    fetch=fetch,
    parse=parse,
    settings_key=settings_key,
)

__all__ = ["SARIF"]
