"""Builders for tables as metrics see them: say what matters, the rest is unremarkable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from ingest.contracts import BY_NAME
from metrics.gate.policy import Policy
from metrics.pilot import Pilot
from metrics.tables import Tables

START = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)
REPOSITORY = "acme/pay"
NAMES = tuple(Tables.__dataclass_fields__)
PROVENANCE = {"source": "test", "ingested_at": START, "raw_ref": "test#1", "extras": None}
Row = Mapping[str, Any]


def day(number: float) -> datetime:
    """`number` days after the pilot's start."""
    return START + timedelta(days=number)


def pilot(**given: Any) -> Pilot:
    """A pilot of one repository that starts on START in UTC with sprints of 14 days."""
    return Pilot(**{"name": "pay", "repositories": ("acme/*",), "start_on": date(2026, 6, 1), **given})


def policy(**given: Any) -> Policy:
    """The default policy, but for what is given."""
    return Policy(**given)


def pull_request(number: int, merged: float | None = 1, **given: Any) -> Row:
    """An agent's change merged to main `merged` days after the start (None = still open)."""
    merged_at = None if merged is None else day(merged)
    created_at = day(0 if merged is None else merged) - timedelta(hours=4)
    usual = {
        "repository": REPOSITORY,
        "number": number,
        "title": f"Change {number}",
        "author_login": "copilot",
        "author_kind": "bot",
        "base_branch": "main",
        "head_branch": f"copilot/{number}",
        "default_branch": "main",
        "is_draft": False,
        "created_at": created_at,
        "closed_at": merged_at,
        "merged_at": merged_at,
        "changed_file_count": 1,
        "relevant_file_count": 1,
        "head_sha": f"head{number}",
        "merge_sha": f"merge{number}",
        "url": f"https://example.org/{REPOSITORY}/pull/{number}",
        "checks_at_merge": "success",
        "authorship": "agent",
        "agent": "copilot",
    }
    return {**usual, **given}


def finding(finding_id: str, number: int | None = 1, seen: float = 3, **given: Any) -> Row:
    """A high security finding, first seen on main `seen` days after the start, of change `number`."""
    usual = {
        "finding_id": finding_id.ljust(8, "_"),
        "repository": REPOSITORY,
        "rule": "py/sql-injection",
        "severity": "high",
        "is_security": True,
        "is_blamable": True,
        "path": "app.py",
        "line": 3,
        "tool": "scan-a",
        "reported_by": "scan",
        "first_seen_at": day(seen),
        "first_seen_stage": "post_merge",
        "post_merge_seen_at": day(seen),
        "introduced_by": number,
        "method": "sole_merge" if number else "unattributed",
        "confidence": "medium",
    }
    return {**usual, **given}


def bypass(finding_id: str, number: int = 1, seen: float = 0.9, **given: Any) -> Row:
    """A finding reported on the pull request, shortly before the usual moment of merge."""
    before = {"first_seen_stage": "pre_merge", "post_merge_seen_at": None, "method": "pull_request_head"}
    return finding(finding_id, number, seen, **{**before, **given})


def decision(finding_id: str, disposition: str = "confirmed", decided: float = 4, **given: Any) -> Row:
    """A decision about a finding `decided` days after the start."""
    usual = {
        "finding_id": finding_id.ljust(8, "_"),
        "decided_at": day(decided),
        "decided_by": "sam",
        "disposition": disposition,
        "reason": "looked at it",
    }
    return {**usual, **given}


def scan(scan_id: str, at: float | None = 5, **given: Any) -> Row:
    """An ok scan of main by scan-a with rules 1, `at` days after the start."""
    usual = {
        "scan_id": scan_id,
        "tool": "scan-a",
        "tool_version": "1",
        "rules_version": "1",
        "repository": REPOSITORY,
        "ref": "refs/heads/main",
        "stage": "post_merge",
        "status": "ok",
        "scanned_at": None if at is None else day(at),
        "result_count": 0,
        "file": f"{scan_id}.sarif",
    }
    return {**usual, **given}


def head_scan(scan_id: str, number: int, at: float = 0.9, **given: Any) -> Row:
    """An ok scan of a pull request before its merge."""
    place = {"ref": f"refs/pull/{number}/head", "pull_request": number, "stage": "pre_merge"}
    return scan(scan_id, at, **{**place, **given})


def review(number: int, submitted: float = 0.95, **given: Any) -> Row:
    """A human's approval of a change."""
    usual = {
        "repository": REPOSITORY,
        "number": number,
        "review_id": f"r{number}-{submitted}",
        "reviewer": "robin",
        "reviewer_kind": "user",
        "state": "APPROVED",
        "submitted_at": day(submitted),
    }
    return {**usual, **given}


