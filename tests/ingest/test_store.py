"""What was written is what is read; replays change nothing; publications stay as they were."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checking import check
from ingest.contracts import FINDINGS, INGEST_RUNS, PULL_REQUESTS, REVIEW_EVENTS, REVIEWS
from ingest.errors import StoreError
from ingest.store import Store, Written, facade
from tests.builders_store import events, findings, moment, pull_requests, raw_rows, reviews, run

LATER = "2026-08-05T09:00:00Z"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lake"))


def current(store: Store, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(store.current(name).select(columns).collect().rows())


def test_published_rows_are_read_back_exactly_as_they_were_given(store: Store):
    rows = pull_requests(
        {"number": 1, "labels": ["a", "b"]}, {"number": 2, "created_at": "2026-07-01T00:00:00Z"}
    )
    assert store.write(PULL_REQUESTS, rows) == Written(2, 0, 0)
    published = store.publish(run())
    read = store.read("pull_requests", published).sort("number").collect()
    assert read.equals(rows)
    assert read.schema == pl.Schema(PULL_REQUESTS.polars_schema)


def test_a_store_without_anything_is_empty_and_reading_makes_nothing(store: Store, tmp_path: Path):
    assert store.published() is None
    assert store.runs().is_empty()
    assert store.current("findings").collect().schema == pl.Schema(FINDINGS.polars_schema)
    assert store.quarantined("findings").collect().is_empty()
    assert list(tmp_path.iterdir()) == []


def test_a_second_write_of_everything_publishes_identical_versions(store: Store):
    def write_all() -> None:
        store.write(PULL_REQUESTS, pull_requests({"number": 1}, {"number": 2}))
        store.write(REVIEWS, reviews({}))
        store.write(REVIEW_EVENTS, events({}))
        store.judge(PULL_REQUESTS, judged(1, "agent"))
        store.replace(FINDINGS, findings({}), "derive")

    write_all()
    first = store.publish(run("run-1"))
    write_all()
    second = store.publish(run("run-2", LATER))
    assert first.versions == second.versions
    assert store.runs()["run_id"].to_list() == ["run-1", "run-2"]


def test_a_newer_state_replaces_the_older_and_never_the_other_way_round(store: Store):
    store.write(PULL_REQUESTS, pull_requests({"title": "as it was"}))
    newer = pull_requests({"title": "as it is", "updated_at": LATER})
    older = pull_requests({"title": "long ago", "updated_at": "2026-08-01T10:00:00Z"})
    assert store.write(PULL_REQUESTS, newer) == Written(0, 1, 0)
    assert store.write(PULL_REQUESTS, older) == Written(0, 0, 1)
    assert current(store, "pull_requests", "title") == [("as it is",)]


def test_the_same_version_is_corrected_by_its_own_source_only(store: Store):
    store.write(PULL_REQUESTS, pull_requests({"title": "typo"}))
    assert store.write(PULL_REQUESTS, pull_requests({"title": "other", "source": "tables"})).updated == 0
    assert store.write(PULL_REQUESTS, pull_requests({"title": "mended"})).updated == 1
    assert current(store, "pull_requests", "title", "source") == [("mended", "github_export")]


def test_without_a_version_any_difference_in_content_is_an_update_and_provenance_is_none(store: Store):
    store.write(REVIEWS, reviews({"body_chars": 5}))
    moved = reviews({"body_chars": 5, "raw_ref": "elsewhere:9", "ingested_at": LATER})
    assert store.write(REVIEWS, moved) == Written(0, 0, 1)
    assert store.write(REVIEWS, reviews({"state": "DISMISSED"})) == Written(0, 1, 0)


def test_the_first_copy_of_an_event_stays(store: Store):
    store.write(REVIEW_EVENTS, events({"actor": "ann"}))
    assert store.write(REVIEW_EVENTS, events({"actor": "bob"}, {"event_id": "E2"})) == Written(1, 0, 1)
    assert current(store, "review_events", "event_id", "actor") == [("E1", "ann"), ("E2", None)]


def judged(number: int, authorship: str, **more: Any) -> pl.DataFrame:
    return pl.DataFrame([{"repository": "acme/payments", "number": number, "authorship": authorship, **more}])


def test_judgements_are_written_once_and_outlive_later_updates_of_their_row(store: Store):
    store.write(PULL_REQUESTS, pull_requests({"number": 1}, {"number": 2}))
    verdict = judged(1, "agent", evidence=["login: copilot"])
    assert store.judge(PULL_REQUESTS, verdict) == Written(0, 1, 0)
    assert store.judge(PULL_REQUESTS, verdict) == Written(0, 0, 1)
    assert store.judge(PULL_REQUESTS, judged(99, "agent")) == Written(0, 0, 1)
    store.write(PULL_REQUESTS, pull_requests({"number": 1, "updated_at": LATER, "title": "new"}))
    assert current(store, "pull_requests", "number", "authorship", "title") == [
        (1, "agent", "new"),
        (2, "unknown", None),
    ]
    assert store.current("pull_requests").sort("number").collect()["evidence"].to_list() == [
        ["login: copilot"],
        [],
    ]


def test_judging_a_table_that_is_not_there_changes_nothing(store: Store):
    assert store.judge(PULL_REQUESTS, judged(1, "agent")) == Written(0, 0, 1)


def test_a_replacement_takes_away_what_its_source_no_longer_says_and_nothing_else(store: Store):
    first, second, third = ("a" * 16, "b" * 16, "c" * 16)
    store.write(FINDINGS, findings({"finding_id": third, "source": "tables", "severity": "low"}))
    store.replace(FINDINGS, findings({"finding_id": first}, {"finding_id": second}), "derive")
    again = findings({"finding_id": second, "severity": "critical"}, {"finding_id": third})
    assert store.replace(FINDINGS, again, "derive") == Written(0, 1, 1, deleted=1)
    assert current(store, "findings", "finding_id", "severity", "source") == [
        (second, "critical", "derive"),
        (third, "low", "tables"),
    ]
    assert store.replace(FINDINGS, again.clear(), "derive").deleted == 1


def test_a_row_that_moves_to_another_month_is_not_counted_twice(store: Store):
    store.write(PULL_REQUESTS, pull_requests({"created_at": "2026-07-31T23:59:59.900Z"}, {"number": 2}))
    moved = pull_requests({"created_at": "2026-08-01T00:00:00Z", "updated_at": LATER})
    assert store.write(PULL_REQUESTS, moved) == Written(0, 1, 0)
    assert current(store, "pull_requests", "number", "created_at") == [
        (1, moment("2026-08-01T00:00:00")),
        (2, moment("2026-08-01T09:00:00")),
    ]


def test_known_at_pins_what_was_published_then_whatever_came_later(store: Store):
    store.write(PULL_REQUESTS, pull_requests({"title": "then"}))
    store.publish(run("run-1", "2026-08-03T12:00:00Z"))
    store.write(PULL_REQUESTS, pull_requests({"title": "now", "updated_at": LATER}))
    store.publish(run("run-2", "2026-08-10T12:00:00Z"))
    then = store.published(moment("2026-08-09T00:00:00"))
    assert then is not None
    assert then.run_id == "run-1"
    assert store.read("pull_requests", then).collect()["title"].to_list() == ["then"]
    assert store.read("ingest_runs", then).collect()["run_id"].to_list() == ["run-1"]
    assert store.runs(moment("2026-08-09T00:00:00")).height == 1
    assert store.published(moment("2026-08-01T00:00:00")) is None


def test_what_is_written_but_not_published_is_seen_by_the_writer_only(store: Store):
    store.write(PULL_REQUESTS, pull_requests({"number": 1}))
    store.publish(run())
    store.write(PULL_REQUESTS, pull_requests({"number": 2}))
    published = store.published()
    assert published is not None
    assert store.read("pull_requests", published).collect().height == 1
    assert store.current("pull_requests").collect().height == 2


def test_of_two_publications_at_the_same_moment_the_later_commit_is_in_force(store: Store):
    store.publish(run("run-b"))
    store.publish(run("run-a"))
    published = store.published()
    assert published is not None
    assert published.run_id == "run-a"


def test_all_rows_of_a_run_are_published_by_one_commit(store: Store, tmp_path: Path):
    both = pl.concat([run(source="sarif"), run(source="derive")])
    store.publish(both)
    assert DeltaTable(str(tmp_path / "lake/tables/ingest_runs")).version() == 0
    assert store.runs()["source"].to_list() == ["derive", "sarif"]


def test_refused_rows_are_kept_as_text_and_only_once(store: Store):
    bad = check(raw_rows(PULL_REQUESTS, {"number": "x"}, {"number": "y", "more": 1}), PULL_REQUESTS).rejected
    store.quarantine(PULL_REQUESTS, bad, "run-1")
    store.quarantine(PULL_REQUESTS, bad.with_columns(ingested_at=pl.lit(LATER)), "run-2")
    kept = store.quarantined("pull_requests").sort("number").collect()
    assert kept.select("number", "run_id").rows() == [("x", "run-1"), ("y", "run-1")]
    assert kept["broken_rules"].to_list() == [["number|type"], ["number|type"]]


def test_raw_copies_are_kept_under_their_digest_and_come_back_whole(store: Store, tmp_path: Path):
    content = b"{}\n" * 1000
    digest = sha256(content).hexdigest()
    name = store.keep_raw(content, digest)
    assert name == f"raw/{digest[:2]}/{digest}.gz"
    assert store.keep_raw(content, digest) == name
    assert store.raw(name) == content
    assert [path.name for path in (tmp_path / "lake" / "raw" / digest[:2]).iterdir()] == [f"{digest}.gz"]
    with pytest.raises(StoreError, match="hexadecimal"):
        store.keep_raw(content, "../escape")


def test_compaction_keeps_pinned_publications_and_the_one_in_force_and_drops_the_rest(store: Store):
    publications = []
    for day in range(1, 6):
        rows = pull_requests({"number": 1, "title": f"day {day}", "updated_at": f"2026-08-0{day}T10:00:00Z"})
        store.write(PULL_REQUESTS, rows)
        publications.append(store.publish(run(f"run-{day}", f"2026-08-0{day}T12:00:00Z")))
    store.compact([publications[1]])
    for kept in (publications[1], publications[4]):
        assert store.read("pull_requests", kept).collect().height == 1
    assert store.read("pull_requests", publications[1]).collect()["title"].to_list() == ["day 2"]
    with pytest.raises(StoreError, match="lacks 1 of its 1 files"):
        store.read("pull_requests", publications[2])
    assert store.runs().height == 5


def test_compaction_sweeps_what_killed_writers_left(store: Store, tmp_path: Path):
    store.write(PULL_REQUESTS, pull_requests({}))
    store.publish(run())
    table = tmp_path / "lake/tables/pull_requests"
    left = [table / "month=2026-08/x.parquet#1", table / "_delta_log/00000000000000000001.json#1"]
    orphan = table / "month=2026-08/part-orphan.parquet"
    for path in (*left, orphan):
        path.write_bytes(b"half")
    store.compact([])
    assert not any(path.exists() for path in (*left, orphan))
    assert store.current("pull_requests").collect().height == 1


def test_many_small_runs_are_merged_into_few_files(store: Store, tmp_path: Path):
    for number in range(1, 9):
        store.write(PULL_REQUESTS, pull_requests({"number": number}))
    store.publish(run())
    store.compact([])
    assert len(DeltaTable(str(tmp_path / "lake/tables/pull_requests")).file_uris()) == 1
    assert store.current("pull_requests").collect().height == 8


def test_a_write_of_many_rows_is_cut_into_chunks_and_stays_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(facade, "CHUNK_ROWS", 3)
    rows = pull_requests(*({"number": number} for number in range(1, 11)))
    assert store.write(PULL_REQUESTS, rows) == Written(10, 0, 0)
    assert store.write(PULL_REQUESTS, rows) == Written(0, 0, 10)


def test_a_column_that_the_contract_gained_is_null_in_old_versions_and_writable_in_new_ones(
    store: Store, tmp_path: Path
):
    store.write(PULL_REQUESTS, pull_requests({"number": 1}))
    path = str(tmp_path / "lake/tables/pull_requests")
    older = pl.read_delta(path).drop("model", "signals")
    older.write_delta(path, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
    published = store.publish(run())
    assert store.read("pull_requests", published).collect().select("model", "signals").row(0) == (None, [])
    store.judge(PULL_REQUESTS, judged(1, "agent", model="m-1"))
    store.write(PULL_REQUESTS, pull_requests({"number": 2, "signals": ["s"]}))
    assert current(store, "pull_requests", "number", "model", "signals") == [(1, "m-1", []), (2, None, ["s"])]


@pytest.mark.parametrize("folder", ["with space", "Überblick", "a+b&c"])
def test_folders_may_be_called_as_people_call_them(tmp_path: Path, folder: str):
    store = Store(str(tmp_path / folder))
    store.write(PULL_REQUESTS, pull_requests({}))
    published = store.publish(run())
    store.compact([])
    assert store.read("pull_requests", published).collect().height == 1


def test_a_file_uri_is_a_folder_too(tmp_path: Path):
    store = Store((tmp_path / "la ke").as_uri())
    store.publish(run())
    assert (tmp_path / "la ke" / "tables").is_dir()


def test_two_stores_in_one_process_exclude_each_other_and_one_may_lock_twice(tmp_path: Path):
    first, second = Store(str(tmp_path)), Store(str(tmp_path))
    with first.lock("outer"), first.lock("inner"):
        first.write(REVIEWS, reviews({}))
        with pytest.raises(StoreError, match=r"\(outer, since"):
            second.write(REVIEWS, reviews({"review_id": "R2"}))
    assert second.write(REVIEWS, reviews({"review_id": "R2"})) == Written(1, 0, 0)


def test_two_writers_at_once_both_get_their_rows_in(tmp_path: Path):
    def write(first_number: int) -> None:
        store = Store(str(tmp_path))
        for number in range(first_number, first_number + 5):
            with store.lock("ingest", wait_seconds=60):
                store.write(PULL_REQUESTS, pull_requests({"number": number}))
                store.publish(run(f"run-{number}"))

    threads = [threading.Thread(target=write, args=(first,)) for first in (1, 101)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = Store(str(tmp_path))
    assert store.current("pull_requests").collect().height == 10
    assert store.runs().height == 10


_STATES = st.tuples(
    st.integers(1, 4),  # number
    st.integers(1, 5),  # day of update
    st.sampled_from(["github_export", "tables"]),
    st.sampled_from(["a", "b"]),  # title
)


@given(st.lists(st.lists(_STATES, min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=12, deadline=None)
def test_any_order_of_deliveries_leaves_the_newest_state_and_a_replay_of_the_last_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[list[tuple[int, int, str, str]]]
):
    store = Store(str(tmp_path_factory.mktemp("lake")))
    for delivery in deliveries:
        rows = [_state(*state) for state in delivery]
        last = check(raw_rows(PULL_REQUESTS, *rows), PULL_REQUESTS).valid
        store.write(PULL_REQUESTS, last)
    version = store.publish(run()).versions
    assert store.write(PULL_REQUESTS, last).unchanged == last.height
    assert store.publish(run("run-2")).versions == version
    newest: dict[int, int] = {}
    for number, day, _, _ in (state for delivery in deliveries for state in delivery):
        newest[number] = max(newest.get(number, 0), day)
    stored = store.current("pull_requests").collect()
    assert dict(stored.select("number", pl.col("updated_at").dt.day()).rows()) == newest


def _state(number: int, day: int, source: str, title: str) -> dict[str, Any]:
    return {"number": number, "updated_at": f"2026-08-0{day}T10:00:00Z", "source": source, "title": title}


def test_the_ledger_says_which_versions_a_run_published(store: Store):
    store.write(REVIEWS, reviews({}))
    store.publish(run(source="sarif"))
    assert store.runs()["published"].to_list() == ['{"reviews":0}']
    assert store.runs().schema == pl.Schema(INGEST_RUNS.polars_schema)


def test_a_run_whose_rows_were_stamped_one_after_the_other_is_read_whole(store: Store):
    first = run(source="sarif", published_at="2026-08-03T12:00:00.000002Z")
    published = store.publish(
        pl.concat([first, run(source="derive", published_at="2026-08-03T12:00:00.000005Z")])
    )
    assert store.read("ingest_runs", published).collect().height == 2
    reversed_order = run("run-2", source="derive", published_at="2026-08-03T13:00:00.000002Z")
    later = run("run-2", source="a", published_at="2026-08-03T13:00:00.000005Z")
    assert store.read("ingest_runs", store.publish(pl.concat([reversed_order, later]))).collect().height == 4
