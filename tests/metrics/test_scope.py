from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.estimate import Coverage
from metrics.pilot import Pilot
from metrics.scope import Scope, arms, is_of_pilot, judged, matches, scope
from metrics.tables import Tables
from tests.builders_metrics import changed_file, day, pilot, policy, pull_request, tables


def scoped(*pull_requests: Any, files: Any = (), **of_pilot: Any) -> Scope:
    return scope(
        judged(tables(pull_requests=pull_requests, changed_files=files), pilot(**of_pilot)), ("agent",)
    )


def scoped_with(known: Tables, files: list[dict[str, Any]], chosen: Pilot) -> Scope:
    """With files as the joining place hands them on: marked, and with more columns than their contract."""
    return scope(judged(replace(known, changed_files=pl.LazyFrame(files)), chosen), ("agent",))


def numbers(found: Scope) -> list[int]:
    return found.changes["number"].to_list()


def reasons(found: Scope) -> dict[int, str]:
    return dict(found.left_out.select("number", "reason").iter_rows())


def test_only_merged_changes_of_the_wanted_authorship_are_in_scope():
    found = scoped(pull_request(1), pull_request(2, merged=None), pull_request(3, authorship="human"))
    assert numbers(found) == [1]
    assert found.coverage() == Coverage(1, 1)


def test_a_policy_may_count_assisted_changes_as_the_agents():
    assert arms(policy()) == ("agent",)
    assert arms(policy(include_assisted=True)) == ("agent", "assisted")
    assert arms(policy(include_assisted=True), "human") == ("human",)


def test_repositories_fit_by_shell_pattern_whatever_their_case_and_can_be_taken_out_again():
    chosen = pilot(repositories=("acme/pay-*",), exclude=("acme/pay-docs",))
    assert is_of_pilot("Acme/Pay-api", chosen)
    assert not is_of_pilot("acme/pay-docs", chosen)
    assert not is_of_pilot("acme/search", chosen)
    assert not matches("acme/pay", [])


def test_a_change_merged_to_another_branch_is_left_out_by_name():
    found = scoped(pull_request(1), pull_request(2, base_branch="release/1"))
    assert numbers(found) == [1]
    assert found.coverage() == Coverage(1, 2, (("merged to another branch", 1),))


def test_the_pilots_own_branch_wins_over_the_default_branch():
    found = scoped(pull_request(1), pull_request(2, base_branch="trunk"), protected_branch="trunk")
    assert numbers(found) == [2]


def test_without_a_told_default_branch_the_commonest_base_branch_is_protected():
    usual = [pull_request(n, default_branch=None) for n in (1, 2)]
    found = scoped(*usual, pull_request(3, default_branch=None, base_branch="hotfix"))
    assert numbers(found) == [1, 2]


def test_a_default_branch_told_once_serves_the_rows_that_do_not_tell():
    told = pull_request(1, base_branch="dev", default_branch="dev")
    silent = [pull_request(n, default_branch=None) for n in (2, 3)]
    assert numbers(scoped(told, *silent)) == [1]


def test_an_unknown_base_branch_stays_in_scope_and_is_flagged():
    found = scoped(pull_request(1, base_branch=None))
    assert found.changes["scope_known"].to_list() == [False]


def test_a_change_of_generated_files_only_is_left_out():
    found = scoped(pull_request(1, relevant_file_count=0))
    assert reasons(found) == {1: "only generated files"}


def test_unknown_files_stay_in_scope_and_are_flagged():
    found = scoped(pull_request(1, relevant_file_count=None))
    assert found.changes["scope_known"].to_list() == [False]
    assert found.changes["files_known"].to_list() == [False]


def test_a_cut_list_of_files_cannot_prove_that_all_are_generated():
    found = scoped(pull_request(1, relevant_file_count=0, cut_lists=["files"]))
    assert numbers(found) == [1]
    assert found.changes["scope_known"].to_list() == [False]


def test_paths_of_a_monorepo_select_by_files_that_are_not_generated():
    files = [
        changed_file(1, "services/pay/api.py"),
        changed_file(2, "services/search/api.py"),
        changed_file(3, "services/pay/client.py", file_class="generated"),
        changed_file(3, "README.md"),
    ]
    found = scoped(*(pull_request(n) for n in (1, 2, 3)), files=files, paths=("services/pay/**",))
    assert numbers(found) == [1]
    assert reasons(found) == dict.fromkeys((2, 3), "outside the pilot's paths")


