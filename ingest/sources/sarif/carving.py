"""Where in a stream of SARIF do the results lie, and what stands around them?

A list of results is cut into blocks of a few hundred where one result seems to end and the next to
begin, and each block is decoded by itself: that keeps memory flat and is faster than decoding the file
at once. A cut is a guess, but none that could go wrong unseen: from a known start, text that decodes as
whole elements up to some comma cannot be read in any other way. What surrounds the lists must decode
too, with a number in place of each. A file in which that fails is left to slower readers.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ingest.sources.sarif.model import Result

FIRST_LIST: Final = 2**40  # number of the first list; no count that a tool writes is as big
_BLOCK: Final = (
    2**16
)  # bytes decoded at once: more of them fall out of the caches, and their memory is asked for anew
_LONGEST: Final = 2**26  # bytes of everything but the results
_LONGEST_RESULT: Final = 2**23
_TRIES: Final = 8  # borders that are tried before the block is taken for one without any
_LIST: Final = re.compile(rb'(?<!\\)"results"\s{0,8}:\s{0,64}\[')
_LONGEST_START: Final = 96  # bytes of what _LIST finds
_BEGIN: Final = re.compile(rb'\s*(\{\s*"[^"\\]{1,60}")')
_RESULTS: Final = msgspec.json.Decoder(list[Result])
_RAW_RESULTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_RESULT: Final = msgspec.json.Decoder(Result)
_ANY_JSON: Final = json.JSONDecoder(strict=False)

Results = list[Result | None]  # a null one cannot be read


class NotCarvedError(Exception):
    """The file is not what this way of reading takes for granted."""


@dataclass(frozen=True)
class Block:
    """Results that follow each other in one list."""

    list_number: int
    results: Results
    byte_count: int


@dataclass
class Surroundings:
    """What stands around the lists of results."""

    content: bytearray = field(default_factory=bytearray)  # a number in place of each list's content
    list_count: int = 0

    def keep(self, content: bytes) -> None:
        """Add what follows."""
        self.content += content
        if len(self.content) > _LONGEST:
            raise NotCarvedError

    def open_list(self) -> int:
        """Number of the list that begins here."""
        number = FIRST_LIST + self.list_count
        self.keep(str(number).encode())
        self.list_count += 1
        return number


@dataclass
class _Window:
    """Bytes that were read and not yet understood."""

    stream: io.BufferedIOBase
    data: bytes = b""
    is_at_end: bool = False

    def grow(self, size: int = _BLOCK) -> None:
        """Read on."""
        block = self._read(size)
        self.data += block
        self.is_at_end = not block

    def drop(self, size: int) -> None:
        """Forget what was understood."""
        self.data = self.data[size:]

    def _read(self, size: int) -> bytes:
        try:
            return self.stream.read(size)
        except (EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
            raise NotCarvedError from error


def carve(stream: io.BufferedIOBase, around: Surroundings) -> Iterator[Block]:
    """Results of a stream, block by block; what surrounds them is added to `around`.

    Every list gives at least one block, and `around` is whole when all blocks were taken.

    Raises
    ------
    NotCarvedError
        The stream is damaged, cut, or written in a way that this reader does not foresee.
    """
    window = _Window(stream)
    while _reach_list(window, around):
        number = around.open_list()
        for results, size in _blocks(window):
            yield Block(number, results, size)


def _reach_list(window: _Window, around: Surroundings) -> bool:
    """Keep everything up to the start of the next list; false when there is none."""
    while not (found := _LIST.search(window.data)):
        if window.is_at_end:
            around.keep(window.data)
            return False
        _keep(window, around, max(len(window.data) - _LONGEST_START, 0))
        window.grow()
    _keep(window, around, found.end())
    return True


def _keep(window: _Window, around: Surroundings, size: int) -> None:
    around.keep(window.data[:size])
    window.drop(size)


def _blocks(window: _Window) -> Iterator[tuple[Results, int]]:
    """Results of the list that begins here, and how many bytes they took; its bracket is left."""
    is_last = False
    while not is_last:
        if len(window.data) < _BLOCK and not window.is_at_end:
            window.grow()
        results, size, is_last = _next_results(window)
        window.drop(size)
        yield results, size


def _next_results(window: _Window) -> tuple[Results, int, bool]:
    """Next results, how many bytes they take, and whether they are the last; reads on for a long one."""
    while True:
        border = _up_to_border(window.data)
        if border:
            return *border, False
        end = _up_to_end(window.data)
        if end:
            return *end, True
        if window.is_at_end or len(window.data) > _LONGEST_RESULT:
            raise NotCarvedError
        window.grow(len(window.data))


def _up_to_border(data: bytes) -> tuple[Results, int] | None:
    """Results before the last border in some bytes; null when no border is found."""
    begin = _BEGIN.match(data)
    border = len(data)
    for _ in range(_TRIES if begin else 0):
        border = data.rfind(begin[1], begin.end(), border)  # type: ignore[index, union-attr]  # see above
        results = _of_block(data[:border].rstrip()) if border > 0 else None
        if results is not None:
            return results, border
    return None


def _of_block(block: bytes) -> Results | None:
    return _decoded(block[:-1]) if block.endswith(b",") else None


def _up_to_end(data: bytes) -> tuple[Results, int] | None:
    """Results up to the end of the list; null when it lies further on."""
    end = _end_of_list(data)
    results = None if end is None else _decoded(data[:end])
    return None if results is None or end is None else (results, end)


def _end_of_list(data: bytes) -> int | None:
    """Place of the bracket that closes the list which these bytes are the elements of; null: further on."""
    try:
        # every byte is one character of latin-1, so that places stay places
        _list, end = _ANY_JSON.raw_decode("[" + data.decode("latin-1"))
    except (ValueError, RecursionError):  # also a number too long to convert
        return None
    return end - 2


def _decoded(elements: bytes) -> Results | None:
    """Results; null when the bytes are no whole elements of a list."""
    text = b"[" + elements + b"]"
    try:
        return _RESULTS.decode(text)  # type: ignore[return-value]  # a list of results is one of perhaps none
    except msgspec.ValidationError:
        return _one_by_one(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _one_by_one(text: bytes) -> Results | None:
    """Results of which some have a wrong shape."""
    try:
        return [_result(raw) for raw in _RAW_RESULTS.decode(text)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _result(raw: msgspec.Raw) -> Result | None:
    try:
        return _RESULT.decode(raw)
    except msgspec.ValidationError:
        return None
