"""What did a commit do to one of its lines: bring it in, move it, or only write it in another form?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingest.history.hunks import Hunk
from ingest.history.moving import Moves
from ingest.history.rewriting import before_reformatting, replaced_line

MOVED = "moved"
REFORMATTED = "reformatted"


class Did(NamedTuple):
    """What a commit did to a line of its own state."""

    step: str | None = None  # moved or reformatted; None = it brought the line in
    before: tuple[str, int] | None = None  # path and line in its parent: the same line, or the one replaced


class Change:
    """All that one commit changed against its parent."""

    def __init__(self, hunks: Sequence[Hunk]) -> None:
        self._hunks = hunks
        self._moves = Moves(hunks)

    def did(self, path: str, line: int) -> Did:
        """What it did to a line; one that stands in no changed place counts as brought in.

        >>> Change([Hunk("a.py", 3, ("x = f(1, 2)",), "a.py", 3, ("x = f(1,", "2)"))]).did("a.py", 4)
        Did(step='reformatted', before=('a.py', 3))
        """
        found = next((at for at, hunk in enumerate(self._hunks) if hunk.holds(path, line)), None)
        return Did() if found is None else self._did_in(found, line)

    def _did_in(self, at: int, line: int) -> Did:
        hunk = self._hunks[at]
        reformatted = before_reformatting(hunk, line)
        if reformatted is not None:
            return Did(REFORMATTED, (hunk.old_path, reformatted))
        moved = self._moves.before(at, line)
        if moved is not None:
            return Did(MOVED, moved)
        replaced = replaced_line(hunk, line)
        return Did() if replaced is None else Did(None, (hunk.old_path, replaced))
