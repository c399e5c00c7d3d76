from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from metrics.arms import ARMS, HEADLINE
from metrics.gate.case import Ask, Case
from metrics.measures import Slice
from metrics.segments import whole
from metrics.slices import ONLY_LISTED, Slicer
from tests.builders_metrics import LATER, pilot, policy, pull_request, tables

MAKERS = ("agent", "human", "assisted", "unknown")


def slicer(**decided: bool) -> Slicer:
    made = [pull_request(number, authorship=maker) for number, maker in enumerate(MAKERS, 1)]
    return Slicer(Case(tables(pull_requests=made), pilot(), policy(**decided), Ask(LATER)))


def height(of: Slice) -> int:
    return of.waits.height


def sliced(by: Slicer, arm: str) -> Slice:
    return by.slice(ARMS[arm], whole(by.case))


def test_a_slice_is_cut_once_and_a_comparison_stands_on_the_slices_of_its_sides():
    by = slicer()
    both = sliced(by, HEADLINE.name)
    assert both is sliced(by, HEADLINE.name)
    assert both.alone is sliced(by, "agent")
    assert both.against is sliced(by, "human")


def test_what_was_worked_out_is_kept_for_the_slice_and_not_for_a_changed_one():
    counted: list[Slice] = []

    def count(of: Slice) -> int:
        counted.append(of)
        return height(of)

    one = sliced(slicer(), "agent")
    later = replace(one, as_of=one.as_of + timedelta(days=1))
    assert (one.once(count), one.once(count), later.once(count)) == (1, 1, 1)
    assert len(counted) == 2


def test_a_side_that_a_comparison_was_made_of_by_hand_stands_alone_too():
    by = slicer()
    both = replace(sliced(by, "agent"), against=sliced(by, "human"))
    assert both.alone.against is None
    assert both.alone is both.alone


def test_rows_of_agents_and_people_keep_what_is_listed_and_sums_of_classes_do_not():
    by = slicer()
    for arm in ("agent", "human"):
        assert set(ONLY_LISTED) <= set(sliced(by, arm).waits.columns)
        assert {"title", "url"} <= set(sliced(by, arm).density.changes.columns)
    summed = sliced(by, "agent+assisted vs human")
    assert not set(ONLY_LISTED) & {*summed.waits.columns, *summed.density.changes.columns}


def test_a_class_that_the_policy_counts_as_the_agents_own_is_listed_with_them():
    made = [pull_request(number, authorship=maker) for number, maker in enumerate(MAKERS, 1)]
    case = Case(tables(pull_requests=made), pilot(), policy(include_assisted=True), Ask(LATER))
    listed = sliced(Slicer(case), "agent").waits.select(pl.col("title").is_not_null().all(), n=pl.len())
    assert listed.row(0) == (True, 2)


@pytest.mark.parametrize(
    ("arm", "sides"),
    [
        ("agent vs human", (2, 1)),
        ("agent+unknown vs human", (3, 1)),
        ("agent vs human+assisted", (1, 2)),
        ("agent vs human+unknown", (2, 2)),
    ],
)
def test_a_policy_that_counts_assisted_changes_as_agents_does_so_in_every_comparison(
    arm: str, sides: tuple[int, int]
):
    both = sliced(slicer(include_assisted=True), arm)
    assert both.against is not None
    assert (height(both), height(both.against)) == sides


def test_only_the_parts_that_are_asked_for_are_worked_out():
    by = slicer()
    assert height(sliced(by, "agent")) == 1
    assert not {"merges", "density"} & vars(by.case).keys()


def test_a_segment_that_was_let_go_is_cut_anew():
    by = slicer()
    one = sliced(by, "agent")
    by.forget(whole(by.case))
    assert sliced(by, "agent") is not one
    assert height(sliced(by, "agent")) == height(one)
