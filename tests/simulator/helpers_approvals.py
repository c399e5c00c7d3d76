"""Small truths of permission prompts: everything that a test does not speak of has a default."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from data.simulator.approvals import (
    ApprovalTruth,
    PlantedDecision,
    Policy,
    Reviewer,
    Work,
    Workplace,
    decisions,
)
from data.simulator.approvals.truth import Vendor

ATTENTION = (0.95, 0.8, 0.6, 0.4, 0.2)
ASKS_ALWAYS = Policy(by_rule=0.0, denied_by_rule=0.0)
PLAIN = Work(kinds=(("command", 0.5), ("edit", 0.5)), sdk_share=0.0)


def reviewer(number: int = 0, attention: float = 0.7, **more: Any) -> Reviewer:
    return Reviewer(f"person-{number}@acme.example", more.pop("team", "one"), attention, **more)


def people() -> tuple[Reviewer, ...]:
    return tuple(reviewer(number, attention) for number, attention in enumerate(ATTENTION))


def workplace(vendor: Vendor = "claude_code", **more: Any) -> Workplace:
    return Workplace(
        more.pop("pilot", "one"), ("acme/one", "acme/two"), vendor, more.pop("reviewers", people()),
        more.pop("starts_on", date(2026, 6, 1)), more.pop("ends_on", date(2026, 6, 29)), **more,
    )  # fmt: skip


def truth(*workplaces: Workplace) -> ApprovalTruth:
    return ApprovalTruth(workplaces or (workplace(),))


def planted(*workplaces: Workplace, seed: int = 1) -> Sequence[PlantedDecision]:
    return tuple(decisions(truth(*workplaces), seed))
