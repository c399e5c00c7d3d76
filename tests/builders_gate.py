"""Sprints and moments for tests of the gate, with everything irrelevant defaulted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from metrics.estimate import Coverage, Undefined
from metrics.gate.rule import Moment
from metrics.gate.states import SprintCount

DAY_0 = datetime(2026, 1, 1, tzinfo=UTC)
SPRINT_DAYS = 14
NOT_ASKED = Undefined("not needed here", 0, Coverage(0, 0))


def day(number: int) -> datetime:
    return DAY_0 + timedelta(days=number)


def moment(as_of_day: int, epoch: int = 1, unattributed: int = 0, unusable_scans: int = 0) -> Moment:
    return Moment(day(as_of_day), epoch, "UTC", unattributed, unusable_scans)


def sprint(number: int, changes: int, low: int = 0, high: int | None = None, **others: object) -> SprintCount:
    """A mature, fully detected sprint of epoch 1 that ends on day 14 x number."""
    values: dict[str, object] = {
        "number": number,
        "start": day(SPRINT_DAYS * (number - 1)),
        "end": day(SPRINT_DAYS * number),
        "closed": True,
        "mature": True,
        "epoch": 1,
        "changes": changes,
        "escapes_low": low,
        "escapes_high": low if high is None else high,
        "critical": 0,
        "bypasses": 0,
        "detected": changes,
        "independent": changes,
        "rate": NOT_ASKED,
        "rate_high": NOT_ASKED,
        "nowcast": None,
        "first_published": None,
    }
    return SprintCount(**{**values, **others})  # type: ignore[arg-type]


def young(number: int, changes: int, low: int = 0, high: int | None = None) -> SprintCount:
    return sprint(number, changes, low, high, mature=False)


def still_open(number: int, changes: int, low: int = 0, high: int | None = None) -> SprintCount:
    return sprint(number, changes, low, high, mature=False, closed=False)


def watched(counts: Sequence[tuple[int, int]], as_of_day: int, follow_up_days: int = 30) -> list[SprintCount]:
    """Sprints 1, 2, ... of (changes, escapes) as they stand on a day."""
    return [
        sprint(
            number,
            changes,
            x,
            closed=SPRINT_DAYS * number <= as_of_day,
            mature=SPRINT_DAYS * number + follow_up_days <= as_of_day,
        )
        for number, (changes, x) in enumerate(counts, start=1)
    ]
