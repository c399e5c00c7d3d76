"""What do the decisions about a finding say, as they stood at a moment?

Decisions are appended, never changed: the latest one holds. Confirmed, fixed, accepted and won't
fix all say that the weakness is real; reopened asks again; a false positive dismisses, if it says why.
One that does not say why is no decision: what stood before it stands.
"""

from __future__ import annotations

from typing import Final

import polars as pl

REAL: Final = ("confirmed", "fixed", "accepted", "wont_fix")
DISMISSAL: Final = "false_positive"
DECISION: Final = ("disposition", "decided_by", "decided_at", "reason", "second_person", "expires_at")
# Two decisions of one moment: the one that is worse for the pilot holds.
_WORSE_LAST: Final = {
    DISMISSAL: 0,
    "reopened": 1,
    "accepted": 2,
    "wont_fix": 3,
    "fixed": 4,
    "confirmed": 5,
}


def decisions(findings: pl.DataFrame, dispositions: pl.LazyFrame) -> pl.DataFrame:
    """Every decision about these findings, in order, beside the finding's own columns."""
    told = dispositions.select("finding_id", *DECISION).filter(says_something())
    about = told.join(findings.lazy(), on="finding_id", how="inner")
    rank = pl.col("disposition").replace_strict(_WORSE_LAST, default=-1, return_dtype=pl.Int8)
    return about.sort("finding_id", "decided_at", rank, "decided_by", "reason").collect()


def latest(decided: pl.DataFrame, holds: pl.Expr) -> pl.DataFrame:
    """Per finding the last of the decisions for which `holds` is true."""
    return decided.filter(holds).group_by("finding_id", maintain_order=True).agg(pl.col(*DECISION).last())


def says_something() -> pl.Expr:
    """Whether a decision is one: a dismissal that does not say why changes nothing."""
    says_why = pl.col("reason").fill_null("").str.strip_chars() != ""
    return (pl.col("disposition") != DISMISSAL) | says_why


def status() -> pl.Expr:
    """Confirmed, dismissed or unreviewed, from a finding's latest decision (null = none)."""
    return (
        pl.when(pl.col("disposition").is_in(REAL)).then(pl.lit("confirmed"))
        .when(pl.col("disposition") == DISMISSAL).then(pl.lit("dismissed"))
        .otherwise(pl.lit("unreviewed"))
    )  # fmt: skip


def is_accepted_at_merge() -> pl.Expr:
    """Whether the decision that stood at merge accepts the risk, by somebody else, and had not expired."""
    second = one_person("second_person")
    involved = [one_person(name) for name in ("decided_by", "author_login", "driver")]
    is_somebody = second.is_not_null() & (second != "")
    is_somebody_else = is_somebody & pl.all_horizontal(second.ne_missing(one) for one in involved)
    is_valid = pl.col("expires_at").is_null() | (pl.col("expires_at") > pl.col("merged_at"))
    return ((pl.col("disposition") == "accepted") & is_somebody_else & is_valid).fill_null(value=False)


def one_person(name: str) -> pl.Expr:
    """One spelling of whoever a column names: logins ignore case, and people type spaces and @."""
    return pl.col(name).str.strip_chars(" \t\r\n@").str.to_lowercase()
