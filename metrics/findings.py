"""Which findings count for a pilot, what do the decisions say of them, and as what do they count?

Definitions 5. Escape: first reported after the merge of the change that introduced it. Bypass:
reported before the merge and still there at it, neither dismissed nor accepted by a second
person before. A finding counts for the earliest arrival of its change. Post-merge findings that
neither a known change nor history explains stay, without a number: while there are any, no verdict
is good. So do those that name a change of the arm which cannot have brought them in, as it never merged,
or is out of scope.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.gate.policy import Policy
from metrics.history import Judged, unexplained
from metrics.pilot import Pilot
from metrics.scope import ARRIVED_AGAIN, Scope, arms, matches, repositories, started_at
from metrics.tables import Tables
from metrics.triage import decisions, is_accepted_at_merge, latest, status

SEVERITIES: Final = ("critical", "high", "medium", "low")  # worst first
FINDING_COLUMNS: Final = (
    "finding_id",
    *KEY,
    "rule",
    "severity",
    "path",
    "line",
    "tool",
    "first_seen_at",
    "stage",
    "status",
    "disposition",
    "decided_by",
    "decided_at",
    "reason",
    "late_dismissal",
    "is_escape",
    "is_bypass",
    "method",
    "merged_at",
    "sprint",
    "message",
    "cwe",
    "tools",
    "reported_by",
    "confidence",
    "introduced_commit",
    "introduced_path",
    "introduced_line",
    "seen_commit",
    "unexplained",
)
NOT_MERGED: Final = "not merged"
# What a change's findings say of it: of today, on the day its sprint closed, without late dismissals.
EARLIER_STATUSES: Final = ("status_at_close", "status_without_late")


def findings_of(cut: Tables, pilot: Pilot, policy: Policy, arm: tuple[Scope, pl.DataFrame]) -> pl.DataFrame:
    """Security findings of an arm's in-scope changes, and those that nothing explains.

    Parameters
    ----------
    arm
        The scope, and its changes with `sprint` and `close_at`.

    Returns
    -------
    DataFrame
        FINDING_COLUMNS, `after_merge` (reported after the merge, whatever was decided), `on_branch_at` (since
        when the branch is known to have it) and EARLIER_STATUSES; a finding without a number is
        unattributed, and `unexplained` says why.
    """
    found, placed = arm
    relevant = _relevant(cut, pilot, policy)
    arrivals = found.arrivals.rename({"number": "introduced_by", "counts_as": "number"})
    merges = placed.select(*KEY, "merged_at", "sprint", "close_at", "author_login", "driver")
    attributed = relevant.join(arrivals, on=("repository", "introduced_by"), how="inner").join(
        merges, on=KEY, how="left"
    )
    unplaced = _unplaced(relevant, arrivals, pilot)
    judged = Judged(started_at(pilot), arms(policy), arrivals, _disputed(cut, found, pilot))
    held = unexplained(unplaced, cut, judged)
    everything = pl.concat([attributed, held], how="diagonal")
    return _judged(everything, cut).sort("first_seen_at", "finding_id")


def unattributed(findings: pl.DataFrame) -> pl.DataFrame:
    """Post-merge findings that neither a known change nor history explains and nobody dismissed."""
    return findings.filter(pl.col("number").is_null() & (pl.col("status") != "dismissed"))


def _relevant(cut: Tables, pilot: Pilot, policy: Policy) -> pl.DataFrame:
    worst = SEVERITIES[: SEVERITIES.index(policy.minimum_severity) + 1]
    names = repositories(cut.findings, pilot)
    is_relevant = pl.col("is_security") & pl.col("severity").is_in(worst) & pl.col("repository").is_in(names)
    return (
        cut.findings.filter(is_relevant)
        .select(
            "finding_id",
            "repository",
            "introduced_by",
            "rule",
            "severity",
            "path",
            "line",
            "tool",
            "message",
            "first_seen_at",
            "post_merge_seen_at",
            "gone_at",
            "method",
            "cwe",
            "tools",
            "reported_by",
            "confidence",
            "introduced_commit",
            "introduced_path",
            "introduced_line",
            "seen_commit",
            stage="first_seen_stage",
            on_branch_at=_on_branch_at(),
        )
        .collect()
    )


def _on_branch_at() -> pl.Expr:
    """What was first seen on a pull request is of concern to nobody's change from when the branch has it."""
    is_on_head = pl.col("first_seen_stage") == "pre_merge"
    return pl.when(is_on_head).then("post_merge_seen_at").otherwise("first_seen_at")


