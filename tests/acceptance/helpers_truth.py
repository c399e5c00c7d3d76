"""The oracle: what the planted changes must count to, worked out without any of the product's code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SPRINT, FOLLOW_UP = timedelta(days=14), timedelta(days=30)


@dataclass(frozen=True)
class Told:
    """One planted change, as truth.json tells it."""

    repository: str
    number: int
    authorship: str
    agent: str | None
    merged_at: datetime | None
    in_scope: bool
    fate: str
    finding_id: str | None
    first_seen_at: datetime | None
    disposition: str | None
    decided_at: datetime | None

    @property
    def key(self) -> tuple[str, int]:
        return self.repository, self.number

    def merged_by(self, at: datetime) -> bool:
        return self.merged_at is not None and self.merged_at <= at

    def counts_by(self, at: datetime) -> bool:
        """Whether it is an in-scope change of the agent's that had merged by a moment."""
        return self.authorship == "agent" and self.in_scope and self.merged_by(at)

    def escaped_by(self, at: datetime) -> bool:
        """Whether a person had confirmed by then that it carried an escape."""
        return self.fate == "escape" and self.decided_at is not None and self.decided_at <= at

    def suspected_by(self, at: datetime) -> bool:
        """Whether a scan had reported it by then and nobody had dismissed the report."""
        is_after_merge = self.fate in {"escape", "untriaged", "false_alarm"}
        is_reported = self.first_seen_at is not None and self.first_seen_at <= at
        is_decided = self.decided_at is not None and self.decided_at <= at
        return is_after_merge and is_reported and not (self.fate == "false_alarm" and is_decided)


def told(path: Path) -> list[Told]:
    """Read truth.json."""
    return [_told(row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _told(row: dict[str, Any]) -> Told:
    finding = row["finding"] or {}
    return Told(
        row["repository"], row["number"], row["authorship"], row["agent"], _moment(row["merged_at"]),
        row["in_scope"], row["fate"], finding.get("finding_id"), _moment(finding.get("first_seen_at")),
        finding.get("disposition"), _moment(finding.get("decided_at")),
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Counted:
    """One sprint as it must be counted."""

    number: int
    start: datetime
    end: datetime
    closed: bool
    mature: bool
    changes: int
    escapes_low: int
    escapes_high: int
    bypasses: int
    at_close: tuple[int, int] | None  # confirmed, and confirmed or unreviewed, on the day it closed


def sprints(changes: list[Told], start_at: datetime, at: datetime) -> list[Counted]:
    """Every sprint that has begun, in order; the demo's summer has no change of clock."""
    begun = (at - start_at) // SPRINT + 1 if at >= start_at else 0
    return [
        _sprint(changes, (number, start_at + (number - 1) * SPRINT), at) for number in range(1, begun + 1)
    ]


def _sprint(changes: list[Told], which: tuple[int, datetime], at: datetime) -> Counted:
    number, start = which
    end = start + SPRINT
    own = [one for one in changes if one.counts_by(at) and start <= one.merged_at < end]
    closed = end <= at
    return Counted(
        number, start, end, closed, end + FOLLOW_UP <= at, len(own), *_escapes(own, at),
        sum(one.fate == "bypass" for one in own), _escapes(own, end) if closed else None,
    )  # fmt: skip


def _escapes(own: list[Told], at: datetime) -> tuple[int, int]:
    return sum(one.escaped_by(at) for one in own), sum(one.suspected_by(at) for one in own)


def printed(sprint: dict[str, Any]) -> Counted:
    """One sprint of `pilot gate --json` in the same form."""
    first = sprint["first_published"]
    return Counted(
        sprint["number"], datetime.fromisoformat(sprint["start"]), datetime.fromisoformat(sprint["end"]),
        sprint["closed"], sprint["mature"], sprint["changes"], sprint["escapes_low"],
        sprint["escapes_high"], sprint["bypasses"],
        (first["escapes_low"], first["escapes_high"]) if first else None,
    )  # fmt: skip
