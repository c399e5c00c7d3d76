"""Answers of live sources are kept whole, in order, on a folder and in a bucket alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from ingest.errors import StoreError
from ingest.store import Store
from tests.builders_bucket import served_bucket

NAMES = ["github/R_a/00000001.jsonl", "github/R_a/00000002.jsonl", "github/R_b/00000001.jsonl"]


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "folder":
        yield Store(str(tmp_path / "lake"))
        return
    with served_bucket("answers") as options:
        yield Store("s3://answers/lake", options)


def test_what_is_kept_comes_back_in_the_order_of_its_names(store: Store):
    area = store.raw_area
    assert area.names("github/") == []
    for name in reversed(NAMES):
        area.keep(name, name.encode() * 100)
    assert area.names("github/") == NAMES
    assert area.names("github/R_a/") == NAMES[:2]
    assert [area.read(name) for name in NAMES] == [name.encode() * 100 for name in NAMES]


def test_what_is_kept_again_replaces_what_was(store: Store):
    store.raw_area.keep(NAMES[0], b"one")
    store.raw_area.keep(NAMES[0], b"two")
    assert store.raw_area.read(NAMES[0]) == b"two"


def test_what_is_dropped_is_gone_and_may_be_dropped_twice_on_a_folder(store: Store):
    for name in NAMES:
        store.raw_area.keep(name, b"x")
    store.raw_area.drop(NAMES[:2])
    assert store.raw_area.names("github/") == NAMES[2:]


def test_a_damaged_answer_says_which_it_is_and_what_to_do(tmp_path: Path):
    store = Store(str(tmp_path))
    store.raw_area.keep(NAMES[0], b"answer" * 100)
    path = tmp_path / "raw" / f"{NAMES[0]}.gz"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StoreError, match=r"R_a/00000001\.jsonl\.gz: is damaged .* --full"):
        store.raw_area.read(NAMES[0])


def test_a_half_written_answer_is_not_listed(tmp_path: Path):
    store = Store(str(tmp_path))
    store.raw_area.keep(NAMES[0], b"answer")
    (tmp_path / "raw" / "github" / "R_a" / "00000002.jsonl.gz.staged").write_bytes(b"half")
    assert store.raw_area.names("github/") == NAMES[:1]


def test_a_flipped_bit_is_damage_and_not_another_answer(tmp_path: Path):
    store = Store(str(tmp_path))
    store.raw_area.keep(NAMES[0], bytes(range(256)) * 20)
    path = tmp_path / "raw" / f"{NAMES[0]}.gz"
    whole = path.read_bytes()
    for place in range(10, len(whole)):  # behind the head, of which most does not matter
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(StoreError, match=r"R_a/00000001\.jsonl\.gz: is damaged .* --full"):
            store.raw_area.read(NAMES[0])


def test_what_is_kept_again_in_a_bucket_is_replaced_in_one_commit():
    with served_bucket("answers") as options:
        store = Store("s3://answers/again", options)
        others = [NAMES[1], "github/R_o'clock/00000001.jsonl"]
        for name in (NAMES[0], *others):
            store.raw_area.keep(name, b"one")
        table = DeltaTable("s3://answers/again/raw/answers", storage_options=options)
        before = table.version()
        store.raw_area.keep(NAMES[0], b"two")
        store.raw_area.keep(others[1], b"two")
        table.update_incremental()
        assert table.version() == before + 2
        assert [store.raw_area.read(name) for name in (NAMES[0], *others)] == [b"two", b"one", b"two"]
        assert store.raw_area.names("github/") == [*NAMES[:2], others[1]]
