from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.aftermath import HOTFIX, HOTFIX_DAYS, aftermath
from metrics.scope import judged
from tests.builders_metrics import Row, changed_file, day, landed, pilot, pull_request, tables

REVERT = 'Revert "Change 1"'


def after(*changes: Row, **rows: Any) -> pl.DataFrame:
    given = tables(pull_requests=changes, **rows)
    return aftermath(judged(given, pilot()), given)


def reverted(*changes: Row, **rows: Any) -> list[int]:
    return after(*changes, **rows).filter(pl.col("reverted_at").is_not_null())["number"].to_list()


def hotfixed(*changes: Row, files: Any, **rows: Any) -> list[int]:
    found = after(*changes, changed_files=[changed_file(*file) for file in files], **rows)
    return found.filter(pl.col("hotfixed_at").is_not_null())["number"].to_list()


@pytest.mark.parametrize(
    "revert",
    [
        {"title": REVERT},
        {"title": 'Revert "Change 1 (#1)"'},
        {"title": "Reverts acme/pay#1"},
        {"title": "revert #1: broke checkout"},
        {"title": 'Revert "Renamed since"', "head_branch": "revert-1-copilot/1"},
    ],
)
def test_a_later_merged_revert_names_its_change_by_title_number_or_branch(revert: Row) -> None:
    found = after(pull_request(1), pull_request(2, 3, **revert))
    assert found.rows() == [("acme/pay", 1, day(3), None)]


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Change 1 again"},
        {"title": 'Explain why we revert "Change 1"'},
        {"title": "Reverts acme/shop#1"},
        {"title": 'Revert "Change 1"', "repository": "acme/shop"},
        {"title": 'Revert "Change 1"', "merged_at": None},
        {"title": 'Revert "Change 1"', "merged_at": day(0.5)},
        {"title": None},
    ],
)
def test_what_names_no_earlier_change_of_its_repository_reverts_nothing(other: Row) -> None:
    assert reverted(pull_request(1), pull_request(2, 3, **other)) == []


@pytest.mark.parametrize("other", [[], [pull_request(2024, 2.5, title="Another", merged_at=None)]])
def test_a_branch_that_begins_with_a_year_does_not_hide_what_the_title_names(other: list[Row]) -> None:
    for title in (REVERT, 'Revert "Change 1 (#1)"', "Reverts #1"):
        revert = pull_request(2, 3, title=title, head_branch="revert-2024-plan")
        assert reverted(pull_request(1), revert, *other) == [1]


def test_a_title_that_ends_like_a_number_is_a_title_too() -> None:
    changes = (
        pull_request(1, title="Support RFC (#7519)"),
        pull_request(2, 3, title='Revert "Support RFC (#7519)"'),
    )
    assert reverted(*changes) == [1]


def test_a_revert_of_a_revert_takes_back_the_revert_alone() -> None:
    again = pull_request(3, 5, title=f'Revert "{REVERT}"')
    assert reverted(pull_request(1), pull_request(2, 3, title=REVERT), again) == [1, 2]
    assert reverted(pull_request(2, 3, title=REVERT), again) == [2]


def test_of_changes_with_one_title_the_last_that_had_merged_is_the_one() -> None:
    same = [pull_request(number, merged, title="Bump") for number, merged in ((1, 1), (2, 4), (3, 9))]
    assert reverted(*same, pull_request(4, 6, title='Revert "Bump"')) == [2]


def test_a_landed_commit_that_reverts_a_change_takes_it_back_even_without_a_pull_request() -> None:
    push = landed("f00", 4, reverts="merge1")
    assert after(pull_request(1), landed_commits=[push]).rows() == [("acme/pay", 1, day(4), None)]
    one_of_several = landed("c1", 1, pull_request=1)
    assert reverted(pull_request(1), landed_commits=[one_of_several, landed("f00", 4, reverts="c1")]) == [1]


def test_a_change_that_takes_back_its_own_commit_was_not_reverted() -> None:
    own = [landed("c1", 1, pull_request=1), landed("c2", 1, pull_request=1, reverts="c1")]
    assert reverted(pull_request(1), landed_commits=own) == []


@pytest.mark.parametrize("said", ["Hotfix: totals", "urgent fix for login", "HOT-FIX", "Emergency patch"])
def test_people_call_a_hotfix_by_several_names(said: str) -> None:
    assert pl.Series([said]).str.contains(HOTFIX).to_list() == [True]


@pytest.mark.parametrize("said", ["Fix totals", "Photofix album", "Urgent: new feature", "Prefix paths"])
def test_what_is_not_called_a_hotfix_is_none(said: str) -> None:
    assert pl.Series([said]).str.contains(HOTFIX).to_list() == [False]


FILES = ((1, "a.py"), (2, "a.py"))


@pytest.mark.parametrize(
    "hotfix", [{"title": "Hotfix"}, {"head_branch": "hotfix/totals"}, {"labels": ["bug", "hotfix"]}]
)
def test_a_hotfix_of_a_file_soon_after_marks_the_change_before_it(hotfix: Row) -> None:
    changes = pull_request(1), pull_request(2, 3, **hotfix)
    assert hotfixed(*changes, files=FILES) == [1]


@pytest.mark.parametrize(
    ("merged", "files", "marked"),
    [
        (1 + HOTFIX_DAYS, FILES, [1]),
        (1.01 + HOTFIX_DAYS, FILES, []),
        (0.9, FILES, []),
        (3, ((1, "a.py"), (2, "b.py")), []),
    ],
)
def test_only_within_its_time_and_in_the_same_file(merged: float, files: Any, marked: list[int]) -> None:
    assert hotfixed(pull_request(1), pull_request(2, merged, title="Hotfix"), files=files) == marked


def test_a_file_that_nobody_writes_ties_no_hotfix_to_a_change() -> None:
    rows = [changed_file(number, "uv.lock", file_class="lock") for number in (1, 2)]
    found = after(pull_request(1), pull_request(2, 3, title="Hotfix"), changed_files=rows)
    assert found.is_empty()


def test_a_hotfix_does_not_mend_itself_but_a_later_one_mends_it() -> None:
    first, second = pull_request(1, 2, title="Hotfix"), pull_request(2, 3, title="Hotfix 2")
    assert hotfixed(first, second, files=FILES) == [1]


@settings(deadline=None, max_examples=12)
@given(st.permutations(range(4)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = [pull_request(1), pull_request(2, 3, title=REVERT), pull_request(3, 4, title="Hotfix")]
    files = [changed_file(number, "a.py") for number in (1, 3)]
    mixed = [(*rows, rows[0])[place] for place in order if place < 3]
    assert after(*mixed, changed_files=files[::-1]).rows() == [("acme/pay", 1, day(3), day(4))]
