"""Which verdict did a review give before it was dismissed, where its source no longer tells?

GitHub overwrites the verdict of a review that is dismissed, and the dismissal that names it may be
missing from the timeline. Whoever read the review earlier still knows.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts import REVIEWS

DISMISSED: Final = "DISMISSED"
BEFORE: Final = "state_before_dismissal"
VERDICT_COLUMNS: Final = (*REVIEWS.key, "state", BEFORE)  # all that is read here
_NEEDED: Final = VERDICT_COLUMNS[:-1]
_KEY: Final = [f"_{name}" for name in REVIEWS.key]
_KNOWN: Final = "_known"


def has_lost_verdicts(rows: pl.DataFrame) -> bool:
    """Whether any dismissed review does not say what it was."""
    is_read = all(name in rows.columns for name in _NEEDED)
    return is_read and bool(_spelled(rows).select(_is_lost().any()).item())


def of_lost(stored: pl.LazyFrame, rows: pl.DataFrame) -> pl.LazyFrame:
    """Stored copies of the dismissed reviews that do not say what they were."""
    lost = _spelled(rows).filter(_is_lost()).select("_review_id").unique()
    return stored.join(lost.lazy(), left_on="review_id", right_on="_review_id", how="semi")


def with_verdicts(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Reviews as delivered, dismissed ones with the verdict that is known of them.

    It is looked for in earlier copies of the same review among the rows, in the order given, and
    then in the stored ones: the verdict that stands there, or the one that was recovered before.
    Nothing that the source says itself is changed.
    """
    known = _spelled(stored).select(*_KEY, pl.col(_KNOWN).alias("_stored")).unique(_KEY, keep="last")
    told = _spelled(rows).join(known, on=_KEY, how="left", maintain_order="left")
    earlier = pl.col(_KNOWN).forward_fill().over(_KEY)
    found = pl.when(_is_lost()).then(pl.coalesce(earlier, "_stored")).otherwise(BEFORE)
    return told.with_columns(found.alias(BEFORE)).drop(*_KEY, _KNOWN, "_stored")


def _spelled(reviews: pl.DataFrame) -> pl.DataFrame:
    """Add the key as text, since sources differ in types, and the verdict that each row knows."""
    before = [] if BEFORE in reviews.columns else [pl.lit(None, pl.String).alias(BEFORE)]
    whole = reviews.with_columns(before)
    keys = [pl.col(name).cast(pl.String).alias(key) for name, key in zip(REVIEWS.key, _KEY, strict=True)]
    state = pl.col("state").cast(pl.String)
    return whole.with_columns(
        *keys, pl.when(state != DISMISSED).then(state).otherwise(pl.col(BEFORE).cast(pl.String)).alias(_KNOWN)
    )


def _is_lost() -> pl.Expr:
    return (pl.col("state").cast(pl.String) == DISMISSED) & pl.col(BEFORE).is_null()
