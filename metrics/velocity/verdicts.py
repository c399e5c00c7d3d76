"""What did people say about each pull request, and when: approvals, first looks, changes asked for?

Only reviews by a human who is neither author nor driver, given at or before the end of the pull
request. A verdict that was dismissed later counts as given then; what *stands* at the merge is each
person's latest verdict that nobody had dismissed by then (a comment takes no verdict back).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import polars as pl

from metrics.keys import pull_key
from metrics.reviews import (
    is_approval,
    is_change_request,
    is_doubtful,
    is_human,
    is_independent,
    is_involved,
    is_of_lost_verdict,
    is_of_nobody_known,
)
from metrics.tables import Tables

ORDER: Final = ("row", "submitted_at", "review_id")
_VERDICTS: Final = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_REVIEW: Final = (
    "review_id", "reviewer", "reviewer_kind", "state", "state_before_dismissal", "submitted_at",
    "commit_sha",
)  # fmt: skip


def with_verdicts(rows: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Add what people said.

    Parameters
    ----------
    rows
        row, key, author_login, driver, ended_at, merged_at.

    Returns
    -------
    DataFrame
        The rows with approved_at, approver, is_approval_dismissed; first_review_at, first_reviewer;
        change_requests (before the decision); standing_at (last standing approval at the merge),
        is_head_approved (by any of these; null = no commit told), is_over_change_request;
        has_doubtful_approval, has_doubtful_review.
    """
    given = _given(rows, cut, names)
    counted = given.filter("counts").sort(ORDER)
    approvals = _approvals(counted)
    standing = _standing(counted)
    parts = (
        approvals,
        _first_reviews(counted),
        _change_requests(counted, approvals),
        _standing_approvals(standing),
        _flag(standing.filter(pl.col("stood_as") == "CHANGES_REQUESTED"), "is_over_change_request"),
        _flag(given.filter("is_doubtful"), "has_doubtful_approval"),
        _flag(given.filter("is_unclear"), "has_doubtful_review"),
    )
    told = reduce(
        lambda left, part: left.join(part, on="row", how="left", maintain_order="left"),
        parts,
        rows.select("row"),
    )
    return pl.concat([rows, told.drop("row")], how="horizontal").with_columns(
        pl.col("change_requests").fill_null(0),
        pl.col("is_over_change_request", "has_doubtful_approval", "has_doubtful_review").fill_null(
            value=False
        ),
    )


def _given(rows: pl.DataFrame, cut: Tables, names: Sequence[str]) -> pl.DataFrame:
    """Reviews in time that count, or that nobody can tell about."""
    people = rows.lazy().select("row", "key", "author_login", "driver", "ended_at", "merged_at", "head_sha")
    is_in_time = pl.col("ended_at").is_null() | (pl.col("submitted_at") <= pl.col("ended_at"))
    counts, is_unclear = is_human() & is_independent(), is_of_nobody_known() | is_of_lost_verdict()
    is_late = (pl.col("dismissed_at") > pl.col("merged_at")).fill_null(value=False)
    stood_as = (
        pl.when((pl.col("state") == "DISMISSED") & is_late).then("state_before_dismissal").otherwise("state")
    )
    return (
        cut.reviews.filter(is_human() | is_of_nobody_known()).select(*_REVIEW, key=pull_key(names))
        .join(people, on="key", how="inner").filter(is_in_time)
        .join(_dismissals(cut), on="review_id", how="left")
        .select(
            *ORDER, "reviewer", "state", "commit_sha", "head_sha", "merged_at", approves=is_approval(),
            asks_for_changes=is_change_request(), counts=counts, is_doubtful=is_doubtful(),
            is_unclear=is_unclear & ~is_involved(), stood_as=stood_as,
        )
        .collect()
    )  # fmt: skip


def _dismissals(cut: Tables) -> pl.LazyFrame:
    """When each review was dismissed, where the timeline tells."""
    told = cut.review_events.filter(pl.col("kind") == "review_dismissed", pl.col("subject").is_not_null())
    return told.group_by(review_id="subject").agg(dismissed_at=pl.col("occurred_at").min())


def _approvals(counted: pl.DataFrame) -> pl.DataFrame:
    return _first(counted.filter("approves")).select(
        "row",
        approved_at="submitted_at",
        approver="reviewer",
        is_approval_dismissed=pl.col("state") == "DISMISSED",
    )


def _first_reviews(counted: pl.DataFrame) -> pl.DataFrame:
    return _first(counted).select("row", first_review_at="submitted_at", first_reviewer="reviewer")


def _first(ordered: pl.DataFrame) -> pl.DataFrame:
    return ordered.filter(pl.col("row").ne_missing(pl.col("row").shift()))


def _change_requests(counted: pl.DataFrame, approvals: pl.DataFrame) -> pl.DataFrame:
    asked = counted.filter("asks_for_changes").join(approvals, on="row", how="left")
    is_before = (pl.col("submitted_at") < pl.col("approved_at")).fill_null(value=True)
    return asked.filter(is_before).group_by("row").agg(change_requests=pl.col("review_id").n_unique())


def _standing(counted: pl.DataFrame) -> pl.DataFrame:
    """Each person's latest verdict on each merged pull request, unless it had been dismissed."""
    told = counted.filter(pl.col("merged_at").is_not_null(), pl.col("state").is_in(_VERDICTS))
    row = pl.col("row")  # rows are in order; most have one verdict, and there is nothing to look for
    is_alone = row.ne_missing(row.shift()) & row.ne_missing(row.shift(-1))
    several = told.filter(~is_alone).with_columns(person=pl.col("reviewer").str.to_lowercase())
    latest = several.unique(("row", "person"), keep="last", maintain_order=True).drop("person")
    return pl.concat([told.filter(is_alone), latest]).filter(pl.col("stood_as") != "DISMISSED")


def _standing_approvals(standing: pl.DataFrame) -> pl.DataFrame:
    approvals = standing.filter(pl.col("stood_as") == "APPROVED")
    is_of_head = pl.col("commit_sha") == pl.col("head_sha")
    return approvals.group_by("row").agg(
        standing_at=pl.col("submitted_at").max(),
        is_head_approved=pl.when(is_of_head.is_not_null().any()).then(is_of_head.any()),
    )


def _flag(found: pl.DataFrame, name: str) -> pl.DataFrame:
    return found.select(pl.col("row").unique()).with_columns(pl.lit(True).alias(name))
