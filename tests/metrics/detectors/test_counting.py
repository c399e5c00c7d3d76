"""What is true, what a rate rests on, and how misses are known."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.judging import judged
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import MEAN, WHOLE, Counts, Part
from metrics.estimate import Estimate, Undefined
from tests.builders_detectors import (
    UNIT,
    confusion,
    detection,
    detector_tables,
    label,
    scored,
    seed_label,
    selection,
    set_label,
)
from tests.builders_metrics import Row, day, pilot

RULES = DetectorRules(presumed_benign=("chat*",))


def known(
    detections: list[Row], labels: list[Row] | None = None, selections: list[Row] | None = None
) -> Detectors:
    tables = detector_tables(detections, labels or [], selections or [])
    return detectors(tables, pilot(), RULES, 0.95)


def truth(*labels: Row, **given: Any) -> dict[str, Any]:
    tables = detector_tables([detection("e", **given)], labels)
    return judged(tables, pilot(), RULES).collect().row(0, named=True)


def traffic(flagged: int, passed: int) -> list[Row]:
    return [
        *(detection(f"f{n}", "flag") for n in range(flagged)),
        *(detection(f"p{n}") for n in range(passed)),
    ]


# -- truth -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((), ("unlabelled", None)),
        ((label("e"),), ("attack", "human")),
        ((label("e"), label("e", "benign", at=21)), ("benign", "human")),
        ((label("e"), label("e", "benign", "bob")), ("unclear", "human")),
        ((label("e", "unsure"),), ("unclear", "human")),
        (
            (label("e"), label("e", "benign", "bob"), label("e", "benign", "cy", is_adjudication=True)),
            ("benign", "human"),
        ),
        ((set_label("e"),), ("attack", "dataset")),
        ((set_label("e"), label("e", "benign")), ("benign", "human")),
        ((label("e", annotator_kind="judge"),), ("unlabelled", None)),
        ((set_label("e", "error"),), ("unlabelled", None)),
    ],
    ids=["none", "one", "latest", "disagree", "unsure", "adjudicated", "set", "over set", "judge", "error"],
)
def test_the_truth_of_an_item_is_what_its_witnesses_agree_on(
    labels: tuple[Row, ...], expected: tuple[str, str | None]
):
    row = truth(*labels)
    assert (row["truth"], row["basis_kind"]) == expected


def test_a_label_of_a_hash_or_a_seed_is_that_of_every_item_that_has_it():
    sha = "a" * 64
    rows = [
        detection("e1", content_sha256=sha),
        detection("e2", content_sha256=sha),
        detection("e3", seed_id="s"),
        detection("e4", seed_id="t"),
    ]
    tables = detector_tables(rows, [label(f"sha256:{sha}"), seed_label("s", family="jailbreak")])
    found = judged(tables, pilot(), RULES).collect().sort("event_id")
    assert found["truth"].to_list() == ["attack"] * 4
    assert found["is_seed"].to_list() == [False, False, True, True]
    assert found["family"].to_list() == [None, None, "jailbreak", None]


def test_an_unlabelled_item_is_presumed_benign_only_where_its_cohort_is():
    assert truth(cohort="chat-1")["truth"] == "presumed"
    assert truth(cohort="shop")["truth"] == "unlabelled"
    assert truth(label("e"), cohort="chat-1")["truth"] == "attack"


def test_verdicts_of_other_pilots_repositories_are_left_out_and_those_of_the_whole_house_are_not():
    rows = [detection("a", repository="acme/pay"), detection("b"), detection("c", repository="other/x")]
    found = judged(detector_tables(rows), pilot(), RULES).collect()
    assert sorted(found["event_id"]) == ["a", "b"]


def test_a_week_is_that_of_the_pilots_zone_and_of_no_verdict_without_a_time():
    assert truth()["week"] is not None
    assert truth(at=None)["week"] is None


# -- how misses are known --------------------------------------------------------------------------


def test_labels_on_flagged_items_alone_never_give_a_miss_rate():
    found = known(traffic(20, 200), [label(f"f{n}", "attack" if n < 15 else "benign") for n in range(20)])
    for part in found.parts(UNIT):
        for metric in ("detector_fnr", "detector_recall", "detector_f1", "detector_fpr"):
            number = found.number(metric, UNIT, part)
            assert isinstance(number, Undefined), (metric, part)
            assert number.reason.startswith("not identifiable"), (metric, part)
    assert found.slice(UNIT).basis == "not identifiable"
    assert "label 183 passed items drawn by chance for ±5 points" in found.number("detector_fnr", UNIT).reason
    share = found.number("detector_false_alarm_share", UNIT)
    assert (share.numerator, share.denominator) == (5, 20)


def test_within_a_family_of_attacks_the_same_holds_though_everything_there_is_labelled():
    labels = [label(f"f{n}", family="jailbreak") for n in range(5)]
    found = known(traffic(5, 50), labels)
    assert isinstance(found.number("detector_fnr", UNIT, Part("family", "jailbreak")), Undefined)


def test_a_log_of_flagged_items_only_tells_no_misses_however_well_it_is_labelled():
    found = known(traffic(9, 0), [set_label(f"f{n}") for n in range(9)])
    number = found.number("detector_fnr", UNIT)
    assert isinstance(number, Undefined)
    assert "no item that it let pass" in number.reason


def test_labels_of_a_set_at_flagged_items_alone_are_no_labelled_set():
    found = known(traffic(9, 5), [set_label(f"f{n}") for n in range(9)])
    assert found.slice(UNIT).basis == "not identifiable"


def test_passed_items_labelled_without_a_draw_only_bound_the_misses():
    labels = [*(label(f"f{n}") for n in range(10)), *(label(f"p{n}") for n in range(3))]
    number = known(traffic(10, 100), labels).number("detector_fnr", UNIT)
    assert isinstance(number, Undefined)
    assert "3 passed items were labelled, not drawn for this detector" in number.reason
    assert "at most 90.9 %" in number.reason


def test_a_labelled_set_gives_both_rates_with_wilsons_interval():
    found = known(*confusion(8, 1, 2, 9))
    missed, alarms = found.number("detector_fnr", UNIT), found.number("detector_fpr", UNIT)
    assert (missed.numerator, missed.denominator, missed.method) == (2, 10, "Wilson, labelled set")
    assert (alarms.numerator, alarms.denominator) == (1, 10)
    assert found.slice(UNIT).based == Counts(8, 1, 2, 9)


def test_traffic_and_labelled_sets_are_never_pooled():
    detections, labels = confusion(8, 1, 2, 9)
    found = known([*detections, *traffic(20, 50)], [*labels, *(label(f"f{n}") for n in range(20))])
    assert found.number("detector_fnr", UNIT).denominator == 10
    assert found.number("detector_precision", UNIT).denominator == 9
    excluded = dict(found.number("detector_fnr", UNIT).coverage.excluded)
    assert excluded == {"unlabelled": 50, "not of what the rate rests on": 20}


def test_people_who_labelled_everything_make_a_labelled_set():
    labels = [*(label(f"f{n}") for n in range(4)), *(label(f"p{n}", "benign") for n in range(6))]
    found = known(traffic(4, 6), labels)
    assert found.slice(UNIT).basis == "labelled set"
    assert found.number("detector_fnr", UNIT).method.startswith("Clopper-Pearson")


def test_planted_items_are_in_no_rate_of_traffic():
    detections, labels = confusion(8, 1, 2, 9)
    seeds = [
        detection("s1", "flag", seed_id="a", cohort="house"),
        detection("s2", "pass", seed_id="b", cohort="house"),
    ]
    found = known([*detections, *seeds], [*labels, seed_label("a"), seed_label("b")])
    assert found.slice(UNIT).counts == Counts(8, 1, 2, 9)
    seeded = found.number("detector_fnr_seeded", UNIT)
    assert (seeded.numerator, seeded.denominator, seeded.method) == (1, 2, "Wilson, seeded")
    assert known(seeds).slice(UNIT).basis == "seeded"
    assert isinstance(known(seeds).number("detector_fnr", UNIT), Undefined)


# -- audits ----------------------------------------------------------------------------------------


def drawn(count: int, population: int, misses: int, stratum: str = "all", name: str = "p") -> Any:
    places = range(count)
    counts = {"stratum_count": population, "stratum_sample_count": count}
    return (
        [selection(f"{name}{n}", stratum, **counts) for n in places],
        [label(f"{name}{n}", "attack" if n < misses else "benign") for n in places],
    )


def test_an_audit_of_passed_items_gives_the_horvitz_thompson_rate():
    selections, labels = drawn(20, 100, 1)
    flagged = [label(f"f{n}", "attack" if n < 15 else "benign") for n in range(20)]
    found = known(traffic(20, 100), [*labels, *flagged], selections)
    missed = found.number("detector_fnr", UNIT)
    assert isinstance(missed, Estimate)
    assert (missed.value, missed.numerator, missed.denominator) == (pytest.approx(5 / 20), 5, 20)
    assert "sampled audit: 20 of 100 passed items labelled" in missed.method
    assert missed.low is not None
    assert missed.low <= 0.25 <= (missed.high or 0)
    assert found.number("detector_recall", UNIT).value == pytest.approx(0.75)
    alarms = found.number("detector_fpr", UNIT)
    assert alarms.value == pytest.approx(5 / (5 + 95))
    assert found.slice(UNIT).basis == "sampled audit"


def test_flagged_items_reviewed_in_part_are_weighed_up_as_begg_and_greenes_do():
    """26 and 11 of 67 flagged, 7 and 44 of 833 passed: Marshall's diaphanography, sensitivity 0.291678."""
    selections, labels = drawn(51, 833, 7)
    flagged = [label(f"f{n}", "attack" if n < 26 else "benign") for n in range(37)]
    missed = known(traffic(67, 833), [*labels, *flagged], selections).number("detector_fnr", UNIT)
    assert missed.value == pytest.approx(1 - 0.291678, abs=1e-6)
    assert "does not depend on what they are" in missed.method


