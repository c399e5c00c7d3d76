"""Did a commit only move a line, or the statement that it belongs to, from another place?

Blame follows a moved piece of 20 characters in the same file and of 40 from another one, if nothing in it
was changed; a single line is often shorter, and what is moved is often formatted anew. Here a line counts
as moved if the same text, or the same statement in another form, was taken out elsewhere by the same
commit. Everything taken out stands for one thing put in at most: copies are new lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from ingest.history.hunks import Hunk
from ingest.history.statements import statements
from ingest.history.wording import outline, wording
from ingest.identity import bare_text

LEAST_TEXT: Final = 12  # characters without whitespace that a text must have to be told apart
LONGEST_CONTEXT: Final = 30  # neighbouring lines on each side that are compared
MOST_PAIRS: Final = 2_500  # of equal texts in one commit; more are a pattern, not a move
_Side = Callable[[Hunk], Sequence[str]]


class Span(NamedTuple):
    """Neighbouring lines of one side of a changed place."""

    hunk: int
    start: int
    end: int  # past the last


class Moves:
    """Lines that one commit moved."""

    def __init__(self, hunks: Sequence[Hunk]) -> None:
        self._hunks = hunks

    def line_before(self, hunk: int, line: int) -> tuple[str, int] | None:
        """Path and line in the parent of a line that was moved as it is; None where it was not."""
        place = line - self._hunks[hunk].new_start
        text = bare_text(self._hunks[hunk].added[place])
        spot = self._partner(Span(hunk, place, place + 1), *(lines.get(text, []) for lines in self._lines), text)
        return None if spot is None else self._at(spot, 0)

    def before_reformatting(self, hunk: int, line: int) -> tuple[str, int] | None:
        """Path and line in the parent of a line whose statement was moved in another form; None where not."""
        place, added = line - self._hunks[hunk].new_start, self._hunks[hunk].added
        start, end = next(span for span in statements(added) if span[0] <= place < span[1])
        told, text = wording(added[start:end]), outline(added[start:end])
        both = (spans.get(text, []) for spans in self._statements)
        spot = self._partner(Span(hunk, start, end), *both, told.text) if told.says(place - start) else None
        if spot is None:
            return None
        found = wording(self._removed(spot)).line_at(told.starts[place - start])
        return None if found is None else self._at(spot, found)
