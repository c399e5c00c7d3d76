"""Which decisions out of a file count, where people decide about the same finding?

A baseline of detect-secrets says again at each rewriting what was answered in its audit, with a new moment
and without a name, and it lies in the repository, where whoever commits can change it. So it says
something only once, until it says something else; and what anybody decided by name before, it does not
dismiss. Bad news out of such a file counts at once, whoever dismissed before.

Every event stays in the table; this says which of them count, whatever the order in which they came.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.sources.sarif.native.decisions import AUDITOR, CONFIRMED, DISMISSED

_FINDING: Final = "finding_id"


def that_count(dispositions: pl.LazyFrame) -> pl.LazyFrame:
    """Decisions without what a file only repeats, and without its dismissals of what people decided.

    Ids are those of today: a file that was renamed says the same of the same finding.
    """
    is_of_file = pl.col("decided_by") == AUDITOR
    is_idle = is_of_file & (_is_repeated(is_of_file) | _is_of_people(is_of_file))
    is_worse = pl.col("disposition") == CONFIRMED  # of one moment the worse stands last
    ordered = dispositions.sort(_FINDING, "decided_at", is_worse, "disposition", "decided_by")
    return ordered.filter(~is_idle)


def _is_repeated(is_of_file: pl.Expr) -> pl.Expr:
    """Whether the file before it said the same of the finding."""
    told = pl.when(is_of_file).then(pl.col("disposition"))
    return pl.col("disposition").eq_missing(told.forward_fill().shift(1).over(_FINDING))


def _is_of_people(is_of_file: pl.Expr) -> pl.Expr:
    """Whether it dismisses what somebody had decided about by then."""
    first = pl.col("decided_at").filter(~is_of_file).min().over(_FINDING)
    return (pl.col("disposition") == DISMISSED) & (first <= pl.col("decided_at")).fill_null(value=False)
