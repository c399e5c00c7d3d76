"""Who completes the rows of which table?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from ingest.settings import IngestSettings
from ingest.sources.tables.completing_events import (
    complete_changed_files,
    complete_commits,
    complete_review_events,
    complete_reviews,
)
from ingest.sources.tables.completing_findings import (
    complete_dispositions,
    complete_findings,
    complete_incidents,
    complete_scan_results,
    complete_scans,
)
from ingest.sources.tables.completing_pulls import complete_pull_requests
from ingest.sources.tables.rows import Place

Complete = Callable[[pl.DataFrame, Place, IngestSettings], pl.DataFrame]

COMPLETING: Final[dict[str, Complete]] = {
    "pull_requests": lambda rows, place, settings: complete_pull_requests(rows, settings, place.base),
    "changed_files": lambda rows, _place, settings: complete_changed_files(rows, settings),
    "reviews": lambda rows, _place, settings: complete_reviews(rows, settings),
    "review_events": lambda rows, _place, settings: complete_review_events(rows, settings),
    "commits": lambda rows, _place, settings: complete_commits(rows, settings),
    "scans": lambda rows, place, _settings: complete_scans(rows, place.file.name),
    "scan_results": lambda rows, _place, _settings: complete_scan_results(rows),
    "findings": lambda rows, _place, _settings: complete_findings(rows),
    "dispositions": lambda rows, _place, _settings: complete_dispositions(rows),
    "incidents": lambda rows, _place, _settings: complete_incidents(rows),
}


def complete(rows: pl.DataFrame, place: Place, settings: IngestSettings) -> pl.DataFrame:
    """Rows with what our contract needs and a warehouse hardly has; what is mapped is believed."""
    return COMPLETING[place.mapping.table](rows, place, settings)
