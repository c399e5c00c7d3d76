"""An audit tells of the traffic that it was drawn from; its limits are the detector's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from metrics.detectors.audits import Audit, Layer
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.timeline import Change, timeline
from metrics.detectors.values import Part
from metrics.estimate import Estimate, Number, Undefined
from metrics.statistics.begg_greenes import Verified
from metrics.statistics.intervals import wilson
from tests.builders_detectors import UNIT, confusion, detection, detector_tables, label, selection
from tests.builders_metrics import Row, day, pilot


def known(rows: Sequence[Row], labels: Sequence[Row], draws: Sequence[Row]) -> Detectors:
    return detectors(detector_tables(rows, labels, draws), pilot(), DetectorRules(), 0.95)


def estimate(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def traffic(name: str, flagged: int, passed: int, **given: Any) -> list[Row]:
    return [
        *(detection(f"{name}f{n}", "flag", **given) for n in range(flagged)),
        *(detection(f"{name}p{n}", **given) for n in range(passed)),
    ]


def draws(name: str, count: int, of: int, **given: Any) -> list[Row]:
    usual = {"stratum_count": of, "stratum_sample_count": count, **given}
    return [selection(f"{name}p{n}", **usual) for n in range(count)]


def said(name: str, kind: str, count: int, attacks: int) -> list[Row]:
    return [label(f"{name}{kind}{n}", "attack" if n < attacks else "benign") for n in range(count)]


# -- whose limits they are -------------------------------------------------------------------------


def test_an_audit_of_everything_still_leaves_open_what_the_next_traffic_shows():
    """27 of 600 benign items flagged, all known: nothing is left to the draw, and Wilson's limits stand."""
    rows = traffic("", 27 + 68, 573 + 13)
    labels = [*said("", "f", 95, 68), *said("", "p", 586, 13)]
    found = known(rows, labels, draws("", 586, 586))
    alarms, missed = (estimate(found.number(f"detector_{name}", UNIT)) for name in ("fpr", "fnr"))
    assert "and Wilson on the estimated counts" in alarms.method
    assert (alarms.low, alarms.high) == pytest.approx(wilson(27, 600, 0.95))
    assert (missed.low, missed.high) == pytest.approx(wilson(13, 81, 0.95))


def test_where_the_draw_leaves_more_open_its_limits_stand():
    layers = (Layer("all", 9_900, 200, 200, 1, 199),)
    found = Audit("d", day(1), layers, Verified(80, 20, 0), Verified(1, 199, 9_700)).missed_share(0.95)
    assert not isinstance(found, str)
    assert found.value == pytest.approx(49.5 / 129.5)
    low, high = wilson(49.5, 129.5, 0.95)
    assert found.low < low
    assert found.high > high


def test_no_miss_in_an_audit_of_everything_is_no_promise():
    layers = (Layer("all", 50, 50, 50, 0, 50),)
    found = Audit("d", day(1), layers, Verified(20, 5, 0), Verified(0, 50, 0)).missed_share(0.95)
    assert not isinstance(found, str)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert "Clopper-Pearson on the estimated counts" in found.method


@pytest.mark.parametrize("misses", [(10, 20), (2, 60)], ids=str)
def test_the_limits_cover_the_rate_of_the_traffic_as_often_as_they_say(misses: tuple[int, int]):
    sizes, drawn, caught = (200, 9_000), (200, 600), 120
    truth = sum(misses) / (sum(misses) + caught)
    seen = np.random.default_rng(5).hypergeometric(misses[1], sizes[1] - misses[1], drawn[1], 300)
    held = [covers(truth, caught, (misses[0], int(each))) for each in seen]
    assert np.mean(held) >= 0.95


def covers(truth: float, caught: int, found: tuple[int, int]) -> bool:
    sizes, drawn = (200, 9_000), (200, 600)
    layers = tuple(
        Layer(str(size), size, n, n, k, n - k) for size, n, k in zip(sizes, drawn, found, strict=True)
    )
    seen = Verified(sum(found), sum(drawn) - sum(found), sum(sizes) - sum(drawn))
    stated = Audit("d", day(1), layers, Verified(caught, 30, 0), seen).missed_share(0.95)
    assert not isinstance(stated, str)
    return stated.low <= truth <= stated.high


