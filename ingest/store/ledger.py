"""What was published and sealed when: a commit of a ledger adds rows, in the order of commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import polars as pl

from ingest.contracts import BY_NAME, Table
from ingest.contracts.ingest_runs import INGEST_RUNS
from ingest.errors import StoreError
from ingest.store.delta import Delta
from ingest.store.rows import MONTH, SEQUENCE, UNPARTITIONED, in_contract
from ingest.store.values import Published


def empty(name: str) -> pl.LazyFrame:
    """Make a table of which nothing was published."""
    return BY_NAME[name].schema.create_empty().lazy()


def rows_of(ledger: Delta, table: Table) -> pl.DataFrame:
    """All rows of a ledger with the number of the commit that brought each, in their order."""
    if not ledger.exists():
        return empty(table.name).with_columns(pl.lit(0, pl.Int64).alias(SEQUENCE)).collect()
    return in_contract(ledger.scan(), table, (SEQUENCE,)).collect().sort(SEQUENCE)


def entries(ledger: Delta, known_at: datetime | None) -> pl.DataFrame:
    """Rows of ingest runs with their order, those published until `known_at`."""
    is_known = pl.lit(True) if known_at is None else pl.col("published_at") <= known_at
    rows = rows_of(ledger, INGEST_RUNS).filter(is_known)
    return rows.sort(SEQUENCE, "published_at", "run_id", "source")


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


def published_by(row: Mapping[str, Any]) -> Published:
    """What a ledger row published."""
    return Published(str(row["run_id"]), row["published_at"], versions_in(row))


def stamped(runs: pl.DataFrame, versions: Mapping[str, int]) -> pl.DataFrame:
    """Ledger rows of one run with the table versions that they publish."""
    published = orjson.dumps(dict(versions), option=orjson.OPT_SORT_KEYS).decode()
    return runs.with_columns(pl.lit(published).alias("published"))


def add(ledger: Delta, rows: pl.DataFrame, table: Table) -> range:
    """Commit rows to a ledger; the versions that this made."""
    sequence = ledger.version() + 1 if ledger.exists() else 0
    typed = rows.select(pl.col(name).cast(dtype) for name, dtype in table.polars_schema.items())
    order = pl.lit(sequence, pl.Int64).alias(SEQUENCE)
    ledger.append(typed.with_columns(pl.lit(UNPARTITIONED).alias(MONTH), order))
    return range(sequence, ledger.version() + 1)
