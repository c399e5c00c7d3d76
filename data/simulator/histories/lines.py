"""What is a file to a history that remembers every line of it, wherever the line goes?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from data.simulator.histories.objects import blob_id


@dataclass(frozen=True, slots=True)
class Line:
    """One line of code; its key stays the same however it is moved, re-indented or respelled."""

    key: int
    text: str
    block: int = 0  # key of the first line of its function; 0 = outside of functions
    statement: int = 0  # key of the first line of its statement; 0 = a statement of its own
    weakness: int | None = None  # number of the weakness whose statement begins here


class Flagged(NamedTuple):
    """Where a weakness stands in one tree."""

    weakness: int
    path: str
    line: int  # from 1
    text: str


class Place(NamedTuple):
    """Where a line stands in one tree."""

    path: str
    at: int  # from 0


@dataclass(frozen=True, eq=False)
class File:
    """Lines in their order; what is worked out from them is kept, for most files of a tree never change."""

    lines: tuple[Line, ...]

    @cached_property
    def content(self) -> bytes:
        """Bytes of the file."""
        return "".join(f"{line.text}\n" for line in self.lines).encode()

    @cached_property
    def blob(self) -> bytes:
        """Id of the content in a git repository."""
        return blob_id(self.content)

    @cached_property
    def places(self) -> dict[int, int]:
        """Key of each line -> its index."""
        return {line.key: index for index, line in enumerate(self.lines)}

    @cached_property
    def weak_lines(self) -> tuple[int, ...]:
        """Indices of the lines at which weaknesses begin."""
        return tuple(index for index, line in enumerate(self.lines) if line.weakness is not None)

    def block(self, key: int) -> tuple[Line, ...]:
        """Lines of one function."""
        return tuple(line for line in self.lines if line.block == key)

    def statement(self, key: int) -> tuple[Line, ...]:
        """Lines of one statement, the first one first."""
        return tuple(line for line in self.lines if key in (line.key, line.statement))


Tree = Mapping[str, File]  # path -> file


def place_of(tree: Tree, key: int) -> Place:
    """Where the line with a key stands.

    Raises
    ------
    LookupError
        No file of the tree has that line.
    """
    for path, file in tree.items():
        if key in file.places:
            return Place(path, file.places[key])
    raise LookupError(f"no file has the line with key {key}; it was taken away before")


def line_of(tree: Tree, key: int) -> Line:
    """The line with a key, as it is spelled now."""
    place = place_of(tree, key)
    return tree[place.path].lines[place.at]


def has_line(tree: Tree, key: int) -> bool:
    """Whether any file has the line with a key."""
    return any(key in file.places for file in tree.values())


def flagged(tree: Tree) -> list[Flagged]:
    """Every weakness of a tree, by path and line."""
    return [
        Flagged(number, path, index + 1, tree[path].lines[index].text)
        for path in sorted(tree)
        for index in tree[path].weak_lines
        if (number := tree[path].lines[index].weakness) is not None
    ]


def changed_paths(before: Tree, after: Tree) -> list[str]:
    """Paths whose content is not the same in both trees."""
    paths = sorted({*before, *after})
    return [path for path in paths if _blob(before, path) != _blob(after, path)]


def keys_of(tree: Tree, paths: Iterable[str]) -> frozenset[int]:
    """Keys of all lines of some files; a path that is not there has none."""
    return frozenset[int]().union(*(tree[path].places for path in paths if path in tree))


def _blob(tree: Tree, path: str) -> bytes | None:
    return tree[path].blob if path in tree else None
