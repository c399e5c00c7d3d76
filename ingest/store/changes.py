"""Which delivered rows are news, which are newer, and which change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.contracts import Table
from ingest.store.rows import DIGEST, MONTH

STORED_MONTH: Final = "stored_month"
ACTION: Final = "_action"  # no contract has a column of this name
WRITE: Final = "write"
DELETE: Final = "delete"
_STORED: Final = "_stored"


@dataclass(frozen=True)
class Changes:
    """Rows to write; `stored_month` is null for a new row and says where to find an old one."""

    rows: pl.DataFrame
    inserted: int
    updated: int
    unchanged: int
    deleted: int = 0

    @property
    def months(self) -> list[str]:
        """Partitions that hold rows to be changed."""
        return sorted(self.rows[STORED_MONTH].drop_nulls().unique().to_list())


def stored_rows(stored: pl.LazyFrame, rows: pl.DataFrame, table: Table, columns: list[str]) -> pl.DataFrame:
    """Look the delivered keys up, first in the months they should be in, then for the rest in all others.

    A creation time that one source rounds differently can move a row to another month; without
    the second look it would be counted twice.
    """
    months = rows[MONTH].unique().to_list()
    is_near = pl.col(MONTH).is_in(months)
    wanted = list(dict.fromkeys([*table.key, MONTH, *columns]))
    near = _of_keys(stored.filter(is_near).select(wanted), rows, table)
    rest = rows.join(near, on=table.key, how="anti")
    if rest.is_empty():
        return near
    return pl.concat([near, _of_keys(stored.filter(~is_near).select(wanted), rest, table)])


def _of_keys(stored: pl.LazyFrame, rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    keys = rows.lazy().select(table.key)
    return stored.join(keys, on=table.key, how="semi").collect(engine="streaming")


def changes_of(rows: pl.DataFrame, stored: pl.LazyFrame | None, table: Table) -> Changes:
    """Compare delivered rows with what is stored: an entity may change, an event only appear."""
    if stored is None:
        return Changes(rows.with_columns(_nowhere()), rows.height, 0, 0)
    version = [table.version_of] if table.version_of else []
    known = stored_rows(stored, rows, table, [DIGEST, "source", *version])
    both = _beside(rows, known, table)
    is_new = pl.col(STORED_MONTH).is_null()
    is_event = table.kind != "entity"
    is_changed = pl.lit(False) if is_event else ~is_new & _is_update(table)
    written = both.filter(is_new | is_changed.fill_null(False))
    inserted = written.select(is_new.sum()).item()
    changed = written.select(*rows.columns, STORED_MONTH)
    return Changes(changed, inserted, written.height - inserted, rows.height - written.height)


def _nowhere() -> pl.Expr:
    return pl.lit(None, pl.String).alias(STORED_MONTH)


def _beside(rows: pl.DataFrame, known: pl.DataFrame, table: Table) -> pl.DataFrame:
    renamed = {name: f"{name}{_STORED}" for name in known.columns if name not in (*table.key, MONTH)}
    stored = known.rename({MONTH: STORED_MONTH, **renamed})
    return rows.join(stored, on=table.key, how="left", maintain_order="left")


def _is_update(table: Table) -> pl.Expr:
    differs = pl.col(DIGEST).ne_missing(pl.col(f"{DIGEST}{_STORED}"))
    if table.version_of is None:
        return differs
    delivered, stored = pl.col(table.version_of), pl.col(f"{table.version_of}{_STORED}")
    is_newer = (delivered > stored).fill_null(False)
    cannot_tell = (delivered == stored).fill_null(True)
    # the same source may correct itself without moving the version; another one may not
    is_same_source = pl.col("source") == pl.col(f"source{_STORED}")
    return is_newer | (cannot_tell & differs & is_same_source)


def judgements(rows: pl.DataFrame, stored: pl.LazyFrame, table: Table) -> Changes:
    """Keep the rows whose derived columns differ from what is stored; unknown keys are left alone."""
    judged = [name for name in table.derived if name in rows.columns]
    types = {name: table.polars_schema[name] for name in (*table.key, *judged)}
    given = rows.select(pl.col(name).cast(dtype) for name, dtype in types.items())
    keys = given.lazy().select(table.key)
    single = given.unique(table.key, keep="last", maintain_order=True)
    known = stored.select(*table.key, MONTH, *judged).join(keys, on=table.key, how="semi")
    both = _beside(single, known.collect(engine="streaming"), table).filter(
        pl.col(STORED_MONTH).is_not_null()
    )
    differs = [pl.col(name).ne_missing(pl.col(f"{name}{_STORED}")) for name in judged]
    changed = both.filter(pl.any_horizontal(differs)) if differs else both.clear()
    return Changes(changed.select(*types, STORED_MONTH), 0, changed.height, single.height - changed.height)


def replacement(rows: pl.DataFrame, stored: pl.LazyFrame, table: Table, source: str) -> Changes:
    """Make the rows of one source exactly these; rows that another source gave are not touched."""
    of_table = stored.select(*table.key, MONTH, DIGEST, "source").collect(engine="streaming")
    others = of_table.filter(pl.col("source") != source)
    own = of_table.filter(pl.col("source") == source)
    mine = rows.join(others, on=table.key, how="anti", maintain_order="left")
    both = _beside(mine, own, table)
    written = both.filter(pl.col(DIGEST).ne_missing(pl.col(f"{DIGEST}{_STORED}")))
    gone = own.join(mine, on=table.key, how="anti")
    taken = gone.select(*table.key, pl.col(MONTH).alias(STORED_MONTH), pl.lit(DELETE).alias(ACTION))
    kept = written.select(*rows.columns, STORED_MONTH, pl.lit(WRITE).alias(ACTION))
    inserted = written[STORED_MONTH].null_count()
    return Changes(
        pl.concat([kept, taken], how="diagonal"),
        inserted,
        written.height - inserted,
        rows.height - written.height,
        gone.height,
    )