# -- what is unclear -------------------------------------------------------------------------------


def test_what_people_disagree_about_may_be_either():
    caught, seen = Verified(20, 0, 0), Verified(1, 19, 80)
    sure = Audit("d", day(1), (Layer("all", 100, 22, 20, 1, 19),), caught, seen)
    torn = Audit("d", day(1), (Layer("all", 100, 22, 20, 1, 19, 2),), caught, seen)
    three = Audit("d", day(1), (Layer("all", 100, 22, 22, 3, 19),), caught, seen)
    found, plain, worst = (each.missed_share(0.95) for each in (torn, sure, three))
    assert not isinstance(found, str)
    assert not isinstance(plain, str)
    assert not isinstance(worst, str)
    assert found.value == plain.value
    assert found.high == worst.high > plain.high
    assert "2 unclear or left out counted both ways" in found.method


def test_drawn_items_that_were_left_out_of_the_queue_may_be_either():
    """100 of 1,000 drawn; 7 without a label lie before the last one, so chance did not choose them."""
    rows = traffic("", 100, 1_000)
    drawn = [{**row, "place": n} for n, row in enumerate(draws("", 100, 1_000))]
    flagged = said("", "f", 100, 80)
    tail = known(rows, [*flagged, *said("", "p", 93, 0)], drawn)
    holes = known(rows, [*flagged, *(label(f"p{n}", "benign") for n in range(7, 100))], drawn)
    waiting, left_out = (estimate(each.number("detector_fnr", UNIT)) for each in (tail, holes))
    assert (waiting.value, left_out.value) == (0, 0)
    assert waiting.high is not None
    assert waiting.high < 0.4
    assert left_out.high is not None
    assert left_out.high > 70 / 150
    assert "7 unclear or left out counted both ways" in left_out.method
    assert dict(left_out.coverage.excluded)["drawn, no label that tells"] == 7


def test_it_is_said_how_many_items_one_person_alone_labelled():
    found = known(traffic("", 20, 50), [*said("", "f", 20, 10), *said("", "p", 50, 5)], draws("", 50, 50))
    assert (
        "50 of 50 passed items labelled, 50 by one person only"
        in estimate(found.number("detector_fnr", UNIT)).method
    )


# -- which traffic ---------------------------------------------------------------------------------


def test_an_audit_is_about_the_cohort_that_it_was_drawn_from():
    rows = [*traffic("a", 10, 100, cohort="app a"), *traffic("b", 30, 900, cohort="app b")]
    labels = [*said("a", "p", 20, 1), *said("a", "f", 10, 10), *said("b", "f", 30, 30)]
    found = known(rows, labels, draws("a", 20, 100, cohort="app a"))
    whole = estimate(found.number("detector_fnr", UNIT))
    assert (whole.numerator, whole.denominator) == (5, 15)
    assert "20 of 100 passed items of app a labelled" in whole.method
    assert isinstance(found.number("detector_fnr", UNIT, Part("cohort", "app b")), Undefined)


def test_an_audit_of_all_traffic_counts_what_was_flagged_in_all_of_it():
    """By chance every drawn item may be of one application."""
    rows = [*traffic("a", 10, 100, cohort="app a"), *traffic("b", 30, 20, cohort="app b")]
    labels = [*said("a", "p", 24, 1), *said("a", "f", 10, 10), *said("b", "f", 30, 30)]
    whole = estimate(known(rows, labels, draws("a", 24, 120)).number("detector_fnr", UNIT))
    assert (whole.numerator, whole.denominator) == (5, 45)


