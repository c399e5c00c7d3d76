"""Verdicts, changes and a session for the pages; what a test does not care about is defaulted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl

from ingest.contracts import BY_NAME
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.gate.assessment import Assessment
from metrics.gate.policy import Policy
from metrics.gate.states import (
    Attention,
    EpochNow,
    Evidence,
    FirstPublished,
    Forecast,
    Outcome,
    Readings,
    SprintCount,
    Verdict,
)
from metrics.health import Health
from metrics.pilot import Pilot

AS_OF = datetime(2026, 8, 17, tzinfo=UTC)
START = datetime(2026, 6, 1, tzinfo=UTC)
CHANGE_SCHEMA = {
    "repository": pl.String,
    "number": pl.Int64,
    "title": pl.String,
    "url": pl.String,
    "author_login": pl.String,
    "agent": pl.String,
    "model": pl.String,
    "authorship": pl.String,
    "merged_at": pl.Datetime("us", "UTC"),
    "sprint": pl.Int64,
    "mark": pl.String,
    "escaped_confirmed": pl.Boolean,
    "escaped_unreviewed": pl.Boolean,
    "critical": pl.Boolean,
    "bypassed": pl.Boolean,
    "detected": pl.Boolean,
    "independent": pl.Boolean,
    "pre_scanned": pl.Boolean,
    "watched_until": pl.Datetime("us", "UTC"),
    "human_approved": pl.Boolean,
    "scope_known": pl.Boolean,
    "findings": pl.List(pl.String),
    "detecting_tools": pl.List(pl.String),
}
MOMENT = pl.Datetime("us", "UTC")
CODE_HOST: dict[str, Any] = {
    "features": dict.fromkeys(("repository", "feature", "status", "said"), pl.String) | {"asked_at": MOMENT},
    "dependencies": {"repository": pl.String, "alerts": pl.UInt32},
    "gone": {"repository": pl.String, "gone": pl.UInt32, "were_open": pl.UInt32, "last_gone_at": MOMENT},
    "held": {"repository": pl.String, "pull_requests": pl.UInt32},
    "bypasses": {
        "repository": pl.String, "pushes": pl.UInt32, "of_no_change": pl.UInt32, "last_pushed_at": MOMENT,
    },
}  # fmt: skip
FINDING_SCHEMA = {
    "finding_id": pl.String,
    "repository": pl.String,
    "number": pl.Int64,
    "rule": pl.String,
    "severity": pl.String,
    "path": pl.String,
    "line": pl.Int64,
    "tool": pl.String,
    "first_seen_at": pl.Datetime("us", "UTC"),
    "stage": pl.String,
    "status": pl.String,
    "disposition": pl.String,
    "decided_by": pl.String,
    "decided_at": pl.Datetime("us", "UTC"),
    "reason": pl.String,
    "late_dismissal": pl.Boolean,
    "is_escape": pl.Boolean,
    "is_bypass": pl.Boolean,
    "method": pl.String,
    "merged_at": pl.Datetime("us", "UTC"),
    "sprint": pl.Int64,
    "message": pl.String,
}


def rate(x: int, n: int, high: float = 0.0377) -> Number:
    if not n:
        return Undefined("no merged changes", 0, Coverage(0, 0))
    return Estimate(x / n, 0.0, high, 0.95, "share", "Clopper-Pearson", x, n, n, Coverage(n, n))


def sprint(number: int = 1, **changed: Any) -> SprintCount:
    """A mature sprint of 96 clean changes, in its place in the calendar."""
    start = START + timedelta(days=14 * (number - 1))
    end = start + timedelta(days=14)
    n = changed.get("changes", 96)
    x = changed.get("escapes_low", 0)
    given: dict[str, Any] = {
        "number": number,
        "start": start,
        "end": end,
        "closed": end <= AS_OF,
        "mature": end + timedelta(days=30) <= AS_OF,
        "epoch": 1,
        "changes": n,
        "escapes_low": x,
        "escapes_high": max(x, changed.get("escapes_high", x)),
        "critical": 0,
        "bypasses": 0,
        "detected": n,
        "independent": n,
        "rate": rate(x, n),
        "rate_high": rate(x, n),
        "nowcast": None,
        "first_published": FirstPublished(n, 0, 0, end) if end <= AS_OF else None,
    }
    return SprintCount(**(given | changed))


def evidence(**changed: Any) -> Evidence:
    given: dict[str, Any] = {
        "escapes": 0,
        "changes": 192,
        "e_below": 7.2,
        "e_above": 0.1,
        "upper_limit": 0.0186,
        "progress": 66.0,
        "more_clean_changes": 192,
        "changes_per_week": 48.0,
        "proof_on": date(2026, 9, 14),
        "forecasts": (Forecast(0, 192, date(2026, 9, 14)), Forecast(1, 370, date(2026, 10, 12))),
        "varies": False,
    }
    return Evidence(**(given | changed))


def outcome(criterion: str = "no_bypass", **changed: Any) -> Outcome:
    given: dict[str, Any] = {
        "criterion": criterion,
        "title": criterion.replace("_", " ").capitalize(),
        "state": "met",
        "sentence": "0 of 384 changes merged past a finding.",
        "blocking": True,
        "estimate": rate(0, 384),
    }
    return Outcome(**(given | changed))


CRITERIA = (
    outcome("no_bypass"),
    outcome(
        "independent_detection", sentence="380 of 384 changes (98.96 %) were looked at by something new."
    ),
    outcome(
        "post_merge_coverage", blocking=False, sentence="384 of 384 changes (100 %) were scanned after merge."
    ),
    outcome("triage_age", blocking=False, sentence="No finding waits for triage."),
    outcome(
        "human_approval",
        blocking=False,
        state="not_enough_evidence",
        title="Merged with a person's approval",
        sentence="370 of 384 changes (96.4 %) had one.",
    ),
    outcome(
        "prompt_log_coverage",
        blocking=False,
        state="not_measurable",
        title="Prompt logs kept",
        sentence="No source of prompt logs is configured.",
    ),
)


def verdict(pilot: str = "payments", **changed: Any) -> Verdict:
    given: dict[str, Any] = {
        "pilot": pilot,
        "as_of": AS_OF,
        "known_at": None,
        "state": "MET_UNPROVEN",
        "sentence": "Rule met: 0 of 96 and 0 of 96 in the last two mature sprints.",
        "evidence_sentence": "Evidence 66 of 100: the rate is at most 1.86 % (95 %, valid at every look).",
        "allowed": False,
        "blocked_by": ("proven",),
        "require": "proven",
        "readings": Readings(as_written=True, followed_up=True, proven=False),
        "threshold": 0.01,
        "sprints": tuple(sprint(number) for number in range(1, 7)),
        "evidence": evidence(),
        "human_baseline": rate(2, 410, 0.0175),
        "before_baseline": rate(5, 620, 0.0187),
        "criteria": CRITERIA,
        "epoch": EpochNow(1, date(2026, 6, 1), "start of the pilot", ()),
        "policy_digest": "0123456789ab",
        "clear_on": None,
        "without_late_dismissals": "MET_UNPROVEN",
        "attention": (),
    }
    return Verdict(**(given | changed))


def change(number: int = 1, sprint_number: int | None = 1, **changed: Any) -> dict[str, Any]:
    merged_at = START + timedelta(days=14 * ((sprint_number or 0) - 1), hours=number % 300)
    given: dict[str, Any] = {
        "repository": "acme/payments-api",
        "number": number,
        "title": f"Tidy the ledger, part {number}",
        "url": f"https://example.org/acme/payments-api/pull/{number}",
        "author_login": "fern",
        "agent": "codex",
        "model": None,
        "authorship": "agent",
        "merged_at": merged_at,
        "sprint": sprint_number,
        "mark": "watched",
        "escaped_confirmed": False,
        "escaped_unreviewed": False,
        "critical": False,
        "bypassed": False,
        "detected": True,
        "independent": True,
        "pre_scanned": True,
        "watched_until": merged_at + timedelta(days=30),
        "human_approved": True,
        "scope_known": True,
        "findings": [],
        "detecting_tools": ["DeepScan"],
    }
    return given | changed


def changes(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CHANGE_SCHEMA)


def finding(finding_id: str = "f0f0f0f0f0f0f0f0", **changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "finding_id": finding_id,
        "repository": "acme/payments-api",
        "number": 1,
        "rule": "sql-injection",
        "severity": "high",
        "path": "src/ledger.py",
        "line": 41,
        "tool": "DeepScan",
        "first_seen_at": AS_OF - timedelta(days=3),
        "stage": "post_merge",
        "status": "confirmed",
        "disposition": "confirmed",
        "decided_by": "rosa",
        "decided_at": AS_OF - timedelta(days=2),
        "reason": "reachable from the public API",
        "late_dismissal": False,
        "is_escape": True,
        "is_bypass": False,
        "method": "sole_path",
        "merged_at": START,
        "sprint": 1,
        "message": "query built from input",
    }
    return given | changed


def findings(rows: Sequence[dict[str, Any]] = ()) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=FINDING_SCHEMA)


def assessment(judged: Verdict | None = None, rows: Sequence[dict[str, Any]] | None = None) -> Assessment:
    """A verdict with as many changes as its sprints say; `rows` replaces those with the same number."""
    judged = judged or verdict()
    given = {row["number"]: row for row in rows or ()}
    frame = []
    for each in judged.sprints:
        mark = "watched" if each.mature else "watching"
        numbers = range(1000 * each.number, 1000 * each.number + each.changes)
        frame += [given.get(number, change(number, each.number, mark=mark)) for number in numbers]
    ids = [row for row in frame if row["findings"]]
    found = [
        finding(
            finding_id, number=row["number"], status="confirmed" if row["escaped_confirmed"] else "unreviewed"
        )
        for row in ids
        for finding_id in row["findings"]
    ]
    return Assessment(judged, changes(frame), findings(found))


def broken() -> Assessment:
    """A pilot whose second sprint was reopened by a late, confirmed escape; one more finding waits."""
    sprints = (
        sprint(1),
        sprint(2, escapes_low=1, first_published=FirstPublished(96, 0, 0, START + timedelta(days=28))),
        sprint(3, changes=88),
        sprint(4, changes=102, escapes_low=0, escapes_high=1),
        sprint(5, changes=93),
        sprint(6, changes=7),
    )
    judged = verdict(
        "checkout",
        state="NOT_MET",
        sentence="Rule broken: sprint 2, 1 of 96 (the rule allows 0 at this size).",
        evidence_sentence="Evidence 0 of 100: the rate is at most 4.9 % (95 %, valid at every look).",
        readings=Readings(as_written=True, followed_up=False, proven=False),
        sprints=sprints,
        evidence=evidence(escapes=1, progress=0.0, upper_limit=0.049, more_clean_changes=480),
        clear_on=date(2026, 9, 14),
        without_late_dismissals="ABOVE_PROVEN",
        attention=(
            Attention(
                "1 finding waits for triage",
                "security reviewers",
                AS_OF - timedelta(days=9),
                ("beefbeefbeefbeef",),
            ),
        ),
    )
    rows = (
        change(
            2040,
            2,
            mark="escape",
            escaped_confirmed=True,
            findings=["cafecafecafecafe"],
            title="Take card numbers by form",
        ),
        change(
            4017,
            4,
            mark="untriaged",
            escaped_unreviewed=True,
            findings=["beefbeefbeefbeef"],
            title="Retry refunds",
        ),
    )
    return assessment(judged, rows)


def proven() -> Assessment:
    return assessment(
        verdict(
            "payments",
            state="MET_PROVEN",
            sentence="Rule met: below 1 % shown at 95 %, as detected by DeepScan within 30 days",
            evidence_sentence="Evidence 100 of 100: the rate is at most 0.94 % (95 %, valid at every look).",
            allowed=True,
            blocked_by=(),
            readings=Readings(as_written=True, followed_up=True, proven=True),
            evidence=evidence(
                changes=410,
                progress=100.0,
                upper_limit=0.0094,
                more_clean_changes=0,
                forecasts=(Forecast(0, 0, None), Forecast(1, 178, date(2026, 9, 20))),
            ),
        )
    )


def unproven() -> Assessment:
    return assessment(verdict("search", sprints=tuple(sprint(number, changes=40) for number in range(1, 7))))


def healthy(**changed: pl.DataFrame) -> Health:
    """One repository with two sources, everything read, nothing refused."""
    given = {
        "sources": pl.DataFrame(
            {
                "source": ["github_export", "sarif"],
                "status": ["ok", "ok"],
                "started_at": [AS_OF - timedelta(hours=5)] * 2,
                "published_at": [AS_OF - timedelta(hours=5)] * 2,
                "age_hours": [5.0, None],
                "rows_in": [1200, 90],
                "rows_valid": [1200, 90],
                "rows_rejected": [0, 0],
                "files_read": [3, 12],
                "runs": [2, 2],
            }
        ),
        "rejects": pl.DataFrame(
            schema={"source": pl.String, "table": pl.String, "rule": pl.String, "rows": pl.Int64}
        ),
        "left_out": pl.DataFrame(schema={"source": pl.String, "reason": pl.String, "rows": pl.Int64}),
        "refused": pl.DataFrame(schema={"source": pl.String, "file": pl.String, "reason": pl.String}),
        "scans": pl.DataFrame(
            {
                "repository": ["acme/payments-api"],
                "stage": ["post_merge"],
                "tool": ["DeepScan"],
                "status": ["ok"],
                "scans": [12],
                "last_scanned_at": [AS_OF - timedelta(days=2)],
            }
        ),
        "unreadable": pl.DataFrame(
            schema=dict.fromkeys(
                ("scan_id", "file", "repository", "tool", "status", "status_reason"), pl.String
            )
            | {"scanned_at": pl.Datetime("us", "UTC"), "is_made_good": pl.Boolean()}
        ),
        "coverage": pl.DataFrame(
            {
                "repository": ["acme/payments-api"],
                "merged": [500],
                "watched": [400],
                "detected": [380],
                "independent": [360],
                "pre_scanned": [490],
                "last_merged_at": [AS_OF],
                "is_scanned": [True],
            }
        ),
        "authorship": pl.DataFrame(
            {
                "repository": ["acme/payments-api"] * 2,
                "authorship": ["agent", "human"],
                "merged": [300, 200],
                "first_merged_at": [START] * 2,
                "last_merged_at": [AS_OF] * 2,
            }
        ),
        "unattributed": pl.DataFrame(
            schema=dict.fromkeys(("finding_id", "repository", "rule", "severity", "path", "tool"), pl.String)
            | {"first_seen_at": pl.Datetime("us", "UTC")}
        ),
        **{name: pl.DataFrame(schema=schema) for name, schema in CODE_HOST.items()},
    }
    return Health(**(given | changed))


def nothing_known() -> Health:
    """The same frames without a single row."""
    return Health(**{name: getattr(healthy(), name).clear() for name in Health.__dataclass_fields__})


def published(run_id: str = "20260817T000000-demo") -> Any:
    return SimpleNamespace(run_id=run_id, at=AS_OF, versions={"pull_requests": 1})


@dataclass
class FakeSession:
    """What pages ask a session for, answered from memory; counts how often it was asked to judge."""

    judged: dict[str, Assessment] = field(
        default_factory=lambda: {"payments": proven(), "search": unproven(), "checkout": broken()}
    )
    published: Any = field(default_factory=published)
    as_of: datetime = AS_OF
    as_of_fixed: bool = True
    known_at: datetime | None = None
    measured: Health = field(default_factory=healthy)
    runs: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=BY_NAME["ingest_runs"].polars_schema)
    )
    asked: list[str] = field(default_factory=list)

    @property
    def pilots(self) -> tuple[Pilot, ...]:
        """One pilot per verdict."""
        return tuple(Pilot(name, (f"acme/{name}-*",), date(2026, 6, 1)) for name in self.judged)

    def pilot(self, name: str) -> Pilot:
        """One of them by name."""
        return next(pilot for pilot in self.pilots if pilot.name == name)

    def policy(self, name: str) -> Policy:
        """The defaults, with the reading that the verdict requires."""
        return replace(Policy(), require=self.judged[name].verdict.require)  # type: ignore[arg-type]

    def assess(self, name: str) -> Assessment:
        """What was put in; the question is noted."""
        self.asked.append(name)
        return self.judged[name]

    def health(self) -> Health:
        """What was put in."""
        return self.measured
