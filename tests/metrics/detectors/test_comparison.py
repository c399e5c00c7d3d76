from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.detectors.comparison import AucPair, Comparison, compare, comparisons
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import Part, Unit
from metrics.estimate import Estimate, Number, Undefined
from tests.builders_detector_sets import PIDBENCH
from tests.builders_detectors import detection, detector_tables, label, set_label
from tests.builders_metrics import Row, pilot

ONE, TWO = Unit("One", "v1", 0.5), Unit("Two", "v1", 0.5)
HASH = "a" * 64


def of(unit: Unit, event: str, verdict: str, **given: Any) -> Row:
    usual = {"detector": unit.detector, "detector_version": unit.version, "threshold": unit.threshold}
    return detection(event, verdict, cohort=given.pop("cohort", "house"), **usual, **given)


def both(event: str, first: str, second: str, **given: Any) -> list[Row]:
    return [of(ONE, event, first, **given), of(TWO, event, second, **given)]


def known(verdicts: list[Row], labels: list[Row], **rules: Any) -> Detectors:
    return detectors(detector_tables(verdicts, labels), pilot(), DetectorRules(**rules), 0.95)


def cells(sort: str, *counts: int, **given: Any) -> tuple[list[Row], list[Row]]:
    """So many items flagged by both, only the first, only the second, neither."""
    said = (("flag", "flag"), ("flag", "pass"), ("pass", "flag"), ("pass", "pass"))
    names = [(f"{sort}{cell}-{n}", *said[cell]) for cell, count in enumerate(counts) for n in range(count)]
    verdicts = [row for name, first, second in names for row in both(name, first, second, **given)]
    return verdicts, [set_label(name, sort) for name, *_ in names]


def value(number: Number) -> float:
    assert isinstance(number, Estimate)
    return number.value


@pytest.fixture(scope="module")
def pair() -> Comparison:
    attacks, benign = cells("attack", 40, 9, 2, 9), cells("benign", 3, 1, 6, 90)
    return compare(known(attacks[0] + benign[0], attacks[1] + benign[1]), ONE, TWO)


def test_attacks_and_benign_items_are_compared_apart(pair: Comparison):
    attacks, benign = pair.attacks, pair.benign
    assert (attacks.items, attacks.both, attacks.only_first, attacks.only_second, attacks.neither) == (
        60,
        40,
        9,
        2,
        9,
    )
    assert (benign.items, benign.both, benign.only_first, benign.only_second, benign.neither) == (
        100,
        3,
        1,
        6,
        90,
    )
    # exact: 2 * P(Binomial(11, 1/2) <= 2) = 2 * 67 / 2048; 2 * P(Binomial(7, 1/2) <= 1) = 16 / 128
    assert attacks.p == pytest.approx(134 / 2048)
    assert benign.p == pytest.approx(0.125)
    assert (attacks.method, pair.shared, pair.paired_by) == ("exact", 160, "event id")


def test_rates_and_their_difference_rest_on_the_same_items(pair: Comparison):
    assert (value(pair.attacks.first), value(pair.attacks.second)) == (11 / 60, 18 / 60)
    assert value(pair.attacks.difference) == pytest.approx(-7 / 60)
    assert value(pair.benign.difference) == pytest.approx(-5 / 100)
    difference = pair.attacks.difference
    assert isinstance(difference, Estimate)
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < -7 / 60 < difference.high


def test_swapping_the_detectors_swaps_counts_and_turns_signs(pair: Comparison):
    attacks, benign = cells("attack", 40, 9, 2, 9), cells("benign", 3, 1, 6, 90)
    turned = compare(known(attacks[0] + benign[0], attacks[1] + benign[1]), TWO, ONE)
    assert (turned.attacks.only_first, turned.attacks.only_second) == (2, 9)
    one, other = pair.attacks.difference, turned.attacks.difference
    assert isinstance(one, Estimate)
    assert isinstance(other, Estimate)
    assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))
    assert turned.attacks.p == pair.attacks.p


def test_an_item_that_one_of_them_never_saw_or_could_not_judge_is_counted_and_left_out():
    rows = [
        *both("both", "flag", "flag"), *both("broken", "flag", "error"), of(ONE, "mine", "flag"),
        of(TWO, "theirs", "pass"), of(TWO, "theirs-too", "pass"),
    ]  # fmt: skip
    found = compare(known(rows, [set_label(name) for name in ("both", "broken", "mine", "theirs")]), ONE, TWO)
    assert (found.shared, found.unanswered, found.only_first_saw, found.only_second_saw) == (2, 1, 1, 2)
    assert found.attacks.items == 1


