"""How many lines of a pull request is a reviewer to read?

Those added and deleted in files that people write: generated, vendored, minified and lock files are left
out, and a pure rename has none. Where the files are not known it is all that was added and deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.keys import pull_key
from metrics.scope import FILE_LISTS
from metrics.tables import Tables
from metrics.velocity.sizes import changed_lines

NOT_READ: Final = ("generated", "vendored", "lock", "minified")


def with_sizes(rows: pl.DataFrame, tables: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Add `changed_lines` (null = unknown) and `is_size_of_files` to rows with key and cut_lists."""
    lines = pl.col("additions") + pl.col("deletions")
    read = pl.when(pl.col("file_class").is_in(NOT_READ)).then(pl.lit(0)).otherwise(lines)
    files = tables.changed_files.select(key=pull_key(names), lines=read).join(
        rows.lazy().select(pl.col("key").unique()), on="key", how="semi"
    )
    sums = files.group_by("key").agg(
        file_lines=pl.when(pl.col("lines").null_count() == 0).then(pl.col("lines").sum())
    )
    is_cut = pl.any_horizontal(pl.col("cut_lists").list.contains(name) for name in FILE_LISTS)
    whole = pl.when(~is_cut.fill_null(value=False)).then("file_lines")
    told = rows.join(sums.collect(), on="key", how="left", maintain_order="left")
    return told.with_columns(
        changed_lines=pl.coalesce(whole, changed_lines()), is_size_of_files=whole.is_not_null()
    ).drop("file_lines")