def test_strata_are_weighed_by_what_they_stand_for():
    first = drawn(30, 90, 0)
    second = drawn(10, 10, 2, "flagged by B", "q")
    rows = [*traffic(18, 90), *(detection(f"q{n}") for n in range(10))]
    flagged = [label(f"f{n}") for n in range(18)]
    missed = known(rows, [*first[1], *second[1], *flagged], [*first[0], *second[0]]).number(
        "detector_fnr", UNIT
    )
    assert missed.value == pytest.approx(2 / 20)
    assert missed.high is not None
    assert missed.high > 0.1


def test_a_stratum_without_any_label_leaves_the_rate_open():
    selections, labels = drawn(20, 100, 1)
    more, _ = drawn(5, 40, 0, "rest", "q")
    rows = [*traffic(20, 100), *(detection(f"q{n}") for n in range(40))]
    flagged = [label(f"f{n}") for n in range(20)]
    number = known(rows, [*labels, *flagged], [*selections, *more]).number("detector_fnr", UNIT)
    assert isinstance(number, Undefined)
    assert "no label yet in stratum 'rest'" in number.reason


def test_an_audit_says_nothing_of_another_threshold():
    rows = [scored(f"f{n}", 0.95) for n in range(5)] + [scored(f"p{n}", 0.1) for n in range(50)]
    selections, labels = drawn(10, 50, 1)
    found = known(rows, [*labels, *(label(f"f{n}") for n in range(5))], selections)
    assert isinstance(found.number("detector_fnr", UNIT), Estimate)
    assert isinstance(found.number("detector_fnr", UNIT, WHOLE, 0.5), Undefined)