def test_items_with_other_ids_are_paired_by_their_text():
    rows = [of(ONE, "a", "flag", content_sha256=HASH), of(TWO, "b", "pass", content_sha256=HASH)]
    found = compare(known(rows, [set_label("a"), set_label("b")]), ONE, TWO)
    assert (found.paired_by, found.attacks.only_first, found.only_second_saw) == ("content", 1, 0)


def test_without_a_common_item_nothing_is_compared():
    found = compare(
        known([of(ONE, "a", "flag"), of(TWO, "b", "pass")], [set_label("a"), set_label("b")]), ONE, TWO
    )
    assert (found.paired_by, found.shared, found.attacks.items, found.attacks.p) == ("nothing", 0, 0, None)
    assert isinstance(found.attacks.difference, Undefined)
    assert isinstance(found.auc, Undefined)


def test_labels_that_contradict_each_other_are_told_and_left_out():
    rows = [of(ONE, "a", "flag", content_sha256=HASH), of(TWO, "b", "pass", content_sha256=HASH)]
    found = compare(known(rows, [set_label("a", "attack"), set_label("b", "benign")]), ONE, TWO)
    assert (found.attacks.items, found.benign.items) == (0, 0)
    assert found.notes == ("Items left out, as labelled differently by id and by content: 1",)


def test_where_only_flagged_items_were_labelled_counts_stand_and_rates_do_not():
    rows = [
        *both("a1", "flag", "pass", cohort="traffic"), *both("a2", "flag", "flag", cohort="traffic"),
        *both("n", "pass", "pass", cohort="traffic"),
    ]  # fmt: skip
    found = compare(known(rows, [label("a1"), label("a2")]), ONE, TWO)
    assert (found.attacks.only_first, found.attacks.both, found.attacks.p) == (1, 1, 1.0)
    for number in (found.attacks.first, found.attacks.second, found.attacks.difference):
        assert isinstance(number, Undefined)
        assert number.reason.startswith("not identifiable")


def test_what_passes_for_benign_is_compared_for_itself():
    rows = [*both("p1", "flag", "pass", cohort="chat"), *both("p2", "pass", "pass", cohort="chat")]
    found = compare(known(rows, [], presumed_benign=("chat",)), ONE, TWO)
    assert (found.presumed.items, found.presumed.only_first, found.benign.items) == (2, 1, 0)
    assert value(found.presumed.difference) == 0.5


def test_items_of_one_conversation_do_not_count_as_so_many():
    alone = [row for n in range(30) for row in both(f"s{n}", "pass", "pass", conversation_id=f"c{n}")]
    talk = [row for n in range(12) for row in both(f"t{n}", "flag", "pass", conversation_id="talk")]
    sets = [set_label(f"s{n}") for n in range(30)] + [set_label(f"t{n}") for n in range(12)]
    found = compare(known(alone + talk, sets), ONE, TWO).attacks
    plain = compare(known([row | {"conversation_id": None} for row in alone + talk], sets), ONE, TWO).attacks
    assert (found.clusters, plain.clusters) == (31, None)
    assert plain.p == pytest.approx(2 / 2**12)
    assert found.p == pytest.approx(0.3173, abs=1e-4)  # one discordant conversation: z = 1
    assert isinstance(found.difference, Estimate)
    assert isinstance(plain.difference, Estimate)
    assert plain.difference.high is not None
    assert found.difference.high is not None
    assert plain.difference.high < 0 < found.difference.high  # missed less often, but for one conversation
    assert found.method == "conversations as units, t"


def test_a_part_is_compared_for_itself():
    attacks = cells("attack", 1, 2, 0, 1, cohort="a")
    other = cells("benign", 0, 5, 0, 1, cohort="b")
    found = compare(known(attacks[0] + other[0], attacks[1] + other[1]), ONE, TWO, Part("cohort", "a"))
    assert (found.shared, found.attacks.only_first, found.benign.items) == (4, 2, 0)


