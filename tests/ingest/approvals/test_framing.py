from __future__ import annotations

import gzip
import json
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.sources.approvals import cutting, cutting_lines, unpacking
from ingest.sources.approvals.base import Framing
from ingest.sources.approvals.framing import Framed, framed, head

VALUES = [{"a": 1}, {"b": 'brace } in "text" \\'}, {"c": [{"d": {}}, "é"]}, {"e": "x" * 50}]
LINES = b"".join(orjson.dumps(value) + b"\n" for value in VALUES)
PRETTY = "".join(json.dumps(value, indent=2) + "\n" for value in VALUES).encode()
COMPACT_IN_A_ROW = b"".join(map(orjson.dumps, VALUES))
LEFT_EDGE = b'{\n"a":[\n{\n"b":1\n}\n]\n}\n{"c":2}\n'
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def behind_lengths(contents: list[bytes]) -> bytes:
    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)


def packed(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


MESSAGES = [orjson.dumps(value) for value in VALUES]
FILES: dict[str, tuple[Framing, bytes]] = {
    "lines": ("lines", LINES),
    "windows": ("lines", b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n")),
    "blank lines": ("lines", LINES.replace(b"\n", b"\n\n \n")),
    "gzip": ("lines", gzip.compress(LINES)),
    "two members": ("lines", gzip.compress(LINES[:30]) + gzip.compress(LINES[30:])),
    "pretty": ("objects", PRETTY),
    "in a row": ("objects", COMPACT_IN_A_ROW),
    "object lines": ("objects", LINES),
    "otlp lines": ("otlp", LINES),
    "zstd stream": ("otlp", packed(LINES)),
    "two frames": ("otlp", packed(LINES[:30]) + packed(LINES[30:])),
    "lengths": ("otlp", behind_lengths(MESSAGES)),
    "packed messages": ("otlp", behind_lengths([packed(message) for message in MESSAGES])),
    "packed lengths": ("otlp", packed(behind_lengths(MESSAGES))),
}


def read(path: Path, framing: Framing, start: int = 0) -> tuple[list[bytes], Framed]:
    records = framed(path, framing, start)
    return [record.content for record in records], records


def file(folder: Path, content: bytes) -> Path:
    path = folder / "log"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("block", [1 << 20, 7])
def test_every_shape_gives_all_its_records(
    tmp_path: Path, name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking.Unpacked.read, "__defaults__", (block,))
    framing, content = FILES[name]
    records, after = read(file(tmp_path, content), framing)
    assert [orjson.loads(record) for record in records] == VALUES
    assert (after.cut, after.damaged) == (False, [])


@pytest.mark.parametrize("name", ["lines", "pretty", "otlp lines", "lengths", "packed messages"])
def test_a_file_cut_anywhere_loses_only_the_cut_record_and_goes_on_when_it_has_grown(
    tmp_path: Path, name: str
) -> None:
    framing, content = FILES[name]
    for size in range(len(content) + 1):
        early, after = read(file(tmp_path, content[:size]), framing)
        late, end = read(file(tmp_path, content), framing, after.consumed)
        assert [orjson.loads(record) for record in early + late] == VALUES, size
        assert not after.damaged, size
        assert after.cut or not content[after.consumed : size].strip(), size
        assert not end.cut


@pytest.mark.parametrize("name", ["gzip", "zstd stream"])
def test_packing_that_ends_in_the_middle_gives_the_records_before_it(tmp_path: Path, name: str) -> None:
    framing, _ = FILES[name]
    lines = b"".join(b'{"n": %d, "x": "%d"}\n' % (n, n * n) for n in range(30_000))
    whole = gzip.compress(lines) if name == "gzip" else packed(lines)
    records, after = read(file(tmp_path, whole[: len(whole) * 2 // 3]), framing)
    assert b"\n".join(records) == lines[: after.consumed].rstrip()
    assert len(records) > 5_000
    rest, end = read(file(tmp_path, whole), framing, after.consumed)
    assert len(records) + len(rest) == 30_000
    assert end.consumed == len(lines)


def test_broken_packing_is_told_with_its_place(tmp_path: Path) -> None:
    noise = b"".join(b"%d\n" % (n * 7919 % 10_007) for n in range(400_000))
    whole = bytearray(gzip.compress(noise))
    middle = len(whole) // 2
    whole[middle : middle + 50] = bytes(50)
    records, after = read(file(tmp_path, bytes(whole)), "lines")
    assert 0 < len(records) < 400_000
    assert "packing that cannot be read on" in after.damaged[-1].reason


def test_offsets_say_where_each_record_begins(tmp_path: Path) -> None:
    path = file(tmp_path, b"\n" + LINES)
    assert all(
        (b"\n" + LINES)[record.offset :].startswith(record.content) for record in framed(path, "lines")
    )
    path = file(tmp_path, PRETTY)
    assert all(PRETTY[record.offset :].startswith(record.content) for record in framed(path, "objects"))


def test_a_line_that_is_too_long_is_damage_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting_lines, "LARGEST", 100)
    monkeypatch.setattr(unpacking.Unpacked.read, "__defaults__", (16,))
    content = b'{"a": 1}\n' + b"x" * 1_000 + b'\n{"b": 2}\n'
    records, after = read(file(tmp_path, content), "lines")
    assert records == [b'{"a": 1}', b'{"b": 2}']
    assert [place.offset for place in after.damaged] == [9]
    assert after.consumed == len(content)


def test_a_last_line_without_an_end_counts_when_it_is_whole_json(tmp_path: Path) -> None:
    records, after = read(file(tmp_path, b'{"a": 1}\n{"b": 2}'), "lines")
    assert (len(records), after.consumed, after.cut) == (2, 17, False)
    records, after = read(file(tmp_path, b'{"a": 1}\n{"b": '), "lines")
    assert (len(records), after.consumed, after.cut) == (1, 9, True)
    records, after = read(file(tmp_path, b"12"), "lines")
    assert (records, after.cut) == ([], True)


@pytest.mark.parametrize(
    "garbage",
    [b"oops\n", b'{\n  "cut": "in a te\n', b'{\n  "cut": 1,\n', b'{"cut": [1,\n', b"}\n", b'{"a" 1}\n'],
)
def test_garbage_between_objects_is_damage_and_the_next_object_is_read(
    tmp_path: Path, garbage: bytes
) -> None:
    records, after = read(file(tmp_path, PRETTY + garbage + PRETTY), "objects")
    assert [orjson.loads(record) for record in records] == VALUES * 2
    assert [place.offset for place in after.damaged] == [len(PRETTY)]
    assert after.damaged_count == 1


def test_objects_at_the_left_edge_are_not_taken_for_their_inner_ones(tmp_path: Path) -> None:
    records, after = read(file(tmp_path, LEFT_EDGE), "objects")
    assert [orjson.loads(record) for record in records] == [{"a": [{"b": 1}]}, {"c": 2}]
    assert not after.damaged


@pytest.mark.parametrize("length", [0x7FFFFFFF, 12])
def test_an_absurd_length_is_damage_and_ends_the_reading(tmp_path: Path, length: int) -> None:
    start = behind_lengths(MESSAGES)
    content = start + length.to_bytes(4, "big") + b"no message at all, and more"
    records, after = read(file(tmp_path, content), "otlp")
    assert records == MESSAGES
    assert [place.offset for place in after.damaged] == [len(start)]
    assert (after.consumed, after.cut) == (len(start), False)


def test_a_packed_message_that_is_broken_loses_only_itself(tmp_path: Path) -> None:
    broken = bytearray(packed(MESSAGES[1]))
    broken[6:] = b"\xff" * len(broken[6:])
    content = behind_lengths([packed(MESSAGES[0]), bytes(broken), packed(MESSAGES[2])])
    records, after = read(file(tmp_path, content), "otlp")
    assert records == [MESSAGES[0], MESSAGES[2]]
    assert after.damaged_count == 1
    assert after.consumed == len(content)


def test_a_whole_file_is_one_record(tmp_path: Path) -> None:
    records, after = read(file(tmp_path, PRETTY), "whole")
    assert (records, after.consumed) == ([PRETTY], len(PRETTY))
    assert read(file(tmp_path, b""), "whole")[0] == []


@pytest.mark.parametrize("name", FILES)
def test_the_head_is_what_a_file_says_without_packing_and_lengths(tmp_path: Path, name: str) -> None:
    framing, content = FILES[name]
    told = head(file(tmp_path, content)).removeprefix(b"\xef\xbb\xbf")
    records, _ = read(file(tmp_path, content), framing)
    assert told.startswith(records[0])


@FEW
@given(content=st.binary(max_size=300) | st.text('{}[]"\\\n:,a1 ', max_size=200).map(str.encode))
@pytest.mark.parametrize("framing", ["lines", "objects", "otlp", "whole"])
def test_nothing_makes_the_reader_fall_over(tmp_path: Path, content: bytes, framing: Framing) -> None:
    path = file(tmp_path, content)
    records, after = read(path, framing)
    assert 0 <= after.consumed <= len(content) or content[:2] == b"\x1f\x8b"
    assert sum(map(len, records)) <= len(content) or content[:4] == b"\x28\xb5\x2f\xfd"
    head(path)


@FEW
@given(
    values=st.lists(
        st.dictionaries(
            st.text(max_size=5), st.recursive(st.none() | st.text(max_size=8), st.lists), max_size=4
        ),
        max_size=5,
    ),
    indent=st.sampled_from([None, 0, 2]),
    block=st.integers(1, 64),
)
def test_objects_of_any_shape_come_back(
    tmp_path: Path, values: list[dict[str, object]], indent: int | None, block: int
) -> None:
    content = "\n".join(json.dumps(value, indent=indent) for value in values).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacking.Unpacked.read, "__defaults__", (block,))
        records, after = read(file(tmp_path, content), "objects")
    assert [orjson.loads(record) for record in records] == values
    assert not after.damaged
    assert cutting.LARGEST == 64 << 20
