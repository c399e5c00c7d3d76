"""Decisions stay with their finding, whatever id it had when they were made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.aliases import under_todays_ids
from tests.builders_metrics import START

Told = tuple[str, str, int]  # id that was decided about, decision, day


def standing(told: Sequence[Told], findings: dict[str, list[str] | None], reason: str = "seen") -> list[Told]:
    """Decisions that count, under the ids of today."""
    rows = [
        {"finding_id": name, "disposition": what, "decided_at": START + timedelta(days=at), "reason": reason}
        for name, what, at in told
    ]
    texts = dict.fromkeys(("finding_id", "disposition", "reason"), pl.String())
    moments = {"decided_at": pl.Datetime("us", "UTC")}
    schema = {"finding_id": pl.String, "aliases": pl.List(pl.String)}
    known = pl.LazyFrame({"finding_id": list(findings), "aliases": list(findings.values())}, schema=schema)
    found = under_todays_ids(pl.LazyFrame(rows, schema={**texts, **moments}), known).collect()
    days = ((found["decided_at"] - START).dt.total_days()).to_list()
    return list(zip(found["finding_id"], found["disposition"], days, strict=True))


def decided(about: Sequence[str], findings: dict[str, list[str] | None]) -> list[str]:
    """Ids that decisions about these ids have today."""
    return [name for name, _, _ in standing([(each, "confirmed", 1) for each in about], findings)]


def test_a_decision_under_an_old_id_is_about_the_finding_of_today():
    assert decided(["old", "new", "else"], {"new": ["older", "old"]}) == ["new", "new", "else"]


def test_an_id_of_today_means_its_own_finding_though_others_list_it():
    assert decided(["a", "b"], {"a": ["b"], "b": ["a"]}) == ["a", "b"]


def test_an_id_that_two_findings_list_means_one_of_them_whatever_their_order():
    assert (
        decided(["old"], {"b": ["old"], "a": ["old"]})
        == decided(["old"], {"a": ["old"], "b": ["old"]})
        == ["a"]
    )


def test_findings_without_aliases_change_nothing():
    assert decided(["a", "b"], {"a": None, "b": []}) == ["a", "b"]


def test_decisions_keep_their_order_and_their_number():
    assert decided(["c", "old", "c"], {"a": ["old"]}) == ["c", "a", "c"]


JOINED: dict[str, list[str] | None] = {"new": ["old", "older"]}


@pytest.mark.parametrize("real", ["confirmed", "accepted", "wont_fix", "fixed"])
@pytest.mark.parametrize("milder", ["false_positive", "reopened"])
@pytest.mark.parametrize(("first", "second"), [("new", "old"), ("old", "new"), ("old", "older")])
def test_what_is_real_under_one_id_is_not_undone_under_another(
    real: str, milder: str, first: str, second: str
):
    assert standing([(first, real, 75), (second, milder, 80)], JOINED) == [("new", real, 75)]


def test_a_decision_is_taken_back_under_the_id_that_it_was_made_under():
    told = [("new", "confirmed", 75), ("new", "false_positive", 80)]
    assert standing(told, JOINED) == told


def test_what_is_dismissed_under_every_id_is_dismissed():
    told = [("old", "confirmed", 70), ("new", "false_positive", 75), ("old", "false_positive", 80)]
    assert standing(told, JOINED)[-1] == ("new", "false_positive", 80)


def test_a_dismissal_stands_as_long_as_no_other_id_says_more():
    told = [("old", "false_positive", 70), ("new", "confirmed", 75)]
    assert standing(told, JOINED) == [("new", "false_positive", 70), ("new", "confirmed", 75)]


def test_of_one_moment_the_worse_of_two_ids_holds():
    told = [("old", "false_positive", 70), ("new", "confirmed", 70)]
    assert standing(told, JOINED) == standing(told[::-1], JOINED) == [("new", "confirmed", 70)]


def test_a_dismissal_without_a_reason_gives_no_other_one_way():
    told = [("old", "confirmed", 70), ("old", "false_positive", 72), ("new", "false_positive", 75)]
    assert ("new", "confirmed", 70) in standing(told, JOINED, reason=" ")


def test_decisions_about_other_findings_do_not_meet():
    told = [("a", "confirmed", 70), ("b", "false_positive", 75)]
    assert standing(told, {"a": ["c"], "b": ["d"]}) == told


MILDNESS = {"confirmed": 0, "reopened": 1, "false_positive": 2}


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.tuples(st.sampled_from(["new", "old", "older"]), st.sampled_from(list(MILDNESS))),
        min_size=1,
        max_size=7,
    )
)
def test_the_last_decision_that_counts_is_never_milder_than_any_id_says(words: list[tuple[str, str]]):
    told = [(name, what, at) for at, (name, what) in enumerate(words)]
    last_of_each = {name: what for name, what, _ in told}
    worst = min(MILDNESS[what] for what in last_of_each.values())
    assert MILDNESS[standing(told, JOINED)[-1][1]] <= worst
