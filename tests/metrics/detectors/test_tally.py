"""However few scores there is room for, the same verdicts give the same numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest

from metrics.catalogue.detectors import DETECTOR_METRICS
from metrics.detectors import tally as tallying
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.values import WHOLE, Counts, Part
from metrics.estimate import Estimate, Number
from metrics.tables import Tables
from tests.builders_detectors import UNIT, detection, detector_tables, label, scored, seed_label, set_label
from tests.builders_metrics import pilot

RULES = DetectorRules(presumed_benign=("chat*",))
OTHER = 0.4  # a threshold that is no score
COUNT = 120  # items of each cohort
GRID = 2**6


def busy() -> Tables:
    """A labelled set, traffic that passes for benign, traffic of which little is known, planted items."""
    chance = np.random.default_rng(7)
    is_attack = chance.random(COUNT) < OTHER
    scores = 1 / (1 + np.exp(-chance.normal(is_attack * 1.5, 1.0)))
    rows = [
        scored(f"s{n}", float(score), at=n % 30, cohort="house", surface="user" if n % 3 else "document")
        for n, score in enumerate(scores)
    ]
    labels = [
        set_label(f"s{n}", "attack" if attack else "benign", family="leak" if attack else None)
        for n, attack in enumerate(is_attack)
    ]
    rows += [scored(f"c{n}", round(n / COUNT, 2), at=n % 30, cohort="chat-1") for n in range(COUNT)]
    rows += [scored(f"t{n}", n / COUNT, at=None) for n in range(COUNT)]
    labels += [label(f"t{n}", "benign" if n % 2 else "unsure") for n in range(6)]
    rows += [scored(f"p{n}", n / 5, seed_id=f"p{n}") for n in range(5)]
    labels += [seed_label(f"p{n}", family="leak") for n in range(5)]
    rows += [detection("e", "error", score=0.5), detection("k", "skipped"), detection("n", cohort="house")]
    return detector_tables(rows, labels)


TABLES = busy()


def known(given: Tables = TABLES) -> Detectors:
    return detectors(given, pilot(), RULES, 0.95)


def stated(found: Detectors) -> dict[tuple[str, Part, float | None], Number]:
    return {
        (metric.id, part, at): found.number(metric.id, UNIT, part, at)
        for metric, part, at in product(DETECTOR_METRICS, found.parts(UNIT), (None, OTHER))
        if part.by in metric.parts
    }


USUAL = known()
NUMBERS = stated(USUAL)
OF_CURVES = int(
    USUAL.counted.scores.filter(pl.col("truth").is_in(tallying.OF_CURVES))["scores"].list.len().sum()
)  # fmt: skip


def test_all_scores_of_verdicts_are_kept_where_there_is_room():
    assert USUAL.counted.is_whole
    assert int(USUAL.counted.scores["scores"].list.len().sum()) == 3 * COUNT + 5
    assert int(USUAL.tally["count"].sum()) == 3 * COUNT + 5 + 3


@pytest.mark.parametrize(
    ("room", "has_curves"),
    [(OF_CURVES, True), (OF_CURVES - 1, False), (0, False)],
    ids=["curves", "less", "none"],
)
def test_without_room_for_the_scores_numbers_are_the_same(
    monkeypatch: pytest.MonkeyPatch, room: int, *, has_curves: bool
):
    monkeypatch.setattr(tallying, "MOST_KEPT", room)
    found = known()
    assert (found.counted.is_whole, found.counted.has_curves) == (False, has_curves)
    assert found.tally.equals(USUAL.tally)
    assert stated(found) == NUMBERS


def test_verdicts_that_come_in_batches_are_the_same_verdicts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tallying, "BATCHES", 1)
    parts = [part.lazy() for part in TABLES.detections.collect().iter_slices(50)]
    found = known(replace(TABLES, detections=pl.concat(parts)))
    assert found.tally.equals(USUAL.tally)
    assert stated(found) == NUMBERS


def test_scores_beyond_all_room_are_exact_within_the_grid(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tallying, "MOST_KEPT", 0)
    monkeypatch.setattr(tallying, "MOST_SCORES", GRID)
    binned, exact = (found.slice(UNIT) for found in (known(), USUAL))
    assert binned.scores is not None
    assert binned.is_binned
    assert len(binned.scores.values) <= GRID
    for threshold in np.linspace(0.05, 0.95, 19):
        low, high = caught(exact, threshold + 1 / GRID), caught(exact, threshold - 1 / GRID)
        assert low <= caught(binned, threshold) <= high


def caught(of: DetectorSlice, threshold: float) -> float:
    """Attacks that score at least so much."""
    assert of.scores is not None
    return float(of.scores.attacks[of.scores.values >= threshold].sum())


def test_what_is_counted_in_bins_says_so_and_counts_do_not_change(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tallying, "MOST_KEPT", 0)
    monkeypatch.setattr(tallying, "MOST_SCORES", GRID)
    found = known()
    area, exact = (each.number("detector_auc", UNIT) for each in (found, USUAL))
    assert isinstance(area, Estimate)
    assert isinstance(exact, Estimate)
    assert "bins" in area.method
    assert area.value == pytest.approx(exact.value, abs=1 / GRID)
    for at in (None, OTHER):
        assert found.slice(UNIT, WHOLE, at).counts == USUAL.slice(UNIT, WHOLE, at).counts
    few = [key for key in NUMBERS if key[0] in {"detector_fpr", "detector_fnr", "detector_fpr_presumed"}]
    assert {key: stated(found)[key] for key in few} == {key: NUMBERS[key] for key in few}


@pytest.mark.parametrize(("operator", "flagged"), [(">=", 2), (">", 1)])
def test_at_another_threshold_the_detector_s_own_operator_decides(operator: str, flagged: int):
    rows = [scored(f"i{score}", score, threshold_op=operator) for score in (0.2, 0.5, 0.7)]
    unit = replace(UNIT, operator=operator)
    counts = known(detector_tables(rows)).slice(unit, at=0.5).counts
    assert counts == Counts(unlabelled_flagged=flagged, unlabelled_passed=3 - flagged)
