"""Which numbers should come out of the planted decisions?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from data.simulator.approvals.planted import PlantedDecision


@dataclass
class Expected:
    """Planted counts: fast of measurable human approvals, and all others by their reason."""

    fast_count: int = 0  # numerator
    measurable_count: int = 0  # denominator
    decision_count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    automated_count: int = 0
    canary_count: int = 0  # answered by a person
    canary_missed_count: int = 0
    reviewers: set[str] = field(default_factory=set)  # with at least one measurable approval

    @property
    def fast_share(self) -> float | None:
        """Planted share of fast approvals; None = nothing to divide by."""
        return self.fast_count / self.measurable_count if self.measurable_count else None

    def add(self, planted: PlantedDecision) -> None:
        """Count one more decision, once."""
        self.decision_count += 1
        self.automated_count += planted.left_out == "automation"
        self._add_canary(planted)
        if planted.left_out is not None:
            self.left_out[planted.left_out] += 1
            return
        self.measurable_count += 1
        self.fast_count += planted.is_fast
        self.reviewers.add(planted.session.reviewer.account)

    def _add_canary(self, planted: PlantedDecision) -> None:
        is_answered = planted.canary_id is not None and planted.decision != "pending"
        self.canary_count += is_answered
        self.canary_missed_count += is_answered and planted.decision == "accept"

    def told(self) -> Mapping[str, Any]:
        """The counts as JSON values, in a fixed order."""
        return {
            "decisions": self.decision_count, "measurable": self.measurable_count, "fast": self.fast_count,
            "people": len(self.reviewers), "automated": self.automated_count, "canaries": self.canary_count,
            "canaries_missed": self.canary_missed_count, "left_out": dict(sorted(self.left_out.items())),
        }  # fmt: skip


def expected(planted: Iterable[PlantedDecision]) -> Expected:
    """Counts over all of them."""
    return _grouped(planted, lambda _: "all").get("all", Expected())


def by_pilot(planted: Iterable[PlantedDecision]) -> dict[str, Expected]:
    """Counts of each pilot."""
    return _grouped(planted, lambda one: one.session.pilot)


def by_reviewer(planted: Iterable[PlantedDecision]) -> dict[str, Expected]:
    """Counts of each reviewer, by account."""
    return _grouped(planted, lambda one: one.session.reviewer.account)


def _grouped(
    planted: Iterable[PlantedDecision], name: Callable[[PlantedDecision], str]
) -> dict[str, Expected]:
    found: dict[str, Expected] = {}
    for one in planted:
        found.setdefault(name(one), Expected()).add(one)
    return found
