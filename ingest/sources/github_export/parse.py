"""What rows does one export file give for every table?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from ingest.authorship import People
from ingest.contracts import BY_NAME
from ingest.file_classes import classify_files
from ingest.settings import AuthorshipSettings, ClassSettings, IngestSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.github_export.collected import Collected, Place, Row
from ingest.sources.github_export.malformed import MARK, add_node
from ingest.sources.github_export.reading import Page, read_pages

TABLES: Final = ("pull_requests", "changed_files", "reviews", "review_events", "commits")
_STAMPED: Final = ("source", "ingested_at")  # written when rows are taken in
_UNIT: Final = "\x1f"  # ASCII's unit separator, in no text that anybody types
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_ISO: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"
# Words that must be there before anything is judged, and that a malformed row lacks.
_PROVISIONAL: Final[dict[str, dict[str, str]]] = {
    "pull_requests": {"authorship": "unknown", "author_kind": "unknown"},
    "reviews": {"reviewer_kind": "unknown"},
    "review_events": {"actor_kind": "unknown"},
    "commits": {"authorship": "unknown", "author_kind": "unknown"},
    "changed_files": {},
}


def parse(file: SourceFile, settings: IngestSettings) -> Parsed:
    """Rows of pull requests, their files, reviews, timeline and commits.

    Raises RefusedFileError when the file is not JSON or holds no pull requests.
    """
    reading = read_pages(file)
    collected = Collected(people_of(settings.authorship), left_out=Counter(reading.left_out))
    if reading.problems:
        collected.left_out["error that GitHub reported beside its answer"] += len(reading.problems)
    position = 0
    for page in reading.pages:
        _add_page(page, f"{file.name}#", position, collected)
        position += len(page.nodes)
    return Parsed(frames_of(collected, settings.classes), dict(collected.left_out))


def frames_of(collected: Collected, classes: ClassSettings) -> dict[str, pl.DataFrame]:
    """Frames of all rows that gathered, by table, in the contracts' types; files with their class."""
    frames = {name: _frame(name, collected.rows[name]) for name in TABLES if collected.rows[name]}
    if "changed_files" in frames:
        frames["changed_files"] = classify_files(frames["changed_files"], classes)
    return frames


def people_of(authorship: AuthorshipSettings) -> People:
    """Corrections of what logins are, as the settings list them."""
    human, automation = (
        {name.lower() for name in names} for names in (authorship.human, authorship.automation)
    )
    return People(frozenset(human), frozenset(automation))


def _add_page(page: Page, ref: str, first: int, into: Collected) -> None:
    for index, raw in enumerate(page.nodes, start=first):
        add_node(raw, Place(f"{ref}{index}", page.repository, page.default_branch), into)


def _frame(name: str, rows: list[Row]) -> pl.DataFrame:
    whole = [row for row in rows if MARK not in row]
    malformed = [row for row in rows if MARK in row]
    frame = _typed(name, whole)
    if malformed:
        texts = pl.DataFrame([_texts(row) for row in malformed], infer_schema_length=None)
        frame = pl.concat([_as_text(frame), texts.cast(pl.String)], how="diagonal_relaxed")
    words = [pl.col(column).fill_null(word) if column in frame.columns else pl.lit(word).alias(column)
             for column, word in _PROVISIONAL[name].items()]  # fmt: skip
    return frame.with_columns(words)


def _texts(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != MARK}


def _typed(name: str, rows: list[Row]) -> pl.DataFrame:
    schema = BY_NAME[name].polars_schema
    columns = list(rows[0]) if rows else [column for column in schema if column not in _STAMPED]
    return pl.DataFrame(
        [_column(column, [row[column] for row in rows], schema[column]) for column in columns]
    )


def _column(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
    """Type a column; lists and moments by a detour, as polars would build them value by value."""
    if isinstance(dtype, pl.List):
        joined = pl.Series(
            name, [None if value is None else _UNIT.join(value) for value in values], pl.String
        )
        is_empty = pl.col(name).str.len_bytes() == 0
        words = pl.when(is_empty).then(pl.lit([], dtype)).otherwise(pl.col(name).str.split(_UNIT))
        return joined.to_frame().select(words.alias(name)).to_series()
    if isinstance(dtype, pl.Datetime):
        return pl.Series(name, [_microseconds(value) for value in values], pl.Int64).cast(dtype)
    return pl.Series(name, values, dtype, strict=True)


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Moments and numbers as text, to stand beside values that are neither."""
    moments = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    numbers = [name for name, dtype in frame.schema.items() if dtype.is_numeric()]
    return frame.with_columns(pl.col(moments).dt.strftime(_ISO), pl.col(numbers).cast(pl.String))
