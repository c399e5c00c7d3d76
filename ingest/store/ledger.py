"""What was published when: one ledger commit makes a set of table versions the one that readers see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import polars as pl

from ingest.contracts import BY_NAME
from ingest.contracts.ingest_runs import INGEST_RUNS
from ingest.errors import StoreError
from ingest.store.delta import Delta
from ingest.store.rows import MONTH, SEQUENCE, UNPARTITIONED, in_contract


def empty(name: str) -> pl.LazyFrame:
    """Make a table of which nothing was published."""
    return BY_NAME[name].schema.create_empty().lazy()


def entries(ledger: Delta, known_at: datetime | None) -> pl.DataFrame:
    """Ledger rows with their order, those published until `known_at`."""
    if not ledger.exists():
        return empty(INGEST_RUNS.name).with_columns(pl.lit(0, pl.Int64).alias(SEQUENCE)).collect()
    rows = in_contract(ledger.scan(), INGEST_RUNS, (SEQUENCE,)).collect()
    is_known = pl.lit(True) if known_at is None else pl.col("published_at") <= known_at
    return rows.filter(is_known).sort(SEQUENCE, "published_at", "run_id", "source")


def latest(rows: pl.DataFrame) -> dict[str, Any] | None:
    """Find the row that names the publication in force; the order of commits decides, not their clocks."""
    return rows.row(-1, named=True) if rows.height else None


def versions_in(row: Mapping[str, Any]) -> dict[str, int]:
    """Table versions that a ledger row published."""
    try:
        return {str(name): int(version) for name, version in orjson.loads(row["published"]).items()}
    except (orjson.JSONDecodeError, AttributeError, ValueError, TypeError) as error:
        raise StoreError(
            f"ledger, run {row['run_id']}: `published` is {row['published']!r}, "
            f"expected JSON of table -> version; restore the store from a copy"
        ) from error


def stamped(runs: pl.DataFrame, versions: Mapping[str, int], sequence: int) -> pl.DataFrame:
    """Ledger rows of one run, ready to be committed."""
    published = orjson.dumps(dict(versions), option=orjson.OPT_SORT_KEYS).decode()
    given = runs.with_columns(pl.lit(published).alias("published"))
    typed = given.select(pl.col(name).cast(dtype) for name, dtype in INGEST_RUNS.polars_schema.items())
    return typed.with_columns(pl.lit(UNPARTITIONED).alias(MONTH), pl.lit(sequence, pl.Int64).alias(SEQUENCE))
