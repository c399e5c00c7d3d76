from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.listings import latest_listing
from ingest.pipeline import Job, ingest
from ingest.settings import FilesSettings, IngestSettings, SourcesSettings
from ingest.sources.github_export import GITHUB_EXPORT
from ingest.store import Store
from tests.builders_github import REPOSITORY, at, commit, node, page, parse, rows

NOW = datetime(2026, 8, 17, tzinfo=UTC)
SCHEMA = pl.Schema({
    "repository": pl.String(), "number": pl.Int64(), "source": pl.String(), "sha": pl.String(),
    "seen_at": pl.Datetime("us", "UTC"),
})  # fmt: skip


def row(sha: str, day: int | None, **fields: Any) -> dict[str, Any]:
    """Build a commit listed on a day of June 2026."""
    seen_at = None if day is None else datetime(2026, 6, day, tzinfo=UTC)
    told = {"repository": REPOSITORY, "number": 1, "source": "github_export", "sha": sha, "seen_at": seen_at}
    return told | fields


def kept(*given: dict[str, Any]) -> list[str]:
    return latest_listing(pl.LazyFrame(list(given), schema=SCHEMA)).collect()["sha"].sort().to_list()


def test_only_the_rows_of_the_latest_listing_stay() -> None:
    assert kept(row("gone", 1), row("new", 2), row("newer", 2)) == ["new", "newer"]


def test_each_pull_request_has_its_own_latest_listing() -> None:
    assert kept(row("a", 1), row("b", 2, number=2), row("c", 1, repository="acme/two")) == ["a", "b", "c"]


def test_rows_of_unknown_listings_all_stay() -> None:
    assert kept(row("a", None), row("b", None)) == ["a", "b"]


def test_a_row_of_an_unknown_listing_gives_way_to_a_known_one_of_its_source() -> None:
    assert kept(row("before", None), row("a", 1)) == ["a"]


def test_a_source_that_never_tells_is_not_outdone_by_another() -> None:
    told_once = row("table", None, source="tables")
    assert kept(told_once, row("gone", 1), row("export", 2)) == ["export", "table"]


def test_commits_of_no_pull_request_all_stay() -> None:
    assert kept(row("a", 1, number=0), row("b", 2, number=0), row("c", None, number=0)) == ["a", "b", "c"]


def test_no_rows_are_no_rows() -> None:
    assert kept() == []


LISTINGS = st.lists(st.tuples(st.integers(0, 2), st.none() | st.integers(1, 3)), max_size=8)


@given(listings=LISTINGS)
@settings(max_examples=60, deadline=None)
def test_no_pull_request_loses_all_rows_and_a_second_look_changes_nothing(
    listings: list[tuple[int, int | None]],
) -> None:
    told = [row(f"{place}", day, number=number) for place, (number, day) in enumerate(listings)]
    once = latest_listing(pl.LazyFrame(told, schema=SCHEMA))

    assert set(once.collect()["number"]) == {number for number, _ in listings}
    assert latest_listing(once).collect().equals(once.collect())


def test_an_export_says_when_it_listed_files_and_commits(tmp_path: Path) -> None:
    parsed = parse(tmp_path, page(node(updatedAt=at("12:00", day=3))))

    for table in ("changed_files", "commits"):
        assert [one["seen_at"] for one in rows(parsed, table)] == [datetime(2026, 6, 3, 12, tzinfo=UTC)]


# -- a pull request before and after a force-push, through a whole run ----------------------------------

AGENT = "Round the totals\n\nCo-authored-by: Claude <noreply@anthropic.com>"


def listing(letters: str, day: int, message: str, paths: list[str]) -> dict[str, Any]:
    """Build the pull request as exported on a day."""
    made = [commit(letter * 40, message=message) for letter in letters]
    files = [{"path": path, "additions": 5, "deletions": 2} for path in paths]
    lists = {"commits": made, "files": files, "changedFiles": len(paths)}
    return page(node() | lists | {"headRefOid": letters[-1] * 40, "updatedAt": at("12:00", day=day)})


BEFORE = listing("abc", 1, "Round the totals", ["totals.py", "cents.py", "gone.py"])
AFTER = listing("def", 2, AGENT, ["totals.py", "euros.py"])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lake"))


def run(store: Store, folder: Path, export: dict[str, Any]) -> None:
    (folder / "pulls.json").write_text(json.dumps(export))
    sources = SourcesSettings(github_export=FilesSettings(paths=["pulls.json"]))
    job = Job(IngestSettings(sources=sources), folder, (GITHUB_EXPORT,), "0.1", "{}", lambda: NOW)
    ingest(store, job)


@pytest.mark.parametrize("order", [(BEFORE, AFTER), (AFTER, BEFORE)], ids=["in order", "older export last"])
def test_the_latest_listing_decides_who_made_a_change_in_any_order_of_ingestion(
    store: Store, tmp_path: Path, order: tuple[dict[str, Any], ...]
) -> None:
    for export in order:
        run(store, tmp_path, export)
    (judged,) = store.current("pull_requests").collect().to_dicts()

    assert (judged["authorship"], judged["agent"], judged["rule"]) == ("agent", "claude-code", "most-commits")
    assert judged["evidence"][0] == "most-commits: 3 of 3 commits"
    assert (judged["relevant_file_count"], judged["code_additions"]) == (2, 10)


def test_rows_of_before_the_push_stay_in_the_store(store: Store, tmp_path: Path) -> None:
    for export in (BEFORE, AFTER):
        run(store, tmp_path, export)

    assert store.current("commits").collect().height == 6
    assert store.current("changed_files").collect().height == 4


def test_an_older_listing_does_not_overwrite_a_row_of_a_newer_one(store: Store, tmp_path: Path) -> None:
    for export in (AFTER, BEFORE):
        run(store, tmp_path, export)
    shared = store.current("changed_files").filter(path="totals.py").collect()

    assert shared["seen_at"].to_list() == [datetime(2026, 6, 2, 12, tzinfo=UTC)]
