"""How a row of a contract looks inside the store: its month, its digest, and what of it can change."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import polars as pl

from ingest.contracts import Table

MONTH: Final = "month"
DIGEST: Final = "row_digest"
SEQUENCE: Final = "sequence"  # order of publications, in the ledger only
UNDATED: Final = "unknown"
UNPARTITIONED: Final = "all"
STORED_ONLY: Final = (MONTH, DIGEST, SEQUENCE)
PROVENANCE: Final = ("source", "ingested_at", "raw_ref")
_BETWEEN_COLUMNS: Final = "\x1f"
_BETWEEN_ITEMS: Final = "\x1e"
_DIGEST_BYTES: Final = 8  # two versions of the same row are told apart, not all rows from each other


def prepared(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Contract columns in contract types, one row per key (the last), with month and digest."""
    typed = rows.select(pl.col(name).cast(dtype) for name, dtype in table.polars_schema.items())
    single = typed.unique(table.key, keep="last", maintain_order=True)
    return single.with_columns(_month(table).alias(MONTH), _digest(single, table))


def _month(table: Table) -> pl.Expr:
    if table.month_of is None:
        return pl.lit(UNPARTITIONED)
    return pl.col(table.month_of).dt.strftime("%Y-%m").fill_null(UNDATED)


def _digest(rows: pl.DataFrame, table: Table) -> pl.Series:
    """Hash what the source said: not where it was read from, nor what was judged afterwards.

    Absent values leave no trace, so that a new nullable column does not make every row look changed.
    """
    said = sorted(set(table.columns) - set(PROVENANCE) - set(table.derived))
    spelled = pl.concat_str(
        [_spelled(name, table.polars_schema[name]) for name in said],
        separator=_BETWEEN_COLUMNS,
        ignore_nulls=True,
    )
    texts = rows.select(spelled.alias(DIGEST)).to_series()
    digests = [blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest() for text in texts]
    return pl.Series(DIGEST, digests, pl.String)


def _spelled(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(dtype, pl.List):
        joined = value.list.eval(pl.element().fill_null("")).list.join(_BETWEEN_ITEMS)
        return pl.format("{}={}", pl.lit(name), pl.when(value.list.len() > 0).then(joined))
    if isinstance(dtype, pl.Datetime):
        return pl.format("{}={}", pl.lit(name), value.to_physical())
    return pl.format("{}={}", pl.lit(name), value)


def stored_columns(table: Table) -> list[str]:
    """Columns that a write delivers: the contract's and the store's own."""
    return [*table.columns, MONTH, DIGEST]


def completed(frame: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """Add contract columns that the stored version did not have yet: null, or an empty list.

    Rows from before a list column keep null in it when later rows bring the column, hence the fill.
    """
    stored = frame.collect_schema().names()
    return frame.with_columns(_completed(name, name in stored, table) for name in table.columns)


def _completed(name: str, is_stored: bool, table: Table) -> pl.Expr:  # noqa: FBT001 - one of two spellings
    dtype = table.polars_schema[name]
    must_be_a_list = isinstance(dtype, pl.List) and not table.columns[name].nullable
    value = pl.col(name) if is_stored else pl.lit(None, dtype).alias(name)
    return value.fill_null(pl.lit([], dtype)) if must_be_a_list else value


def in_contract(frame: pl.LazyFrame, table: Table, extra: tuple[str, ...] = ()) -> pl.LazyFrame:
    """Select exactly the contract's columns in its types and order, and `extra` ones of the store."""
    typed = [pl.col(name).cast(dtype) for name, dtype in table.polars_schema.items()]
    return completed(frame, table).select(*typed, *extra)
