"""Draws of passed items: who can be drawn, in which strata, with which chance, and what that will tell."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.detectors.drawing import (
    Drawable,
    Planned,
    allocated,
    drawn,
    population,
    stratified,
)
from metrics.detectors.drawing_precision import (
    Assumed,
    expected_shares,
    half_width,
    needed_size,
    precision,
)
from metrics.detectors.judging import judged
from metrics.detectors.rules import USUAL_RULES
from metrics.statistics.sampling import simple_size, upper_bound_if_no_miss
from metrics.tables import Tables
from tests.builders_detectors import (
    UNIT,
    detection,
    detector_tables,
    seed_label,
    selection,
    set_label,
)
from tests.builders_metrics import day, pilot

HASH = "ab" * 32
COUNTS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.integers(1, 400), min_size=1)


def drawable(tables: Tables, **given: object) -> list[str]:
    """Events that can be drawn."""
    frame = judged(tables, pilot(), USUAL_RULES)
    return population(frame, tables.selections, Drawable(UNIT, **given))["event_id"].to_list()  # type: ignore[arg-type]


def strata(tables: Tables, second: str | None = None, *, near: bool = False) -> dict[str, str]:
    """Stratum of each event that can be drawn."""
    frame = judged(tables, pilot(), USUAL_RULES)
    items = population(frame, tables.selections, Drawable(UNIT))
    told = stratified(items, frame, UNIT, second, near=near)
    return dict(told.select("event_id", "stratum").iter_rows())


# -- who can be drawn ------------------------------------------------------------------------------


def test_only_what_this_version_let_pass_can_be_drawn() -> None:
    rows = [
        detection("passed"), detection("flagged", "flag"), detection("failed", "error"),
        detection("left", "skipped"), detection("older", detector_version="v1"),
        detection("stricter", threshold=0.5), detection("passed", "flag", detector="Other"),
    ]  # fmt: skip
    assert drawable(detector_tables(rows)) == ["passed"]


def test_planted_items_are_never_drawn_however_they_are_known() -> None:
    rows = [
        detection("plain"), detection("named", seed_id="payroll"), detection("by-name", seed_id="other"),
        detection("by-hash", content_sha256=HASH), detection("by-event"),
    ]  # fmt: skip
    planted = [
        seed_label("other"),
        {**seed_label("x"), "event_id": f"sha256:{HASH}"},
        {**seed_label("y"), "event_id": "by-event"},
    ]
    assert drawable(detector_tables(rows, planted)) == ["plain"]


def test_what_any_draw_took_is_not_drawn_again() -> None:
    rows = [detection("fresh"), detection("own"), detection("of-another")]
    taken = [selection("own"), selection("of-another", pilot="ship", detector="Other", design_id="draw-2")]
    assert drawable(detector_tables(rows, selections=taken)) == ["fresh"]


def test_labelled_sets_are_drawn_from_only_by_name() -> None:
    rows = [detection("live"), detection("known", cohort="house")]
    tables = detector_tables(rows, [set_label("known", "benign")])
    assert drawable(tables) == ["live"]
    assert drawable(tables, cohort="house") == ["known"]


def test_a_window_leaves_out_what_has_no_moment() -> None:
    rows = [
        detection("before", at=1),
        detection("inside", at=2),
        detection("after", at=3),
        detection("none", at=None),
    ]
    assert drawable(detector_tables(rows), since=day(2), until=day(3)) == ["inside"]


# -- strata ----------------------------------------------------------------------------------------


def test_a_second_detector_is_asked_by_event_then_by_content() -> None:
    rows = [
        detection("a"), detection("b", content_sha256=HASH), detection("c"), detection("d"), detection("e"),
        detection("a", "flag", detector="Other"),
        detection("elsewhere", "flag", detector="Other", content_sha256=HASH),
        detection("c", detector="Other"), detection("d", "error", detector="Other"),
    ]  # fmt: skip
    assert strata(detector_tables(rows), "Other") == {
        "a": "flagged by Other", "b": "flagged by Other", "c": "passed by Other",
        "d": "not seen by Other", "e": "not seen by Other",
    }  # fmt: skip


def test_another_version_of_the_same_detector_can_be_the_second() -> None:
    rows = [detection("a"), detection("a", "flag", detector_version="v3"), detection("b")]
    assert strata(detector_tables(rows), "PromptGuard") == {
        "a": "flagged by PromptGuard",
        "b": "not seen by PromptGuard",
    }


def test_the_riskiest_tenth_is_near_the_threshold_and_no_score_is_not() -> None:
    rows = [detection(f"e{n:02}", score=n / 100) for n in range(20)] + [detection("none")]
    near = [
        event
        for event, stratum in strata(detector_tables(rows), near=True).items()
        if stratum.startswith("near")
    ]
    assert near == ["e17", "e18", "e19"]


def test_scores_that_are_all_alike_make_no_stratum() -> None:
    rows = [detection(f"e{n}", score=0.1) for n in range(5)]
    assert set(strata(detector_tables(rows), near=True).values()) == {"far from the threshold"}


# -- how many, and which ---------------------------------------------------------------------------


@given(COUNTS, st.integers(1, 1_000))
def test_an_allocation_draws_as_many_as_asked_and_no_more_than_there_are(
    counts: dict[str, int], size: int
) -> None:
    try:
        plan = allocated(counts, size)
    except ValueError:
        return
    assert {each.name: each.population for each in plan} == counts
    assert all(each.sampled <= each.population for each in plan)
    assert sum(each.sampled for each in plan) == min(size, sum(counts.values()))
    largest = plan[0]
    assert largest.sampled >= min(largest.population, size / 2)


def test_a_size_that_leaves_a_stratum_without_variance_is_refused_with_one_that_does_not() -> None:
    with pytest.raises(ValueError, match=r"size is 3; 2 strata need at least 4 items"):
        allocated({"a": 100, "b": 10}, 3)
    assert [each.sampled for each in allocated({"a": 100, "b": 10}, 4)] == [2, 2]


@settings(max_examples=40)
@given(COUNTS, st.integers(12, 300), st.integers(0, 2**31))
def test_chances_are_those_of_the_strata_and_weights_add_up(
    counts: dict[str, int], size: int, seed: int
) -> None:
    rows = [(f"{name}{n}", name) for name, count in counts.items() for n in range(count)]
    items = pl.DataFrame(rows, schema=["event_id", "stratum"], orient="row")
    plan = allocated(counts, size)
    made = drawn(items, plan, seed)
    # the weights of a Horvitz-Thompson total stand for every item of the population
    assert (1 / made["selection_probability"]).sum() == pytest.approx(sum(counts.values()))
    assert made["place"].to_list() == list(range(made.height))
    assert made["event_id"].n_unique() == made.height
    sizes = dict(made.group_by("stratum").len().iter_rows())
    assert sizes == {each.name: each.sampled for each in plan if each.sampled}


def test_the_same_seed_draws_the_same_whatever_the_order_and_another_seed_others() -> None:
    items = pl.DataFrame({"event_id": [f"e{n}" for n in range(200)], "stratum": "all"})
    plan = allocated({"all": 200}, 20)
    first = drawn(items, plan, 5)
    assert first.equals(drawn(items.sample(fraction=1, shuffle=True, seed=1), plan, 5))
    assert set(first["event_id"]) != set(drawn(items, plan, 6)["event_id"])
    assert set(first["event_id"]) < set(drawn(items, allocated({"all": 200}, 50), 5)["event_id"])


def test_every_item_is_drawn_equally_often_and_the_queue_tells_nothing_of_the_strata() -> None:
    items = pl.DataFrame({"event_id": list("abcdefghij"), "stratum": ["x"] * 8 + ["y"] * 2})
    plan = allocated({"x": 8, "y": 2}, 4)
    made = [drawn(items, plan, seed) for seed in range(600)]
    counts = dict(pl.concat(made)["event_id"].value_counts().iter_rows())
    assert all(90 < counts[name] < 210 for name in "abcdefgh")  # 150 expected, 4 standard deviations are 42
    firsts = pl.concat([each.head(1) for each in made])
    assert 250 < firsts.filter(pl.col("stratum") == "x").height < 350  # half of the drawn are x


# -- what it will tell -----------------------------------------------------------------------------


@pytest.mark.parametrize(("caught", "fnr", "wanted"), [(900, 0.1, 0.05), (500, 0.5, 0.1), (80, 0.2, 0.05)])
def test_a_simple_draw_needs_what_the_textbook_says(caught: float, fnr: float, wanted: float) -> None:
    population_count = 99_000
    elusion = caught * fnr / (1 - fnr) / population_count
    textbook = simple_size(elusion, fnr, wanted, population_count, 0.95)
    assert abs(needed_size({"all": population_count}, Assumed(caught, fnr), wanted) - textbook) <= 1


def test_no_miss_in_1600_items_leaves_the_miss_rate_open() -> None:
    found = precision((Planned("all", 98_920, 1_600),), Assumed(80), 0.05)
    assert found.high_if_none == pytest.approx(upper_bound_if_no_miss(1_600, 98_920, 80, 0.95), abs=0.005)
    assert found.high_if_none == pytest.approx(0.70, abs=0.005)


def test_what_a_second_detector_flagged_buys_precision() -> None:
    simple = half_width(allocated({"passed by B": 99_000}, 2_000), Assumed(800))
    split = half_width(allocated({"passed by B": 97_500, "flagged by B": 1_500}, 2_000), Assumed(800))
    assert split < simple


def test_more_misses_than_items_are_not_expected() -> None:
    assert expected_shares({"passed by B": 10, "flagged by B": 5}, 100) == {
        "passed by B": 1.0,
        "flagged by B": 1.0,
    }


def test_nothing_caught_promises_no_miss_rate_but_a_share_of_what_passed() -> None:
    found = precision((Planned("all", 1_000, 300),), Assumed(0), 0.05)
    assert (found.half_width, found.high_if_none, found.needed) == (None, None, None)
    assert found.elusion_if_none == pytest.approx(0.0099, abs=1e-4)


def test_all_items_tell_it_exactly() -> None:
    assert half_width((Planned("all", 50, 50),), Assumed(10)) == 0
    assert needed_size({"all": 50}, Assumed(10), 0.0001) == 50
