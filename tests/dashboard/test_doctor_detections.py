"""What doctor says of verdicts of detectors: what was read, what they lack, and the setting that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from dashboard.complaints import Complaint
from dashboard.composition import Session
from dashboard.doctoring_detections import (
    formats_are_named,
    labels_are_there,
    verdicts_can_be_measured,
)
from tests.builders_detectors import detection, detector_tables, label, scored, selection, set_label
from tests.builders_metrics import day

Check = Callable[[Session], Iterable[Complaint]]


def said(check: Check, **tables: Any) -> list[str]:
    session = SimpleNamespace(published=object(), tables=detector_tables(**tables))
    return [each.seen for each in check(cast("Session", session)) if each.level == "warning"]


def test_what_is_whole_is_counted_and_nothing_else_is_said() -> None:
    rows = [scored("e1", 0.95), scored("e2", 0.1)]
    session = SimpleNamespace(published=object(), tables=detector_tables(rows))
    (line,) = verdicts_can_be_measured(cast("Session", session))
    assert line.level == "ok"
    assert line.seen.startswith("PromptGuard v2: 2 verdicts of ")


def test_a_version_that_is_not_told_is_named_with_what_a_correction_does() -> None:
    rows = [detection("e1", detector_version="unknown")]
    session = SimpleNamespace(published=object(), tables=detector_tables(rows))
    (line,) = (each for each in verdicts_can_be_measured(cast("Session", session)) if each.level == "warning")
    assert line.seen == "the version of PromptGuard is not told: its numbers may mix several"
    assert "makes new rows beside the old ones" in line.remedy


def test_rows_that_a_correction_of_the_version_left_beside_new_ones_are_seen() -> None:
    rows = [detection("e1", detector_version=version, raw_ref="a.jsonl#1") for version in ("unknown", "v2")]
    assert any("2 verdicts of PromptGuard stand under several versions (unknown, v2)" in each
               or "under several versions (unknown and v2)" in each
               for each in said(verdicts_can_be_measured, detections=rows))  # fmt: skip


def test_verdicts_without_time_are_named_unless_their_set_told_labels() -> None:
    rows = [detection("e1", at=None), detection("e2", at=None), detection("e3")]
    found = said(verdicts_can_be_measured, detections=rows, labels=[set_label("e2")])
    assert found == ["1 of 3 verdicts of PromptGuard v2 tell no time: they are in no period"]


def test_verdicts_of_the_future_are_named() -> None:
    row = detection("e1", occurred_at=day(400), ingested_at=day(1))
    assert said(verdicts_can_be_measured, detections=[row]) == [
        "1 of 1 verdict of PromptGuard v2 are dated in the future: later than they were read"
    ]
    near = detection("e1", occurred_at=day(1) + timedelta(hours=20), ingested_at=day(1))
    assert said(verdicts_can_be_measured, detections=[near]) == []


def test_a_threshold_outside_of_the_scores_is_named() -> None:
    rows = [scored("e1", 0.2, threshold=90.0), scored("e2", 0.98, threshold=90.0)]
    assert said(verdicts_can_be_measured, detections=rows) == [
        "the threshold of PromptGuard v2 is 90, and its scores are 0.2 to 0.98"
    ]


def test_without_any_label_it_says_that_nothing_can_be_told() -> None:
    rows = [detection("e1")]
    assert said(labels_are_there, detections=rows) == [
        "nothing is labelled: neither false alarms nor misses can be told"
    ]
    assert said(labels_are_there, detections=rows, labels=[label("e1")]) == []
    assert said(labels_are_there) == []


def test_a_draw_that_waits_is_named() -> None:
    drawn = [selection(name, pilot="pay") for name in ("e1", "e2", "e3")]
    design = pl.DataFrame(drawn)["design_id"][0]
    given = [label("e1", design_id=design), label("e2", annotator_kind="judge", design_id=design)]
    assert said(labels_are_there, detections=[detection("e1")], labels=given, selections=drawn) == [
        f"2 of 3 items of the draw {design} have no label yet"
    ]


def test_formats_are_listed_once_whatever_the_number_of_files() -> None:
    reason = "is no log of a known format, by its first 64 KB"
    refused = pl.DataFrame({"source": ["detections"] * 5, "file": list("abcde"), "reason": [reason] * 5})
    session = SimpleNamespace(published=object(), health=lambda: SimpleNamespace(refused=refused))
    (line,) = formats_are_named(cast("Session", session))
    assert "LlamaFirewall" in line.seen
