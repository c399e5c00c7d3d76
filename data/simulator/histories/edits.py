"""How can a tree change? Edits name lines by their keys, so the same edit fits a branch and its base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from data.simulator.histories.lines import File, Line, Tree, line_of, place_of


class Edit(Protocol):
    """One change of a tree."""

    def applied(self, tree: Tree) -> Tree:
        """The tree after it."""
        ...


@dataclass(frozen=True)
class Create:
    """A new file, or new content of one."""

    path: str
    lines: tuple[Line, ...]

    def applied(self, tree: Tree) -> Tree:
        """The tree with it."""
        return {**tree, self.path: File(self.lines)}


@dataclass(frozen=True)
class Insert:
    """Lines added after another one."""

    after: int
    lines: tuple[Line, ...]

    def applied(self, tree: Tree) -> Tree:
        """The tree with them."""
        path, index = place_of(tree, self.after)
        old = tree[path].lines
        return {**tree, path: File((*old[: index + 1], *self.lines, *old[index + 1 :]))}


@dataclass(frozen=True)
class Respell:
    """Lines that are written another way; those that become nothing are taken away."""

    spellings: Mapping[int, tuple[Line, ...]]  # key of the line -> what stands there instead

    def applied(self, tree: Tree) -> Tree:
        """The tree with the new spelling; a file without a line left is gone."""
        files = {path: self._respelled(file) for path, file in tree.items()}
        return {path: file for path, file in files.items() if file.lines}

    def _respelled(self, file: File) -> File:
        if not self.spellings.keys() & file.places.keys():
            return file
        return File(tuple(new for old in file.lines for new in self.spellings.get(old.key, (old,))))


@dataclass(frozen=True)
class Move:
    """Lines taken from where they stand, put after another one."""

    keys: tuple[int, ...]
    after: int

    def applied(self, tree: Tree) -> Tree:
        """The tree with the lines at their new place."""
        lines = tuple(line_of(tree, key) for key in self.keys)
        return Insert(self.after, lines).applied(removal(self.keys).applied(tree))


@dataclass(frozen=True)
class Rename:
    """A file under another path."""

    path: str
    new_path: str

    def applied(self, tree: Tree) -> Tree:
        """The tree with the file at its new path."""
        others = {path: file for path, file in tree.items() if path != self.path}
        return {**others, self.new_path: tree[self.path]}


def removal(keys: Iterable[int]) -> Respell:
    """Lines taken away."""
    return Respell(dict.fromkeys(keys, ()))


def applied(edits: Iterable[Edit], tree: Tree) -> Tree:
    """The tree after several edits, in their order."""
    return reduce(lambda before, edit: edit.applied(before), edits, tree)
