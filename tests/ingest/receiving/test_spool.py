from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.receiving.spool import Message, Spool
from ingest.receiving.writing import Writer

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)


def spool(folder: Path, **options: int) -> Spool:
    return Spool(folder, lambda: NOON, **options)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("otlp-*"))}


def test_json_lies_in_lines_and_protobuf_behind_its_length(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep([Message("json", b"{}"), Message("protobuf", b"ab"), Message("json", b"[]")])
    assert files(tmp_path) == {
        "otlp-20260817T120000-0001.jsonl": b"{}\n[]\n",
        "otlp-20260817T120000-0002.binpb": b"\0\0\0\2ab",
    }


def test_files_are_readable_by_nobody_else(tmp_path: Path) -> None:
    spool(tmp_path).keep([Message("json", b"{}")])
    assert next(tmp_path.iterdir()).stat().st_mode & 0o777 == 0o600


def test_a_full_file_is_followed_by_a_new_one_and_a_later_start_continues_none(tmp_path: Path) -> None:
    first = spool(tmp_path, file_bytes=3)
    first.keep([Message("json", b"{}")])
    first.keep([Message("json", b"[]")])
    spool(tmp_path).keep([Message("json", b"1")])
    assert list(files(tmp_path).values()) == [b"{}\n", b"[]\n", b"1\n"]


def test_old_files_go_when_a_new_one_begins_and_strangers_stay(tmp_path: Path) -> None:
    old, stranger = tmp_path / "otlp-20260101T000000-0001.jsonl", tmp_path / "otlp-notes.txt"
    for path in (old, stranger):
        path.write_text("{}\n")
        before = (NOON - timedelta(days=91)).timestamp()
        os.utime(path, (before, before))
    spool(tmp_path).keep([Message("json", b"{}")])
    assert not old.exists()
    assert stranger.exists()


def failing_after(whole: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A disk that takes so many bytes more, half of the next write, and then none."""
    real, left = os.write, [whole]

    def write(descriptor: int, content: bytes | memoryview) -> int:
        if left[0] <= 0:
            raise OSError(28, "No space left on device")
        taken = real(descriptor, bytes(content)[: left[0]])
        left[0] -= taken
        return taken

    monkeypatch.setattr("ingest.receiving.spool.os.write", write)
    return lambda: left.__setitem__(0, 1_000_000)


def test_what_a_full_disk_took_in_part_is_cut_off_again_and_the_file_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = spool(tmp_path)
    kept.keep([Message("json", b'{"n":1}')])
    make_room = failing_after(4, monkeypatch)
    with pytest.raises(OSError, match="No space"):
        kept.keep([Message("json", b'{"n":2}')])
    assert list(files(tmp_path).values()) == [b'{"n":1}\n']
    make_room()
    kept.keep([Message("json", b'{"n":3}')])
    assert list(files(tmp_path).values()) == [b'{"n":1}\n{"n":3}\n']


def test_one_form_that_fails_takes_the_other_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = spool(tmp_path)
    failing_after(3, monkeypatch)
    with pytest.raises(OSError, match="No space"):
        kept.keep([Message("json", b"{}"), Message("protobuf", b"ab")])
    assert list(files(tmp_path).values()) == [b"", b""]


def test_a_writer_answers_each_message_when_it_is_kept_and_all_before_it_ends(tmp_path: Path) -> None:
    writer = Writer(spool(tmp_path))
    waiting = [writer.submit(Message("json", b"%d" % number)) for number in range(1000)]
    writer.close()
    assert all(each.done() and each.exception() is None for each in waiting)
    assert b"".join(files(tmp_path).values()).split() == [b"%d" % number for number in range(1000)]


def test_a_writer_tells_everybody_who_waited_that_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(0, monkeypatch)
    writer = Writer(spool(tmp_path))
    waiting = [writer.submit(Message("json", b"{}")) for _ in range(5)]
    writer.close()
    assert all(isinstance(each.exception(), OSError) for each in waiting)