CLAIMS: list[dict[str, Any]] = [
    {"title": "Backport #1"},
    {"head_branch": "backport-1-to-main"},
    {"head_sha": "head1"},
    {"merge_sha": "merge1"},
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_merged_since_the_start_counts_whatever_it_says_to_repeat_from_before(claim: dict[str, Any]):
    found = scoped(pull_request(1, -5), pull_request(2, 5, **claim))
    assert (numbers(found), reasons(found)) == ([1, 2], {})


def test_what_repeats_a_change_of_the_pilot_is_no_new_one_though_that_repeats_an_older_one():
    again = [pull_request(2, 5, title="Backport #1"), pull_request(3, 6, title="Backport #2")]
    found = scoped(pull_request(1, -5), *again)
    assert (numbers(found), reasons(found)) == ([1, 2], {3: "arrived again"})


def test_a_change_that_landed_at_the_first_moment_is_the_pilots_own():
    found = scoped(pull_request(1, -1e-6), pull_request(2, 0, merge_sha="merge1"))
    assert numbers(found) == [1, 2]


def test_a_mark_of_the_repository_takes_no_change_out_of_a_monorepos_scope():
    marked = changed_file(1, "services/pay/api.py", file_class="generated", named_class="code")
    wanted = pilot(paths=("services/pay/**",))
    found = scoped_with(tables(pull_requests=[pull_request(1)]), [marked], wanted)
    assert numbers(found) == [1]


def test_a_change_whose_files_nobody_knows_stays_in_a_monorepos_scope():
    found = scoped(pull_request(1), paths=("services/pay/**",))
    assert numbers(found) == [1]
    assert found.changes["scope_known"].to_list() == [False]


@pytest.mark.parametrize("sha", ["merge_sha", "head_sha"])
def test_a_change_that_arrives_again_with_the_same_commit_counts_once_by_its_earliest_merge(sha: str):
    found = scoped(pull_request(7, merged=5, **{sha: "same"}), pull_request(9, merged=2, **{sha: "same"}))
    assert numbers(found) == [9]
    assert reasons(found) == {7: "arrived again"}


def test_the_same_commit_in_two_repositories_is_two_changes():
    found = scoped(pull_request(1, head_sha="x"), pull_request(1, head_sha="x", repository="acme/fork"))
    assert numbers(found) == [1, 1]


@pytest.mark.parametrize(
    "names",
    [
        {"head_branch": "backport-12-to-main"},
        {"head_branch": "backport/12"},
        {"head_branch": "mergify/bp/main/pr-12"},
        {"head_branch": "cherry-pick-12"},
        {"title": "[Backport main] Fix the total (#12)"},
        {"title": "Backport of #12: fix the total"},
        {"title": "Fix the total (cherry picked from #12)"},
    ],
)
def test_a_backport_that_names_its_origin_counts_once(names: dict[str, str]):
    found = scoped(pull_request(12, merged=1), pull_request(40, merged=2, **names))
    assert numbers(found) == [12]
    assert found.arrivals.rows() == [("acme/pay", 12, 12), ("acme/pay", 40, 12)]


def test_a_backport_of_a_backport_counts_for_the_first():
    chain = [
        pull_request(12, merged=1),
        pull_request(40, merged=2, head_branch="backport/12"),
        pull_request(55, merged=3, head_branch="backport/40"),
    ]
    assert scoped(*chain).arrivals["counts_as"].to_list() == [12, 12, 12]


@pytest.mark.parametrize(
    "names",
    [
        {"title": "Fix what #12 broke"},
        {"title": "Remove the old backport helper, see #12"},
        {"head_branch": "feature/12"},
        {"head_branch": "backport-99"},
    ],
)
def test_a_change_that_only_mentions_another_is_a_change_of_its_own(names: dict[str, str]):
    assert numbers(scoped(pull_request(12, merged=1), pull_request(40, merged=2, **names))) == [12, 40]


def test_a_backport_counts_itself_when_its_origin_is_out_of_scope():
    origin = pull_request(12, merged=1, base_branch="release/1")
    assert numbers(scoped(origin, pull_request(40, merged=2, head_branch="backport/12"))) == [40]


def test_a_change_that_names_a_later_one_is_not_its_backport():
    early = pull_request(12, merged=1, head_branch="backport/40")
    assert numbers(scoped(early, pull_request(40, merged=2))) == [12, 40]


def test_coverage_of_a_window_counts_only_what_merged_in_it():
    rows = [pull_request(1, 1), pull_request(2, 20), pull_request(3, 2, base_branch="x")]
    found = scoped(*rows)
    assert found.coverage(day(0), day(14)) == Coverage(1, 2, (("merged to another branch", 1),))
    assert found.coverage(day(14), day(28)) == Coverage(1, 1)


@settings(deadline=None, max_examples=25)
@given(st.permutations([1, 2, 3, 4, 5, 6]), st.lists(st.sampled_from("abc"), min_size=6, max_size=6))
def test_every_merged_change_is_in_scope_or_left_out_once_whatever_the_order(
    order: list[int], shas: list[str]
):
    rows = {n: pull_request(n, merged=n, head_sha=sha) for n, sha in enumerate(shas, start=1)}
    found = scoped(*(rows[n] for n in order))
    assert sorted([*numbers(found), *reasons(found)]) == [1, 2, 3, 4, 5, 6]
    assert len(numbers(found)) == len(set(shas))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from("abcdef"), min_size=6, max_size=6),
    st.lists(st.sampled_from([None, 1, 2, 3, 4, 5, 6, 99]), min_size=6, max_size=6),
    st.lists(st.sampled_from(["agent", "human"]), min_size=6, max_size=6),
)
def test_looking_only_at_changes_with_links_finds_the_same_arrivals(
    shas: list[str], named: list[int | None], makers: list[str]
):
    rows = [
        pull_request(n, merged=n, head_sha=sha, authorship=maker, head_branch=f"backport/{origin or 'none'}")
        for n, (sha, origin, maker) in enumerate(zip(shas, named, makers, strict=True), start=1)
    ]
    merges = judged(tables(pull_requests=rows), pilot())
    linked, all_of_them = (scope(each, ("agent",)) for each in (merges, merges.with_columns(may_repeat=True)))
    assert linked.arrivals.equals(all_of_them.arrivals)
    assert linked.changes.equals(all_of_them.changes)
