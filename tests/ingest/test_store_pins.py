"""Sealed snapshots: their list, and the table versions that clean-up leaves alone for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest.contracts import PULL_REQUESTS, SNAPSHOTS
from ingest.errors import StoreError
from ingest.store import Published, Store, pins_of
from tests.builders_bucket import served_bucket
from tests.builders_store import moment, pull_requests, run
from tests.marks import deep


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, str]]:
    with served_bucket("pins") as served:
        yield served


@pytest.fixture(params=["folder", *deep("bucket")])
def store(request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    if request.param == "folder":
        return Store(str(tmp_path / "lake"))
    name = tmp_path_factory.mktemp("name").name  # a prefix of its own for every test
    return Store(f"s3://pins/{name}", request.getfixturevalue("options"))


def publish_days(store: Store, days: int) -> list[Published]:
    """One publication a day, each with another title of the only pull request."""
    with store.lock("test"):  # once: a bucket's lock costs many requests
        return [publish_day(store, day) for day in range(1, days + 1)]


def publish_day(store: Store, day: int) -> Published:
    rows = pull_requests({"title": f"day {day}", "updated_at": f"2026-08-0{day}T10:00:00Z"})
    store.write(PULL_REQUESTS, rows)
    return store.publish(run(f"run-{day}", f"2026-08-0{day}T12:00:00Z"))


def sealed(name: str, *publications: Published, previous: str | None = None) -> pl.DataFrame:
    at = moment("2026-08-10T06:00:00")
    row = {
        "name": name,
        "week": name[:8],
        "restatement": 1,
        "sealed_at": at,
        "manifest_digest": "0" * 64,
        "run_id": publications[0].run_id,
        "published_at": publications[0].at,
        "versions": "{}",
        "pins": pins_of(publications),
        "previous": previous,
        "product_version": "0.1.0",
        "source": "snapshot",
        "ingested_at": at,
        "raw_ref": name,
        "extras": None,
    }
    return pl.DataFrame([row], schema=SNAPSHOTS.polars_schema)


def title(store: Store, published: Published) -> str:
    return str(store.read("pull_requests", published).collect()["title"].item())


def test_snapshots_are_listed_in_the_order_in_which_they_were_sealed(tmp_path: Path):
    store = Store(str(tmp_path))
    (published,) = publish_days(store, 1)
    assert store.sealed().is_empty()
    assert store.sealed().schema == pl.Schema(SNAPSHOTS.polars_schema)
    store.seal(sealed("2026-W32", published))
    store.seal(sealed("2026-W31", published, previous="2026-W32"))
    assert store.sealed()["name"].to_list() == ["2026-W32", "2026-W31"]


def test_sealing_publishes_nothing_and_is_no_part_of_what_is_published(tmp_path: Path):
    store = Store(str(tmp_path))
    (published,) = publish_days(store, 1)
    store.seal(sealed("2026-W31", published))
    assert store.published() == published
    assert "snapshots" not in store.publish(run("run-2", "2026-08-02T12:00:00Z")).versions


def test_publications_are_told_from_the_first_to_the_one_in_force(tmp_path: Path):
    store = Store(str(tmp_path))
    published = publish_days(store, 3)
    assert list(store.publications()) == published


def test_clean_up_keeps_every_version_that_a_sealed_snapshot_was_made_from(store: Store):
    with store.lock("test"):
        published = publish_days(store, 5)
        store.seal(sealed("2026-W31", published[2], published[1]))
        store.compact([])
    kept = [title(store, one) for one in (published[1], published[2], published[4])]
    assert kept == ["day 2", "day 3", "day 5"]
    assert store.sealed().height == 1


def test_a_version_that_was_cleaned_up_is_one_line_that_names_the_oldest_left(store: Store):
    with store.lock("test"):
        published = publish_days(store, 4)
        store.seal(sealed("2026-W31", published[1]))
        store.compact([])
    with pytest.raises(StoreError) as caught:
        title(store, published[0])
    text = str(caught.value)
    assert "published at 2026-08-01T12:00:00Z" in text
    assert "cleaned up" in text
    assert "the oldest that can be read is of 2026-08-02T12:00:00Z" in text
    assert "\n" not in text


def test_a_second_clean_up_still_keeps_what_is_pinned(tmp_path: Path):
    store = Store(str(tmp_path))
    published = publish_days(store, 3)
    store.seal(sealed("2026-W31", published[0]))
    for _ in range(2):
        store.compact([])
    assert title(store, published[0]) == "day 1"
    assert title(store, published[2]) == "day 3"


def versions(store: Store) -> list[int]:
    """Versions of everything that clean-up touches here."""
    return [store._delta(name).version() for name in ("pull_requests", "ingest_runs", "snapshots")]


def test_a_clean_up_that_finds_nothing_to_do_commits_nothing(store: Store):
    with store.lock("test"):
        store.seal(sealed("2026-W31", publish_days(store, 3)[1]))
        for _ in range(2):  # the second takes what a reader of the ledger may have had open at the first
            store.compact([])
        before = versions(store)
        store.compact([])
    assert versions(store) == before


def test_clean_up_moves_versions_and_is_no_news(tmp_path: Path):
    store = Store(str(tmp_path))
    before = publish_days(store, 3)[-1]
    store.compact([])
    tidied = store.publish(run("run-4", "2026-08-04T12:00:00Z"))
    assert tidied.versions != before.versions
    assert not store.has_news(before, tidied)
    assert store.has_news(tidied, publish_day(store, 5))


def test_a_table_that_is_new_is_news(tmp_path: Path):
    store = Store(str(tmp_path))
    empty = store.publish(run("run-1", "2026-08-01T10:00:00Z"))
    assert not store.has_news(None, empty)  # no table, no row, no news
    assert not store.has_news(empty, empty)
    first = publish_days(store, 1)[0]
    assert store.has_news(empty, first)
    assert store.has_news(None, first)


def test_a_pin_on_a_version_that_never_was_hinders_no_clean_up(tmp_path: Path):
    store = Store(str(tmp_path))
    published = publish_days(store, 2)
    foreign = Published("elsewhere", published[0].at + timedelta(days=1), {"pull_requests": 900})
    store.seal(sealed("2026-W31", foreign))
    store.compact([])
    assert title(store, published[1]) == "day 2"


def test_a_kept_version_whose_file_was_lost_is_damage_and_not_clean_up(tmp_path: Path):
    store = Store(str(tmp_path))
    published = publish_days(store, 2)
    store.seal(sealed("2026-W31", published[0]))
    for file in (tmp_path / "tables" / "pull_requests").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match="restore the store from a copy"):
        store.read("pull_requests", published[0])


def test_a_spoiled_pin_stops_the_clean_up_before_it_deletes(tmp_path: Path):
    store = Store(str(tmp_path))
    published = publish_days(store, 2)
    store.seal(sealed("2026-W31", published[0]).with_columns(pl.lit("[1, 2]").alias("pins")))
    with pytest.raises(StoreError, match="`pins` is"):
        store.compact([])
    assert title(store, published[0]) == "day 1"


def test_publications_that_are_given_are_kept_beside_the_pinned_ones(tmp_path: Path):
    store = Store(str(tmp_path))
    published = publish_days(store, 4)
    store.seal(sealed("2026-W31", published[0]))
    store.compact([published[1]])
    assert [title(store, one) for one in (published[0], published[1], published[3])] == [
        "day 1",
        "day 2",
        "day 4",
    ]
    assert published[0].at == moment("2026-08-01T12:00:00")
