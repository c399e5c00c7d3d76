"""Where does one line of a file end and the next begin?"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.sources.approvals.base import Record
from ingest.sources.approvals.cutting import BYTE_ORDER_MARK, LARGEST, Progress, is_json
from ingest.sources.approvals.unpacking import Unpacked

_TOO_LONG = f"a line of more than {LARGEST >> 20} MB"


def lines(stream: Unpacked, progress: Progress) -> Iterator[Record]:
    """Lines with something in them; a last one without its end counts only when it is whole JSON."""
    begun: list[bytes] = []  # the line that is not whole yet
    size = 0
    while block := stream.read():
        first, end, rest = block.partition(b"\n")
        if not end:
            size += len(block)
            begun = [*begun, block] if size <= LARGEST else []
            continue
        yield from _first(b"".join([*begun, first]), size + len(first), progress)
        *whole, last = rest.split(b"\n")
        yield from _several(whole, progress)
        begun, size = [last], len(last)
    yield from _unended(b"".join(begun), size, progress)


def _first(line: bytes, size: int, progress: Progress) -> Iterator[Record]:
    """A line that may have begun blocks ago; of one that is too long only its size is known."""
    if size <= LARGEST:
        yield from _several([line], progress)
    else:
        progress.damage(progress.consumed, _TOO_LONG)
        progress.consumed += size + 1


def _several(whole: list[bytes], progress: Progress) -> Iterator[Record]:
    for line in whole:
        offset = progress.consumed
        progress.consumed = offset + len(line) + 1
        content = _content(line, offset)
        if content:
            yield Record(content, offset)


def _unended(line: bytes, size: int, progress: Progress) -> Iterator[Record]:
    content = _content(line, progress.consumed)
    is_whole = content[:1] in (b"{", b"[") and is_json(content)  # a number could have more digits to come
    if is_whole:
        record = Record(content, progress.consumed)
        progress.consumed += size
        yield record
    progress.cut = bool(content or size > LARGEST) and not is_whole


def _content(line: bytes, offset: int) -> bytes:
    """A line without what only ends or begins it; blank ones are nothing."""
    line = line.removeprefix(BYTE_ORDER_MARK) if offset == 0 else line
    line = line[:-1] if line.endswith(b"\r") else line
    return b"" if line.isspace() else line
