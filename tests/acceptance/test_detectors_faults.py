"""Logs of detectors that are cut, grow, are rotated, damaged or strange: only what is broken is lost."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import polars as pl
import pytest
import zstandard
from polars.testing import assert_frame_equal

from ingest import intake
from ingest.contracts import DETECTIONS, LABELS_TABLE
from ingest.contradictions import OTHERWISE
from ingest.errors import PilotError
from ingest.pipeline import IngestReport, Job
from ingest.pipeline import ingest as ingested
from ingest.settings import DetectionsSettings, IngestSettings, LabelsSettings, SourcesSettings
from ingest.sources.base import Outside
from ingest.sources.detections import DETECTIONS_SOURCE, mapped, shapes
from ingest.sources.labels import LABELS_SOURCE
from ingest.sources.tailing import EMPTY, SHORTENED
from ingest.store import Store
from tests.acceptance.test_approvals_faults import DAMAGES, PAGE, PNG, damaged
from tests.ingest.detections.worlds import World, line
from tests.ingest.test_sarif_fuzz import patience
from tests.marks import deep

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MAPPING: dict[str, Any] = {
    "paths": ["logs/**/table*"], "rename": {"event_id": "id", "score": "risk", "content": "ask"},
    "constants": {"detector": "G", "threshold": 0.5},
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, mapping=[MAPPING])


def settings_of() -> IngestSettings:
    detections = {"paths": ["logs/**/*"], "exclude": ["logs/labels*"], "mapping": [MAPPING]}
    return IngestSettings(
        sources=SourcesSettings(
            detections=DetectionsSettings.model_validate(detections),
            labels=LabelsSettings(paths=["logs/labels*"]),
        )
    )


def run(base: Path, store: Store | None = None) -> tuple[Store, IngestReport]:
    """One `pilot ingest detections labels`, without the command line."""
    store = store or Store(str(base / "lake"))
    sources = (DETECTIONS_SOURCE, LABELS_SOURCE)
    job = Job(settings_of(), base, sources, "1.0", "{}", lambda: NOW, outside=Outside())
    with store.lock("ingest", wait_seconds=60):
        return store, ingested(store, job)


def tables(store: Store, report: IngestReport) -> list[pl.DataFrame]:
    """What a run published, in the order of the keys."""
    frames = [store.read(each.name, report.published).collect() for each in (DETECTIONS, LABELS_TABLE)]
    return [frame.drop("ingested_at").sort("event_id") for frame in frames]


def rows_of_table(count: int) -> list[dict[str, Any]]:
    return [{"id": f"m-{place}", "risk": place % 10 / 10, "ask": f"text {place}"} for place in range(count)]


def put_all(base: Path, count: int) -> None:
    """A log, tables of each shape, and labels."""
    world, frame = World(base), pl.DataFrame(rows_of_table(count))
    world.lines("a.jsonl", *(line(f"r-{place}", score=place % 7 / 7) for place in range(count)))
    world.write("table.parquet", b"")
    frame.write_parquet(base / "logs" / "table.parquet")
    world.write("tables/table.csv", frame.with_columns(id=pl.format("c-{}", "id")).write_csv())
    head, at = "event_id,annotator,labelled_at,label\n", "2026-11-02T10:00:00Z"
    world.write("labels.csv", head + "".join(f"r-{each},rosa,{at},attack\n" for each in range(count)))


def assert_same(one: tuple[Store, IngestReport], other: tuple[Store, IngestReport]) -> None:
    for seen, expected in zip(tables(*one), tables(*other), strict=True):
        assert expected.height
        assert_frame_equal(seen, expected)


# -- killed, and two at once -----------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["in the middle", *deep("before it publishes")])
def test_a_killed_run_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(mapped, "SLICE", 15)
    monkeypatch.setattr(intake, "FLUSH_ROWS", 20)
    for folder in ("killed", "once"):
        put_all(tmp_path / folder, 40)
    store, calls = Store(str(tmp_path / "killed" / "lake")), iter(range(99))
    usual = store.write

    def killed(*given: Any) -> Any:
        if place == "before it publishes" or next(calls) > 2:
            raise KeyboardInterrupt
        return usual(*given)

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish" if place == "before it publishes" else "write", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed", store)
    assert store.published() is None
    assert_same(run(tmp_path / "killed", store), run(tmp_path / "once"))
    _, again = run(tmp_path / "killed", store)
    assert {row["rows_in"] for row in again.sources} == {0}


_INGEST = """
import sys
from pathlib import Path
from ingest import intake
from tests.acceptance.test_detectors_faults import run
intake.FLUSH_ROWS = 5_000
print("begun", flush=True)
run(Path(sys.argv[1]))
"""


@pytest.mark.deep
def test_runs_that_the_kernel_killed_are_made_good_by_the_next(tmp_path: Path) -> None:
    for folder in ("killed", "once"):
        put_all(tmp_path / folder, 60_000)
    for wait in (0.1, 0.4, 0.8, 1.5, 2.5):
        command = [sys.executable, "-c", _INGEST, str(tmp_path / "killed")]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            sleep(wait)
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
    assert_same(run(tmp_path / "killed"), run(tmp_path / "once"))


@pytest.mark.deep  # the lock is that of every source: tests/ingest/test_locking.py
def test_two_runs_at_once_give_the_tables_of_one(tmp_path: Path) -> None:
    for folder in ("both", "once"):
        put_all(tmp_path / folder, 20)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, tmp_path / "both") for _ in range(2)]
        reports = [each.result() for each in runs]
    assert sorted(report.sources[0]["rows_in"] for _, report in reports) == [0, 60]
    last = max(reports, key=lambda each: each[1].published.at)
    assert_same(last, run(tmp_path / "once"))


# -- cut, growing, rotated -------------------------------------------------------------------------------

CSV = pl.DataFrame(rows_of_table(9)).write_csv().encode()
LOG = "".join(f"{line(f'r-{place}')}\n" for place in range(9)).encode()
FILES = {
    "a.jsonl": LOG, "a.jsonl.gz": gzip.compress(LOG, mtime=0), "table.csv": CSV,
    "a.jsonl.zst": zstandard.compress(LOG), "table.csv.gz": gzip.compress(CSV, mtime=0),
    "table.json": json.dumps(rows_of_table(9)).encode(),
}  # fmt: skip


def read(world: World, into: dict[str, dict[str, Any]]) -> str:
    """Read on, keep rows as the store would, and return all that was told of what was not taken."""
    told = ""
    world.frames, world.left_out = {}, world.left_out.__class__()
    try:
        pulled = world.pull()
        told = f"{pulled.refused} {pulled.left_out}"
    except PilotError as error:
        told = str(error)
    if "detections" in world.frames:
        for row in world.rows():
            into.setdefault(row["event_id"], row)
        told += str(world.checked("detections").rejected["raw_ref"].to_list())
    return told


def assert_cut_is_told(base: Path, name: str, size: int) -> None:
    world, rows = World(base / str(size), mapping=[MAPPING]), dict[str, dict[str, Any]]()
    world.write(name, FILES[name][:size])
    is_between_records = FILES[name][:size].endswith((b"}", b"\n")) and not name.endswith(
        (".json", "z", "zst")
    )
    assert name in read(world, rows) or is_between_records, size
    whole = {f"{'m' if 'table' in name else 'r'}-{place}" for place in range(9)}
    assert set(rows) < whole, size
    world.write(name, FILES[name])
    assert name not in read(world, rows), size
    assert set(rows) == whole, size
    assert {row["verdict"] for row in rows.values()} <= {"flag", "pass"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_loses_only_its_end_until_that_comes(tmp_path: Path, name: str) -> None:
    chance = Random(name)  # noqa: S311 - places are drawn, not secrets
    assert_cut_is_told(tmp_path, name, chance.choice(range(20, len(FILES[name]) - 30)))


@pytest.mark.deep
@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_at_every_place_loses_only_its_end_until_that_comes(tmp_path: Path, name: str) -> None:
    for size in range(20, len(FILES[name]) - 30, 3):
        assert_cut_is_told(tmp_path, name, size)


def test_a_log_that_grows_and_is_rotated_is_read_once(world: World) -> None:
    rows: dict[str, dict[str, Any]] = {}
    delivered = 0
    for size in (len(LOG) // 3, len(LOG)):
        world.write("a.jsonl", LOG[:size])
        read(world, rows)
        delivered += len(world.rows())
    old = world.base / "logs" / "a.jsonl"
    (old.parent / "a.jsonl.1.gz").write_bytes(gzip.compress(old.read_bytes()))
    world.lines("a.jsonl", line("n-1"))
    assert SHORTENED in read(world, rows) or "n-1" in rows
    assert (len(rows), delivered) == (10, 9)
    assert "detections" not in world.frames or len(world.rows()) == 1


def test_a_log_that_is_written_while_it_is_read_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rows = world.write("a.jsonl", LOG), dict[str, dict[str, Any]]()
    usual = World._take

    def growing(self: World, parsed: Any, name: str) -> None:
        with path.open("a") as stream:
            stream.write(f"{line('late')}\n")
        usual(self, parsed, name)

    with monkeypatch.context() as patch:
        patch.setattr(World, "_take", growing)
        read(world, rows)
    read(world, rows)
    assert set(rows) == {*(f"r-{place}" for place in range(9)), "late"}


# -- what is no log, and damage in the middle ------------------------------------------------------------


def test_what_is_no_log_is_named_and_the_others_are_read(world: World) -> None:
    others = {"picture.png": PNG, "page.html": PAGE, "words.txt": b"shopping list\n" * 99, "no.json": b"[]"}
    for name, content in {**others, "a.jsonl": LOG, "empty.jsonl": b""}.items():
        world.write(name, content)
    with world.write("sparse.bin", b"").open("wb") as stream:
        stream.truncate(1 << 30)
    with patience():
        pulled = world.pull()
    assert set(pulled.refused) == {f"logs/{name}" for name in (*others, "sparse.bin")}
    assert all("is no log of a known format" in why for why in pulled.refused.values())
    assert pulled.left_out == {EMPTY: 1}
    assert len(world.rows()) == 9


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_line_in_the_middle_loses_only_itself_and_is_told(world: World, damage: str) -> None:
    first, second = LOG.split(b"\n")[:2]
    world.write("a.jsonl", b"\n".join([first, DAMAGES[damage], second, b""]))
    world.write(
        "table.jsonl", b'{"id": "m-1", "risk": 1}\n' + DAMAGES[damage] + b'\n{"id": "m-2", "risk": 0}\n'
    )
    with patience():
        pulled = world.pull()
    assert {row["event_id"] for row in world.rows()} == {"r-0", "r-1", "m-1", "m-2"}
    assert not pulled.refused
    places = world.checked("detections").rejected["raw_ref"].to_list()
    assert f"logs/a.jsonl#{len(first) + 1}" in places
    assert "logs/table.jsonl#25" in places


DEEP = '{"id": "d", "response": ' + "[" * 900 + "]" * 900 + "}"


@pytest.mark.parametrize("said", [DEEP, DEEP.replace("[", '{"a":[').replace("]", "]}")], ids=["list", "both"])
def test_a_record_that_nests_as_deep_as_can_be_read_loses_only_itself(world: World, said: str) -> None:
    world.lines("a.jsonl", line("r-1"), said, line("r-2"))
    world.lines("table.jsonl", '{"id": "m-1", "risk": 1}', said, '{"id": "m-2", "risk": 0}')
    assert not world.pull().refused
    assert {row["event_id"] for row in world.rows()} == {"r-1", "r-2", "m-1", "m-2"}


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "table.csv.gz"])
def test_damaged_packing_is_told_and_what_lies_before_it_is_taken(world: World, name: str) -> None:
    content = FILES[name]
    world.write(name, content[: len(content) // 2] + b"\xff" * 40 + content[len(content) // 2 + 40 :])
    rows: dict[str, dict[str, Any]] = {}
    assert f"logs/{name}" in read(world, rows)
    assert len(rows) < 9


def test_damaged_parquet_is_refused_with_what_to_do(world: World) -> None:
    path = world.write("table.parquet", b"")
    pl.DataFrame(rows_of_table(99)).write_parquet(path)
    content = path.read_bytes()
    for spoilt in (
        content[:60],
        content[:200] + b"\xff" * 200 + content[400:],
        b"PAR1" + b"\0" * 99 + b"PAR1",
    ):
        path.write_bytes(spoilt)
        world.frames = {}
        why = world.pull().refused["logs/table.parquet"]
        assert "cut or damaged; a whole one was expected. Copy it again" in why
        assert "detections" not in world.frames


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(60))
def test_damage_anywhere_neither_stops_a_run_nor_the_other_files(world: World, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - damages are drawn, not secrets
    for name, content in FILES.items():
        world.write(f"bad-{name}" if "table" not in name else f"table-{name}", damaged(content, chance))
    world.write("good/a.jsonl", LOG.replace(b"r-", b"g-"))
    with patience():
        pulled = world.pull()
    assert {f"g-{place}" for place in range(9)} <= {row["event_id"] for row in world.rows()}
    assert not [why for why in pulled.refused.values() if "RecursionError" in why or "MemoryError" in why]


# -- tables ----------------------------------------------------------------------------------------------


def test_a_table_without_a_column_that_is_mapped_says_what_was_seen_and_what_to_do(world: World) -> None:
    world.write("table.csv", "id,rsk,question\n1,0.9,x\n")
    why = world.pull().refused["logs/table.csv"]
    for part in (
        "logs/table.csv",
        "lacks ask, risk",
        "seen: id",
        "Correct its [[sources.detections.mapping]]",
    ):
        assert part in why


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_tables_from_spreadsheets_are_read_in_their_encodings(world: World, encoding: str) -> None:
    world.write("table.csv", "id;risk;ask\r\nm-ä;0.9;öl\r\n".encode(encoding))
    world.pull()
    (row,) = world.rows()
    assert (row["event_id"], row["verdict"], row["content_chars"]) == ("m-ä", "flag", 2)


def test_a_line_longer_than_any_is_told_and_those_before_it_are_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "LARGEST", 1_000)
    world.write("table.csv", "id,risk,ask\nm-1,0.9,x\nm-2,0.1," + "y" * 5_000 + "\nm-3,0.1,z\n")
    assert "a line or cell of more than" in world.pull().refused["logs/table.csv"]
    assert [row["event_id"] for row in world.rows()] == ["m-1"]


@pytest.mark.deep
@pytest.mark.parametrize("name", ["table.csv", "a.jsonl"])
def test_a_line_of_a_gigabyte_is_told_in_time(world: World, name: str) -> None:
    begin = LOG[: LOG.index(b"\n") + 1] if name == "a.jsonl" else b"id,risk,ask\nm-1,0.9,x\n"
    with world.write(name, begin).open("ab") as stream:
        for _ in range(64):
            stream.write(b"y" * (16 << 20))
        stream.write(b"\n")
    began = monotonic()
    pulled = world.pull()
    assert "of more than 64 MB" in pulled.refused[f"logs/{name}"]
    assert len(world.rows()) == 1
    assert monotonic() - began < 60


def test_scores_that_are_no_numbers_go_to_quarantine_and_odd_thresholds_stay(world: World) -> None:
    told = "1,nan,\n2,inf,\n3,1e400,\n4,-inf,\n5,-0.5,-1\n6,2,1.5\n7,0.7,nan\n8,many,\n"
    world.mapping = [{"paths": ["logs/table*"], "constants": {"detector": "G", "threshold": 0.5}}]
    world.write("table.csv", f"event_id,score,threshold\n{told}")
    answer = '{"request_id": "%s", "response": {"decision": "allow", "score": %s, "status": "success"}}'
    odd = [answer % (f"r-{place}", score) for place, score in enumerate(("NaN", "1e400", "-Infinity", "7"))]
    world.lines("a.jsonl", line("r-9", "allow", 0.1), *odd)
    world.pull()
    rows = [(row["event_id"], row["verdict"], row["score"], row["threshold"]) for row in world.rows()]
    assert sorted(rows) == [("5", "flag", -0.5, -1.0), ("6", "flag", 2.0, 1.5), ("r-9", "pass", 0.1, 0.9)]
    assert world.checked("detections").rejected.height == 10


# -- one item told twice, and what is large --------------------------------------------------------------


def test_of_one_item_told_twice_one_verdict_stands_wholly(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.lines("a.jsonl", line("r-1", "allow", 0.1), line("r-1", "block", 0.97), line("r-2"))
    world.write(
        "labels.csv", "event_id,annotator,labelled_at,label\nnobody,rosa,2026-11-02T10:00:00Z,attack\n"
    )
    store, report = run(tmp_path)
    detections, labels = tables(store, report)
    rows = detections.select("event_id", "verdict", "score").sort("event_id").rows()
    assert rows == [("r-1", "flag", 0.97), ("r-2", "flag", 0.97)]
    assert json.loads(report.sources[0]["left_out"]) == {"older copy of a row that was read again": 1}
    assert labels["event_id"].to_list() == ["nobody"]  # of an item that may be told yet


@pytest.mark.deep
def test_a_label_that_was_rewritten_in_its_file_is_named_and_the_first_stays(tmp_path: Path) -> None:
    world, text = World(tmp_path), "event_id,annotator,labelled_at,label\nr-1,rosa,2026-11-02T10:00:00Z,{}\n"
    world.lines("a.jsonl", line("r-1"))
    world.write("labels.csv", text.format("attack"))
    store, _ = run(tmp_path)
    world.write("labels.csv", text.format("benign"))
    _, report = run(tmp_path, store)
    told = json.loads(next(row["left_out"] for row in report.sources if row["source"] == "labels"))
    assert told[OTHERWISE.format("logs/labels.csv#line 2")] == 1
    assert tables(store, report)[1]["label"].to_list() == ["attack"]


def test_a_long_text_is_hashed_whole_and_kept_in_part_without_a_secret_at_its_edge(world: World) -> None:
    world.keep_text = True
    secret = "ghp_" + "A1b2C3d4E5f6G7h8J9k0"
    long = "word " * 2_000_000
    edge = ("word " * 4_000)[:-14] + secret + " word" * 99
    world.lines("a.jsonl", line("r-1", input=long), line("r-2", input=edge))
    with patience():
        world.pull()
    first, second = world.rows()
    assert (first["content_chars"], len(first["content_text"])) == (10_000_000, 20_000)
    assert secret[:9] not in second["content_text"]
    assert second["content_chars"] == len(edge)