def test_an_audit_speaks_for_a_surface_by_its_own_misses():
    rows = [
        *(detection(f"f{n}", "flag", surface="user") for n in range(8)),
        *(detection(f"p{n}", surface="document" if n % 2 else "user") for n in range(100)),
    ]
    selections, labels = drawn(20, 100, 2)
    found = known(rows, [*labels, *(label(f"f{n}") for n in range(8))], selections)
    missed = found.number("detector_fnr", UNIT, Part("surface", "user"))
    assert (missed.numerator, missed.denominator) == (5, 13)


# -- scores ----------------------------------------------------------------------------------------


def sets_with_scores() -> tuple[list[Row], list[Row]]:
    attacks, benign = (0.99, 0.95, 0.6, 0.2), (0.95, 0.5, 0.3, 0.1)
    rows = [scored(f"a{n}", score, cohort="house") for n, score in enumerate(attacks)]
    rows += [scored(f"b{n}", score, cohort="house") for n, score in enumerate(benign)]
    labels = [set_label(f"a{n}") for n in range(4)] + [set_label(f"b{n}", "benign") for n in range(4)]
    return rows, labels


def test_another_threshold_is_asked_of_the_scores():
    found = known(*sets_with_scores())
    assert found.slice(UNIT).counts == Counts(2, 1, 2, 3)
    assert found.slice(UNIT, at=0.5).counts == Counts(3, 2, 1, 2)
    assert found.number("detector_fnr", UNIT, WHOLE, 0.5).value == 0.25


