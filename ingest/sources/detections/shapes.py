"""Which objects stand in a file, and where: lines of JSON, one value after another, a list, or a table?"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping
from io import BufferedReader, RawIOBase, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from ingest.sources.approvals.base import Record
from ingest.sources.approvals.cutting import LARGEST, Damage
from ingest.sources.approvals.sheets import Sheet
from ingest.sources.approvals.telling import object_of
from ingest.sources.approvals.unpacking import Unpacked

Shape = Literal["lines", "objects", "whole", "table", "columns"]
# lines: one JSON object per line. objects: JSON values one after another. whole: a list of objects.
# table: CSV. columns: Parquet.
PARQUET: Final = b"PAR1"
_DEEPEST: Final = 200  # objects and lists in one another; whatever reads them stops a little deeper
_TOO_LONG: Final = f"a line or cell of more than {LARGEST >> 20} MB"
_BLANKS: Final = b"\xef\xbb\xbf \r\n\t"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
Each = tuple[str, Mapping[str, Any] | None]  # where it stands, and what it says; None = damaged


def shape_of(head: bytes) -> Shape:
    """Shape of a file, by its first unpacked bytes.

    >>> shape_of(b'{"a": 1}'), shape_of(b'[{"a": 1}]'), shape_of(b"{" + bytes([10])), shape_of(b"a,b")
    ('lines', 'whole', 'objects', 'table')
    """
    if head.startswith(PARQUET):
        return "columns"
    start = head.lstrip(_BLANKS)
    if start.startswith(b"["):
        return "whole"
    if not start.startswith(b"{"):
        return "table"
    first, _, _ = start.partition(b"\n")
    return "objects" if first.strip() == b"{" else "lines"  # as people write JSON that is to be read


def first_objects(head: bytes, shape: Shape) -> list[Mapping[str, Any]]:
    """Objects at a file's beginning, as far as they stand there whole; to know what it holds."""
    if shape == "table":
        text = head.decode(_encoding(head), "replace")
        return [cells for _, cells in Sheet(text) if cells]
    if shape in {"whole", "objects"}:
        return list(_leading(head.lstrip(_BLANKS)))
    return [each for line in head.split(b"\n") if (each := object_of(line.strip(_BLANKS))) is not None]


def _leading(head: bytes) -> Iterator[Mapping[str, Any]]:
    """Whole objects at the beginning of a list, or of values one after another."""
    depth, begin, is_text, is_escaped = 0, -1, False, False
    for at, byte in enumerate(head):
        if is_text:
            is_escaped, is_text = byte == 0x5C and not is_escaped, byte != 0x22 or is_escaped  # noqa: PLR2004
        elif byte == 0x22:  # noqa: PLR2004 - a quote
            is_text = True
        elif byte == 0x7B:  # noqa: PLR2004 - an opening brace
            begin, depth = (at if depth == 0 else begin), depth + 1
        elif byte == 0x7D:  # noqa: PLR2004 - a closing brace
            depth -= 1
            if depth == 0 and (said := object_of(head[begin : at + 1])) is not None:
                yield said


def objects(records: Iterable[Record], name: str) -> Iterator[Each]:
    """Objects of records, each with its place; an answer of an interface, {"data": [...]}, is its rows."""
    for record in records:
        told, may_be_deep = _value(record.content), _brackets(record.content) > _DEEPEST
        if isinstance(told, dict) and isinstance(told.get("data"), list) and "meta" in told:
            told = told["data"]
        if isinstance(told, list):
            yield from (
                (f"{name}#row {place + 1}", _object(each, may_be_deep=may_be_deep))
                for place, each in enumerate(told)
            )
        else:
            yield f"{name}#{record.offset}", _object(told, may_be_deep=may_be_deep)


def _value(content: bytes) -> Any:
    try:
        return orjson.loads(content.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return None


def _brackets(content: bytes) -> int:
    return content.count(b"{") + content.count(b"[")


def _object(told: Any, *, may_be_deep: bool) -> Mapping[str, Any] | None:
    """An object; None for what is none, or nests so deep that it cannot be written again."""
    if not isinstance(told, dict):
        return None
    try:
        return told if not may_be_deep or orjson.dumps(told) else None
    except TypeError:
        return None


class Table:
    """Rows of a CSV file, read block by block; iterate once, then see whether the last one was cut."""

    def __init__(self, path: Path, *, is_growing: bool = True) -> None:
        self._path, self._is_growing = path, is_growing  # a last row without an end may be half a row
        self._is_too_long = False
        self.consumed = 0
        self.cut = False
        self.damaged: list[Damage] = []
        self.header: list[str] = []

    @property
    def damaged_count(self) -> int:
        """How many places could not be read."""
        return len(self.damaged)

    def rows(self, name: str) -> Iterator[Each]:
        """Each row with the line at which it ends."""
        encoding = _encoding_of(self._path)
        with Unpacked(self._path) as stream, _text(stream, encoding) as text:
            try:
                yield from self._rows(text, name)
                self.cut = self.cut or not (stream.problem or stream.is_whole)
            except csv.Error:  # a cell that is too long
                self._is_too_long = True
            if self._is_too_long:
                self.damaged = [Damage(stream.position, _TOO_LONG)]
            if stream.problem:
                self.damaged = [Damage(stream.position, f"packing that cannot be read on ({stream.problem})")]

    def _rows(self, text: TextIOWrapper, name: str) -> Iterator[Each]:
        lines = self._lines(text)
        sheet = Sheet(lines if self._is_growing else chain(lines, ["\n"]))
        self.header = sheet.header
        yield from ((f"{name}#line {line}", cells) for line, cells in sheet)
        self.cut = sheet.cut

    def _lines(self, text: TextIOWrapper) -> Iterator[str]:
        """Lines up to one that is too long to be held."""
        while line := text.readline(LARGEST):
            if len(line) == LARGEST:
                self._is_too_long = True
                return
            yield line


class _Raw(RawIOBase):
    """An unpacked stream as Python's own files are."""

    def __init__(self, stream: Unpacked) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _text(stream: Unpacked, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(BufferedReader(_Raw(stream), 1 << 20), encoding, errors="replace", newline="")


def _encoding_of(path: Path) -> str:
    """How a table is written: UTF-8, UTF-16, or what spreadsheets on Windows write."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with Unpacked(path) as stream:
        if stream.beginning.startswith(_UTF16):
            return "utf-16"
        try:
            while block := stream.read():
                decoder.decode(block)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _encoding(head: bytes) -> str:
    return "utf-16" if head.startswith(_UTF16) else "utf-8-sig"
