"""What did a commit do to one of its lines: bring it in, move it, or only write it in another form?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingest.history.hunks import Hunk, joined
from ingest.history.moving import Moves
from ingest.history.rewriting import before_reformatting, replaced_line

MOVED = "moved"
REFORMATTED = "reformatted"


class Did(NamedTuple):
    """What a commit did to a line of its own state."""

    step: str | None = None  # moved, reformatted or returned; None = it brought the line in
    before: tuple[str, int] | None = None  # path and line in its parent: the same line, or the one replaced
    is_anew: bool = False  # it put the line in and took none out that this may have been
    since: str | None = None  # commit in whose parent that stands; None = the one asked about


class Change:
    """All that one commit changed against its parent."""

    def __init__(self, hunks: Sequence[Hunk]) -> None:
        self._hunks = hunks
        self._moves = Moves(hunks)

    def did(self, path: str, line: int) -> Did:
        """What it did to a line; one that stands in no changed place counts as brought in.

        >>> change = Change([Hunk("a.py", 3, ("x = f(1, 2)",), "a.py", 3, ("x = f(1,", "2)"))])
        >>> change.did("a.py", 4) == Did("reformatted", ("a.py", 3))
        True
        """
        found = next((at for at, hunk in enumerate(self._hunks) if hunk.holds(path, line)), None)
        return Did() if found is None else self._did_in(found, line)

    def _did_in(self, at: int, line: int) -> Did:
        hunk = self._hunks[at]
        reformatted = self._before_reformatting(at, line)
        if reformatted is not None:
            return Did(REFORMATTED, (hunk.old_path, reformatted))
        moved = self._moves.line_before(at, line)
        if moved is not None:
            return Did(MOVED, moved)
        restated = self._moves.statement_before(at, line)
        if restated is not None:
            return Did(REFORMATTED, restated)
        replaced = replaced_line(hunk, line)
        before = None if replaced is None else (hunk.old_path, replaced)
        return Did(None, before, is_anew=not self._moves.is_untold(at, line))

    def _before_reformatting(self, at: int, line: int) -> int | None:
        """A formatter's work falls into several places where lines of both forms are equal by chance."""
        hunk, whole = self._hunks[at], joined(self._hunks, at)
        alone = before_reformatting(hunk, line)
        return before_reformatting(whole, line) if alone is None and whole.added != hunk.added else alone
