"""What people read in a terminal of results: days in the pilot's zone, and only rows with a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard.printing import print_results
from metrics.catalogue import BY_ID
from metrics.estimate import Coverage, Estimate
from metrics.measuring import Measuring
from metrics.results import Result
from metrics.segments import WHOLE, Window
from metrics.working_time import WorkingTime

ONE_OF_TWENTY = Estimate(0.05, 0.01, 0.2, 0.95, "share", "exact", 1, 20, 20, Coverage(20, 20))
# Auckland is 12 hours ahead in June: its days begin at noon UTC of the day before.
SPRINT = Window("sprint", datetime(2026, 5, 31, 12, tzinfo=UTC), datetime(2026, 6, 14, 12, tzinfo=UTC))
IN_AUCKLAND = Measuring(working=WorkingTime(timezone="Pacific/Auckland")).as_settings()


def result(as_of: datetime, segment: str = WHOLE, arm: str = "agent") -> Result:
    return Result("payments", "merged_share", arm, segment, SPRINT, ONE_OF_TWENTY, as_of, IN_AUCKLAND)


def printed(capsys: pytest.CaptureFixture[str], *results: Result) -> str:
    print_results(results, results[0].segment)
    return capsys.readouterr().out


def test_days_are_those_of_the_pilots_zone_the_last_one_included(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, result(SPRINT.end))
    assert "payments: all, 2026-06-01 to 2026-06-14" in text


def test_a_window_that_is_not_over_reaches_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, result(datetime(2026, 6, 3, tzinfo=UTC)))
    assert "payments: all, since 2026-06-01, so far" in text


def test_rows_and_families_without_a_number_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, result(SPRINT.end, "agent codex"))
    assert "Merged of all opened" in text
    assert "KLOC" not in text


def test_a_number_of_an_arm_that_is_not_printed_fills_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(result(SPRINT.end, arm="assisted"), metric="median_hours_to_approval")
    text = printed(capsys, result(SPRINT.end), other)
    assert "Merged of all opened" in text
    assert BY_ID[other.metric].title not in text
