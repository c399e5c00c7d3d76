from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from metrics.gate.case import Ask, Case
from tests.builders_metrics import alert, bypass, day, feature, pilot, policy, pull_request, scan, tables

AS_OF = day(10)
AFTER = AS_OF + timedelta(microseconds=1)
EVENTS = {
    "pull_requests": "created_at",
    "changed_files": "opened_at",
    "reviews": "submitted_at",
    "review_events": "occurred_at",
    "scans": "scanned_at",
    "findings": "first_seen_at",
    "dispositions": "decided_at",
    "alerts": "created_at",
    "rule_bypasses": "pushed_at",
}
LATER = [
    ("pull_requests", "ready_at"),
    ("pull_requests", "closed_at"),
    ("pull_requests", "merged_at"),
    ("pull_requests", "last_push_at"),
    ("pull_requests", "gone_at"),
    ("alerts", "fixed_at"),
    ("alerts", "dismissed_at"),
    ("findings", "post_merge_seen_at"),
    ("findings", "gone_at"),
]


def cut(table: str, **row: Any) -> pl.DataFrame:
    """What is left of one row at the moment of judgement."""
    frame: pl.LazyFrame = getattr(tables(**{table: [row]}).cut(AS_OF), table)
    return frame.collect()


@pytest.mark.parametrize(("table", "column"), EVENTS.items())
def test_an_event_after_the_moment_has_not_happened(table: str, column: str):
    assert [cut(table, **{column: at}).height for at in (AS_OF, AFTER)] == [1, 0]


@pytest.mark.parametrize(("table", "column"), LATER)
def test_a_later_moment_of_an_earlier_row_is_not_known_yet(table: str, column: str):
    told = [cut(table, **{EVENTS[table]: day(1), column: at})[column].item() for at in (AS_OF, AFTER)]
    assert told == [AS_OF, None]


def test_a_row_without_an_event_time_is_kept():
    assert cut("scans", scanned_at=None).height == 1


def test_what_is_still_open_at_the_moment_is_not_merged_although_it_merged_later():
    given = tables(pull_requests=[pull_request(1, 12, created_at=day(2))])
    heights = [Case(given, pilot(), policy(), Ask(day(at))).changes.height for at in (11, 12)]
    assert heights == [0, 1]


def test_a_scan_after_the_moment_has_not_looked():
    given = tables(pull_requests=[pull_request(1)], scans=[scan("s", 9)])
    looked = [Case(given, pilot(), policy(), Ask(day(at))).changes["detected"].item() for at in (8, 9)]
    assert looked == [False, True]


def test_a_mended_finding_that_comes_back_is_a_bypass_from_its_return_on():
    back = bypass("f", gone_at=day(0.95), post_merge_seen_at=day(5))
    given = tables(pull_requests=[pull_request(1)], findings=[back])
    bypassed = [Case(given, pilot(), policy(), Ask(day(at))).changes["bypassed"].item() for at in (4, 5)]
    assert bypassed == [False, True]


@pytest.mark.parametrize(("ready_at", "was_draft"), [(AS_OF, False), (AFTER, True), (None, False)])
def test_what_became_ready_later_was_a_draft_then(ready_at: Any, was_draft: Any):
    row = cut("pull_requests", **pull_request(1, None, created_at=day(1), ready_at=ready_at, is_draft=False))
    assert row["is_draft"].item() is was_draft


@pytest.mark.parametrize(
    ("state", "dismissed_at", "fixed_at", "was"),
    [
        ("fixed", None, AS_OF, "fixed"),
        ("fixed", None, AFTER, "open"),
        ("fixed", day(3), AFTER, "dismissed"),
        ("dismissed", AS_OF, None, "dismissed"),
        ("dismissed", AFTER, None, "open"),
        ("open", None, None, "open"),
        ("fixed", None, None, "fixed"),
    ],
)
def test_an_alert_is_in_the_state_that_it_had_at_the_moment(
    state: str, dismissed_at: Any, fixed_at: Any, was: str
):
    row = cut("alerts", **alert(1, state=state, dismissed_at=dismissed_at, fixed_at=fixed_at))
    assert row["state"].item() == was


def test_what_could_be_read_is_known_also_for_moments_before_it_was_asked():
    assert cut("features", **feature(asked=11)).height == 1
