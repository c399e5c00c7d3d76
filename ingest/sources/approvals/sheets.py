"""Which rows does a table hold whose last row may be cut, and of which a row may be damaged?

A row counts when it has a cell for each column and its line has an end: half a row would be a row that says
something else. A quote that never ends hides where rows begin behind it, and what stands there may be text of
people: it is left out and told.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from typing import Any, Final

from ingest.sources.approvals.cutting import LARGEST

_DELIMITERS: Final = (",", ";", "\t")
_END: Final = "\0end of the table"
Cells = dict[str, str] | None  # None = a row that cannot be told from others, or is damaged


class Sheet:
    """A table with a header; iterate its rows once, then see whether the last one was cut.

    >>> sheet = Sheet("a,b" + chr(10) + "1,2" + chr(10) + "3" + chr(10) + "4,5")
    >>> list(sheet), sheet.cut
    ([(2, {'a': '1', 'b': '2'}), (3, None)], True)
    """

    def __init__(self, written: str | Iterable[str]) -> None:
        self.cut = False  # whether a last row was left behind, as its line has no end
        self._lines = _Lines(StringIO(written, newline="") if isinstance(written, str) else written)
        self._rows = csv.reader(chain(self._lines, [_END]), delimiter=_delimiter(self._lines.first))
        self.header = [name.strip() for name in _next(self._rows) or []]

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        """Line at which each row ends, or a quote that never does begins, and its cells by column."""
        held = list[str]()  # the row before, which began behind one line and ends at another
        before, line = 0, self._rows.line_num
        while (values := _next(self._rows)) is not None:
            is_end = values == [_END]
            if not is_end or self._lines.has_end:
                yield from self._told(held, line)
            elif any(held):
                self.cut = True
            if is_end:
                return
            held, before, line = values, line, self._rows.line_num
        yield before + 1, None

    def _told(self, values: list[str], line: int) -> Iterator[tuple[int, Cells]]:
        more = values[len(self.header) :]
        is_whole = len(values) >= len(self.header) and not any(cell.strip() for cell in more)
        if any(cell.strip() for cell in values):
            yield line, dict(zip(self.header, values, strict=False)) if is_whole else None


class _Lines:
    """Lines of a table, the first that says something, and whether the last one read has its end."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.has_end = False
        self._rest = iter(lines)
        self._begun = list[str]()
        for line in self._rest:
            self._begun.append(line)
            if line.strip("\r\n"):
                break
        self.first = self._begun[-1] if self._begun else ""

    def __iter__(self) -> Iterator[str]:
        for line in chain(self._begun, self._rest):
            self.has_end = line.endswith(("\n", "\r"))
            yield line


def _next(rows: Any) -> list[str] | None:
    """The next row, however long its cells are; the limit of the library is one for everybody."""
    before = csv.field_size_limit(LARGEST)
    try:
        told: list[str] | None = next(rows, None)
    finally:
        csv.field_size_limit(before)
    return told


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)
