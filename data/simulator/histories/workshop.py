"""What does whoever drafts the next change see: the code as it is, and what has landed so far?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from data.simulator.draws import pick
from data.simulator.histories.code import Writer
from data.simulator.histories.commits import Commit, History
from data.simulator.histories.edits import Edit
from data.simulator.histories.hands import Hand
from data.simulator.histories.importing import MAIN
from data.simulator.histories.lines import File, Flagged, Line, Tree, flagged, has_line, line_of
from data.simulator.histories.truth import Way

RELEASE: Final = "refs/heads/release/1"
WEAK_FILES_SHARE: Final = 0.75  # of the changes to old code: those to code with a weakness
LATEST_SHARE: Final = 0.25  # of the changes to a weak line: those to the one that came last
CODE: Final = "src/"  # folder of what people write


@dataclass(frozen=True)
class Step:
    """One commit of a change, before it is made."""

    subject: str
    edits: tuple[Edit, ...]
    note: str = ""  # last paragraph of its message


@dataclass(frozen=True)
class Work:
    """One change, before anybody opens it."""

    what: str
    title: str
    steps: tuple[Step, ...]
    undo: tuple[Edit, ...] = ()  # what takes it back
    added: tuple[Line, ...] = ()  # lines that must be untouched when it is taken back
    base: str = MAIN
    way: Way | None = None  # None = any
    hand: Hand | None = None  # None = anybody
    reverts: str | None = None
    is_merged: bool = True
    is_scanned: bool | None = None  # whether its head is; None = as chance has it

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All that it changes."""
        return tuple(edit for step in self.steps for edit in step.edits)

    @property
    def note(self) -> str:
        """What its message says in the end: what it reverts, or was picked from."""
        return self.steps[-1].note


@dataclass(frozen=True)
class Landed:
    """A change that came to the main branch, and the commit with all of it."""

    work: Work
    commit: Commit
    is_whole: bool = True  # False: the commit is only the last of several


@dataclass
class Workshop:
    """The state of a repository between two changes."""

    rng: Random
    writer: Writer
    history: History = field(default_factory=History)
    landed: list[Landed] = field(default_factory=list)
    undone: set[str] = field(default_factory=set)  # commits that were taken back or taken over
    seen_with_agent: list[str] = field(default_factory=list)

    @property
    def tree(self) -> Tree:
        """Content of the main branch."""
        return self.history.tips[MAIN].tree

    @property
    def code_paths(self) -> list[str]:
        """Files that people write."""
        return sorted(path for path in self.tree if path.startswith(CODE))

    def path(self) -> str:
        """A file to work on, more often than not one with a weakness."""
        weak = sorted({one.path for one in self.weak})
        is_weak = self.rng.random() < WEAK_FILES_SHARE and weak
        return pick(self.rng, weak if is_weak else self.code_paths)

    def other_path(self, path: str) -> str:
        """Another file."""
        return pick(self.rng, [other for other in self.code_paths if other != path])

    @property
    def weak(self) -> list[Flagged]:
        """Weaknesses in the code that people write."""
        return [one for one in flagged(self.tree) if one.path.startswith(CODE)]

    def weak_line(self) -> tuple[File, Line] | None:
        """A weak line and its file, more often than not an old one; None when there is none."""
        weak = self.weak
        if not weak:
            return None
        is_latest = self.rng.random() < LATEST_SHARE
        one = max(weak) if is_latest else pick(self.rng, weak)
        file = self.tree[one.path]
        return file, file.lines[one.line - 1]

    def undoable(self, *whats: str) -> Sequence[Landed]:
        """Changes of some kinds whose lines stand as they were written."""
        return [
            one
            for one in self.landed
            if one.work.what in whats and one.commit.sha not in self.undone and self._stands(one)
        ]

    def _stands(self, one: Landed) -> bool:
        return all(has_line(self.tree, line.key) and line_of(self.tree, line.key) == line
                   for line in one.work.added)  # fmt: skip
