"""Logs that are cut, grow, are rotated, damaged or are none: only what is broken is lost, and it is told."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shutil
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import polars as pl
import pytest
import zstandard
from polars.testing import assert_frame_equal

from ingest.errors import PilotError, SourceError
from ingest.sources.approvals.agent_settings import NOTHING_TOLD
from ingest.sources.approvals.otlp.reading import FOREIGN
from ingest.sources.approvals.pulling import EMPTY
from ingest.store import Store
from tests.acceptance.helpers_logs import (
    BEHIND_LENGTHS,
    LOGS,
    OBJECTS,
    PACKED,
    WHOLE,
    Reading,
    content_of,
    read_alone,
    run,
    tables,
)
from tests.ingest.test_sarif_fuzz import patience

CUTS = 1  # places of one file, of each kind, in the everyday test


# -- cut anywhere ------------------------------------------------------------------------------------


def boundary(name: str, content: bytes) -> int:
    """Where the last whole record of a file ends, in unpacked bytes; worked out apart from the reader."""
    if name in BEHIND_LENGTHS:
        return _behind_lengths(content)
    if name in OBJECTS:
        return _objects(content.decode(errors="ignore"))
    if name in WHOLE and name != "table.csv":
        return len(content) if _is_json(content) else 0
    last = content.rfind(b"\n") + 1
    return len(content) if name != "table.csv" and _is_json(content[last:]) else last


def _behind_lengths(content: bytes) -> int:
    at = 0
    while at + 4 <= len(content) and at + 4 + int.from_bytes(content[at : at + 4], "big") <= len(content):
        at += 4 + int.from_bytes(content[at : at + 4], "big")
    return at


def _objects(text: str) -> int:
    at, decoder = 0, json.JSONDecoder()
    while at < len(text):
        try:
            at = decoder.raw_decode(text, at)[1]
        except ValueError:
            break
        at += len(text[at:]) - len(text[at:].lstrip())
    return at


def _is_json(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def unpacked(name: str, content: bytes) -> bytes:
    if name == "otel.jsonl.gz":
        return zlib.decompressobj(31).decompress(content)
    return zstandard.ZstdDecompressor().decompressobj().decompress(content) if name in PACKED else content


@cache
def rows_of(name: str, size: int) -> dict[str, Any]:
    """What a file of whole records says, so many unpacked bytes long."""
    content = unpacked(name, content_of(name))[:size]
    plain = name.removesuffix(".gz")
    with TemporaryDirectory() as folder:
        found = read_alone(Path(folder), plain if name in PACKED else name, content)
    return {table: {key: _placeless(row) for key, row in rows.items()} for table, rows in found.rows.items()}


def _placeless(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what reading in parts may change.

    That is the file's name; how many calls a message has that is still being written; and at what time of its
    day a fact was first seen, where a file is not in the order of time.
    """
    kept = {name: value for name, value in row.items() if name not in {"raw_ref", "batch_count"}}
    return kept | ({"seen_at": row["seen_at"].date()} if "seen_at" in row else {})


def placeless(rows: dict[str, Any]) -> dict[str, Any]:
    return {table: {key: _placeless(row) for key, row in some.items()} for table, some in rows.items()}


def differences(seen: dict[str, Any], expected: dict[str, Any]) -> list[Any]:
    """Columns that differ, row by row; None on one side = the row is missing there."""
    found = []
    for table, rows in expected.items():
        for key in {*rows, *seen[table]}:
            one, other = seen[table].get(key) or {}, rows.get(key) or {}
            found += [
                (table, key, column, one.get(column), other.get(column))
                for column in {*one, *other}
                if one.get(column) != other.get(column)
            ]
    return found


def assert_cut_is_told(folder: Path, name: str, size: int) -> None:
    whole = content_of(name)
    reading = read_alone(folder / f"cut-{size}", name, whole[:size])
    plain = unpacked(name, whole[:size])
    assert differences(placeless(reading.rows), rows_of(name, boundary(name, plain))) == [], size
    is_cut = boundary(name, plain) < len(plain) or (name in PACKED and size < len(whole))
    assert not is_cut or name in reading.named, (size, reading.named)
    reading.put(name, whole)
    reading.read()
    complete = rows_of(name, len(unpacked(name, whole)))
    assert differences(placeless(reading.rows), complete) == [], size
    assert name not in f"{reading.pulled.refused} {reading.pulled.left_out}", size


