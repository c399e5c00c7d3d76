"""What do the decisions about a finding say, as they stood at a moment?

Decisions are appended, never changed: the latest one holds. Confirmed, fixed, accepted and won't
fix all say that the weakness is real; reopened asks again; a false positive dismisses, if it says why.
"""

from __future__ import annotations

from typing import Final

import polars as pl

REAL: Final = ("confirmed", "fixed", "accepted", "wont_fix")
DECISION: Final = ("disposition", "decided_by", "decided_at", "reason", "second_person", "expires_at")
# Two decisions of one moment: the one that is worse for the pilot holds.
_WORSE_LAST: Final = {
    "false_positive": 0,
    "reopened": 1,
    "accepted": 2,
    "wont_fix": 3,
    "fixed": 4,
    "confirmed": 5,
}


def decisions(findings: pl.DataFrame, dispositions: pl.LazyFrame) -> pl.DataFrame:
    """Every decision about these findings, in order, beside the finding's own columns."""
    about = dispositions.select("finding_id", *DECISION).join(findings.lazy(), on="finding_id", how="inner")
    rank = pl.col("disposition").replace_strict(_WORSE_LAST, default=-1, return_dtype=pl.Int8)
    return about.sort("finding_id", "decided_at", rank, "decided_by", "reason").collect()


def latest(decided: pl.DataFrame, holds: pl.Expr) -> pl.DataFrame:
    """Per finding the last of the decisions for which `holds` is true."""
    return decided.filter(holds).group_by("finding_id", maintain_order=True).agg(pl.col(*DECISION).last())


def status() -> pl.Expr:
    """Confirmed, dismissed or unreviewed, from a finding's latest decision (null = none)."""
    says_why = pl.col("reason").fill_null("").str.strip_chars() != ""
    is_dismissed = (pl.col("disposition") == "false_positive") & says_why
    return (
        pl.when(pl.col("disposition").is_in(REAL)).then(pl.lit("confirmed"))
        .when(is_dismissed).then(pl.lit("dismissed"))
        .otherwise(pl.lit("unreviewed"))
    )  # fmt: skip


def is_accepted_at_merge() -> pl.Expr:
    """Whether the decision that stood at merge accepts the risk, by somebody else, and had not expired."""
    second = pl.col("second_person").str.to_lowercase()
    involved = [pl.col(name).str.to_lowercase() for name in ("decided_by", "author_login", "driver")]
    is_somebody_else = second.is_not_null() & pl.all_horizontal(second.ne_missing(one) for one in involved)
    is_valid = pl.col("expires_at").is_null() | (pl.col("expires_at") > pl.col("merged_at"))
    return ((pl.col("disposition") == "accepted") & is_somebody_else & is_valid).fill_null(value=False)
