"""Whatever breaks, readers keep the old or get the new publication, and the next writer can go on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from ingest.contracts import PULL_REQUESTS, REVIEWS
from ingest.errors import StoreError
from ingest.store import Store, Written, durable
from tests.builders_store import pull_requests, reviews, run

ROOT = Path(__file__).parents[2]
SIZE = 40  # rows per table and round

# Every round writes its number into all rows of two tables and then publishes; it says so afterwards.
WRITER = """
import sys
from ingest.contracts import PULL_REQUESTS, REVIEWS
from ingest.store import Store
from tests.builders_store import run
from tests.ingest.test_store_faults import round_of
store = Store(sys.argv[1])
published = store.published()
number = int(published.run_id) if published else 0
print("ready", flush=True)
while True:
    number += 1
    with store.lock("writing"):
        changes, verdicts = round_of(number)
        store.write(PULL_REQUESTS, changes)
        store.write(REVIEWS, verdicts)
        store.publish(run(f"{number:06d}"))
        if number % 4 == 0:
            store.compact([])
    print(number, flush=True)
"""

# A disk that is full is played by a limit on the size of any file that the process writes.
LIMITED = """
import resource, sys
from ingest.contracts import PULL_REQUESTS
from ingest.errors import StoreError
from ingest.store import Store
from tests.builders_store import run
from tests.ingest.test_store_faults import round_of
store = Store(sys.argv[1])
rows = round_of(2)[0]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    with store.lock("writing"):
        store.write(PULL_REQUESTS, rows)
        store.publish(run("000002"))
except StoreError as error:
    print(error)
"""


def round_of(number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of both tables that carry the number of their round, in two months."""
    moved = {
        "title": str(number),
        "updated_at": f"2026-08-02T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z",
    }
    months = ("2026-06-01T09:00:00Z", "2026-07-01T09:00:00Z")
    changes = [{"number": n, "created_at": months[n % 2], **moved} for n in range(1, SIZE + 1)]
    verdicts = [{"number": n, "review_id": f"R{n}", "body_chars": number} for n in range(1, SIZE + 1)]
    return pull_requests(*changes), reviews(*verdicts)


def published_round(store: Store) -> int:
    """Tell the number of the round that readers see; every row of both tables must carry it."""
    published = store.published()
    if published is None:
        return 0
    titles = store.read("pull_requests", published).collect()["title"]
    sizes = store.read("reviews", published).collect()["body_chars"]
    assert titles.to_list() == [str(int(published.run_id))] * SIZE
    assert sizes.to_list() == [int(published.run_id)] * SIZE
    return int(published.run_id)


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged_before_kill(lake: Path, seconds: float) -> int:
    """Let a writer run for a while, kill it, and tell the last round that it had acknowledged."""
    process = child(WRITER, str(lake))
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first == "ready\n", process.communicate()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    said, complaints = process.communicate()
    assert complaints == ""
    rounds = [int(line) for line in said.splitlines()]
    return rounds[-1] if rounds else 0


def survive_kills(lake: Path, kills: int, seed: int) -> None:
    moments = random.Random(seed)  # noqa: S311 - repeatable, not secret
    store = Store(str(lake))
    seen = 0
    for _ in range(kills):
        acknowledged = acknowledged_before_kill(lake, moments.uniform(0.0, 0.8))
        now = published_round(store)
        assert now >= max(seen, acknowledged)
        seen = now
    assert seen > 0, "no writer got as far as a publication: the test proved nothing"
    changes, verdicts = round_of(seen + 1)
    store.write(PULL_REQUESTS, changes)
    store.write(REVIEWS, verdicts)
    store.publish(run(f"{seen + 1:06d}"))
    store.compact([])
    assert published_round(store) == seen + 1
    assert not list(lake.rglob("*#*"))


@pytest.mark.deep
def test_writers_killed_at_any_moment_leave_a_whole_publication_and_a_usable_store(tmp_path: Path):
    survive_kills(tmp_path / "lake", kills=6, seed=1)


@pytest.mark.deep
def test_a_hundred_killed_writers_leave_a_whole_publication_and_a_usable_store(tmp_path: Path):
    survive_kills(tmp_path / "lake", kills=100, seed=2)


@pytest.mark.parametrize("limit", [100, 600, 2_000, 6_000])
def test_a_full_disk_leaves_the_old_publication_and_a_usable_store(tmp_path: Path, limit: int):
    store = Store(str(tmp_path))
    first, verdicts = round_of(1)
    store.write(PULL_REQUESTS, first)
    store.write(REVIEWS, verdicts)
    store.publish(run("000001"))
    # what the library's own threads print on the error stream meanwhile is not the product's word
    said, complaints = child(LIMITED, str(tmp_path), str(limit)).communicate()
    assert "free space and run again" in said, complaints
    assert published_round(store) == 1
    changes, verdicts = round_of(2)
    store.write(PULL_REQUESTS, changes)
    store.write(REVIEWS, verdicts)
    store.publish(run("000002"))
    assert published_round(store) == 2


