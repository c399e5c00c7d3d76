"""Which traces of agents do texts carry that are read here and never stored?"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import polars as pl

from ingest.authorship import commit_signals, driver_signals, label_signals, pull_request_signals
from ingest.casting import as_text, cast_leniently

_WORDS: Final = pl.List(pl.String())
_BETWEEN: Final = "\x1e"  # a separator that counts as white space, which traces never hold
_AT_ONCE: Final = 50_000  # rows whose texts and evidence are Python objects at the same time


def with_pull_request_signals(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `signals`, and without the texts that they come from."""
    return pl.concat([_with_pull_request_signals(part) for part in _slices(rows)])


def _slices(rows: pl.DataFrame) -> list[pl.DataFrame]:
    return list(rows.iter_slices(_AT_ONCE)) or [rows]


def _with_pull_request_signals(rows: pl.DataFrame) -> pl.DataFrame:
    told = zip(
        *(_texts(rows, name) for name in ("author_login", "author_kind", "head_branch", "title", "body")),
        strict=True,
    )
    signals = [pull_request_signals(login, kind or "unknown", *texts) for login, kind, *texts in told]
    beside = zip(signals, _assignees(rows), _texts(rows, "labelled_agent"), strict=True)
    found = [own + driver_signals(people) + label_signals(agent) for own, people, agent in beside]
    return _with_given_kept(rows, {"signals": _lists(found)}).drop(
        "body", "assignees", "labelled_agent", strict=False
    )


def with_commit_evidence(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with what each commit says about its making, and without its message and addresses."""
    return pl.concat([_with_commit_evidence(part) for part in _slices(rows)])


def _with_commit_evidence(rows: pl.DataFrame) -> pl.DataFrame:
    names = ("author_login", "author_name", "author_email", "message")
    # the same commit is part of several pull requests, and machines repeat themselves
    judged = cache(commit_signals)
    made = [judged(*texts) for texts in zip(*(_texts(rows, name) for name in names), strict=True)]
    evidence = {
        "signals": _lists([one.signals for one in made]),
        "trailers": _lists([one.trailers for one in made]),
        "authorship": pl.Series([one.authorship for one in made], dtype=pl.String),
        "agent": pl.Series([one.agent for one in made], dtype=pl.String),
        "model": pl.Series([one.model for one in made], dtype=pl.String),
    }
    return _with_given_kept(rows, evidence).drop("author_name", "author_email", "message", strict=False)


def _lists(values: list[list[str]]) -> pl.Series:
    """Lists of words; joined and split again, which is twenty times faster than handing lists over."""
    texts = pl.Series([_BETWEEN.join(words) for words in values], dtype=pl.String)
    is_empty = texts.str.len_bytes() == 0
    words = pl.when(is_empty).then(pl.lit([], _WORDS)).otherwise(texts.str.split(_BETWEEN))
    return pl.select(words).to_series()


def _texts(rows: pl.DataFrame, name: str) -> list[Any]:
    return as_text(rows[name]).to_list() if name in rows.columns else [None] * rows.height


def _assignees(rows: pl.DataFrame) -> list[list[str]]:
    if "assignees" not in rows.columns:
        return [[]] * rows.height
    return cast_leniently(rows["assignees"], _WORDS).fill_null([]).to_list()


def _with_given_kept(rows: pl.DataFrame, made: dict[str, pl.Series]) -> pl.DataFrame:
    """Add columns; one that the mapping fills is believed instead."""
    return rows.with_columns(**{name: column for name, column in made.items() if name not in rows.columns})
