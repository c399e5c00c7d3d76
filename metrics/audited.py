"""What came of the changes that were drawn for a deep review?

Definitions 5: audit samples need no waiting. Reviews are appended; a reviewer's latest one holds, and of
several reviewers' the worst does: who found something is not outvoted. What nobody could tell is unclear,
never clean.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts import SEVERITIES
from metrics.arrivals import KEY
from metrics.tables import Tables

CLEAN: Final = "clean"
UNCLEAR: Final = "unclear"
FINDING: Final = "finding"
TOLD: Final = (CLEAN, FINDING)  # outcomes of a review that could tell
_WORST_LAST: Final = {CLEAN: 0, UNCLEAR: 1, FINDING: 2}
_DRAW: Final = ("audit_id", *KEY)


def latest_reviews(cut: Tables) -> pl.DataFrame:
    """The review that holds of each drawn change and reviewer; of one moment the worse."""
    rank = pl.col("outcome").replace_strict(_WORST_LAST, return_dtype=pl.Int8)
    reviews = cut.audit_reviews.select(*_DRAW, "reviewed_by", "reviewed_at", "outcome", "severity")
    ordered = reviews.sort(*_DRAW, "reviewed_by", "reviewed_at", rank, "severity").collect()
    return ordered.unique([*_DRAW, "reviewed_by"], keep="last", maintain_order=True)


def drawn_changes(cut: Tables, minimum_severity: str) -> pl.DataFrame:
    """Every change that was drawn, once however often.

    Returns
    -------
    DataFrame
        repository, number, outcome (null = not reviewed yet); a weakness below the severity that makes an
        escape is none. By repository and number.
    """
    drawn = cut.audits.select(_DRAW).unique().collect()
    worst = SEVERITIES[: SEVERITIES.index(minimum_severity) + 1]
    is_too_mild = (pl.col("outcome") == FINDING) & ~pl.col("severity").is_in(worst)
    told = pl.when(is_too_mild).then(pl.lit(CLEAN)).otherwise("outcome")
    rank = told.replace_strict(_WORST_LAST, return_dtype=pl.Int8)
    reviewed = drawn.join(latest_reviews(cut), on=_DRAW, how="left", maintain_order="left")
    names = {place: name for name, place in _WORST_LAST.items()}
    outcome = rank.max().replace_strict(names, return_dtype=pl.String)
    return reviewed.group_by(KEY).agg(outcome=outcome).sort(KEY)
