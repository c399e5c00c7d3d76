"""What does a packed file say, in blocks, and where did its packing break?

gzip (also several members, one after another) and zstd streams (also several frames) give their content;
any other file gives its bytes. A stream that ends in the middle gives all that can be unpacked before.
"""

from __future__ import annotations

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

    def read(self, size: int) -> bytes:
        while True:
            self._packed = self._packed or self._file.read(BLOCK)
            if not self._packed:
                return b""
            block = self._member.decompress(self._packed, size)
            self._packed = self._member.unconsumed_tail
            if self._member.eof:
                self._packed = self._member.unused_data.lstrip(b"\0")  # padding between members
                self._member = zlib.decompressobj(_GZIP)
            if block:
                return block


def _reader(file: BinaryIO, magic: bytes) -> BinaryIO | _Members | zstandard.ZstdDecompressionReader:
    if magic == ZSTD_MAGIC:
        return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
    return _Members(file) if magic.startswith(GZIP_MAGIC) else file
