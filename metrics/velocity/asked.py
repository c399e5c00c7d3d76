"""Who has been asked to review a pull request and has not answered yet?

A person or team whose request was neither withdrawn nor followed by a review of theirs, looked at when
the pull request closed, or now. Once it is approved it waits for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.keys import pull_key
from metrics.tables import Tables

ASKED: Final = "review_requested"
WITHDRAWN: Final = "review_request_removed"


def with_asked(rows: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Add `waiting_for` (logins or teams, sorted) to rows with row, key, approved_at, stopped_at."""
    requests = _open_requests(rows, cut, names)
    answered = _answers(requests, cut, names)
    waiting = requests.join(answered, on=("row", "person"), how="left").filter(
        pl.col("answered_at").is_null() | (pl.col("answered_at") < pl.col("asked_at"))
    )
    asked = waiting.group_by("row").agg(waiting_for=pl.col("subject").sort())
    return rows.join(asked, on="row", how="left", maintain_order="left").with_columns(
        pl.col("waiting_for").fill_null([])
    )


def _open_requests(rows: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Requests that were not withdrawn: row, key, person, subject as written, asked_at, stopped_at."""
    ends = rows.lazy().filter(pl.col("approved_at").is_null()).select("row", "key", "stopped_at")
    events = (
        cut.review_events.filter(pl.col("kind").is_in([ASKED, WITHDRAWN]), pl.col("subject").is_not_null())
        .select("kind", "subject", "occurred_at", key=pull_key(names))
        .join(ends, on="key", how="inner").filter(pl.col("occurred_at") <= pl.col("stopped_at"))
        .with_columns(person=pl.col("subject").str.to_lowercase())
        .collect()
    )  # fmt: skip
    latest = events.sort("row", "person", "occurred_at", "kind", "subject").unique(
        ("row", "person"), keep="last", maintain_order=True
    )
    return latest.filter(pl.col("kind") == ASKED).rename({"occurred_at": "asked_at"}).drop("kind")


def _answers(requests: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Latest review of each asked person by the end of the wait: row, person, answered_at."""
    return (
        cut.reviews.select("submitted_at", key=pull_key(names), person=pl.col("reviewer").str.to_lowercase())
        .join(requests.lazy().select("row", "key", "person", "stopped_at"), on=("key", "person"), how="inner")
        .filter(pl.col("submitted_at") <= pl.col("stopped_at"))
        .group_by("row", "person").agg(answered_at=pl.col("submitted_at").max())
        .collect()
    )  # fmt: skip
