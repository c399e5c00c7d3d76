"""Which pull requests hang on the same person, and which are alike, as numbers that statistics group by?"""

from __future__ import annotations

from typing import Final

import polars as pl

STRATUM: Final = ("repository", "size_band")


def with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `cluster_code` and `stratum_code`.

    Parameters
    ----------
    rows
        row (their place), cluster (null = hangs on nobody known, a cluster of its own), repository,
        size_band.

    >>> pulls = {"row": [0, 1, 2, 3], "cluster": ["bo", None, "al", "bo"], "repository": ["r"] * 4}
    >>> coded = with_codes(pl.DataFrame({**pulls, "size_band": ["b", "a", "b", "b"]}))
    >>> coded["cluster_code"].to_list(), coded["stratum_code"].to_list()
    ([1, 3, 0, 1], [1, 0, 1, 1])
    """
    people = rows.select(pl.col("cluster").drop_nulls().unique().sort())
    strata = rows.select(STRATUM).unique().sort(STRATUM)
    coded = _coded(_coded(rows, people, "cluster_code"), strata, "stratum_code")
    return coded.with_columns(pl.col("cluster_code").fill_null(people.height + pl.col("row").cast(pl.Int64)))


def _coded(rows: pl.DataFrame, names: pl.DataFrame, code: str) -> pl.DataFrame:
    places = names.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(code))
    return rows.join(places, on=names.columns, how="left", maintain_order="left")