def test_p_values_of_a_table_allow_for_how_many_pairs_there_are():
    three = Unit("Three", "v1", 0.5)
    attacks, labels = cells("attack", 5, 9, 0, 3)
    rows = attacks + [row | {"detector": "Three"} for row in attacks if row["detector"] == "Two"]
    table = comparisons(known(rows, labels), (ONE, TWO, three))
    assert [(row.comparison.first.detector, row.comparison.second.detector) for row in table] == [
        ("One", "Two"), ("One", "Three"), ("Two", "Three"),
    ]  # fmt: skip
    raw = 2 / 2**9
    assert [row.attacks_p for row in table] == [pytest.approx(2 * raw), pytest.approx(2 * raw), None]


verdicts = st.lists(
    st.tuples(*[st.sampled_from(["flag", "pass"])] * 2, st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=15, deadline=None)
@given(verdicts)
def test_every_labelled_item_stands_in_one_cell(said: list[tuple[str, str, bool]]):
    rows = [row for n, (first, second, _) in enumerate(said) for row in both(f"e{n}", first, second)]
    labels = [
        set_label(f"e{n}", "attack" if is_attack else "benign") for n, (*_, is_attack) in enumerate(said)
    ]
    found = compare(known(rows, labels), ONE, TWO)
    for pairing in (found.attacks, found.benign):
        assert pairing.items == pairing.both + pairing.neither + pairing.only_first + pairing.only_second
    assert found.attacks.items + found.benign.items == len(said)


# -- a published pair: sentinel and wolf-defender 0.3B on 2,003 attacks and 2,997 benign prompts ---------


@pytest.mark.skipif(not Path(PIDBENCH).exists(), reason="published scores are not here")
def test_a_published_pair_differs_as_published():
    sentinel, wolf = Unit("sentinel (qualifire, 395M)", "x", 0.5), Unit("wolf-defender (0.3B)", "x", 0.5)
    told = pl.read_parquet(PIDBENCH).filter(
        pl.col("dataset").str.starts_with("rogue")
        & pl.col("detector").is_in([sentinel.detector, wolf.detector])
    )
    verdict = pl.when(pl.col("score") >= 0.5).then(pl.lit("flag")).otherwise(pl.lit("pass"))
    shared = told.select("detector", "score", "label", item=pl.col("item").cast(pl.String), verdict=verdict)
    rows = [
        detection(row["item"], row["verdict"], detector=row["detector"], detector_version="x",
                  threshold=0.5, score=row["score"], cohort="rogue")
        for row in shared.to_dicts()
    ]  # fmt: skip
    truths = dict(shared.select("item", "label").unique().iter_rows())
    labels = [set_label(item, "attack" if is_attack else "benign") for item, is_attack in truths.items()]
    found = compare(known(rows, labels), sentinel, wolf)
    assert (found.attacks.items, found.attacks.only_first, found.attacks.only_second) == (2003, 102, 18)
    assert (found.benign.items, found.benign.only_first, found.benign.only_second) == (2997, 22, 80)
    assert found.attacks.test is not None
    assert found.benign.test is not None
    assert found.attacks.test.p_exact == pytest.approx(1.9758911914423336e-15)
    assert found.benign.test.p_exact == pytest.approx(6.423992661588653e-09)
    assert isinstance(found.auc, AucPair)
    assert (value(found.auc.first), value(found.auc.second)) == pytest.approx(
        (0.9947941784, 0.9883782934), abs=1e-9
    )
    assert found.auc.p == pytest.approx(1.111727984e-06, rel=1e-6)
    difference = found.auc.difference
    assert isinstance(difference, Estimate)
    assert (difference.low, difference.high) == pytest.approx((0.003834169373, 0.008997600656), abs=1e-9)


def test_labels_on_the_alarms_of_one_of_them_alone_are_said_beside_the_counts():
    verdicts = [
        row
        for name, first, second in (("a", "flag", "pass"), ("b", "flag", "pass"), ("c", "pass", "flag"))
        for row in both(name, first, second, cohort="traffic")
    ]
    found = compare(known(verdicts, [label("a", "attack"), label("b", "attack")]), ONE, TWO)
    assert (found.attacks.only_first, found.attacks.only_second) == (2, 0)
    assert "2 of 2 items that only the first flagged are labelled, and 0 of 1 of those" in " ".join(
        found.notes
    )
