"""What does one session of an agent amount to?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.approving.evidence import only_ones
from ingest.approving.keys import SESSION, file_of, in_order
from ingest.contracts import APPROVAL_SESSIONS

_SET_LATER: Final = ("source", "ingested_at", "extras")  # set on the way into the store
SESSION_COLUMNS: Final = tuple(name for name in APPROVAL_SESSIONS.columns if name not in _SET_LATER)


def sessions(signals: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Rows of `approval_sessions` without `source`, `ingested_at` and `extras`: one per session."""
    ordered = in_order(signals)
    spans = ordered.group_by(SESSION).agg(
        first_at=pl.col("at").min(),
        last_at=pl.max_horizontal(pl.col("at").max(), pl.col("ended_at").max()),
        modes=pl.col("mode").drop_nulls().unique().sort(),
        agent_version=pl.col("agent_version").last(ignore_nulls=True),
        model=pl.col("model").last(ignore_nulls=True),
        raw_ref=pl.col("raw_ref").first(),
    )
    counts = (_tasks(ordered), decided.group_by(SESSION).agg(decision_count=pl.len()))
    known = only_ones(ordered).drop("agent_version", "model")
    whole = spans.join(known, on=SESSION)
    for count in counts:
        whole = whole.join(count, on=SESSION, how="left")
    told = whole.with_columns(pl.col("task_count", "decision_count").fill_null(0))
    types = APPROVAL_SESSIONS.polars_schema
    return told.select(pl.col(name).cast(types[name]) for name in SESSION_COLUMNS).sort(SESSION)


def _tasks(ordered: pl.DataFrame) -> pl.DataFrame:
    """How many tasks a person gave: the most that one file tells of; logs of all kinds tell of the same."""
    given = ordered.filter(pl.col("kind") == "prompted")
    by_file = given.group_by(*SESSION, file=file_of()).agg(task_count=pl.len())
    return by_file.group_by(SESSION).agg(pl.col("task_count").max())
