"""Where does one JSON object end and the next begin, when they stand one after another?

Gemini CLI writes its `outfile` so, each object over many lines. An object that begins and ends at the left
edge, or stands on one line, is found by a search for its end; that it is whole JSON proves the guess, as no
beginning of an object is JSON. Any other is walked through, brace by brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ingest.sources.approvals.base import Record
from ingest.sources.approvals.cutting import LARGEST, Progress, is_json
from ingest.sources.approvals.unpacking import Unpacked

_SPACE: Final = re.compile(rb"(?:\xef\xbb\xbf|[\s,])*")
_OUTSIDE: Final = re.compile(rb'[{}\[\]"]')
_INSIDE: Final = re.compile(rb'["\\\n]')
_LEFT_EDGE_END: Final = b"\n}"
_LEFT_EDGE_BEGIN: Final = b"\n{"
_BROKEN: Final = "no JSON object; the next line that begins with { is read on from"
_TOO_LONG: Final = f"an object of more than {LARGEST >> 20} MB, or one that never ends"
_BROKEN_HERE: Final = -1
_TRIES: Final = 100  # to find a whole object behind one that never ends


class _Walk:
    """A walk through one object, which waits where the bytes end and goes on when more have come."""

    def __init__(self, begin: int) -> None:
        self.begin = begin  # of the object, among the held bytes
        self._place = begin
        self._edge_from = begin
        self._depth = 0
        self._is_inside = False  # of a string
        self._is_line_tried = False

    def shift(self, size: int) -> None:
        """So many held bytes before the object were let go."""
        self.begin -= size
        self._place -= size
        self._edge_from -= size

    def end(self, held: bytes) -> int | None:
        """Where the object ends; None = more bytes are needed, -1 = it is broken."""
        begins_line = self.begin == 0 or held[self.begin - 1 : self.begin] == b"\n"
        guessed = (self._on_one_line(held) or self._at_left_edge(held)) if begins_line else None
        return guessed or self._by_braces(held)

    def _on_one_line(self, held: bytes) -> int | None:
        at = -1 if self._is_line_tried else held.find(b"\n", self.begin)
        self._is_line_tried = self._is_line_tried or at >= 0
        return at if at >= 0 and is_json(held[self.begin : at]) else None

    def _at_left_edge(self, held: bytes) -> int | None:
        at = held.find(_LEFT_EDGE_END, self._edge_from)
        self._edge_from = max(len(held) - 1, self.begin) if at < 0 else at + 2
        return at + 2 if at >= 0 and is_json(held[self.begin : at + 2]) else None

    def _by_braces(self, held: bytes) -> int | None:
        while found := (_INSIDE if self._is_inside else _OUTSIDE).search(held, self._place):
            if found[0] == b"\\" and found.end() == len(held):
                self._place = found.start()
                return None
            if self._is_broken(found):
                return _BROKEN_HERE
            if not self._depth:
                return self._place if is_json(held[self.begin : self._place]) else _BROKEN_HERE
        self._place = len(held)
        return None

    def _is_broken(self, found: re.Match[bytes]) -> bool:
        """Take a step; a string that goes over its line is broken."""
        mark = found[0]
        if self._is_inside:
            self._place = found.end() + (mark == b"\\")
            self._is_inside = mark != b'"'
            return mark == b"\n"
        self._place = found.end()
        self._is_inside = mark == b'"'
        self._depth += (mark in b"{[") - (mark in b"}]")
        return False


class _Bench:
    """What is held of a file, and how far it is cut."""

    def __init__(self, stream: Unpacked, progress: Progress) -> None:
        self._stream, self._progress = stream, progress
        self._held = b""
        self._before = progress.consumed  # bytes of the file before the held ones
        self._place = 0  # in the held bytes
        self._walk: _Walk | None = None
        self._is_skipping = False

    def refill(self) -> bool:
        """Let go what is cut, and take the next block; False at the end of the file."""
        block = self._stream.read()
        if self._walk:
            self._walk.shift(self._place)
        self._held = self._held[self._place :] + block
        self._before += self._place
        self._place = 0
        return bool(block)

    def records(self) -> Iterator[Record]:
        """All whole objects among the held bytes."""
        while self._is_at_object():
            self._walk = self._walk or _Walk(self._place)
            end = self._walk.end(self._held)
            if end is None and len(self._held) - self._place <= LARGEST:
                return
            if end is not None and end != _BROKEN_HERE:
                yield self._cut(end)
            elif end == _BROKEN_HERE or not self._is_saved():
                self._skip(_BROKEN if end else _TOO_LONG)

    def rest(self) -> Iterator[Record]:
        """What stands behind an object that was cut in the middle of the file; the last one waits."""
        while self._walk and self._is_saved():
            yield from self.records()
        self._progress.cut = self._walk is not None

    def _is_at_object(self) -> bool:
        if self._is_skipping:
            self._look_for_edge()
        elif self._walk is None:
            self._place = _end_of_space(self._held, self._place)
            self._progress.consumed = self._before + self._place
        begins = self._held[self._place : self._place + 1]
        if begins in (b"", b"{") or self._is_skipping:
            return begins == b"{" and not self._is_skipping
        self._skip(_BROKEN)
        return self._is_at_object()

    def _look_for_edge(self) -> None:
        at = self._held.find(_LEFT_EDGE_BEGIN, self._place)
        self._is_skipping = at < 0
        self._place = max(len(self._held) - 1, self._place) if at < 0 else at + 1

    def _cut(self, end: int) -> Record:
        record = Record(self._held[self._place : end], self._before + self._place)
        self._place, self._walk = end, None
        self._progress.consumed = self._before + end
        return record

    def _skip(self, reason: str) -> None:
        self._progress.damage(self._before + self._place, reason)
        self._walk, self._is_skipping = None, True

    def _is_saved(self) -> bool:
        """Stand at a whole object behind one that never ends; False when none is found."""
        at = self._place
        for _ in range(_TRIES):
            at = self._held.find(_LEFT_EDGE_BEGIN, at) + 1
            if not at:
                return False
            if (_Walk(at).end(self._held) or 0) > 0:
                self._progress.damage(self._before + self._place, _BROKEN)
                self._place, self._walk = at, None
                return True
        return False


def objects(stream: Unpacked, progress: Progress) -> Iterator[Record]:
    """Objects of a file; what is none is damage up to the next line that begins with a brace."""
    bench = _Bench(stream, progress)
    while bench.refill():
        yield from bench.records()
    yield from bench.rest()


def _end_of_space(held: bytes, place: int) -> int:
    found = _SPACE.match(held, place)
    return found.end() if found else place
