"""When did a pull request become ready for review, as its timeline tells?

The clock of approvals starts at the first ready_for_review if a pull request was opened as a draft,
else at its creation. A timeline whose first word about drafts is `convert_to_draft` belongs to a pull
request that was opened ready. A timeline that was cut, or is not there, proves no absence.
"""

from __future__ import annotations

from typing import Final

import polars as pl

KEY: Final = ("repository", "number")
READY: Final = "ready_for_review"
BACK_TO_DRAFT: Final = ("convert_to_draft", "converted_to_draft")
TELLING: Final = (READY, *BACK_TO_DRAFT)


def draft_history(events: pl.DataFrame) -> pl.DataFrame:
    """One row per pull request with a timeline.

    Takes repository, number, kind and occurred_at (UTC); gives `was_born_ready` (the first word about
    drafts is "back to draft"; null without any word), `first_ready_at` and `later_draft_seconds`, the
    closed spells as a draft after the first ready.
    """
    told = events.filter(pl.col("kind").is_in(TELLING), pl.col("occurred_at").is_not_null())
    ordered = told.unique([*KEY, "kind", "occurred_at"]).sort(*KEY, "occurred_at")
    is_back = pl.col("kind").is_in(BACK_TO_DRAFT)
    ends_at = pl.col("occurred_at").shift(-1).over(KEY)
    # only a spell that ends is counted: an open one has not ended yet
    spell = pl.when(is_back & (pl.col("kind").shift(-1).over(KEY) == READY)).then(
        ends_at - pl.col("occurred_at")
    )
    history = ordered.with_columns(is_back=is_back, spell=spell).group_by(KEY).agg(
        was_born_ready=pl.col("is_back").first(),
        first_ready_at=pl.col("occurred_at").filter(~pl.col("is_back")).first(),
        later_draft_seconds=pl.col("spell").sum().dt.total_seconds(),
    )  # fmt: skip
    timelines = events.select(KEY).drop_nulls().unique()
    return timelines.join(history, on=KEY, how="left")


def ready_at(created_at: pl.Expr, is_draft: pl.Expr, is_cut: pl.Expr) -> pl.Expr:
    """First moment of being ready, over columns of `draft_history`; null where nobody can know.

    `is_cut` says that the timeline misses its end, so that the absence of draft events in it
    means nothing; `created_at` must be null where there is no timeline at all.
    """
    has_no_draft_events = pl.col("was_born_ready").is_null()
    is_unknown = is_cut | is_draft.fill_null(value=False)
    return (
        pl.when(has_no_draft_events & is_unknown).then(None)
        .when(has_no_draft_events).then(created_at)
        .when("was_born_ready").then(created_at)
        .otherwise("first_ready_at")
    )  # fmt: skip
