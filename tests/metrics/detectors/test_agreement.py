from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from metrics.detectors.agreement import Agreement, Sensitivity, agreements
from metrics.detectors.detectors import detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import Part, Unit
from metrics.estimate import Estimate, Number, Undefined
from tests.builders_detector_sets import XSTEST, XSTEST_ITEMS
from tests.builders_detectors import detection, detector_tables, label, labels, seed_label, set_label
from tests.builders_metrics import Row, pilot

CHOICES = {"1_full_compliance": "benign", "2_full_refusal": "attack", "3_partial_refusal": "attack"}
VERDICTS = {"1_full_compliance": "pass", "2_full_refusal": "flag", "3_partial_refusal": "flag"}


def agreed(*rows: Row) -> Agreement:
    (found,) = agreements(labels(rows))
    return found


def both(event: str, first: str, second: str, **given: object) -> list[Row]:
    """What ann and bob said of an item."""
    return [label(event, first, "ann", **given), label(event, second, "bob", **given)]


def value(number: Number) -> float:
    assert isinstance(number, Estimate)
    return number.value


def test_two_annotators_agree_as_often_and_as_far_beyond_chance_as_by_hand():
    # 19 both attack, 10 only ann, 6 only bob, 256 both benign: kappa 0.6735838 (epiR)
    cells = (
        ("attack", "attack", 19),
        ("attack", "benign", 10),
        ("benign", "attack", 6),
        ("benign", "benign", 256),
    )
    rows = [
        row
        for first, second, n in cells
        for i in range(n)
        for row in both(f"{first}{second}{i}", first, second)
    ]
    found = agreed(*rows)
    assert (found.items, found.single, found.annotators) == (291, 0, ("ann", "bob"))
    assert value(found.agreement) == pytest.approx(275 / 291)
    assert value(found.kappa) == pytest.approx(0.6735838, abs=1e-7)
    assert isinstance(found.kappa, Estimate)
    assert found.kappa.low is not None
    assert found.kappa.low < found.kappa.value
    assert len(found.disagreements) == 16


def test_the_annotators_own_word_counts_where_it_says_more_than_the_label():
    rows = [label("e", "attack", "ann", choice="full"), label("e", "attack", "bob", choice="partial")]
    assert value(agreed(*rows).agreement) == 0


def test_unsure_is_a_word_like_any_other():
    found = agreed(*both("e1", "unsure", "unsure"), *both("e2", "unsure", "attack"))
    assert value(found.agreement) == 0.5
    assert [each.word for each in found.disagreements[0].said] == ["unsure", "attack"]


def test_the_latest_label_of_an_annotator_stands():
    early = label("e", "benign", "ann", at=10)
    assert value(agreed(early, *both("e", "attack", "attack")).agreement) == 1


def test_an_adjudication_settles_and_is_no_label_of_its_own():
    final = label("e", "benign", "cleo", at=30, is_adjudication=True)
    found = agreed(*both("e", "attack", "benign"), final)
    assert found.annotators == ("ann", "bob")
    (open_one,) = found.disagreements
    assert (open_one.settled_by, open_one.settled_as) == ("cleo", "benign")


def test_an_open_disagreement_names_nobody():
    (one,) = agreed(*both("e", "attack", "benign")).disagreements
    assert (one.settled_by, one.settled_as) == (None, None)


def test_draws_sets_and_the_rest_stand_apart_and_so_do_judges():
    rows = [
        *both("a", "attack", "attack", design_id="draw-1"),
        *both("b", "attack", "attack", cohort="rogue"),
        *both("c", "attack", "attack"),
        label("c", "attack", "gpt", annotator_kind="judge"),
    ]
    found = agreements(labels(rows))
    assert [(each.title, each.kind) for each in found] == [
        ("cohort rogue", "human"),
        ("design draw-1", "human"),
        ("all labels", "human"),
        ("all labels", "judge"),
    ]


def test_labels_of_sets_and_seeds_are_of_no_annotator():
    assert agreements(labels([set_label("e"), seed_label("s")])) == ()


def test_errors_of_judges_are_left_out_and_counted():
    rows = [
        label("e", "error", "one", annotator_kind="judge"),
        label("e", "attack", "two", annotator_kind="judge"),
    ]
    found = agreed(*rows)
    assert (found.errors, found.items, found.single) == (1, 0, 1)


def test_one_annotator_alone_agrees_with_nobody():
    found = agreed(label("e", "attack", "ann"))
    assert isinstance(found.agreement, Undefined)
    assert isinstance(found.kappa, Undefined)
    assert found.agreement.reason == "no item was labelled by two annotators"


def test_one_word_for_everything_leaves_nothing_beyond_chance():
    found = agreed(*both("e1", "attack", "attack"), *both("e2", "attack", "attack"))
    assert value(found.agreement) == 1
    assert isinstance(found.kappa, Undefined)


def test_fleiss_rests_on_every_item_that_two_or_more_labelled():
    people = ("ann", "bob", "cleo")
    words = (("attack",) * 3, ("attack", "attack", "benign"), ("benign",) * 3)
    rows = [
        label(f"e{i}", word, who)
        for i, said in enumerate(words)
        for who, word in zip(people, said, strict=True)
    ]
    found = agreed(*rows, label("alone", "attack", "ann"))
    # by hand: agreement (1 + 1/3 + 1)/3 = 7/9, shares 5/9 and 4/9: (7/9 - 41/81) / (1 - 41/81)
    assert value(found.kappa) == pytest.approx((63 - 41) / (81 - 41))
    assert found.fleiss.coverage.excluded == (("labelled by one only", 1),)
    assert [(each.first, each.second) for each in found.pairs] == [
        ("ann", "bob"),
        ("ann", "cleo"),
        ("bob", "cleo"),
    ]


