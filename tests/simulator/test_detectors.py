"""Simulated detectors are as often wrong as their truth says, and people and draws as they are told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import asin, pi, sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data.simulator.detectors import (
    Detector,
    Item,
    PlantedVerdict,
    Reviewing,
    Sampling,
    Stream,
    Version,
    calibrated,
    detector,
    drawn,
    estimated,
    expected,
    house,
    panel,
    reviewed,
    seeds,
    traffic,
    verdicts,
    write_parquet,
)
from data.simulator.detectors import rows as tables
from data.simulator.detectors.crowd import ROWS_AT_ONCE
from ingest.contracts import DETECTIONS, LABELS_TABLE, SELECTIONS, Table
from tests.marks import deep

BEGINS, ENDS = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
TELLING = Stream("t", 400, 60, BEGINS, ENDS, "app", "acme/app")
SAMPLE = Sampling("draw", "pay", 100, ENDS, "sam", near=0.2, floor=20)


def said(one: Detector, items: tuple[Item, ...], seed: int = 1) -> tuple[PlantedVerdict, ...]:
    return tuple(verdicts(one, items, seed))


def tolerance(share: float, count: int) -> float:
    """Four standard deviations of a share."""
    return 4 * sqrt(share * (1 - share) / count)


@pytest.mark.parametrize("seed", [1, *deep(*range(2, 12))])
@pytest.mark.parametrize(("fpr", "fnr"), [(0.05, 0.2), *deep((0.01, 0.5), (0.3, 0.1))])
def test_rates_are_those_of_the_truth(fpr: float, fnr: float, seed: int) -> None:
    found = expected(said(detector(fpr, fnr), house(1000, 1000), seed))
    assert found.false_positive_rate == pytest.approx(fpr, abs=tolerance(fpr, 1000))
    assert found.false_negative_rate == pytest.approx(fnr, abs=tolerance(fnr, 1000))


def test_a_family_can_be_missed_more_often() -> None:
    one = Detector("Guard", (Version("v1", 0.5, 0.05, 0.1, (("exfiltration", 0.6),)),))
    told = said(one, house(1000, 0))
    missed = {
        family: expected(each for each in told if each.item.family == family)
        for family in ("override", "exfiltration")
    }
    assert missed["override"].false_negative_rate == pytest.approx(0.1, abs=tolerance(0.1, 500))
    assert missed["exfiltration"].false_negative_rate == pytest.approx(0.6, abs=tolerance(0.6, 500))


def test_the_area_is_that_of_two_normals() -> None:
    one = detector(0.1, 0.2)
    told = said(one, house(400, 400))
    attacks, benign = (
        np.array([each.score for each in told if each.item.truth == truth]) for truth in ("attack", "benign")
    )
    wins = (attacks[:, None] > benign).mean() + 0.5 * (attacks[:, None] == benign).mean()
    assert wins == pytest.approx(one.versions[0].area, abs=0.05)


def test_a_score_never_contradicts_its_verdict() -> None:
    for each in said(detector(0.3, 0.3), house(300, 300)):
        assert each.score is not None
        assert (each.verdict == "flag") == (each.score >= 0.5)


def test_the_threshold_itself_does_not_flag_where_the_operator_says_so() -> None:
    one = Detector("Guard", (Version("v1", 0.5, 0.3, 0.3),), operator=">", saturated_share=0.02)
    for each in said(one, house(300, 300)):
        assert each.score is not None
        assert (each.verdict == "flag") == (each.score > 0.5)


def test_a_saturated_detector_gives_the_highest_score_to_more_than_one_benign_item_of_a_hundred() -> None:
    one = Detector("Guard", (Version("v1", 0.5, 0.1, 0.1),), saturated_share=0.04)
    highest = [each.item.truth == "benign" for each in said(one, house(0, 1000)) if each.score == 1.0]
    assert len(highest) == pytest.approx(40, abs=1000 * tolerance(0.04, 1000))


def test_errors_and_skips_have_no_score() -> None:
    one = Detector("Guard", (Version("v1", 0.5, 0.1, 0.1),), error_share=0.08, skipped_share=0.04)
    told = said(one, house(500, 500))
    counts = Counter(each.verdict for each in told)
    assert counts["error"] == pytest.approx(80, abs=1000 * tolerance(0.08, 1000))
    assert counts["skipped"] == pytest.approx(40, abs=1000 * tolerance(0.04, 1000))
    assert all((each.score is None) == (each.verdict in ("error", "skipped")) for each in told)


def test_a_calibrated_score_is_the_share_of_attacks_among_such_items() -> None:
    one = Detector("Guard", (calibrated("r1", 0.5, 2.0, 0.3),))
    told = said(one, house(900, 2100))
    for low, high in ((0.0, 0.2), (0.2, 0.6), (0.6, 1.01)):
        band = [each for each in told if each.score is not None and low <= each.score < high]
        mean = sum(each.score or 0.0 for each in band) / len(band)
        share = sum(each.item.truth == "attack" for each in band) / len(band)
        assert share == pytest.approx(mean, abs=tolerance(mean, len(band)))


def test_levels_rise_with_the_strength_and_are_flagged_from_the_third_on() -> None:
    one = Detector("Guard", (Version("v1", 0.5, 0.1, 0.1),), "ordinal")
    told = said(one, house(300, 300))
    assert {each.score for each in told} == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert all((each.verdict == "flag") == (each.score in (2.0, 3.0, 4.0)) for each in told)


def test_a_relative_score_is_in_tenths_and_says_by_its_sign_what_was_said() -> None:
    one = Detector("Guard", (Version("v1", 0.92, 0.1, 0.1),), "relative", ">")
    for each in said(one, house(300, 300)):
        assert each.score is not None
        assert each.score == round(each.score, 1)
        assert each.score >= 0 if each.verdict == "flag" else each.score <= 0


@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_detectors_share_their_luck_by_as_much_as_told(shared: float) -> None:
    version = Version("v1", 0.5, 0.2, 0.2)
    scores = {
        name: [each.score for each in said(Detector(name, (version,), shared=shared), house(0, 1500))]
        for name in ("one", "two")
    }
    ranks = pl.DataFrame(scores).select(pl.corr("one", "two", method="spearman")).item()
    assert ranks == pytest.approx(6 / pi * asin(shared / 2), abs=4 / sqrt(1500))  # of a bivariate normal


def test_a_version_is_in_force_from_its_day_on() -> None:
    middle = BEGINS + timedelta(days=15)
    one = Detector("Guard", (Version("v1", 0.5, 0.1, 0.1), Version("v2", 0.5, 0.1, 0.1, starts_at=middle)))
    told = said(one, traffic(TELLING, 1))
    assert all((each.version.name == "v2") == ((each.item.occurred_at or BEGINS) >= middle) for each in told)
    assert {each.version.name for each in told} == {"v1", "v2"}


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    items = house(50, 50)
    assert said(detector(0.1, 0.1), items, 1) == said(detector(0.1, 0.1), items, 1)
    assert said(detector(0.1, 0.1), items, 1) != said(detector(0.1, 0.1), items, 2)


def test_traffic_has_just_as_many_attacks_as_told_and_no_text_twice() -> None:
    items = traffic(TELLING, 1)
    assert (len(items), sum(each.truth == "attack" for each in items)) == (400, 60)
    assert len({each.text for each in items}) == 400
    assert all((each.occurred_at or BEGINS).weekday() < 5 for each in items)
    assert [each.occurred_at for each in items] == sorted(each.occurred_at or BEGINS for each in items)


def test_seeds_are_counted_nowhere() -> None:
    planted = seeds(("s1", "s2"), TELLING, 1)
    assert [each.seed_id for each in planted] == ["s1", "s2"]
    assert expected(said(detector(0.1, 0.1), planted)) == expected(())


# -- people -----------------------------------------------------------------------------------------------


def test_two_people_label_each_item_and_a_third_settles_what_they_differ_on() -> None:
    items = house(100, 100)
    labels = reviewed(items, Reviewing("ada", "bob", "cyd", ENDS, errs=0.2, unsettled=2), 1)
    own = [each for each in labels if not each.is_adjudication]
    assert Counter(each.annotator for each in own) == {"ada": 200, "bob": 200}
    by_item: dict[str, set[str]] = {}
    for each in own:
        by_item.setdefault(each.event_id, set()).add(each.label)
    differing = {event for event, words in by_item.items() if len(words) > 1}
    settled = {each.event_id for each in labels if each.is_adjudication}
    assert 20 <= len(differing) <= 60
    assert settled < differing
    assert len(differing) == len(settled) + 2


def test_what_two_people_agree_on_is_true_and_so_is_what_was_settled() -> None:
    items = house(100, 100)
    truth = {each.event_id: each.truth for each in items}
    labels = reviewed(items, Reviewing("ada", "bob", "cyd", ENDS, errs=0.2), 1)
    settled = {each.event_id: each.label for each in labels if each.is_adjudication}
    for one, other in pairwise(labels):
        if one.event_id == other.event_id and one.label == other.label and not other.is_adjudication:
            assert one.label == truth[one.event_id]
    assert all(truth[event] == label for event, label in settled.items())


def test_a_draw_goes_by_strata_and_says_with_what_chance() -> None:
    items = traffic(TELLING, 1)
    first, second = said(detector(0.05, 0.3, "One"), items), said(detector(0.05, 0.2, "Two"), items)
    passed = [each for each in first if each.verdict == "pass"]
    draw = drawn(passed, second, SAMPLE, 1)
    assert [each.name for each in draw.strata] == ["second", "near", "rest"]
    assert sum(len(each.drawn) for each in draw.strata) == 100
    assert sum(len(each.items) for each in draw.strata) == len(passed)
    flagged = {each.item.event_id for each in second if each.verdict == "flag"}
    assert {each.event_id for each in draw.strata[0].items} == {
        each.item.event_id for each in passed if each.item.event_id in flagged
    }
    rows = tables.selections([draw])
    assert sorted(rows["place"]) == list(range(100))
    assert rows.select((1 / pl.col("selection_probability")).sum()).item() == pytest.approx(
        len(passed), rel=1e-4
    )


def test_a_draw_from_flagged_items_is_refused() -> None:
    told = said(detector(0.5, 0.5), house(20, 20))
    with pytest.raises(ValueError, match="let pass"):
        drawn(told, told, SAMPLE, 1)


@pytest.mark.deep
def test_an_audit_tells_of_the_misses_without_a_bias() -> None:
    items = traffic(Stream("t", 2000, 300, BEGINS, ENDS, "app"), 1)
    first, second = said(detector(0.05, 0.3, "One"), items), said(detector(0.05, 0.2, "Two"), items)
    passed = [each for each in first if each.verdict == "pass"]
    flagged = [each for each in first if each.verdict == "flag"]
    rates = [
        estimated(
            drawn(passed, second, Sampling("d", "p", 300, ENDS, "sam", 0.2, 50), seed), flagged
        ).false_negative_rate
        for seed in range(200)
    ]
    error = float(np.std(rates)) / sqrt(len(rates))
    assert np.mean(rates) == pytest.approx(expected(first).false_negative_rate, abs=4 * error)


# -- tables -----------------------------------------------------------------------------------------------


def valid(table: Table, frame: pl.DataFrame) -> None:
    stamp = pl.lit(ENDS).dt.cast_time_unit("us")
    stamped = frame.with_columns(source=pl.lit("test"), ingested_at=stamp)
    kept, rejected = table.schema.filter(stamped)
    assert (kept.height, rejected.counts()) == (frame.height, {})


def test_rows_hold_the_contracts() -> None:
    items = traffic(TELLING, 1)
    one, other = detector(0.05, 0.3, "One"), Detector("Two", (Version("v1", 0.5, 0.05, 0.2),), "ordinal")
    told = list(panel(items, (one, other), 1))
    passed = [each for each in told if each.detector is one and each.verdict == "pass"]
    draw = drawn(passed, [each for each in told if each.detector is other], SAMPLE, 1)
    valid(DETECTIONS, tables.detections(told))
    valid(LABELS_TABLE, tables.labels(reviewed(items, Reviewing("ada", "bob", "cyd", ENDS), 1)))
    valid(SELECTIONS, tables.selections([draw]))


def test_a_crowd_holds_the_contracts_and_comes_out_as_counted(tmp_path: Path) -> None:
    summary = write_parquet(tmp_path, 12_000, detectors=3, labelled_share=0.5, seed=7)
    detections, labels = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("detections", "labels"))
    assert (
        (summary.detection_count, summary.label_count)
        == (12_000, labels.height)
        == (detections.height, summary.label_count)
    )
    valid(DETECTIONS, detections)
    valid(LABELS_TABLE, labels)
    both = detections.join(labels.select("event_id", "label"), on="event_id")
    missed = both.filter(verdict="pass", label="attack").group_by("detector").len()
    assert dict(missed.iter_rows()) == summary.false_negatives
    alarms = both.filter(verdict="flag", label="benign").group_by("detector").len()
    assert dict(alarms.iter_rows()) == summary.false_positives
    assert set(detections.filter(cohort="traffic")["event_id"]).isdisjoint(labels["event_id"])


def test_a_crowd_is_written_in_pieces_that_the_seed_alone_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.simulator.detectors.crowd.ROWS_AT_ONCE", 1000)
    assert ROWS_AT_ONCE > 1000
    for name in ("one", "two"):
        write_parquet(tmp_path / name, 5_000, detectors=2)
    one, two = (pl.read_parquet(tmp_path / name / "detections.parquet") for name in ("one", "two"))
    assert one.equals(two)
    assert one.select(pl.struct("event_id", "detector").n_unique()).item() == 5_000


def test_a_crowds_detectors_are_correlated_and_of_their_rates(tmp_path: Path) -> None:
    write_parquet(tmp_path, 60_000, detectors=2)
    told = pl.read_parquet(
        tmp_path / "detections.parquet", columns=["event_id", "detector", "score", "verdict"]
    )
    labels = pl.read_parquet(tmp_path / "labels.parquet", columns=["event_id", "label"])
    benign = told.join(labels.filter(label="benign"), on="event_id")
    flagged = benign.filter(detector="Detector 1", verdict="flag").height
    count = benign.filter(detector="Detector 1").height
    assert flagged / count == pytest.approx(0.1, abs=tolerance(0.1, count))
    wide = benign.pivot("detector", index="event_id", values="score")
    ranks = wide.select(pl.corr("Detector 1", "Detector 2", method="spearman")).item()
    assert ranks == pytest.approx(6 / pi * asin(0.4 / 2), abs=0.03)
