"""What metrics see: the trusted tables as lazy frames, cut at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

# Event time of each table whose rows simply do not exist before it.
EVENT_TIMES: Final = {
    "pull_requests": "created_at",
    "changed_files": "opened_at",
    "reviews": "submitted_at",
    "review_events": "occurred_at",
    "scans": "scanned_at",
    "findings": "first_seen_at",
    "dispositions": "decided_at",
    "alerts": "created_at",
    "rule_bypasses": "pushed_at",
    "landed_commits": "landed_at",
    "audits": "drawn_at",
    "audit_reviews": "reviewed_at",
    "approvals": "happened_at",
    "approval_sessions": "first_at",
    "agent_sightings": "seen_at",
    "canaries": "registered_at",
    "detections": "occurred_at",
    "labels": "labelled_at",
    "selections": "drawn_at",
}
# Moments of a row that may lie after the cut although the row itself does not: not happened yet.
LATER_MOMENTS: Final = {
    "pull_requests": ("ready_at", "closed_at", "merged_at", "last_push_at", "gone_at"),
    "findings": ("post_merge_seen_at", "gone_at"),
    "alerts": ("fixed_at", "dismissed_at"),
    "approval_sessions": ("last_at",),
}

# Rows that tell how something stands, whenever it was read: never cut. What a settings file of an agent says
# is seen at the moment of the ingest, which a fixed `as_of` may lie before.
STANDING: Final = {"agent_sightings": pl.col("place") != "telemetry"}


@dataclass(frozen=True)
class Tables:
    """One lazy frame per contract, at one published version set."""

    pull_requests: pl.LazyFrame
    changed_files: pl.LazyFrame
    reviews: pl.LazyFrame
    review_events: pl.LazyFrame
    commits: pl.LazyFrame
    scans: pl.LazyFrame
    findings: pl.LazyFrame
    dispositions: pl.LazyFrame
    alerts: pl.LazyFrame
    features: pl.LazyFrame  # what could be read when last asked: no event, so never cut
    rule_bypasses: pl.LazyFrame
    landed_commits: pl.LazyFrame  # of protected branches, as read from their history
    audits: pl.LazyFrame
    audit_reviews: pl.LazyFrame
    approvals: pl.LazyFrame
    approval_sessions: pl.LazyFrame
    agent_sightings: pl.LazyFrame
    canaries: pl.LazyFrame
    detections: pl.LazyFrame
    labels: pl.LazyFrame
    selections: pl.LazyFrame

    def cut(self, as_of: datetime) -> Tables:
        """The same tables as they would have read at `as_of`: later events have not happened.

        Rows without an event time are kept; what they mean is for each metric to say.
        """
        cut = {name: _cut(getattr(self, name), name, as_of) for name in EVENT_TIMES}
        return replace(self, **cut | {"reviews": _with_verdicts_of_then(cut["reviews"], self, as_of)})


def _cut(frame: pl.LazyFrame, name: str, as_of: datetime) -> pl.LazyFrame:
    has_happened = pl.col(EVENT_TIMES[name]).is_null() | (pl.col(EVENT_TIMES[name]) <= as_of)
    is_kept = has_happened | STANDING.get(name, pl.lit(False))
    not_yet_null = [
        pl.when(pl.col(column) <= as_of).then(pl.col(column)).alias(column)
        for column in LATER_MOMENTS.get(name, ())
    ]
    then = [STATES_OF_THEN[name](as_of)] if name in STATES_OF_THEN else []
    return frame.filter(is_kept).with_columns(*not_yet_null, *then)


def _with_verdicts_of_then(reviews: pl.LazyFrame, tables: Tables, as_of: datetime) -> pl.LazyFrame:
    """Give verdicts back that were dismissed later, where the timeline tells when."""
    is_later = (pl.col("kind") == "review_dismissed") & (pl.col("occurred_at") > as_of)
    later = tables.review_events.filter(is_later).select("subject").drop_nulls().collect()["subject"]
    if later.is_empty():
        return reviews
    stood = (pl.col("state") == "DISMISSED") & pl.col("review_id").is_in(later.implode())
    given = pl.when(stood).then(pl.coalesce("state_before_dismissal", "state")).otherwise("state")
    return reviews.with_columns(
        state=given, state_before_dismissal=pl.when(~stood).then("state_before_dismissal")
    )


def _was_draft(as_of: datetime) -> pl.Expr:
    """What became ready later was a draft."""
    became_later = (pl.col("ready_at") > as_of).fill_null(value=False)
    return pl.when(became_later).then(pl.lit(True)).otherwise("is_draft").alias("is_draft")


def _alert_state(as_of: datetime) -> pl.Expr:
    """What was fixed or dismissed later was open, or still dismissed."""
    is_fixed_later, is_dismissed_later = (
        (pl.col(moment) > as_of).fill_null(value=False) for moment in ("fixed_at", "dismissed_at")
    )
    was_dismissed = pl.col("dismissed_at").is_not_null() & ~is_dismissed_later
    is_undone = ((pl.col("state") == "fixed") & is_fixed_later) | (
        (pl.col("state") == "dismissed") & is_dismissed_later
    )
    before = pl.when(was_dismissed).then(pl.lit("dismissed")).otherwise(pl.lit("open"))
    return pl.when(is_undone).then(before).otherwise("state").alias("state")


# States that follow from moments, told as they were.
STATES_OF_THEN: Final[dict[str, Callable[[datetime], pl.Expr]]] = {
    "pull_requests": _was_draft,
    "alerts": _alert_state,
}