def _unplaced(relevant: pl.DataFrame, arrivals: pl.DataFrame, pilot: Pilot) -> pl.DataFrame:
    """Findings on the protected branch since the start that are of no arrival."""
    without = relevant.join(arrivals, on=("repository", "introduced_by"), how="anti")
    kept = without.filter(pl.col("on_branch_at") >= started_at(pilot))
    if not pilot.paths:
        return kept
    inside = [path for path in kept["path"].drop_nulls().unique() if matches(path, pilot.paths)]
    return kept.filter(pl.col("path").is_null() | pl.col("path").is_in(inside))


def _disputed(cut: Tables, found: Scope, pilot: Pilot) -> pl.DataFrame:
    """Changes that can have brought nothing in, if all is well, and why: repository, number, why_not."""
    is_out = (pl.col("merged_at") >= started_at(pilot)) & (pl.col("reason") != ARRIVED_AGAIN)
    left_out = found.left_out.filter(is_out).select(*KEY, why_not="reason")
    unmerged = cut.pull_requests.filter(pl.col("merged_at").is_null())
    return pl.concat([left_out, unmerged.select(*KEY, why_not=pl.lit(NOT_MERGED)).collect()])


def _judged(findings: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    people = ("author_login", "driver", "merged_at", "close_at")
    decided = decisions(findings.select("finding_id", *people), cut.dispositions)
    is_late = (pl.col("disposition") == "false_positive") & (pl.col("decided_at") > pl.col("close_at"))
    is_in_time = ~is_late.fill_null(value=False)
    now = latest(decided, pl.lit(True)).drop("second_person", "expires_at")
    accepted = _accepted(decided, findings)
    return (
        findings.join(now, on="finding_id", how="left")
        .join(_statuses(decided, is_in_time, "status_without_late"), on="finding_id", how="left")
        .join(
            _statuses(decided, pl.col("decided_at") <= pl.col("close_at"), "status_at_close"),
            on="finding_id",
            how="left",
        )
        .with_columns(pl.col(EARLIER_STATUSES).fill_null("unreviewed"), status=status())
        .with_columns(is_accepted=pl.col("finding_id").is_in(accepted))
        .with_columns(_counted())
        .with_columns(late_dismissal=_is_late_dismissal())
        .select(*FINDING_COLUMNS, "after_merge", "on_branch_at", "close_at", *EARLIER_STATUSES)
    )


def _statuses(decided: pl.DataFrame, holds: pl.Expr, name: str) -> pl.DataFrame:
    return latest(decided, holds).select("finding_id", status().alias(name))


def _accepted(decided: pl.DataFrame, findings: pl.DataFrame) -> pl.Series:
    """Findings whose risk somebody else had accepted when their change merged."""
    at_merge = latest(decided, pl.col("decided_at") <= pl.col("merged_at"))
    merges = findings.select("finding_id", "author_login", "driver", "merged_at")
    beside = at_merge.join(merges, on="finding_id", how="inner")
    return beside.filter(is_accepted_at_merge())["finding_id"].implode()


def _counted() -> list[pl.Expr]:
    """Sort findings by when they were first reported, as seen from the merge of their change."""
    is_placed = pl.col("number").is_not_null()
    # A scan of the protected branch cannot report what is not merged: such a time is clock skew.
    after = (pl.col("first_seen_at") > pl.col("merged_at")) | (pl.col("stage") == "post_merge")
    came_back = pl.col("post_merge_seen_at") > pl.col("merged_at")
    was_there = pl.col("gone_at").is_null() | (pl.col("gone_at") > pl.col("merged_at")) | came_back
    counts = pl.col("status") != "dismissed"
    bypassed = ~after & was_there.fill_null(value=False) & ~pl.col("is_accepted")
    return [
        (is_placed & after).fill_null(value=False).alias("after_merge"),
        (is_placed & after & counts).fill_null(value=False).alias("is_escape"),
        (is_placed & bypassed & counts).fill_null(value=False).alias("is_bypass"),
    ]


def _is_late_dismissal() -> pl.Expr:
    is_dismissed = pl.col("status") == "dismissed"
    return (is_dismissed & (pl.col("decided_at") > pl.col("close_at"))).fill_null(value=False)
