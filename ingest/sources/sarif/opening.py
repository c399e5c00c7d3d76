"""From stored bytes to a stream of UTF-8 JSON, whatever wrapped it.

Seen in the wild: byte order marks, UTF-16 from a shell redirect, gzip, gzip inside base64 (the form
of an upload API), and a console banner before the first brace.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

from ingest.errors import RefusedFileError
from ingest.sources.base import SourceFile

SMALL_BYTES: Final = 100 * 2**20  # unpacked; up to here a file is held, above it is read again for its rows
_HEAD_BYTES: Final = 2**16  # a banner longer than this is no banner
_BLOCK_BYTES: Final = 2**20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_IN_BASE64: Final = b"H4sI"
_JSON_START: Final = re.compile(rb'\{\s*"(?:\$schema|version|runs|properties|inlineExternalProperties)"\s*:')
_ENCODINGS: Final = (
    # The longer mark first: UTF-32 begins with the mark of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)


def read_block(stream: io.BufferedIOBase, limit: int) -> bytes:
    """At most `limit` bytes; what came before a damage in the compression is kept.

    A cut archive then reads as a cut file, and what it reported before the cut is not lost.
    """
    blocks: list[bytes] = []
    size = 0
    for block in _blocks(stream):
        blocks.append(block)
        size += len(block)
        if size >= limit:
            break
    return b"".join(blocks)[:limit]


@contextmanager
def open_json(file: SourceFile) -> Iterator[io.BufferedIOBase]:
    """Give the file's JSON as a stream of UTF-8 bytes that begins at the first brace."""
    try:
        stored = _buffered(io.FileIO(file.path))
    except OSError as error:
        raise RefusedFileError(f"cannot be opened ({error.strerror}); check its permissions") from error
    with stored:
        yield _without_banner(_as_utf8(_unpacked(stored)))


def _blocks(stream: io.BufferedIOBase) -> Iterator[bytes]:
    try:
        while block := stream.read(_BLOCK_BYTES):
            yield block
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError):
        return


def _buffered(stream: object) -> io.BufferedReader:
    # Recoders and archives have what a raw stream needs, but not its type.
    return io.BufferedReader(cast("io.RawIOBase", stream), _HEAD_BYTES)


def _unpacked(stored: io.BufferedReader) -> io.BufferedReader:
    head = stored.peek(len(_GZIP_IN_BASE64))
    if head.startswith(_GZIP_MAGIC):
        return _buffered(gzip.GzipFile(fileobj=stored))
    if head.startswith(_GZIP_IN_BASE64):
        return _unpacked(_buffered(io.BytesIO(_from_base64(stored.read()))))
    return stored


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise RefusedFileError(f"looks like gzip in base64 but is damaged ({error}); scan again") from error


def _as_utf8(stream: io.BufferedReader) -> io.BufferedReader:
    head = _peek(stream)
    if head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
        return stream
    for mark, encoding in _ENCODINGS:
        if head.startswith(mark):
            recoded = codecs.EncodedFile(stream, "utf-8", encoding, "replace")
            return _buffered(_Readable(recoded))
    return stream


def _without_banner(stream: io.BufferedReader) -> io.BufferedReader:
    head = _peek(stream)
    has_banner = not head.lstrip().startswith((b"{", b"["))
    start = _JSON_START.search(head) if has_banner else None
    if start:
        stream.read(start.start())
    return stream


def _peek(stream: io.BufferedReader) -> bytes:
    try:
        return stream.peek(_HEAD_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""


class _Readable(io.RawIOBase):
    """A recoder as a raw stream, so that it can be buffered and looked ahead into."""

    def __init__(self, recoder: codecs.StreamRecoder) -> None:
        super().__init__()
        self._recoder = recoder
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = len(buffer)
        if not self._rest:
            self._rest = self._recoder.read(size)
        given, self._rest = self._rest[:size], self._rest[size:]
        buffer[: len(given)] = given
        return len(given)
