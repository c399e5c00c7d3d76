"""Builders for files of a warehouse and the mappings that read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ingest.checking import Checked, check
from ingest.contracts import BY_NAME
from ingest.settings import IngestSettings, SourcesSettings, TableSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.tables import TABLES_SOURCE

PULLS_CSV = "repository,number,title,author_login,created_at,merged_at\n"
REVIEWS_CSV = "repository,number,review_id,reviewer,state,submitted_at\n"
NOW = datetime(2026, 8, 17, tzinfo=UTC)


def settings_of(*tables: TableSettings | Mapping[str, Any]) -> IngestSettings:
    """Make settings with these mappings and nothing else."""
    mappings = [TableSettings.model_validate(table) for table in tables]
    return IngestSettings(sources=SourcesSettings(tables=mappings))


def pulls_mapping(**changes: Any) -> dict[str, Any]:
    """Map pull requests from pulls.csv, by the same names."""
    return {"table": "pull_requests", "paths": ["pulls.csv"], **changes}


def reviews_mapping(**changes: Any) -> dict[str, Any]:
    """Map reviews from reviews.csv, by the same names."""
    return {"table": "reviews", "paths": ["reviews.csv"], **changes}


def events_mapping(**changes: Any) -> dict[str, Any]:
    """Map timeline events from events.csv, by the same names."""
    return {"table": "review_events", "paths": ["events.csv"], **changes}


def source_file(base: Path, name: str) -> SourceFile:
    """Name a file as fetch does."""
    return SourceFile(base / name, name)


def written(base: Path, name: str, content: str | bytes | pl.DataFrame) -> SourceFile:
    """Write a file (a frame as Parquet) and name it as fetch does."""
    path = base / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pl.DataFrame):
        content.write_parquet(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return source_file(base, name)


def parsed(file: SourceFile, *tables: TableSettings | Mapping[str, Any]) -> Parsed:
    """Parse a file under these mappings."""
    return TABLES_SOURCE.parse(file, settings_of(*tables))


def checked(result: Parsed, table: str) -> Checked:
    """Rows of one table after the contract check, stamped as an intake stamps them."""
    stamp = pl.lit(NOW).dt.cast_time_unit("us")
    rows = result.frames[table].with_columns(source=pl.lit("tables"), ingested_at=stamp)
    return check(rows, BY_NAME[table])
