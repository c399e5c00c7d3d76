"""Which merged changes carry an escape or a bypass, and what looked at them?

One row per in-scope change, counted once however many findings it carries (definitions 5). What
a finding counts as is said in metrics/findings.py; a change's flags follow from its findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.calendar import sprints
from metrics.features import CHECKS_UNREAD, SCANS_UNREAD
from metrics.findings import findings_of
from metrics.gate.policy import Policy
from metrics.oversight import human_approval
from metrics.pilot import Pilot
from metrics.rules import RULES_UNREAD
from metrics.scope import Scope
from metrics.tables import Tables

CHANGE_COLUMNS: Final = (
    *KEY, "title", "url", "author_login", "agent", "model", "authorship", "merged_at", "sprint", "mark",
    "escaped_confirmed", "escaped_unreviewed", "critical", "bypassed", "detected", "independent",
    "pre_scanned", "pre_compared", "watched_until", "human_approved", "scope_known", "findings",
    "detecting_tools",
)  # fmt: skip
# The flags of today, of the day the sprint closed, and without late dismissals.
STANDINGS: Final = (
    ("", "status"),
    ("_at_close", "status_at_close"),
    ("_without_late", "status_without_late"),
)
EARLIER_FLAGS: Final = tuple(
    flag + suffix
    for suffix, _ in STANDINGS[1:]
    for flag in ("escaped_confirmed", "escaped_unreviewed", "critical", "critical_unreviewed")
)
JUDGED_LATER: Final = (
    "files_known", "sensitive_areas", "checks_at_merge", "critical_unreviewed", *EARLIER_FLAGS,
    "rules_bypassed", RULES_UNREAD, SCANS_UNREAD, CHECKS_UNREAD,
)  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """One arm of a pilot: its scope, its changes with what they carry, and the findings behind them."""

    scope: Scope
    changes: pl.DataFrame  # in-scope changes with sprint, close_at, and the flags of its findings
    findings: pl.DataFrame  # FINDING_COLUMNS and the statuses of earlier days


def mark(cut: Tables, pilot: Pilot, policy: Policy, as_of: datetime, found: Scope) -> Marked:
    """Findings and flags of one arm; `cut` are the tables as they read at `as_of`."""
    placed = _with_sprint(found.changes, pilot, as_of)
    findings = findings_of(cut, pilot, policy, (found, placed))
    return Marked(found, _with_flags(placed, findings), findings)


def described(marked: Marked, cut: Tables, policy: Policy, as_of: datetime) -> pl.DataFrame:
    """Complete the marked changes, which tell what looked at them, by oversight, in order of merge."""
    approved = human_approval(marked.changes, cut)
    until = pl.col("merged_at") + timedelta(days=policy.follow_up_days)
    return (
        pl.concat([marked.changes, approved.drop(KEY)], how="horizontal")
        .with_columns(watched_until=until, mark=_mark(until, as_of))
        .select(*CHANGE_COLUMNS, *JUDGED_LATER)
    )


def _mark(until: pl.Expr, as_of: datetime) -> pl.Expr:
    """What a change stands as; silence is clean only where something looked to the end."""
    return (
        pl.when(pl.col("escaped_confirmed")).then(pl.lit("escape"))
        .when(pl.col("escaped_unreviewed")).then(pl.lit("untriaged"))
        .when(until > as_of).then(pl.lit("watching"))
        .when(~pl.col("detected")).then(pl.lit("unscanned"))
        .otherwise(pl.lit("watched"))
    )  # fmt: skip


def _with_sprint(merged: pl.DataFrame, pilot: Pilot, as_of: datetime) -> pl.DataFrame:
    """Add sprint and close_at (its end); null before the start and after the end."""
    windows = sprints(pilot, as_of)
    table = pl.DataFrame(
        {
            "sprint": [window.number for window in windows],
            "start": [window.start for window in windows],
            "close_at": [window.end for window in windows],
        },
        schema={"sprint": pl.Int64, "start": pl.Datetime("us", "UTC"), "close_at": pl.Datetime("us", "UTC")},
    )
    placed = merged.join_asof(table, left_on="merged_at", right_on="start")
    is_inside = pl.col("merged_at") < pl.col("close_at")
    return placed.with_columns(pl.when(is_inside).then(pl.col("sprint", "close_at"))).drop("start")


def _with_flags(placed: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Add to each change what its findings say of it; a change without findings has none."""
    by_change = (
        findings.filter(pl.col("number").is_not_null())
        .group_by(KEY)
        .agg(*_flags(), bypassed=pl.col("is_bypass").any(), findings=_counting_ids())
    )
    flags = [name for name, kind in by_change.schema.items() if kind == pl.Boolean]
    nothing = pl.lit([], pl.List(pl.String))
    return placed.join(by_change, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col(flags).fill_null(value=False), pl.col("findings").fill_null(nothing)
    )


def _counting_ids() -> pl.Expr:
    counts = pl.col("is_escape") | pl.col("is_bypass")
    return pl.col("finding_id").filter(counts).sort()


def _flags() -> list[pl.Expr]:
    flags = []
    for suffix, column in STANDINGS:
        known = pl.col("first_seen_at") <= pl.col("close_at") if suffix == "_at_close" else pl.lit(True)
        escape = pl.col("after_merge") & known.fill_null(value=False)
        confirmed = escape & (pl.col(column) == "confirmed")
        unreviewed = escape & (pl.col(column) == "unreviewed")
        is_critical = pl.col("severity") == "critical"
        flags += [
            confirmed.any().alias(f"escaped_confirmed{suffix}"),
            unreviewed.any().alias(f"escaped_unreviewed{suffix}"),
            (confirmed & is_critical).any().alias(f"critical{suffix}"),
            (unreviewed & is_critical).any().alias(f"critical_unreviewed{suffix}"),
        ]
    return flags