def test_everything_published_was_flushed_before_the_ledger_named_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    flushed: list[tuple[Path, bool]] = []
    ledger = tmp_path / "tables/ingest_runs/_delta_log/00000000000000000000.json"
    monkeypatch.setattr(durable, "sync", lambda path: flushed.append((path, ledger.exists())))
    store = Store(str(tmp_path))
    changes, verdicts = round_of(1)
    store.write(PULL_REQUESTS, changes)
    store.write(REVIEWS, verdicts)
    store.publish(run())
    before = {path for path, is_named in flushed if not is_named}
    table_files = {
        path for name in ("pull_requests", "reviews") for path in (tmp_path / "tables" / name).rglob("*")
    }
    assert {path for path in table_files if path.suffix in (".parquet", ".json")} <= before
    assert {path for path in table_files if path.is_dir()} <= before
    assert {path for path, _ in flushed} >= {*ledger.parents[1].rglob("*.parquet"), ledger, ledger.parent}


def test_flushing_reaches_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").resolve()))
    )
    (tmp_path / "file").write_bytes(b"x")
    durable.sync(tmp_path / "file")
    durable.sync(tmp_path)
    assert synced == [str(tmp_path / "file"), str(tmp_path)]


def filled(folder: Path) -> Store:
    store = Store(str(folder))
    changes, verdicts = round_of(1)
    store.write(PULL_REQUESTS, changes)
    store.write(REVIEWS, verdicts)
    store.publish(run("000001"))
    return store


def test_a_table_whose_log_is_gone_is_not_begun_anew(tmp_path: Path):
    store = filled(tmp_path)
    shutil.rmtree(tmp_path / "tables/reviews/_delta_log")
    published = store.published()
    assert published is not None
    with pytest.raises(StoreError, match="opening version 0 failed"):
        store.read("reviews", published)
    with pytest.raises(StoreError, match="is not there any more; restore it"):
        store.write(REVIEWS, round_of(1)[1])


def test_a_garbled_log_is_a_store_error_with_a_remedy(tmp_path: Path):
    store = filled(tmp_path)
    (tmp_path / "tables/ingest_runs/_delta_log/00000000000000000000.json").write_text("{ not json")
    with pytest.raises(StoreError, match="restore the damaged files"):
        store.published()


def test_a_garbled_data_file_is_a_store_error_for_the_writer(tmp_path: Path):
    store = filled(tmp_path)
    for file in (tmp_path / "tables/reviews").rglob("*.parquet"):
        file.write_bytes(b"PAR1 this is no Parquet file PAR1")
    with pytest.raises(StoreError, match="restore the damaged files"):
        store.write(REVIEWS, round_of(2)[1])


def test_a_missing_data_file_is_named(tmp_path: Path):
    store = filled(tmp_path)
    file = next((tmp_path / "tables/reviews").rglob("*.parquet"))
    file.unlink()
    with pytest.raises(StoreError, match=f"lacks 1 of its 1 files, the first is {file.name}"):
        store.current("reviews")


def test_a_folder_that_cannot_be_written_is_a_store_error_but_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = filled(tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(StoreError, match="make the folder writable"):
        store.write(REVIEWS, round_of(2)[1])
    assert published_round(store) == 1


def test_a_place_where_nothing_can_be_made_is_a_store_error():
    with pytest.raises(StoreError, match=r"/proc/lake/\.lock: cannot be written"):
        Store("/proc/lake").publish(run())


def test_wrong_addresses_are_told_at_once(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file, expected a folder"):
        Store(str(tmp_path / "file"))
    with pytest.raises(StoreError, match=r"scheme 'ftp', expected a folder or one of s3://"):
        Store("ftp://host/lake")


def test_a_ledger_entry_that_is_no_json_is_told(tmp_path: Path):
    store = filled(tmp_path)
    damaged = pl.read_delta(str(tmp_path / "tables/ingest_runs")).with_columns(published=pl.lit("?"))
    damaged.write_delta(str(tmp_path / "tables/ingest_runs"), mode="overwrite")
    with pytest.raises(StoreError, match="expected JSON of table -> version"):
        store.published()


def test_a_run_that_died_before_it_published_is_completed_by_the_next(tmp_path: Path):
    store = filled(tmp_path)
    changes, verdicts = round_of(2)
    store.write(PULL_REQUESTS, changes)
    assert published_round(store) == 1
    assert store.write(PULL_REQUESTS, changes) == Written(0, 0, SIZE)
    store.write(REVIEWS, verdicts)
    store.publish(run("000002"))
    assert published_round(store) == 2
