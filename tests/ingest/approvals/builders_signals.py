"""Signals of one session, every field that does not matter defaulted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from ingest.approving import decisions
from ingest.contracts import APPROVAL_SIGNALS
from ingest.sources.approvals.base import frame

NOON = datetime(2026, 8, 3, 12, tzinfo=UTC)
Row = dict[str, Any]


def at(seconds: float) -> datetime:
    """A moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def signal(kind: str, seconds: float, call: str | None = None, **told: Any) -> Row:
    """One signal of Claude Code; `until` is the end of a wait in seconds after noon."""
    until = told.pop("until", None)
    given = {"vendor": "claude_code", "session_id": "S", "raw_ref": "a.jsonl#1", **told}
    ended_at = None if until is None else at(until)
    return {"kind": kind, "at": at(seconds), "call_id": call, "ended_at": ended_at, **given}


def called(seconds: float, call: str, tool: str = "Edit", **told: Any) -> Row:
    """A call; by default an edit in the mode that asks, alone in its message."""
    kind = "edit" if tool == "Edit" else "command"
    given = {"mode": "default", "batch_count": 1, "batch_place": 0, "request_kind": kind, **told}
    return signal("called", seconds, call, tool_name=tool, **given)


def ran(seconds: float, call: str, **told: Any) -> Row:
    """A call that ran."""
    return signal("ended", seconds, call, **{"decision": "accept", "source_raw": "ran", **told})


def refused(seconds: float, call: str, actor: str = "human", **told: Any) -> Row:
    """A call that was refused."""
    return signal("ended", seconds, call, decision="reject", actor=actor, **told)


def by_user(kind: str, seconds: float, call: str | None = None, **told: Any) -> Row:
    """A record of telemetry that claims a person's yes."""
    claim = {"decision": "accept", "actor": "human", "source_raw": "user_temporary", **told}
    return signal(kind, seconds, call, **claim)


def signals_of(*rows: Row) -> pl.DataFrame:
    """Rows as the table holds them."""
    stamped = frame(rows).with_columns(source=pl.lit("approvals"), ingested_at=pl.lit(NOON))
    return stamped.select(pl.col(name).cast(kind) for name, kind in APPROVAL_SIGNALS.polars_schema.items())


def decided(*rows: Row) -> dict[str, Row]:
    """Call -> decision."""
    return {row["call_id"]: row for row in decisions(signals_of(*rows)).iter_rows(named=True)}


def only(*rows: Row) -> Row:
    """The one decision that these signals give."""
    (decision,) = decided(*rows).values()
    return decision


def who(decision: Row) -> tuple[str, str, str, str]:
    """What was decided, by whom, how that is known, and how it is known that a prompt was shown."""
    return (
        decision["decision"], decision["actor"], decision["actor_evidence"], decision["shown_evidence"],
    )  # fmt: skip


def wait(decision: Row) -> tuple[float | None, str | None]:
    """Wait in milliseconds' precision, and how it is known."""
    seconds = decision["wait_seconds"]
    return (None if seconds is None else round(seconds, 3), decision["wait_basis"])
