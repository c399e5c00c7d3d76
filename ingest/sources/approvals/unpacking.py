"""What does a packed file say, in blocks, and where did its packing break?

gzip (also several members, one after another) and zstd streams (also several frames) give their content;
any other file gives its bytes. A stream that ends in the middle gives all that can be unpacked before.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import zstandard

BLOCK: Final = 1 << 20
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = 31  # window bits that mean: gzip, its header included
_MAGIC_SIZE: Final = 4
_LONGEST_HEADER: Final = 18  # of a zstd frame (RFC 8878)
_BLOCK_HEADER: Final = 3
_CHECKSUM: Final = 4
_SAME_BYTE: Final = 1  # kind of a block that holds one byte, whatever size it says
_SKIPPED_MAGICS: Final = range(0x184D2A50, 0x184D2A60)


class Unpacked:
    """Unpacked content of a file from a place on; to be used with `with`."""

    def __init__(self, path: Path) -> None:
        self.problem: str | None = None  # why the packing could not be read on
        self.position = 0  # of the next byte, in the unpacked content
        self._file: BinaryIO = path.open("rb")
        magic = self._file.read(_MAGIC_SIZE)
        self._file.seek(0)
        self.is_packed = magic == ZSTD_MAGIC or magic.startswith(GZIP_MAGIC)
        self._reader = _reader(self._file, magic)
        self.beginning = self.read(_MAGIC_SIZE)  # first bytes of the content
        self.position = self._file.seek(0)
        self._reader = _reader(self._file, magic)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, size: int = BLOCK) -> bytes:
        """At most so many bytes; none at the end, or where the packing broke."""
        try:
            block = b"" if self.problem else self._reader.read(size)
        except (zlib.error, zstandard.ZstdError) as error:
            self.problem = str(error)
            block = b""
        self.position += len(block)
        return block

    @property
    def is_whole(self) -> bool:
        """Whether the packing is told to its end; to be asked after the last block."""
        if isinstance(self._reader, _Members):
            return self._reader.is_at_end
        return not self.is_packed or _ends_with_a_frame(self._file)

    def skip_to(self, start: int) -> None:
        """Go on to a place: packed content is unpacked again up to it."""
        if not self.is_packed:
            self.position = self._file.seek(start)
        while self.position < start and self.read(min(BLOCK, start - self.position)):
            pass


class _Members:
    """Content of gzip members, one after another."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._member = zlib.decompressobj(_GZIP)
        self._packed = b""
        self._has_begun = False

    @property
    def is_at_end(self) -> bool:
        """Whether no member has begun that did not end."""
        return not self._has_begun

    def read(self, size: int) -> bytes:
        while True:
            self._packed = self._packed or self._file.read(BLOCK)
            if not self._packed:
                return b""
            block, self._has_begun = self._member.decompress(self._packed, size), True
            self._packed = self._member.unconsumed_tail
            if self._member.eof:
                self._packed = self._member.unused_data.lstrip(b"\0")  # padding between members
                self._member, self._has_begun = zlib.decompressobj(_GZIP), False
            if block:
                return block


def _reader(file: BinaryIO, magic: bytes) -> BinaryIO | _Members | zstandard.ZstdDecompressionReader:
    if magic == ZSTD_MAGIC:
        return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
    return _Members(file) if magic.startswith(GZIP_MAGIC) else file


def _ends_with_a_frame(file: BinaryIO) -> bool:
    """Whether a zstd file ends where a frame of it ends: only headers are looked at (RFC 8878, 3.1)."""
    size, at = os.fstat(file.fileno()).st_size, 0
    while at < size:
        file.seek(at)
        header = file.read(_LONGEST_HEADER)
        magic = int.from_bytes(header[:_MAGIC_SIZE], "little")
        is_skipped = magic in _SKIPPED_MAGICS
        at += 8 + int.from_bytes(header[4:8], "little") if is_skipped else _frame_size(file, at, header)
    return at == size


def _frame_size(file: BinaryIO, begin: int, header: bytes) -> int:
    """Bytes of a frame; more than there are where it does not end."""
    try:
        known = zstandard.get_frame_parameters(header)
        at = begin + zstandard.frame_header_size(header)
    except zstandard.ZstdError:
        return len(header) + 1  # cut in its header, or none: then reading has told so
    while True:
        file.seek(at)
        block = file.read(_BLOCK_HEADER)
        told = int.from_bytes(block, "little")
        at += _BLOCK_HEADER + (1 if told >> 1 & 3 == _SAME_BYTE else told >> 3)
        if len(block) < _BLOCK_HEADER or told & 1:
            return at - begin + (_CHECKSUM if known.has_checksum else 0)
