"""Rows are parted by trust one value at a time, and none gets lost on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.casting import as_text, cast_leniently
from ingest.checking import check
from ingest.contracts import PULL_REQUESTS, REVIEWS, SCANS
from ingest.errors import RefusedFileError
from tests.builders_store import raw_rows

MOMENT = pl.Datetime("us", "UTC")
TEN = datetime(2026, 8, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-03T10:00:00Z", TEN),
        ("2026-08-03T12:00:00+02:00", TEN),
        ("2026-08-03T05:00:00-0500", TEN),
        ("2026-08-03 10:00:00 UTC", TEN),
        ("2026-08-03 10:00:00+00", TEN),
        ("2026-08-03T10:00:00.250000Z", TEN.replace(microsecond=250000)),
        ("2026-08-03T10:00Z", TEN),
        ("2026-08-03T10:00:00", TEN),
        ("2026-08-03", TEN.replace(hour=0)),
        ("2026-02-30T10:00:00Z", None),
        ("yesterday", None),
        ("1785751200", None),
    ],
)
def test_a_moment_is_read_from_iso_text_and_from_nothing_else(text: str, expected: datetime | None):
    assert cast_leniently(pl.Series([text]), MOMENT).to_list() == [expected]


def test_days_and_naive_moments_are_utc_and_bare_numbers_are_not_moments():
    assert cast_leniently(pl.Series([date(2026, 8, 3)]), MOMENT).to_list() == [TEN.replace(hour=0)]
    assert cast_leniently(pl.Series([TEN.replace(tzinfo=None)]), MOMENT).to_list() == [TEN]
    assert cast_leniently(pl.Series([1785751200]), MOMENT).to_list() == [None]


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        (["7", " 8 ", "9.0", "9.5", "many", ""], [7, 8, 9, None, None, None]),
        ([7.0, 7.5, float("nan"), float("inf")], [7, None, None, None]),
        (["9223372036854775807", "9223372036854775808"], [9223372036854775807, None]),
        ([True, False], [None, None]),
    ],
)
def test_a_whole_number_is_never_rounded_or_guessed(given_values: list[Any], expected: list[int | None]):
    assert cast_leniently(pl.Series(given_values), pl.Int64()).to_list() == expected


def test_truth_values_are_true_false_one_and_zero():
    assert cast_leniently(pl.Series(["True", "0", "yes"]), pl.Boolean()).to_list() == [True, False, None]
    assert cast_leniently(pl.Series([1, 0, 2]), pl.Boolean()).to_list() == [True, False, None]
    assert cast_leniently(pl.Series([1.0, 0.5]), pl.Boolean()).to_list() == [True, None]


def test_lists_come_as_lists_or_as_json_text():
    words = pl.List(pl.String())
    assert cast_leniently(pl.Series([[1, 2], []]), words).to_list() == [["1", "2"], []]
    assert cast_leniently(pl.Series(['["a"]', "a, b", "[1]"]), words).to_list() == [["a"], None, None]
    assert cast_leniently(pl.Series([{"a": 1}]), words).to_list() == [None]


def test_what_is_shown_of_a_nested_value_is_its_json():
    assert as_text(pl.Series([[1, 2], None])).to_list() == ["[1,2]", None]
    assert as_text(pl.Series([{"a": "b"}])).to_list() == ['{"a":"b"}']


def test_a_value_that_cannot_be_read_quarantines_its_row_only_and_is_kept_as_it_was():
    checked = check(
        raw_rows(PULL_REQUESTS, {"number": "1"}, {"number": "one"}, {"number": "3"}), PULL_REQUESTS
    )
    assert checked.valid["number"].to_list() == [1, 3]
    assert checked.rejected["number"].to_list() == ["one"]
    assert checked.rejected["broken_rules"].to_list() == [["number|type"]]
    assert checked.rejected_by_rule == {"number|type": 1}


def test_an_unreadable_value_of_a_nullable_column_does_not_become_an_unknown():
    rows = raw_rows(PULL_REQUESTS, {"merged_at": "soon", "additions": "12"})
    checked = check(rows, PULL_REQUESTS)
    assert checked.valid.is_empty()
    assert checked.rejected.select("merged_at", "additions").row(0) == ("soon", "12")


def test_text_that_is_no_list_breaks_the_type_although_an_absent_list_is_empty():
    rows = raw_rows(PULL_REQUESTS, {"labels": "bug"}, {"number": 2, "labels": None})
    checked = check(rows, PULL_REQUESTS)
    assert checked.rejected["broken_rules"].to_list() == [["labels|type"]]
    assert checked.valid["labels"].to_list() == [[]]


def test_missing_columns_become_unknown_and_missing_lists_empty():
    valid = check(raw_rows(PULL_REQUESTS, {}), PULL_REQUESTS).valid
    assert valid.columns == list(PULL_REQUESTS.columns)
    assert valid.schema == pl.Schema(PULL_REQUESTS.polars_schema)
    assert valid.select("additions", "labels").row(0) == (None, [])


def test_a_missing_required_column_refuses_the_input_and_names_it():
    rows = raw_rows(PULL_REQUESTS, {}).drop("created_at", "repository")
    with pytest.raises(RefusedFileError, match=r"export.jsonl:1: .*repository, created_at.*seen: .*number"):
        check(rows, PULL_REQUESTS)


def test_rules_of_the_contract_are_named_all_of_them():
    late = {"number": 3, "merged_at": "2020-01-01T00:00:00Z"}
    checked = check(raw_rows(PULL_REQUESTS, late, {"number": 4, "additions": -1}), PULL_REQUESTS)
    assert checked.rejected["broken_rules"].to_list() == [
        ["merged_after_created", "merged_is_closed"],
        ["additions|min"],
    ]


def test_the_newest_copy_of_a_key_stays_and_the_others_are_counted():
    copies = [
        {"title": "second", "updated_at": "2026-08-04T09:00:00Z"},
        {"title": "first", "updated_at": "2026-08-03T09:00:00Z"},
    ]
    checked = check(raw_rows(PULL_REQUESTS, *copies), PULL_REQUESTS)
    assert checked.valid["title"].to_list() == ["second"]
    assert checked.duplicates == 1


def test_without_a_version_the_last_delivered_copy_stays():
    checked = check(raw_rows(REVIEWS, {"body_chars": 1}, {"body_chars": 2}), REVIEWS)
    assert checked.valid["body_chars"].to_list() == [2]
    assert checked.duplicates == 1


def test_a_newer_copy_that_cannot_be_read_does_not_take_the_older_one_with_it():
    newer = {"additions": "?", "updated_at": "2026-08-04T09:00:00Z"}
    checked = check(raw_rows(PULL_REQUESTS, {"additions": "5"}, newer), PULL_REQUESTS)
    assert checked.valid["additions"].to_list() == [5]
    assert checked.rejected.height == 1


def test_rows_without_a_key_are_rejected_each_and_not_taken_for_copies():
    checked = check(raw_rows(PULL_REQUESTS, {"number": None}, {"number": None}), PULL_REQUESTS)
    assert checked.rejected.height == 2
    assert checked.duplicates == 0


def test_extras_survive_the_check():
    checked = check(raw_rows(PULL_REQUESTS, {"extras": '{"team":"a"}'}), PULL_REQUESTS)
    assert checked.valid["extras"].to_list() == ['{"team":"a"}']


def test_an_input_without_rows_or_columns_is_no_error():
    assert check(pl.DataFrame(), SCANS).valid.schema == pl.Schema(SCANS.polars_schema)
    assert check(raw_rows(PULL_REQUESTS, {}).clear(), PULL_REQUESTS).valid.is_empty()


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "number": st.sampled_from(["1", "2", "3", "0", "-4", "x", "", None]),
                "updated_at": st.sampled_from(
                    ["2026-08-02T09:00:00Z", "2026-08-03T09:00:00+01:00", "?", None]
                ),
                "repository": st.sampled_from(["acme/payments", "nowhere", None]),
                "additions": st.sampled_from(["3", "-3", "3.5", None]),
                "labels": st.sampled_from([["a"], [], None]),
            }
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_row_is_lost_and_no_key_is_valid_twice(rows: list[dict[str, Any]]):
    batch = raw_rows(PULL_REQUESTS, *rows)
    checked = check(batch, PULL_REQUESTS)
    assert checked.valid.height + checked.rejected.height + checked.duplicates == batch.height
    assert not checked.valid.select(PULL_REQUESTS.key).is_duplicated().any()
    assert checked.rejected["broken_rules"].list.len().gt(0).all()
    assert sum(checked.rejected_by_rule.values()) == checked.rejected["broken_rules"].list.len().sum()
    again = check(checked.valid, PULL_REQUESTS)
    assert again.valid.equals(checked.valid)