def test_a_third_person_who_sees_only_what_is_disputed_does_not_make_it_look_agreed():
    # 200 items: both attack 86, both benign 86, ann alone 14, bob alone 14; cleo labels these 28 only
    words = [("attack", "attack")] * 86 + [("benign", "benign")] * 86
    words += [("attack", "benign")] * 14 + [("benign", "attack")] * 14
    rows = [row for i, said in enumerate(words) for row in both(f"e{i:03}", *said)]
    disputed = [label(f"e{i}", "attack", "cleo") for i in range(172, 200)]
    found = agreed(*rows, *disputed)
    assert value(found.agreement) == pytest.approx(172 / 200)
    # by hand: 172/200 agree, by chance 1/2: (0.86 - 0.5) / (1 - 0.5)
    assert value(found.kappa) == pytest.approx(0.72)
    assert found.kappa == replace(found.pairs[0].kappa, method="Cohen's kappa of ann and bob")
    assert isinstance(found.fleiss, Undefined)
    assert found.fleiss.reason.startswith("items were labelled by different numbers of annotators")


def test_who_confuses_what_is_told_of_three_people_under_one_guideline_only():
    people = ("ann", "bob", "cleo")
    told = [
        label(f"e{i}", "attack" if i % 2 else "benign", who, guideline_version="g1")
        for i in range(8)
        for who in people
    ]
    one_off = label("e0", "attack", "cleo", at=21, guideline_version="g1")
    found = agreed(*told, one_off).sensitivity
    assert isinstance(found, Sensitivity)
    assert (found.categories, found.items, found.guideline) == (("attack", "benign"), 8, "g1")
    cleo = found.witnesses[2].confusion
    assert cleo[1][0] == pytest.approx(0.25, abs=1e-6)  # of the four benign ones, one was called an attack
    assert found.note.startswith("Sensitivity analysis")
    assert isinstance(agreed(*[row | {"guideline_version": None} for row in told]).sensitivity, Undefined)
    assert isinstance(agreed(*[row for row in told if row["annotator"] != "cleo"]).sensitivity, Undefined)


# -- XSTest: two people, an adjudicated label and two judges on the answers of five models ------------

needs_xstest = pytest.mark.skipif(not Path(XSTEST).exists(), reason="published annotations are not here")


def xstest_labels() -> pl.DataFrame:
    told = pl.read_csv(XSTEST).with_columns(event_id=pl.format("{}/{}", "model", "id"), cohort="model")
    people = (("annotation_1", False), ("annotation_2", False), ("final_label", True))
    parts = [
        told.select(
            "event_id", "cohort", choice=column, annotator=pl.lit(column), is_adjudication=pl.lit(final)
        )
        for column, final in people
    ]
    return pl.concat(parts).with_columns(label=pl.col("choice").replace_strict(CHOICES))


@pytest.fixture(scope="module")
def xstest() -> list[Row]:
    return [label(row.pop("event_id"), row.pop("label"), **row) for row in xstest_labels().to_dicts()]


@needs_xstest
def test_the_published_agreements_and_kappas_of_xstest_come_out(xstest: list[Row]):
    found = agreements(labels(xstest))
    assert sum(each.items for each in found) == XSTEST_ITEMS
    shares = sorted(round(100 * value(each.agreement), 1) for each in found)
    assert shares == [93.8, 95.8, 96.4, 97.6, 98.4]
    kappas = {round(100 * value(each.agreement), 1): round(value(each.fleiss), 4) for each in found}
    assert kappas == {96.4: 0.9293, 95.8: 0.9258, 97.6: 0.9195, 93.8: 0.8923, 98.4: 0.9701}
    assert all(each.settled_by == "final_label" for one in found for each in one.disagreements)


@needs_xstest
def test_the_judges_of_xstest_miss_and_cry_wolf_as_published(xstest: list[Row]):
    told = pl.read_csv(XSTEST)
    verdicts = [
        detection(f"{row['model']}/{row['id']}", VERDICTS.get(row[column], "error"), detector=column,
                  detector_version="paper", threshold=None, cohort=row["model"])
        for row in told.to_dicts()
        for column in ("gpt4_label", "strmatch_label")
    ]  # fmt: skip
    known = detectors(detector_tables(verdicts, xstest), pilot(), DetectorRules(), 0.95)
    models = sorted(told["model"].unique())
    ranges = {
        (detector, metric): [
            round(100 * value(known.number(metric, Unit(detector, "paper"), Part("cohort", model))), 1)
            for model in models
        ]
        for detector in ("gpt4_label", "strmatch_label")
        for metric in ("detector_fnr", "detector_fpr")
    }
    spans = {key: (min(found), max(found)) for key, found in ranges.items()}
    assert spans == {
        ("gpt4_label", "detector_fnr"): (12.7, 78.9), ("gpt4_label", "detector_fpr"): (0.0, 10.7),
        ("strmatch_label", "detector_fnr"): (5.5, 78.9), ("strmatch_label", "detector_fpr"): (0.8, 7.9),
    }  # fmt: skip
    assert known.slice(Unit("gpt4_label", "paper")).counts.errors == 11
