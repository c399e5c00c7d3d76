"""How does one file of a mapping become rows in our columns, before anything is completed?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from ingest.casting import cast_leniently
from ingest.contracts import BY_NAME
from ingest.settings import TableSettings
from ingest.sources.base import SourceFile
from ingest.sources.tables.joining import Child, with_parents
from ingest.sources.tables.mapping import Mapped, mapped
from ingest.sources.tables.places import base_of
from ingest.sources.tables.reading import Rows, read_rows

KEY: Final = ("repository", "number")


@dataclass(frozen=True)
class Place:
    """A file and the mapping that reads it."""

    file: SourceFile
    mapping: TableSettings

    @property
    def base(self) -> Path:
        """Folder of pilot.toml."""
        return base_of(self.file)


def joined(rows: pl.DataFrame, place: Place) -> pl.DataFrame:
    """Rows with what they take from all their parents."""
    for join in place.mapping.join:
        child = Child(rows, place.file.name, place.base)
        rows = with_parents(child, join, partial(_read_parent, mapping=place.mapping))
    return rows


def mapped_rows(rows: pl.DataFrame, place: Place) -> Mapped:
    """Join, map, and split the words of lists that were given as text."""
    found = mapped(joined(rows, place), place.mapping, place.file.name)
    return Mapped(_with_lists(found.rows, place.mapping), found.left_over)


def some_columns(place: Place, names: Collection[str]) -> pl.DataFrame:
    """Read some columns of a file as they were given; all null where the mapping gives none."""
    frame = joined(read_rows(place.file, place.mapping).frame, place)
    rows = mapped(frame, place.mapping, place.file.name, names).rows
    absent = [pl.lit(None).alias(name) for name in names if name not in rows.columns]
    return rows.with_columns(absent).select(names)


def typed(rows: pl.DataFrame, table: str, names: Collection[str]) -> pl.DataFrame:
    """Cast columns to their contract's types, null where that is not possible; the rest stays as given."""
    types = BY_NAME[table].polars_schema
    return rows.with_columns(cast_leniently(rows[name], types[name]).alias(name) for name in names)


def _read_parent(file: SourceFile, mapping: TableSettings) -> Rows:
    return read_rows(file, mapping)


def _with_lists(rows: pl.DataFrame, mapping: TableSettings) -> pl.DataFrame:
    """Split lists that are given as text; text that is JSON is left for the check to read."""
    contract = BY_NAME[mapping.table].polars_schema
    names = [
        name
        for name in rows.columns
        if isinstance(contract.get(name), pl.List) and rows[name].dtype == pl.String
    ]
    return rows.with_columns(_split(rows[name], mapping.list_separator) for name in names)


def _split(texts: pl.Series, separator: str) -> pl.Series:
    is_json = texts.str.starts_with("[").fill_null(value=False)
    if is_json.any():
        return texts
    words = pl.element().str.strip_chars()
    column = texts.to_frame("words").select(
        pl.col("words").str.split(separator).list.eval(words.filter(words != ""))
    )
    return column.to_series().alias(texts.name)