def test_what_an_earlier_draw_took_elsewhere_is_no_stratum_of_this_one():
    rows = [*traffic("a", 10, 100, cohort="app a"), *traffic("b", 5, 50, cohort="app b")]
    labels = [*said("a", "p", 20, 1), *said("a", "f", 10, 10), *said("b", "p", 5, 5), *said("b", "f", 5, 5)]
    earlier = draws("b", 5, 50, cohort="app b", design_id="draw-0", at=10)
    whole = estimate(
        known(rows, labels, [*earlier, *draws("a", 20, 100, cohort="app a")]).number("detector_fnr", UNIT)
    )
    assert (whole.numerator, whole.denominator) == (5, 15)


def test_items_that_an_earlier_draw_took_and_nobody_labelled_are_not_forgotten():
    rows = traffic("", 10, 100)
    labels = [*[label(f"p{n}", "benign") for n in range(60, 80)], *said("", "f", 10, 10)]
    earlier = draws("", 60, 100, design_id="draw-0", at=10)
    later = [selection(f"p{n}", stratum_count=40, stratum_sample_count=20) for n in range(60, 80)]
    number = known(rows, labels, [*earlier, *later]).number("detector_fnr", UNIT)
    assert isinstance(number, Undefined)
    assert "no label yet in stratum 'drawn before'" in number.reason


# -- over time -------------------------------------------------------------------------------------


def on_house_set() -> tuple[list[Row], list[Row]]:
    first = confusion(254, 33, 46, 267, detector_version="v1", at=0)
    second = confusion(243, 13, 57, 287, detector_version="v2", at=30)
    return [*first[0], *moved(second[0])], [*first[1], *moved(second[1])]


def moved(rows: list[Row]) -> list[Row]:
    return [row | {"event_id": f"2-{row['event_id']}"} for row in rows]


def audited_weeks() -> tuple[list[Row], list[Row], list[Row]]:
    """Five weeks of v2: 100 passed items each, wholly drawn and labelled; false alarms 2, 3, 5, 10 and 4."""
    rows, labels, draw = [], [], []
    for week, alarms in enumerate((2, 3, 5, 10, 4)):
        name = f"w{week}-"
        rows += traffic(name, alarms + 12, 100, at=30 + 7 * week)
        labels += [*said(name, "f", alarms + 12, 12), *said(name, "p", 100, 2)]
        draw += draws(name, 100, 500, stratum_sample_count=500, at=70, until_at=day(80))
    return rows, labels, draw


def test_only_the_house_set_marks_a_change_between_versions_and_no_week_does():
    house, weeks = on_house_set(), audited_weeks()
    found = timeline(known([*house[0], *weeks[0]], [*house[1], *weeks[1]], weeks[2]), "PromptGuard")
    marked = [
        (each.metric, each.earlier.part, each.later.unit.version) for each in found.changes if each.is_marked
    ]
    assert marked == [("detector_fpr", Part("cohort", "house"), "v2")]
    weekly = [
        each for each in found.changes if each.metric == "detector_fpr" and each.later.part.by == "week"
    ]
    assert [each.later.basis for each in weekly] == ["sampled audit"] * 4
    assert all(isinstance(each.difference, Estimate) for each in weekly)


def whole(changes: Sequence[Change], metric: str) -> Number:
    return next(
        each.difference for each in changes if each.metric == metric and each.later.part.by == "whole"
    )


@pytest.mark.parametrize("metric", ["detector_fpr", "detector_fnr"])
def test_a_rate_of_a_labelled_set_is_not_held_against_one_of_an_audit(metric: str):
    """Version 1 was labelled wholly by people, version 2 drawn from the same traffic."""
    first = [row | {"detector_version": "v1"} for row in traffic("one-", 20, 100, at=0)]
    rows = [*first, *traffic("", 20, 100, at=30)]
    labels = [
        *said("one-", "f", 20, 15), *said("one-", "p", 100, 5), *said("", "f", 20, 15), *said("", "p", 20, 1),
    ]  # fmt: skip
    found = timeline(known(rows, labels, draws("", 20, 100, until_at=day(60), at=50)), "PromptGuard")
    difference = whole(found.changes, metric)
    assert isinstance(difference, Undefined)
    assert difference.reason == "known in another way: labelled set before, sampled audit after"
