"""The same store on an object store (S3, emulated on the loopback)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from ingest.contracts import FINDINGS, PULL_REQUESTS
from ingest.errors import StoreError
from ingest.store import Store, Written, object_lock
from tests.builders_bucket import served_bucket
from tests.builders_store import findings, pull_requests, run

LATER = "2026-08-05T09:00:00Z"


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, str]]:
    with served_bucket("bucket") as settings:
        yield settings


@pytest.fixture
def uri(request: pytest.FixtureRequest) -> str:
    return f"s3://bucket/{request.node.name}"


def test_a_bucket_is_written_merged_published_compacted_and_read(uri: str, options: dict[str, str]):
    store = Store(uri, options)
    assert store.published() is None
    with store.lock("ingest"):
        assert store.write(PULL_REQUESTS, pull_requests({"number": 1}, {"number": 2})) == Written(2, 0, 0)
        first = store.publish(run("run-1"))
        newer = pull_requests({"number": 1, "title": "new", "updated_at": LATER}, {"number": 2})
        assert store.write(PULL_REQUESTS, newer) == Written(0, 1, 1)
        assert store.replace(FINDINGS, findings({}), "derive") == Written(1, 0, 0)
        second = store.publish(run("run-2", LATER))
        store.compact([first])
    reader = Store(uri, options)
    assert reader.published() == second
    assert reader.read("pull_requests", second).sort("number").collect()["title"].to_list() == ["new", None]
    assert reader.read("pull_requests", first).collect()["title"].to_list() == [None, None]
    assert reader.read("findings", first).collect().is_empty()


def test_raw_copies_in_a_bucket_come_back_whole(uri: str, options: dict[str, str]):
    store = Store(uri, options)
    name = store.keep_raw(b"\x00raw\xff", "ab" * 32)
    assert store.keep_raw(b"\x00raw\xff", "ab" * 32) == name
    assert store.raw(name) == b"\x00raw\xff"


def test_a_second_writer_of_a_bucket_learns_who_holds_it(uri: str, options: dict[str, str]):
    first, second = Store(uri, options), Store(uri, options)
    with (
        first.lock("a long ingest"),
        pytest.raises(StoreError, match=r"process \d+ on .* \(a long ingest, since"),
    ):
        second.write(FINDINGS, findings({}))
    assert second.write(FINDINGS, findings({})) == Written(1, 0, 0)


def test_a_second_writer_of_a_bucket_may_wait(
    uri: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(object_lock, "_PAUSE_SECONDS", 0.05)
    is_waiting = threading.Event()
    order: list[str] = []

    def second() -> None:
        with Store(uri, options).lock("second", wait_seconds=60, on_wait=lambda _: is_waiting.set()):
            order.append("second")

    with Store(uri, options).lock("first"):
        thread = threading.Thread(target=second)
        thread.start()
        assert is_waiting.wait(60)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_holder_that_fell_silent_loses_the_bucket_and_cannot_publish(
    uri: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    silent, next_one = Store(uri, options), Store(uri, options)
    with silent.lock("suspended"):
        silent.write(FINDINGS, findings({}))
        monkeypatch.setattr(object_lock, "EXPIRY", timedelta(0))
        with next_one.lock("took over"):
            with pytest.raises(StoreError, match=r"lost its lock to .*took over"):
                silent.publish(run())
            assert next_one.publish(run("run-2")).run_id == "run-2"
    assert next_one.runs()["run_id"].to_list() == ["run-2"]


def test_a_holder_keeps_its_lock_by_renewing_it(
    uri: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    renewed = threading.Event()
    put = object_lock.ObjectLock._put

    def counted(lock: object_lock.ObjectLock, token: str, holder: str) -> bool:
        done = put(lock, token, holder)
        if threading.current_thread() is not threading.main_thread():
            renewed.set()
        return done

    monkeypatch.setattr(object_lock, "_RENEWAL_SECONDS", 0.05)
    monkeypatch.setattr(object_lock.ObjectLock, "_put", counted)
    store = Store(uri, options)
    with store.lock("ingest"):
        assert renewed.wait(60)
        assert store.publish(run()).run_id == "run-1"


def test_a_bucket_that_is_not_there_is_a_store_error(options: dict[str, str]):
    with pytest.raises(StoreError):
        Store("s3://nowhere/lake", options).publish(run())
