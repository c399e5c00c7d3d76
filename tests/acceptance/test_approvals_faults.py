"""Logs that are cut, grow, are rotated, damaged or are none: only what is broken is lost, and it is told."""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import zstandard

from tests.acceptance.helpers_logs import (
    BEHIND_LENGTHS,
    LOGS,
    OBJECTS,
    PACKED,
    WHOLE,
    Reading,
    content_of,
    read_alone,
)

CUTS = 4  # places of one file, of each kind, in the everyday test


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
def rows_of(folder: Path, name: str, size: int) -> dict[str, Any]:
    """What a file of whole records says, so many unpacked bytes long."""
    content = unpacked(name, content_of(name))[:size]
    plain = name.removesuffix(".gz")
    found = read_alone(folder / f"{size}", plain if name in PACKED else name, content)
    return {table: {key: _placeless(row) for key, row in rows.items()} for table, rows in found.rows.items()}


def _placeless(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the file's name; of a message that is still being written nobody knows how many calls it has."""
    return {name: value for name, value in row.items() if name not in {"raw_ref", "batch_count"}}


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
    assert differences(placeless(reading.rows), rows_of(folder, name, boundary(name, plain))) == [], size
    is_cut = boundary(name, plain) < len(plain) or (name in PACKED and size < len(whole))
    assert not is_cut or name in reading.named, (size, reading.named)
    reading.put(name, whole)
    reading.read()
    complete = rows_of(folder, name, len(unpacked(name, whole)))
    assert differences(placeless(reading.rows), complete) == [], size
    assert name not in f"{reading.pulled.refused} {reading.pulled.left_out}", size


def places(name: str, count: int) -> list[int]:
    """Places of a file: its edges, and others drawn."""
    size = len(content_of(name))
    chance = Random(name)  # noqa: S311 - places are drawn, not secrets
    return sorted({1, size - 1, size // 2, *(chance.randrange(1, size) for _ in range(count))})


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
