"""What do child rows take from their parents, when they carry only the parent's id?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest.casting import as_text
from ingest.settings import JoinSettings
from ingest.sources.base import SourceFile
from ingest.sources.tables.reading import Rows
from ingest.sources.tables.refusals import refused, without_column

_KEY: Final = "__parent"

Read = Callable[[SourceFile], Rows]


@dataclass(frozen=True)
class Child:
    """Rows that look for their parents, and where they stand."""

    frame: pl.DataFrame
    name: str
    base: Path


def parent_file(join: JoinSettings, base: Path, child: str) -> SourceFile:
    """Find the parents' file; a child is refused when there is none."""
    file = SourceFile(base / join.path, join.path)
    if not file.path.is_file():
        seen, remedy = f"its parents' file {join.path} is not there", "Mend `join.path`, or put it there"
        raise refused(child, seen, "a file", remedy)
    return file


def with_parents(child: Child, join: JoinSettings, read: Read) -> pl.DataFrame:
    """Rows with the columns that they take from their parents; null where a parent is missing.

    Ids are compared as text, because one warehouse writes them as numbers here and as text there.
    Of several copies of a parent the last one counts.
    """
    file = parent_file(join, child.base, child.name)
    parents = _parents(read(file).frame, join, file.name)
    if join.on not in child.frame.columns:
        raise without_column(child.name, join.on, "join.on", child.frame.columns)
    keyed = child.frame.drop(join.take, strict=False).with_columns(as_text(child.frame[join.on]).alias(_KEY))
    return keyed.join(parents, on=_KEY, how="left", maintain_order="left").drop(_KEY)


def _parents(frame: pl.DataFrame, join: JoinSettings, place: str) -> pl.DataFrame:
    taken_for = {their: f"join.take.{ours}" for ours, their in join.take.items()}
    for their, role in {join.parent_on: "join.parent_on", **taken_for}.items():
        if their not in frame.columns:
            raise without_column(place, their, role, frame.columns)
    taken = [frame[their].alias(ours) for ours, their in join.take.items()]
    parents = pl.DataFrame([as_text(frame[join.parent_on]).alias(_KEY), *taken])
    return parents.unique(_KEY, keep="last")