def places(name: str, count: int) -> list[int]:
    """Places of a file: its edges, and others drawn."""
    size = len(content_of(name))
    chance = Random(name)  # noqa: S311 - places are drawn, not secrets
    return sorted({size - 1, *(chance.randrange(1, size) for _ in range(count))})


@pytest.mark.parametrize("name", LOGS)
def test_a_log_cut_anywhere_loses_only_the_cut_record_until_its_rest_comes(tmp_path: Path, name: str):
    for size in places(name, CUTS):
        assert_cut_is_told(tmp_path, name, size)


@pytest.mark.deep
@pytest.mark.parametrize("name", LOGS)
def test_a_log_cut_at_every_place_loses_only_the_cut_record_until_its_rest_comes(tmp_path: Path, name: str):
    whole = len(content_of(name))
    for size in range(1, whole, max(1, whole // 1_500)):
        assert_cut_is_told(tmp_path, name, size)


# -- what is no log ----------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n"
SARIF = b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]}\n'


def test_what_is_no_log_is_named_with_what_is_known_and_the_others_are_read(tmp_path: Path):
    reading = Reading(tmp_path)
    reading.put("otel.jsonl", content_of("otel.jsonl"))
    others = {
        "picture.png": PNG,
        "page.html": PAGE,
        "scan.sarif": SARIF,
        "words.txt": b"shopping list\n" * 900,
    }
    for name, content in others.items():
        reading.put(name, content)
    with reading.put("sparse.bin", b"").open("wb") as stream:
        stream.truncate(2 << 30)
    with patience():
        reading.read()
    told = {name.removeprefix("logs/"): why for name, why in reading.pulled.refused.items()}
    assert set(told) == {*others, "sparse.bin"}
    assert all(
        "no log of a known format" in why and "known are: settings files" in why for why in told.values()
    )
    assert (
        differences(reading.rows, read_alone(tmp_path / "alone", "otel.jsonl", content_of("otel.jsonl")).rows)
        == []
    )


def test_pipes_links_and_folders_are_named_and_not_opened(tmp_path: Path):
    reading = Reading(tmp_path, settings={"paths": ["logs/*.jsonl"]})
    reading.put("otel.jsonl", content_of("otel.jsonl"))
    reading.put("empty.jsonl", b"")
    folder = tmp_path / "logs"
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.jsonl").mkdir()
    (folder / "circle.jsonl").symlink_to(folder / "circle.jsonl")
    (folder / "nowhere.jsonl").symlink_to(folder / "gone")
    with patience():
        reading.read()
    told = dict(reading.pulled.refused)
    assert set(told) == {f"logs/{name}.jsonl" for name in ("pipe", "folder", "circle", "nowhere")}
    assert (
        told["logs/pipe.jsonl"]
        == "is a pipe; a file was expected; leave it out by `exclude`, or correct `paths`"
    )
    assert told["logs/circle.jsonl"].startswith("is a link that leads nowhere, or in a circle")
    assert told["logs/folder.jsonl"].startswith("is a folder")
    assert reading.pulled.left_out == {EMPTY: 1}
    assert len(reading.rows["approval_signals"]) == 66


def test_folders_on_the_way_are_nobodys_fault(tmp_path: Path):
    reading = Reading(tmp_path)
    reading.put("rosa/otel.jsonl", content_of("otel.jsonl"))
    assert not reading.read().refused


def test_a_log_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    reading = Reading(tmp_path)
    reading.put("otel.jsonl", content_of("otel.jsonl"))
    reading.put("secret.jsonl", content_of("otel.jsonl"))
    usual = Path.open

    def locked(path: Path, *given: Any, **more: Any) -> Any:
        if path.name == "secret.jsonl":
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *given, **more)

    monkeypatch.setattr(Path, "open", locked)
    reading.read()
    assert reading.pulled.refused == {
        "logs/secret.jsonl": "cannot be read (Permission denied); check its permissions"
    }
    assert reading.rows["approval_signals"]


def test_packing_that_is_broken_from_the_beginning_is_damage(tmp_path: Path):
    reading = read_alone(tmp_path, "otel.jsonl", content_of("stream.zst")[:9] + b"\xff" * 99)
    assert "packing is damaged from the beginning on" in reading.pulled.refused["logs/otel.jsonl"]


