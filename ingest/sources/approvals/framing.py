"""Which records does a file hold from a place on, and how far was it read?

A file is read block by block, whatever its size. What is not whole yet waits for its rest; what cannot be
cut is told with its place. Offsets count unpacked bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ingest.sources.approvals.base import Framing, Record
from ingest.sources.approvals.cutting import LARGEST, Damage, Progress
from ingest.sources.approvals.cutting_lines import lines
from ingest.sources.approvals.cutting_messages import beginnings, has_lengths, messages
from ingest.sources.approvals.cutting_objects import objects
from ingest.sources.approvals.unpacking import Unpacked

HEAD: Final = 64 << 10

__all__ = ["HEAD", "Damage", "Framed", "framed", "head"]


def _whole(stream: Unpacked, progress: Progress) -> Iterator[Record]:
    """The file as one record."""
    parts = list(iter(lambda: stream.read() if stream.position <= LARGEST else b"", b""))
    if stream.position > LARGEST:
        progress.damage(0, f"a file of more than {LARGEST >> 20} MB, which is read as a whole")
    elif parts:
        record = Record(b"".join(parts), progress.consumed)
        progress.consumed = stream.position
        yield record


_CUTTERS: Final[dict[Framing, Callable[[Unpacked, Progress], Iterator[Record]]]] = {
    "lines": lines,
    "objects": objects,
    "otlp": messages,
    "whole": _whole,
}


class Framed:
    """Records of a file; iterate once, then see how far it went."""

    def __init__(self, path: Path, framing: Framing, start: int = 0) -> None:
        self._path, self._framing, self._start = path, framing, start
        self._progress = Progress(start)

    def __iter__(self) -> Iterator[Record]:
        self._progress = Progress(self._start)
        with Unpacked(self._path) as stream:
            stream.skip_to(self._start)
            yield from _CUTTERS[self._framing](stream, self._progress)
            if stream.problem:
                self._progress.damage(stream.position, f"packing that cannot be read on ({stream.problem})")
            elif not stream.is_whole:
                self._progress.cut = True

    @property
    def consumed(self) -> int:
        """Unpacked bytes up to which whole records were read: where to start the next time."""
        return self._progress.consumed

    @property
    def cut(self) -> bool:
        """Whether a last record was left behind, because it is not whole."""
        return self._progress.cut

    @property
    def damaged(self) -> list[Damage]:
        """Places that could not be cut into records, and why: the first hundred."""
        return self._progress.damaged

    @property
    def damaged_count(self) -> int:
        """How many such places there are."""
        return self._progress.damaged_count


def framed(path: Path, framing: Framing, start: int = 0) -> Framed:
    """Records of a file from an unpacked place on; OSError when it cannot be opened."""
    return Framed(path, framing, start)


def head(path: Path) -> bytes:
    """First 64 KB of what a file says, without packing and lengths; OSError when it cannot be opened.

    What a growing file begins with stays the same, as far as it was there.
    """
    with Unpacked(path) as stream:
        return (beginnings(stream, HEAD) if has_lengths(stream.beginning) else _first(stream))[:HEAD]


def damage_of_beginning(path: Path) -> str | None:
    """Why nothing can be unpacked of a file; None where its beginning is only not written yet."""
    with Unpacked(path) as stream:
        stream.read(1)
        return stream.problem


def _first(stream: Unpacked) -> bytes:
    parts = iter(lambda: stream.read(HEAD - stream.position), b"")
    return b"".join(parts)
