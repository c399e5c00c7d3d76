from __future__ import annotations

from datetime import UTC, date, datetime

from metrics.gate.case import Ask, Case
from metrics.segments import in_weeks
from tests.builders_metrics import pilot, policy, tables


def weeks(until: datetime, count: int, **given: object) -> list[tuple[str, datetime, datetime]]:
    case = Case(tables(), pilot(**given), policy(), Ask(until))
    return [(each.name, each.window.start, each.window.end) for each in in_weeks(case, until, count)]


def test_weeks_end_with_the_one_before_the_moment_and_the_oldest_comes_first():
    names = [name for name, _, _ in weeks(datetime(2026, 6, 22, tzinfo=UTC), 2)]
    assert names == ["week 2026-W24", "week 2026-W25"]


def test_a_year_with_53_weeks_has_them():
    names = [name for name, _, _ in weeks(datetime(2027, 1, 11, tzinfo=UTC), 2)]
    assert names == ["week 2026-W53", "week 2027-W01"]


def test_a_week_holds_no_more_than_the_pilot_does():
    """It starts on a Wednesday and ends the day after; weeks before and after it are empty."""
    midweek = {"start_on": date(2026, 6, 3), "ends_on": date(2026, 6, 4), "sprint_days": 1}
    found = weeks(datetime(2026, 6, 15, tzinfo=UTC), 3, **midweek)
    days = [(start.day, end.day) for _, start, end in found]
    assert days == [(3, 3), (3, 5), (5, 5)]