def test_the_area_counts_ties_as_one_half():
    number = known(*sets_with_scores()).number("detector_auc", UNIT)
    assert (number.numerator, number.denominator) == (4 + 3.5 + 3 + 1, 16)


def test_a_catch_that_ties_put_out_of_reach_is_not_attainable():
    rows, labels = sets_with_scores()
    tied = [scored("t", 0.99, cohort="house")]
    number = known([*rows, *tied], [*labels, set_label("t", "benign")]).number("detector_tpr_at_fpr_1", UNIT)
    assert isinstance(number, Undefined)
    assert number.reason.startswith("not attainable: 1 of 5 benign items share the highest score")


def test_errors_and_missing_scores_are_counted_by_their_reason():
    rows, labels = sets_with_scores()
    more = [detection("x", "error", cohort="house"), detection("y", "flag", cohort="house")]
    found = known([*rows, *more], [*labels, set_label("x"), set_label("y")])
    assert found.number("detector_fnr", UNIT).denominator == 5
    assert dict(found.number("detector_fnr", UNIT).coverage.excluded) == {"error": 1}
    moved = found.number("detector_fnr", UNIT, WHOLE, 0.5)
    assert (moved.denominator, dict(moved.coverage.excluded)) == (4, {"error": 1, "no score": 1})
    assert found.number("detector_error_share", UNIT).numerator == 1


def test_the_mean_of_cohorts_is_unweighted_and_says_so():
    first, second = confusion(9, 0, 1, 10), confusion(1, 1, 1, 1, cohort="rogue")
    found = known([*first[0], *second[0]], [*first[1], *second[1]])
    mean = found.number("detector_fnr", UNIT, MEAN)
    assert mean.value == pytest.approx((0.1 + 0.5) / 2)
    assert mean.method == "Wilson, unweighted mean of 2 labelled sets"
    assert mean.n == 12


def test_reviewing_flagged_items_of_a_presumed_cohort_does_not_lower_its_rate():
    rows = [detection(f"e{n}", "flag" if n < 4 else "pass", cohort="chat") for n in range(40)]
    before = known(rows).number("detector_fpr_presumed", UNIT)
    after = known(rows, [label(f"e{n}", "benign") for n in range(3)]).number("detector_fpr_presumed", UNIT)
    assert (before.numerator, before.denominator) == (after.numerator, after.denominator) == (4, 40)
    assert "3 of them labelled" in after.method
    found = known(rows, [label("e0")]).number("detector_fpr_presumed", UNIT)
    assert (found.numerator, found.denominator) == (3, 39)


def test_polars_is_asked_for_nothing_where_there_are_no_detectors():
    assert known([]).units == ()
    assert known([]).tally.schema["count"] == pl.Int64
    with pytest.raises(ValueError, match=r"no verdicts of PromptGuard v2 >= 0\.9"):
        known([]).slice(UNIT)


def test_a_verdict_after_the_cut_has_not_happened():
    tables = detector_tables([detection("a", at=1), detection("b", at=9), detection("c", at=None)])
    found = detectors(tables.cut(day(5)), pilot(), RULES, 0.95)
    assert found.slice(UNIT).counts.unlabelled_passed == 2
