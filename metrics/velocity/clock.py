"""When does a pull request begin to wait?

At its first ready for review if it ever was a draft, else at its creation (definitions 1); by the
setting `created` always at its creation. A draft that was never ready does not wait yet.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.measuring import Clock

READY: Final = "ready"
CREATED: Final = "created"
READY_UNKNOWN: Final = "created, ready time unknown"

STILL_A_DRAFT: Final = "still a draft"
CLOSED_AS_A_DRAFT: Final = "closed as a draft"
DELETED_AS_A_DRAFT: Final = "deleted as a draft"


def with_clock(rows: pl.DataFrame, clock: Clock) -> pl.DataFrame:
    """Add when it begins to wait, and name the drafts in `left_out`.

    Returns
    -------
    DataFrame
        The rows with `clock_at` (null = does not wait yet), `clock_basis` and `began_at` (the clock, or
        the creation of what does not wait yet), in the order of `began_at`; `row` is the place in it.
    """
    known = _with_created(rows) if clock == CREATED else _with_ready(rows)
    placed = known.with_columns(began_at=pl.coalesce("clock_at", "created_at"))
    return placed.sort("began_at", "key").with_row_index("row")


def _with_created(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(clock_at=pl.col("created_at"), clock_basis=pl.lit(CREATED))


def _with_ready(rows: pl.DataFrame) -> pl.DataFrame:
    starts_at = pl.max_horizontal("created_at", "ready_at")  # creation where the ready time is unknown
    is_never_ready = pl.col("ready_at").is_null() & pl.col("is_draft").fill_null(value=False)
    is_draft = is_never_ready | (pl.col("ended_at") < starts_at).fill_null(value=False)
    return rows.with_columns(clock_at=pl.when(~is_draft).then(starts_at)).with_columns(
        clock_basis=pl.when(pl.col("clock_at").is_not_null()).then(_basis()),
        left_out=pl.coalesce("left_out", pl.when(pl.col("clock_at").is_null()).then(_draft_reason())),
    )


def _basis() -> pl.Expr:
    return (
        pl.when(pl.col("ready_at").is_null()).then(pl.lit(READY_UNKNOWN))
        .when(pl.col("clock_at") > pl.col("created_at")).then(pl.lit(READY))
        .otherwise(pl.lit(CREATED))
    )  # fmt: skip


def _draft_reason() -> pl.Expr:
    return (
        pl.when(pl.col("lost_at").is_not_null()).then(pl.lit(DELETED_AS_A_DRAFT))
        .when(pl.col("ended_at").is_null()).then(pl.lit(STILL_A_DRAFT))
        .otherwise(pl.lit(CLOSED_AS_A_DRAFT))
    )  # fmt: skip
