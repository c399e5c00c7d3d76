"""What do pull requests need beyond their mapping?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from ingest.casting import as_text, cast_leniently, is_absent
from ingest.contracts import PULL_REQUESTS
from ingest.settings import IngestSettings
from ingest.sources.tables.actors import ActorColumns, people_of, with_actor
from ingest.sources.tables.ready import ready_at
from ingest.sources.tables.rows import KEY
from ingest.sources.tables.siblings import TIMELINE, Siblings
from ingest.sources.tables.signals import with_pull_request_signals

_TYPES: Final = PULL_REQUESTS.polars_schema
_AUTHOR: Final = ActorColumns("author_login", "author_kind")
_MERGER: Final = ActorColumns("merged_by", "merged_by_kind")


def complete_pull_requests(rows: pl.DataFrame, settings: IngestSettings, base: Path) -> pl.DataFrame:
    """Kinds of accounts, traces of agents, closing and ready moments, cut lists.

    Authorship is "unknown" until all tables are there to be judged together.
    """
    people = people_of(settings.authorship)
    known = with_actor(rows, _AUTHOR, people)
    if {_MERGER.login, _MERGER.kind} & set(known.columns):
        known = _with_merger(known, settings)
    told = with_pull_request_signals(_closed_when_merged(known))
    placed = _with_siblings(told, settings, base)
    return placed.with_columns(authorship=pl.lit("unknown"))


def _with_merger(rows: pl.DataFrame, settings: IngestSettings) -> pl.DataFrame:
    """Kinds of mergers; nobody merged what has no merger, so that kind stays null."""
    judged = with_actor(rows, _MERGER, people_of(settings.authorship))
    return judged.with_columns(
        pl.when(pl.col(_MERGER.login).is_not_null()).then(_MERGER.kind).alias(_MERGER.kind)
    )


def _closed_when_merged(rows: pl.DataFrame) -> pl.DataFrame:
    """Close what was merged: exports of closing moments often leave merged pull requests out."""
    if "merged_at" not in rows.columns:
        return rows
    if "closed_at" not in rows.columns:
        return rows.with_columns(closed_at=pl.col("merged_at"))
    is_open = is_absent(rows["closed_at"], _TYPES["closed_at"])
    return rows.with_columns(
        closed_at=pl.when(is_open).then(as_text(rows["merged_at"])).otherwise(as_text(rows["closed_at"]))
    )


def _with_siblings(rows: pl.DataFrame, settings: IngestSettings, base: Path) -> pl.DataFrame:
    """Columns that other tables of the warehouse know, where the mapping does not give them."""
    if not set(KEY) <= set(rows.columns):
        return rows
    keys = pl.DataFrame({name: cast_leniently(rows[name], _TYPES[name]) for name in KEY})
    siblings = Siblings.read(settings, base)
    told = keys.join(siblings.cut_lists(), on=KEY, how="left", maintain_order="left")
    history = siblings.draft_histories().with_columns(has_timeline=pl.lit(True))
    told = told.join(history, on=KEY, how="left", maintain_order="left")
    made = told.with_columns(_moments(rows)).select(
        cut_lists=pl.col("cut_lists").fill_null([]), ready_at=_ready(), draft_seconds=_draft_seconds()
    )
    return rows.with_columns(made[name] for name in made.columns if name not in rows.columns)


def _moments(rows: pl.DataFrame) -> list[pl.Series]:
    unknown = pl.repeat(None, rows.height, eager=True)
    given = {name: rows[name] if name in rows.columns else unknown for name in ("created_at", "is_draft")}
    return [cast_leniently(column, _TYPES[name]).alias(name) for name, column in given.items()]


def _is_cut() -> pl.Expr:
    return pl.col("cut_lists").list.contains(TIMELINE).fill_null(value=False)


def _has_timeline() -> pl.Expr:
    return pl.col("has_timeline").fill_null(value=False)


def _ready() -> pl.Expr:
    created_at = pl.when(_has_timeline()).then("created_at")
    return ready_at(created_at, pl.col("is_draft"), _is_cut())


def _draft_seconds() -> pl.Expr:
    """Later spells as a draft: none if the whole timeline names none, unknown if it is cut."""
    is_known = _has_timeline() & ~_is_cut()
    return pl.when(is_known).then(pl.col("later_draft_seconds").fill_null(0))
