"""Rows of our contracts from somebody's warehouse: Parquet, CSV or JSON lines, mapped by pilot.toml."""

from __future__ import annotations

from typing import Final

from ingest.sources.base import Source
from ingest.sources.tables.parsing import fetch, parse, settings_key

TABLES_SOURCE: Final = Source(
    name="tables",
    meaning="rows of any table from your own warehouse: Parquet, CSV or JSON lines",
    fetch=fetch,
    parse=parse,
    settings_key=settings_key,
)

__all__ = ["TABLES_SOURCE"]
