"""How many pull requests should there be? A year of an organisation of just that size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from data.simulator.engine import run
from data.simulator.tools import AUDIT_SCAN, DEEP_SCAN, LINT_GUARD
from data.simulator.truth import (
    Arm,
    Fate,
    Flow,
    PlantedChange,
    Repository,
    Reviewing,
    Schedule,
    Summary,
    Truth,
)

AS_OF: Final = datetime(2026, 8, 17, tzinfo=UTC)  # a Monday: every week is whole
WEEKS: Final = 52
PULLS_PER_REPOSITORY: Final = 20_000
PULLS_PER_FILE: Final = 2_000
TELL_EVERY: Final = 1_000

BUSY: Final = Reviewing(bot_share=0.8, changes_requested_share=0.25)  # two reviews on average

Fates = tuple[tuple[Fate, float], ...]
AGENT_FATES: Final[Fates] = (
    ("escape", 0.004), ("untriaged", 0.0005), ("false_alarm", 0.003), ("fixed", 0.03), ("accepted", 0.002),
    ("bypass", 0.0005),
)  # fmt: skip
HUMAN_FATES: Final[Fates] = (("escape", 0.006), ("false_alarm", 0.003), ("fixed", 0.03), ("accepted", 0.002))
SHARES: Final[tuple[tuple[Arm, float, Fates], ...]] = (
    ("agent", 0.55, AGENT_FATES),
    ("assisted", 0.05, HUMAN_FATES),
    ("unknown", 0.05, HUMAN_FATES),
    ("automation", 0.05, ()),
    ("human", 0.30, HUMAN_FATES),  # the rest: takes what rounding leaves
)


def write(out: Path, pulls: int, seed: int, progress: Callable[[int], None] | None = None) -> Summary:
    """Write exactly `pulls` pull requests with their scans and decisions, in bounded memory.

    `progress` is told how many have been written, every thousand and at the end.
    """
    seen = 0

    def tell(_change: PlantedChange) -> None:
        nonlocal seen
        seen += 1
        if progress is not None and (seen % TELL_EVERY == 0 or seen == pulls):
            progress(seen)

    return run(year(pulls), seed, out, tell)


def year(pulls: int) -> Truth:
    """Truth of a year with this many pull requests, spread over repositories of one size."""
    many = max(1, -(-pulls // PULLS_PER_REPOSITORY))
    sizes = [pulls // many + (place < pulls % many) for place in range(many)]
    repositories = tuple(_repository(place, size) for place, size in enumerate(sizes))
    return Truth(AS_OF, repositories, page_size=PULLS_PER_FILE)


def _repository(place: int, pulls: int) -> Repository:
    start_at = AS_OF - timedelta(weeks=WEEKS)
    before = start_at - timedelta(days=7) + timedelta(hours=2)
    schedules = (
        Schedule(LINT_GUARD, before),
        Schedule(DEEP_SCAN, before + timedelta(minutes=30), finds=0.8),
        # Rare looks are what makes for late reports: up to four weeks after the merge.
        Schedule(AUDIT_SCAN, before + timedelta(hours=1), every_days=28, finds=0.2),
    )
    return Repository(f"acme/service-{place:03d}", _flows(pulls, start_at), schedules, reviewing=BUSY)


def _flows(pulls: int, start_at: datetime) -> tuple[Flow, ...]:
    *first, last = SHARES
    counts = [int(pulls * share) for _, share, _ in first]
    counts.append(pulls - sum(counts))
    return tuple(
        Flow(arm, count / WEEKS, start_at.date(), AS_OF.date(), fates=fates)
        for (arm, _, fates), count in zip((*first, last), counts, strict=True)
    )
