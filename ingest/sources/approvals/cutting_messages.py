"""Where do the messages of a collector's file begin: lines, or messages behind their length?

The file exporter of the OpenTelemetry collector writes one JSON message a line, or, for protobuf and for
messages that it packs one by one, four bytes of length (the greatest first) before each. Its newer releases
pack the whole stream instead.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import zstandard

from ingest.sources.approvals.base import Record
from ingest.sources.approvals.cutting import LARGEST, Progress
from ingest.sources.approvals.cutting_lines import lines
from ingest.sources.approvals.unpacking import BLOCK, ZSTD_MAGIC, Unpacked

LENGTH_SIZE: Final = 4
_LIMIT_MB: Final = LARGEST >> 20
_MESSAGE_BEGINNINGS: Final = (b"{", ZSTD_MAGIC, b"\n")  # b"\n" is the first field of every OTLP message
_HINT: Final = "; the rest of the file is not read. Write it again, or move it away"


def has_lengths(beginning: bytes) -> bool:
    """Whether a file begins with the length of a message: no text begins with so small a byte.

    >>> has_lengths((300).to_bytes(4, "big")), has_lengths(b'{"resourceLogs"'), has_lengths(b"")
    (True, False, False)
    """
    return beginning[:1] != b"" and int.from_bytes(beginning[:LENGTH_SIZE].ljust(4, b"\0"), "big") <= LARGEST


def messages(stream: Unpacked, progress: Progress) -> Iterator[Record]:
    """Messages of a file, from where reading begins."""
    cut = _behind_lengths if has_lengths(stream.beginning) else lines
    yield from cut(stream, progress)


def _behind_lengths(stream: Unpacked, progress: Progress) -> Iterator[Record]:
    while length := _exactly(stream, LENGTH_SIZE):
        size = int.from_bytes(length, "big")
        content = _exactly(stream, size) if len(length) == LENGTH_SIZE and size <= LARGEST else b""
        reason = _absurd(length, size, content)
        if reason:
            progress.damage(progress.consumed, reason + _HINT)
            return
        if len(length) < LENGTH_SIZE or len(content) < size:
            progress.cut = True
            return
        offset, progress.consumed = progress.consumed, progress.consumed + LENGTH_SIZE + size
        yield from _record(content, offset, progress)


def _absurd(length: bytes, size: int, content: bytes) -> str | None:
    """Why a length is none; a message that only ends too early is cut, not damaged."""
    if len(length) == LENGTH_SIZE and size > LARGEST:
        return f"a message of {size:,} bytes; up to {_LIMIT_MB} MB were expected"
    is_message = content[:LENGTH_SIZE].startswith(_MESSAGE_BEGINNINGS) or _may_become_magic(content)
    return None if is_message else "no OTLP message (JSON, protobuf or zstd) behind a length"


def _may_become_magic(content: bytes) -> bool:
    return ZSTD_MAGIC.startswith(content)  # also true of nothing at all


def _record(content: bytes, offset: int, progress: Progress) -> Iterator[Record]:
    try:
        plain = unpacked(content)
    except zstandard.ZstdError as error:
        progress.damage(offset, f"a packed message that cannot be unpacked ({error})")
        return
    if len(plain) > LARGEST:
        progress.damage(offset, f"a packed message of more than {_LIMIT_MB} MB")
    elif plain:
        yield Record(plain, offset)


def unpacked(content: bytes, limit: int = LARGEST + 1) -> bytes:
    """Content of a message, which may be packed; at most so many bytes of it."""
    if not content.startswith(ZSTD_MAGIC):
        return content[:limit]
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True) as reader:
        return reader.read(limit)


def _exactly(stream: Unpacked, size: int) -> bytes:
    """So many bytes, or what is left of the file."""
    parts: list[bytes] = []
    while size and (block := stream.read(min(size, BLOCK))):
        parts.append(block)
        size -= len(block)
    return b"".join(parts)


def beginnings(stream: Unpacked, size: int) -> bytes:
    """What the first messages of a file say, up to a size, one a line; also of one that is not whole yet."""
    told: list[bytes] = []
    left = size
    while left > 0 and (length := _exactly(stream, LENGTH_SIZE)):
        expected = int.from_bytes(length, "big")
        told.append(_beginning(_exactly(stream, min(expected, size)), size))
        left -= len(told[-1]) + 1 if expected <= size else size
    return b"\n".join(told)[:size]


def _beginning(content: bytes, size: int) -> bytes:
    try:
        return unpacked(content, size)
    except zstandard.ZstdError:
        return b""