def changed_file(number: int, path: str, **given: Any) -> Row:
    """A code file of a change."""
    usual = {
        "repository": REPOSITORY,
        "number": number,
        "path": path,
        "file_class": "code",
        "opened_at": START,
    }
    return {**usual, **given}


def feature(name: str = "code_scanning", status: str = "ok", asked: float = 60, **given: Any) -> Row:
    """What the code host answered when a feature of the repository was asked for."""
    usual = {
        "repository": REPOSITORY,
        "feature": name,
        "status": status,
        "said": None,
        "asked_at": day(asked),
        "since_at": None,
    }
    return {**usual, **given}


def past_rules(after_sha: str, pushed: float = 1, **given: Any) -> Row:
    """A push to main that bypassed a rule of the repository."""
    usual = {
        "repository": REPOSITORY,
        "suite_id": f"suite-{after_sha}",
        "ref": "refs/heads/main",
        "after_sha": after_sha,
        "actor": "ana",
        "actor_kind": "user",
        "pushed_at": day(pushed),
    }
    return {**usual, **given}


def alert(number: int, kind: str = "dependabot", created: float = 1, **given: Any) -> Row:
    """An open alert of the code host."""
    usual = {
        "repository": REPOSITORY,
        "kind": kind,
        "number": number,
        "state": "open",
        "rule": "GHSA-0000-0000-0000",
        "severity": "high",
        "is_security": True,
        "created_at": day(created),
    }
    return {**usual, **given}


def landed(sha: str, at: float = 1, **given: Any) -> Row:
    """A commit on main `at` days after the start, pushed past any pull request by a person."""
    usual = {
        "repository": REPOSITORY,
        "sha": sha,
        "branch": "main",
        "place": 1,
        "landed_at": day(at),
        "is_merge": False,
        "authorship": "human",
    }
    return {**usual, **given}


def drawn(number: int, at: float = 2, **given: Any) -> Row:
    """A change that was drawn for an audit."""
    usual = {
        "audit_id": "audit-1",
        "repository": REPOSITORY,
        "number": number,
        "pilot": "pay",
        "drawn_at": day(at),
        "drawn_by": "sam",
        "design": "simple",
        "population_count": 10,
        "sample_count": 2,
        "selection_probability": 0.2,
        "seed": 1,
        "from_at": START,
        "until_at": day(28),
    }
    return {**usual, **given}


def audit_review(number: int, outcome: str = "clean", at: float = 5, **given: Any) -> Row:
    """What a deep review of a drawn change came to."""
    usual = {
        "audit_id": "audit-1",
        "repository": REPOSITORY,
        "number": number,
        "reviewed_at": day(at),
        "reviewed_by": "robin",
        "outcome": outcome,
        "severity": "high" if outcome == "finding" else None,
    }
    return {**usual, **given}


def tables(**rows: Iterable[Row]) -> Tables:
    """Tables with these rows; a list column that is not given is empty, anything else null."""
    return Tables(**{name: _frame(name, rows.get(name, ())) for name in NAMES})


def clean_sprints(per_sprint: int, sprints: int = 4, first: int = 1) -> dict[str, list[Row]]:
    """Approved changes without findings, scanned before merge by one tool and after it by another."""
    rows: dict[str, list[Row]] = {"pull_requests": [], "reviews": [], "scans": []}
    for sprint in range(sprints):
        for place in range(per_sprint):
            number, merged = first + sprint * per_sprint + place, sprint * 14 + 1
            rows["pull_requests"].append(pull_request(number, merged))
            rows["reviews"].append(review(number, merged - 0.05))
            rows["scans"].append(head_scan(f"pre-{number}", number, merged - 0.1))
        rows["scans"].append(scan(f"post-{sprint}", sprint * 14 + 10, tool="scan-b"))
    return rows


def _frame(name: str, rows: Iterable[Row]) -> pl.LazyFrame:
    schema = BY_NAME[name].polars_schema
    lists = {column: [] for column, kind in schema.items() if isinstance(kind, pl.List)}
    blank = {**dict.fromkeys(schema), **PROVENANCE, **lists}
    return pl.LazyFrame([{**blank, **row} for row in rows], schema=schema)


def event(number: int, kind: str, occurred_at: datetime, **given: Any) -> Row:
    """A timeline event of a change, by a person."""
    usual = {
        "event_id": f"e{number}-{kind}-{occurred_at.isoformat()}-{given.get('subject')}",
        "repository": REPOSITORY,
        "number": number,
        "kind": kind,
        "occurred_at": occurred_at,
        "actor": "ana",
        "actor_kind": "user",
    }
    return {**usual, **given}
