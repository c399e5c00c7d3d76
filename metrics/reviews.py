"""Which reviews count as a person's independent look, and which leave it open?

A review counts if a human gave it who is neither the author nor the person who drove the agent; a
verdict that was dismissed later counts as given then. Expressions over rows that hold a review
(reviewer, reviewer_kind, state, state_before_dismissal) beside its pull request (author_login, driver).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.tables import Tables

REVIEW_LIST: Final = "reviews"  # what collectors call the list of reviews
NOBODY_KNOWN: Final = ("deleted", "unknown")  # accounts that may have been a person's


def is_approval() -> pl.Expr:
    """Whether the review was given as an approval."""
    return _was_given_as("APPROVED")


def is_change_request() -> pl.Expr:
    """Whether the review was given as a request for changes."""
    return _was_given_as("CHANGES_REQUESTED")


def is_human() -> pl.Expr:
    """Whether a person's account gave the review."""
    return pl.col("reviewer_kind") == "user"


def is_independent() -> pl.Expr:
    """Whether the reviewer is known and neither the author nor the driver."""
    return pl.col("reviewer").is_not_null() & ~is_involved()


def is_involved() -> pl.Expr:
    """Whether the reviewer is the author or the driver; logins ignore case."""
    reviewer = pl.col("reviewer").str.to_lowercase()
    is_author = reviewer == pl.col("author_login").str.to_lowercase()
    is_driver = reviewer == pl.col("driver").str.to_lowercase()
    return is_author.fill_null(value=False) | is_driver.fill_null(value=False)


def is_doubtful() -> pl.Expr:
    """Whether it may have been an independent human's approval: deleted account, or verdict not recovered."""
    return ((is_of_nobody_known() & is_approval()) | is_of_lost_verdict()) & ~is_involved()


def is_of_nobody_known() -> pl.Expr:
    """Whether nobody can say if a person or a machine reviewed."""
    return pl.col("reviewer_kind").is_in(NOBODY_KNOWN)


def is_of_lost_verdict() -> pl.Expr:
    """Whether a person's verdict was dismissed and never recovered."""
    is_dismissed = pl.col("state") == "DISMISSED"
    return is_dismissed & pl.col("state_before_dismissal").is_null() & is_human()


def is_cut() -> pl.Expr:
    """Whether the collector cut the list of reviews of a pull request (cut_lists)."""
    return pl.col("cut_lists").list.contains(REVIEW_LIST).fill_null(value=False)


def none_collected(tables: Tables, repositories: Sequence[str]) -> bool:
    """Without a single review in any of the repositories, silence means that none were collected."""
    found = tables.reviews.filter(pl.col("repository").is_in(repositories)).select("repository")
    return found.head(1).collect().is_empty()


def _was_given_as(verdict: str) -> pl.Expr:
    before = (pl.col("state_before_dismissal") == verdict).fill_null(value=False)
    return (pl.col("state") == verdict) | before
