"""Decisions stay with their finding, whatever id it had when they were made."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ingest.aliases import under_todays_ids


def decided(about: Sequence[str], findings: dict[str, list[str] | None]) -> list[str]:
    """Ids that decisions about these ids have today."""
    dispositions = pl.LazyFrame({"finding_id": about}, schema={"finding_id": pl.String})
    schema = {"finding_id": pl.String, "aliases": pl.List(pl.String)}
    known = pl.LazyFrame({"finding_id": list(findings), "aliases": list(findings.values())}, schema=schema)
    return under_todays_ids(dispositions, known).collect()["finding_id"].to_list()


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
