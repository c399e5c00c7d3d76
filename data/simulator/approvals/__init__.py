"""Permission prompts of a known truth: how attentively people answer, and what logs make of it."""

from __future__ import annotations

from data.simulator.approvals.counting import Expected, by_pilot, by_reviewer, expected
from data.simulator.approvals.crowd import write_parquet
from data.simulator.approvals.engine import decisions
from data.simulator.approvals.planted import PlantedDecision, PlantedSession
from data.simulator.approvals.presets import panel
from data.simulator.approvals.rows import rows
from data.simulator.approvals.truth import ApprovalTruth, Policy, Reviewer, Seeded, Work, Workplace

__all__ = [
    "ApprovalTruth",
    "Expected",
    "PlantedDecision",
    "PlantedSession",
    "Policy",
    "Reviewer",
    "Seeded",
    "Work",
    "Workplace",
    "by_pilot",
    "by_reviewer",
    "decisions",
    "expected",
    "panel",
    "rows",
    "write_parquet",
]
