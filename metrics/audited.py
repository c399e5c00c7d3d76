"""What came of the changes that were drawn for a deep review?

Definitions 5: audit samples need no waiting. Reviews are appended; a reviewer's latest one holds, and of
several reviewers' the worst does: who found something is not outvoted, and takes it back only by a clean
review that says why. What nobody could tell is unclear, never clean.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from ingest.contracts import SEVERITIES
from metrics.arrivals import KEY
from metrics.tables import Tables
from metrics.triage import one_person

CLEAN: Final = "clean"
UNCLEAR: Final = "unclear"
FINDING: Final = "finding"
TOLD: Final = (CLEAN, FINDING)  # outcomes of a review that could tell
_WORST_LAST: Final = {CLEAN: 0, UNCLEAR: 1, FINDING: 2}
DRAW: Final = ("audit_id", *KEY)
_REVIEWER: Final = (*DRAW, "person")  # a name is one person however it is written


def of_pilot(cut: Tables, pilot: str) -> Tables:
    """The tables with the draws of one pilot only: another one's sample is none of its changes."""
    return replace(cut, audits=cut.audits.filter(pl.col("pilot") == pilot))


def latest_reviews(cut: Tables) -> pl.DataFrame:
    """The review that holds of each drawn change and reviewer; of one moment the worse.

    What a reviewer found stands, as bad as it was ever told, until a later clean review of the same person
    says why it was none.

    Returns
    -------
    DataFrame
        audit_id, repository, number, reviewed_by, reviewed_at, outcome, severity.
    """
    rank = pl.col("outcome").replace_strict(_WORST_LAST, return_dtype=pl.Int8)
    says_why = pl.col("notes").fill_null("").str.strip_chars() != ""
    takes_back = (pl.col("outcome") == CLEAN) & says_why
    reviews = cut.audit_reviews.select(
        *DRAW,
        "reviewed_by",
        "reviewed_at",
        "outcome",
        pl.col("severity").cast(pl.Enum(SEVERITIES)),
        takes_back=takes_back,
        person=one_person("reviewed_by"),
    )
    ordered = reviews.sort(*_REVIEWER, "reviewed_at", rank, "takes_back", "severity").collect()
    return _holding(ordered).with_columns(pl.col("severity").cast(pl.String))


def _holding(ordered: pl.DataFrame) -> pl.DataFrame:
    """The last review of each, of those that do not take a finding back without saying why."""
    spell = (*_REVIEWER, "spell")  # ends when what was found in it is taken back
    told = ordered.with_columns(spell=pl.col("takes_back").cum_sum().over(_REVIEWER))
    is_finding = pl.col("outcome") == FINDING
    has_found = is_finding.cum_sum().over(spell) > 0
    worst = pl.when(is_finding).then(pl.col("severity").min().over(spell))
    standing = told.filter(is_finding | ~has_found).with_columns(severity=worst)
    return standing.unique(_REVIEWER, keep="last", maintain_order=True).drop("takes_back", "spell", "person")


def drawn_changes(cut: Tables, minimum_severity: str) -> pl.DataFrame:
    """Every change that was drawn, once however often.

    Returns
    -------
    DataFrame
        repository, number, outcome (null = not reviewed yet); a weakness below the severity that makes an
        escape is none. By repository and number.
    """
    drawn = cut.audits.select(DRAW).unique().collect()
    worst = SEVERITIES[: SEVERITIES.index(minimum_severity) + 1]
    is_too_mild = (pl.col("outcome") == FINDING) & ~pl.col("severity").is_in(worst)
    told = pl.when(is_too_mild).then(pl.lit(CLEAN)).otherwise("outcome")
    rank = told.replace_strict(_WORST_LAST, return_dtype=pl.Int8)
    reviewed = drawn.join(latest_reviews(cut), on=DRAW, how="left", maintain_order="left")
    names = {place: name for name, place in _WORST_LAST.items()}
    outcome = rank.max().replace_strict(names, return_dtype=pl.String)
    return reviewed.group_by(KEY).agg(outcome=outcome).sort(KEY)
