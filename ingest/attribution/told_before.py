"""What was told of a finding before that people may not take back by telling something milder?

Lists of incidents say what is known today, so a row that is milder, names another change, or is gone would
undo bad news without a word. What was told first of the change stays, as does the worst severity and the
first report; who was wrong says so by a decision. This reaches back as far as the store does: one that is
built anew knows only what the lists say now.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts import SEVERITIES

_FIRST: Final = ("first_seen_at", "post_merge_seen_at")
_CHANGE: Final = ("introduced_by", "introduced_commit", "method", "confidence")
_BEFORE: Final = "_before"


def with_what_was_told(rows: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Findings of today, none of them better than they were before, and those that nobody tells any more.

    Parameters
    ----------
    rows, before
        Rows of `findings`, without the columns that are set later in `rows`.
    """
    told = before.select("finding_id", "severity", *_FIRST, *_CHANGE)
    beside = rows.join(told, on="finding_id", how="left", suffix=_BEFORE, maintain_order="left")
    kept = beside.with_columns(_worst(), *_firsts(), *_changes()).select(rows.columns)
    lost = before.join(rows, on="finding_id", how="anti").select(rows.columns)
    return pl.concat([kept, lost]).sort("finding_id")


def _worst() -> pl.Expr:
    ranked = (pl.col(name).cast(pl.Enum(SEVERITIES)) for name in ("severity", f"severity{_BEFORE}"))
    rank = pl.min_horizontal(each.to_physical() for each in ranked)
    return rank.replace_strict(dict(enumerate(SEVERITIES)), return_dtype=pl.String).alias("severity")


def _firsts() -> list[pl.Expr]:
    return [pl.min_horizontal(name, f"{name}{_BEFORE}").alias(name) for name in _FIRST]


def _changes() -> list[pl.Expr]:
    """What was told first of the change; what is only worked out from it may change."""
    names_another = pl.col("introduced_by").ne_missing(pl.col(f"introduced_by{_BEFORE}"))
    commit = pl.col("introduced_commit")
    is_another = commit.ne_missing(pl.col(f"introduced_commit{_BEFORE}"))
    named, by_commit = (pl.col(f"method{_BEFORE}") == method for method in ("explicit", "commit"))
    was_told = ((named & names_another) | (by_commit & is_another)).fill_null(value=False)
    return [pl.when(was_told).then(f"{name}{_BEFORE}").otherwise(name).alias(name) for name in _CHANGE]
