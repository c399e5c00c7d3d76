"""What people read in a terminal of results: days in the pilot's zone, and only rows with a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard.printing import print_measured, print_results
from metrics.catalogue import BY_ID
from metrics.detectors.results import DetectorResult
from metrics.detectors.values import WHOLE as WHOLE_UNIT
from metrics.detectors.values import Part, Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined
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


GUARD = Unit("PromptGuard", "v2", 0.9)
MISSED = Estimate(
    0.3, 0.15, 0.5, 0.95, "share", "Wilson, sampled audit: 20 of 100 passed items labelled", 6, 20, 20,
    Coverage(20, 20),
)  # fmt: skip


def of_detector(metric: str, number: Number, part: Part = WHOLE_UNIT) -> DetectorResult:
    return DetectorResult(
        "payments", metric, GUARD, part, "sampled audit", None, None, number, SPRINT.end, {}
    )


def test_a_detector_is_printed_as_a_whole_with_counts_interval_and_how_it_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [
        of_detector("detector_fpr", Undefined("nobody looked", 0, Coverage(0, 4))),
        of_detector("detector_fnr", MISSED),
        of_detector("detector_fnr", MISSED, Part("week", "2026-W23")),
    ]
    print_measured([], rows, WHOLE)
    text = capsys.readouterr().out
    assert "payments: detector PromptGuard v2 >= 0.9, whole" in text
    assert "misses known by a sampled audit" in " ".join(text.split())
    assert "6 of 20 (30 %), between 15 % and 50 % at 95 %" in " ".join(text.split())
    assert "unknown: nobody looked" in text
    assert "2026-W23" not in text


def test_a_part_of_a_detector_is_printed_when_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    part = of_detector("detector_fnr", MISSED, Part("week", "2026-W23"))
    print_measured([], [part], part.segment)
    assert "week 2026-W23" in capsys.readouterr().out