# -- growing, rotated, killed --------------------------------------------------------------------------


def portions(content: bytes, count: int) -> list[bytes]:
    return [content[: len(content) * (place + 1) // count] for place in range(count)]


GROWING = tuple(name for name in LOGS if name not in PACKED and not name.startswith("."))
EVERYDAY = ("packed.binpb", "transcript.jsonl", "outfile.log")


@pytest.mark.parametrize("name", EVERYDAY)
def test_a_log_that_grows_in_ten_portions_is_read_as_at_once(tmp_path: Path, name: str):
    assert_grows(tmp_path, name)


@pytest.mark.deep
@pytest.mark.parametrize("name", GROWING)
def test_any_log_that_grows_in_ten_portions_is_read_as_at_once(tmp_path: Path, name: str):
    assert_grows(tmp_path, name)


def assert_grows(tmp_path: Path, name: str) -> None:
    reading = Reading(tmp_path)
    for portion in portions(content_of(name), 10):
        reading.put(name, portion)
        with contextlib.suppress(PilotError):
            reading.read()
    assert differences(placeless(reading.rows), rows_of(name, len(content_of(name)))) == []


def test_logs_that_grow_are_rotated_packed_and_read_by_killed_runs_give_the_tables_of_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = ("otel.jsonl", "lengths.binpb", "hooks.jsonl", "outfile.log")
    store = Store(str(tmp_path / "grown" / "lake"))
    logs = tmp_path / "grown" / "logs"
    logs.mkdir(parents=True)
    for turn in range(2):
        for name in names:
            content = content_of(name)
            (logs / name).write_bytes(portions(content, 2)[turn])
        if turn == 1:
            _kill_between_store_and_publication(tmp_path / "grown", store, monkeypatch)
        _, report = run(tmp_path / "grown", store)
    for name in names:  # rotated: renamed, one packed, new ones begun
        (logs / name).rename(logs / f"old-{name}")
        (logs / name).write_bytes(content_of(name, 50))
    packed = logs / "old-otel.jsonl"
    (logs / "old-otel.jsonl.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    for _again in range(2):
        _, report = run(tmp_path / "grown", store)
    for name in names:
        for seed in (1, 50):
            path = tmp_path / "once" / "logs" / f"{seed}-{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content_of(name, seed))
    assert_same_tables(tables(store, report), tables(*run(tmp_path / "once")))
    assert report.sources[0]["rows_in"] == 0


def _kill_between_store_and_publication(base: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_runs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(base, store)


def assert_same_tables(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, frame in expected.items():
        own = ["raw_ref"] + (["batch_count"] if name == "approval_signals" else [])
        dated = [pl.col("seen_at").dt.date()] if "seen_at" in frame.columns else []
        one, other = (each.drop(own).with_columns(dated) for each in (seen[name], frame))
        assert_frame_equal(one, other)
    assert expected["approvals"].height


def test_two_runs_at_once_give_the_tables_of_one(tmp_path: Path):
    for name in ("otel.jsonl", "hooks.jsonl"):
        for folder in ("both", "once"):
            path = tmp_path / folder / "logs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content_of(name))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, tmp_path / "both") for _ in range(2)]
        reports = [each.result() for each in runs]
    assert sorted(report.sources[0]["rows_in"] > 0 for _, report in reports) == [False, True]
    last = max(reports, key=lambda each: each[1].published.versions["approval_signals"])
    assert_same_tables(tables(*last), tables(*run(tmp_path / "once")))


# -- damage in the middle ----------------------------------------------------------------------------

DAMAGES: dict[str, bytes] = {
    "binary": bytes(range(256)).replace(b"\n", b"") * 8,
    "invalid utf-8": b'{"type": "user", "text": "\xff\xfe\xed\xa0\x80"}',
    "deep nesting": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "null bytes": b"\0" * 500,
    "half an object": b'{"type": "user", "message": {"role": "us',
    "not a number": b'{"timestamp": NaN}',
    "cut in a character": '{"a": "é'.encode()[:-1] + b'"}',
}
LINES = (
    "otel.jsonl",
    "codex.jsonl",
    "rollout.jsonl",
    "transcript.jsonl",
    "hooks.jsonl",
    "events.jsonl",
    "opencode.jsonl",
    "mapped.jsonl",
    "cursor.jsonl",
    "copilot_spans.jsonl",
)
TELEMETRY = ("otel.jsonl", "codex.jsonl")
UNSEEN = ("invalid utf-8", "cut in a character")  # of JSON that holds no messages, its texts are not read


def spoilt(content: bytes, damage: bytes) -> tuple[bytes, int]:
    """The lines with one more in the middle that is broken, and where it begins."""
    lines = content.splitlines(keepends=True)
    before = b"".join(lines[: len(lines) // 2])
    return before + damage + b"\n" + content[len(before) :], len(before)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_line_in_the_middle_loses_only_itself_and_is_told_with_its_place(
    tmp_path: Path, damage: str
):
    reading = Reading(tmp_path)
    begins = {}
    for name in LINES:
        content, begins[name] = spoilt(content_of(name), DAMAGES[damage])
        reading.put(name, content)
    with patience():
        reading.read()
    for name in LINES:
        is_passed_by = name in TELEMETRY and damage in UNSEEN  # nothing in it is of an agent that is known
        assert is_passed_by or f"logs/{name}#{begins[name]}'" in reading.named, (name, reading.named)
    assert damage not in UNSEEN or reading.left_out[FOREIGN] == len(TELEMETRY)
    assert not reading.pulled.refused
    usual = [rows_of(name, len(content_of(name))) for name in LINES]
    for table in ("approval_signals", "agent_sightings"):
        assert set(reading.rows[table]) == {key for rows in usual for key in rows[table]}


def test_a_line_of_seventy_megabytes_loses_only_itself_and_is_told(tmp_path: Path):
    content, begins = spoilt(content_of("hooks.jsonl"), b'{"hook_event_name": "' + b"x" * (70 << 20) + b'"}')
    with patience():
        reading = read_alone(tmp_path, "hooks.jsonl", content)
    assert (
        f"damaged at byte {begins:,} (a line of more than 64 MB)"
        in reading.pulled.refused["logs/hooks.jsonl"]
    )
    assert set(reading.rows["approval_signals"]) == set(
        rows_of("hooks.jsonl", len(content_of("hooks.jsonl")))["approval_signals"]
    )


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "half an object"])
def test_garbage_between_objects_loses_only_itself_and_is_told(tmp_path: Path, damage: str):
    content = content_of("outfile.log")
    at = content.index(b"\n}\n{\n") + 3
    with patience():
        reading = read_alone(tmp_path, "outfile.log", content[:at] + DAMAGES[damage] + b"\n" + content[at:])
    whole = rows_of("outfile.log", len(content))
    assert set(reading.rows["approval_signals"]) == set(whole["approval_signals"])
    assert f"byte {at:,} (" in reading.named or f"outfile.log#{at}" in reading.named


@pytest.mark.parametrize("name", BEHIND_LENGTHS)
def test_a_broken_message_behind_its_length_loses_only_itself_and_is_told(tmp_path: Path, name: str):
    content = content_of(name)
    first = 4 + int.from_bytes(content[:4], "big")
    broken = (99).to_bytes(4, "big") + content[first + 4 : first + 8] + b"\xff" * 95
    with patience():
        reading = read_alone(tmp_path, name, content[:first] + broken + content[first:])
    whole = rows_of(name, len(content))
    assert set(reading.rows["approval_signals"]) == set(whole["approval_signals"])
    assert f"byte {first:,} (" in reading.named or f"{name}#{first}" in reading.named


VALUES: tuple[bytes, ...] = (
    b"9" * 400,
    b"-1",
    b"1e308",
    b"123456789012345678901234567890",
    b'"0000-01-01T00:00:00Z"',
    b'"9999-12-31T23:59:59.999999Z"',
    b'"0001-01-01T00:00:00+14:00"',
    b"253402300800000",
    b"-62135596800000",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'"\\u0000"',
    b'"\\ud800"',
    b'""',
    b"[[[[1]]]]",
    b'{"a": {"b": 1}}',
    b"1.5",
    b'"1e999"',
    b'"9223372036854775808"',
    b"9223372036854775808",
    b"18446744073709551616",
    b'"NaN"',
    b'"-Infinity"',
)
VALUE = re.compile(rb'(?<=:)\s*(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)')


@pytest.mark.parametrize("name", LINES)
def test_a_strange_value_anywhere_spoils_no_other_line(tmp_path: Path, name: str):
    chance = Random(name)  # noqa: S311 - places are drawn, not secrets
    lines = content_of(name).splitlines(keepends=True)
    at = len(lines) // 2
    apart = [
        read_alone(tmp_path / part, name, b"".join(some)).rows["approval_signals"]
        for part, some in (("with", lines), ("without", lines[:at]))
    ]
    before = set(apart[1])
    values = list(VALUE.finditer(lines[at]))
    reading = Reading(tmp_path)
    for number in range(5):
        found = chance.choice(values)
        line = lines[at][: found.start()] + chance.choice(VALUES) + lines[at][found.end() :]
        reading.put(f"{number}/{name}", b"".join([*lines[:at], line, *lines[at + 1 :]]))
    with patience():
        reading.read()
    assert not reading.pulled.refused
    assert before <= set(reading.rows["approval_signals"])


# -- fuzzing -----------------------------------------------------------------------------------------

SECONDS = float(os.environ.get("PILOT_FUZZ_SECONDS", "600"))  # of the deep test
QUICK_COUNT = 60
PIECES = (
    *VALUES,
    *(each for name, each in DAMAGES.items() if "deep" not in name),
    b"{",
    b"}",
    b"[",
    b'"',
    b"\\",
    b"\n",
    b"\r",
    b"\xff",
    b"\0\0\0\5",
    b"\x28\xb5\x2f\xfd",
    b"\x1f\x8b\x08",
    b"\xef\xbb\xbf",
    b'{"a":' * 3_000,
    b"[" * 3_000,
)


def damaged(content: bytes, chance: Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4))):
        at, kind = chance.randrange(len(content) + 1), chance.randrange(6)
        size = chance.choice((1, 2, 10, 100, 1_000))
        piece = {
            0: b"",
            1: chance.choice(PIECES) + content[at : at + size],
            2: chance.randbytes(size),
            3: content[at : at + size] * 2,
            4: chance.choice(PIECES),
        }.get(kind, b"")
        content = _with_value(content, chance) if kind == 5 else content[:at] + piece + content[at + size :]
    return content


def _with_value(content: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    found = VALUE.search(content, at) or VALUE.search(content)
    return content[: found.start()] + chance.choice(VALUES) + content[found.end() :] if found else content


UNFORESEEN = re.compile(r"cannot be read \((?!Permission|No such|Is a dir)(\w+)\)")


def fuzz(folder: Path, chance: Random) -> None:
    """Damage several logs and read them twice: no crash, no hang, nothing of a log lost without a word."""
    reading = Reading(folder)
    names = chance.sample(list(LOGS), 6)
    for name in names:
        reading.put(name, damaged(content_of(name, chance.randrange(3)), chance))
    told = ""
    with patience():
        for _again in range(2):
            with contextlib.suppress(SourceError):
                reading.read()
            told += f"{reading.named}"
    assert not UNFORESEEN.search(told), reading.pulled.refused
    for name in names:
        rows = [row for some in reading.rows.values() for row in some.values() if name in row["raw_ref"]]
        is_nothing = NOTHING_TOLD in told and name.startswith(".")
        is_empty = (folder / "logs" / name).stat().st_size == 0
        assert rows or name in told or is_nothing or is_empty, name


@pytest.mark.parametrize("seed", range(3))
def test_damaged_logs_are_read_honestly(tmp_path: Path, seed: int):
    chance = Random(seed)  # noqa: S311 - damages are drawn, not secrets
    for turn in range(QUICK_COUNT // 18):
        fuzz(tmp_path / f"{turn}", chance)


@pytest.mark.deep
def test_damaged_logs_are_read_honestly_for_minutes(tmp_path: Path):
    began, turn = monotonic(), 0
    while monotonic() - began < SECONDS:
        seed = SystemRandom().getrandbits(40)
        try:
            fuzz(tmp_path / "turn", Random(seed))  # noqa: S311 - damages are drawn, not secrets
        except BaseException:
            print(f"seed {seed}, turn {turn}, logs kept in {tmp_path / 'turn'}")
            raise
        shutil.rmtree(tmp_path / "turn")
        turn += 1
    print(f"{turn:,} turns")
