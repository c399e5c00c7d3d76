"""What is a decision as it was put in, before any log tells of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from data.simulator.approvals.truth import AWAY_SECONDS, Kind, Mode, Reviewer, Vendor, limit_seconds

Decision = Literal["accept", "reject", "pending"]
Actor = Literal["human", "policy", "hook", "model", "none", "unknown"]
Scope = Literal["once", "permanent"]
Reason = Literal[
    "automation",  # a rule, a hook or a model decided
    "unknown",  # nobody sat before the agent: whoever decided cannot be told
    "unanswered",
    "reject",
    "plan or question",
    "read-only",
    "away",
    "canary",
]
AUTOMATED: Final[tuple[Actor, ...]] = ("policy", "hook", "model")


@dataclass(frozen=True, slots=True)
class PlantedSession:
    """One session of an agent."""

    pilot: str
    repository: str
    vendor: Vendor
    reviewer: Reviewer
    session_id: str
    started_at: datetime
    mode: Mode
    is_interactive: bool
    agent_version: str
    model: str


@dataclass(frozen=True, slots=True)
class PlantedDecision:
    """One request of an agent, and what became of it; all moments are whole milliseconds."""

    session: PlantedSession
    place: int  # in the session, from 0 on
    call_id: str
    tool_name: str
    kind: Kind
    is_read_only: bool | None  # None = the log of this vendor does not tell
    chars: int  # of what was shown
    called_at: datetime
    shown_at: datetime | None  # None = nobody was asked
    decided_at: datetime | None  # None = never
    decision: Decision
    actor: Actor
    scope: Scope | None
    run_seconds: float
    batch_count: int = 1
    batch_place: int = 0
    canary_id: str | None = None
    is_looked_at: bool | None = None  # None = no person answered

    @property
    def wait_seconds(self) -> float | None:
        """How long the prompt stood there, where a person answered it."""
        if self.shown_at is None or self.decided_at is None:
            return None
        return (self.decided_at - self.shown_at).total_seconds()

    @property
    def left_out(self) -> Reason | None:
        """Why it says nothing about attention; None = it counts."""
        reasons: tuple[tuple[Reason, bool], ...] = (
            ("automation", self.actor in AUTOMATED),
            ("unanswered", self.decision == "pending"),
            ("unknown", self.actor == "unknown"),
            ("reject", self.decision == "reject"),
            ("plan or question", self.kind in ("plan", "question")),
            ("read-only", self.is_read_only is True),
            ("away", (self.wait_seconds or 0.0) > AWAY_SECONDS),
            ("canary", self.canary_id is not None),
        )
        return next((reason for reason, holds in reasons if holds), None)

    @property
    def is_fast(self) -> bool:
        """Answered faster than anybody can have looked at it."""
        wait = self.wait_seconds
        return wait is not None and wait < limit_seconds(self.kind, self.chars)
