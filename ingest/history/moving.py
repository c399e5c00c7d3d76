"""Did a commit only move a line, or the statement that it belongs to, from another place?

Blame follows a moved piece of 20 characters in the same file and of 40 from another one, if nothing in it
was changed; a single line is often shorter, and what is moved is often formatted anew. Here a line counts
as moved if the same text, or the same statement in another form, was taken out elsewhere by the same
commit. Everything taken out stands for one thing put in at most: copies are new lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from ingest.history.hunks import Hunk
from ingest.history.statements import statements
from ingest.history.wording import outline, wording
from ingest.identity import bare_text

LEAST_TEXT: Final = 12  # characters without whitespace that a text must have to be told apart
LONGEST_CONTEXT: Final = 30  # neighbouring lines on each side that are compared
MOST_PAIRS: Final = 2_500  # of equal texts in one commit; more are a pattern, not a move
MOST_LINES: Final = 2_000  # of one side of a changed place whose statements are looked for
_Lines = Sequence[str]


class Span(NamedTuple):
    """Neighbouring lines of one side of a changed place."""

    hunk: int
    start: int
    end: int  # past the last


_Index = dict[str, list[Span]]


class Moves:
    """Lines that one commit moved."""

    def __init__(self, hunks: Sequence[Hunk]) -> None:
        self._hunks = hunks
        self._added = [hunk.added for hunk in hunks]
        self._removed = [hunk.removed for hunk in hunks]

    def line_before(self, hunk: int, line: int) -> tuple[str, int] | None:
        """Path and line in the parent of a line that was moved as it is; None where it was not."""
        place = line - self._hunks[hunk].new_start
        text = bare_text(self._added[hunk][place])
        removed, added = (lines.get(text, []) for lines in self._lines)
        found = self._partner(Span(hunk, place, place + 1), removed, added) if _is_telling(text) else None
        return None if found is None else self._in_parent(found, 0)

    def is_untold(self, hunk: int, line: int) -> bool:
        """Whether its text was taken out too, but is too short or too frequent to tell which line it was."""
        text = bare_text(self._added[hunk][line - self._hunks[hunk].new_start])
        removed, added = (lines.get(text, []) for lines in self._lines)
        return bool(removed) and (not _is_telling(text) or len(removed) * len(added) > MOST_PAIRS)

    def statement_before(self, hunk: int, line: int) -> tuple[str, int] | None:
        """Path and line in the parent of a line whose statement was moved, be it in another form."""
        place = line - self._hunks[hunk].new_start
        own = next((span for span in _statements_of(hunk, self._added[hunk]) if place < span.end), None)
        found = None if own is None else self._same_statement(own)
        if own is None or found is None:
            return None
        old, new = wording(self._of(self._removed, found)), wording(self._of(self._added, own))
        at = old.line_at(new.starts[place - own.start]) if new.says(place - own.start) else None
        return None if at is None else self._in_parent(found, at)

    def _same_statement(self, own: Span) -> Span | None:
        text = wording(self._of(self._added, own)).text
        removed, added = (told.get(outline(self._of(self._added, own)), []) for told in self._statements)
        if not removed or not _is_telling(text) or len(removed) * len(added) > MOST_PAIRS:
            return None
        gone = [span for span in removed if wording(self._of(self._removed, span)).text == text]
        come = [span for span in added if wording(self._of(self._added, span)).text == text]
        return self._partner(own, gone, come)

    def _partner(self, own: Span, removed: list[Span], added: list[Span]) -> Span | None:
        """What of the removed one of the added is: with the likest text, then neighbours, then in order."""
        if not removed or len(removed) * len(added) > MOST_PAIRS:
            return None
        pairs = sorted((*self._unlikeness(new, old), new, old) for new in added for old in removed)
        partners: dict[Span, Span] = {}
        for *_, new, old in pairs:
            if new not in partners and old not in partners.values():
                partners[new] = old
        return partners.get(own)

    def _unlikeness(self, new: Span, old: Span) -> tuple[bool, int]:
        """Whether the text has another form, and how few of the neighbouring lines are the same."""
        added, removed = self._added[new.hunk], self._removed[old.hunk]
        here, there = added[new.start : new.end], removed[old.start : old.end]
        is_other = [*map(bare_text, here)] != [*map(bare_text, there)]
        above = _equal_run(reversed(added[: new.start]), reversed(removed[: old.start]))
        return is_other, -above - _equal_run(added[new.end :], removed[old.end :])

    def _of(self, sides: Sequence[_Lines], span: Span) -> _Lines:
        return sides[span.hunk][span.start : span.end]

    def _in_parent(self, span: Span, line: int) -> tuple[str, int]:
        old = self._hunks[span.hunk]
        return old.old_path, old.old_start + span.start + line

    @cached_property
    def _lines(self) -> tuple[_Index, _Index]:
        """Lines taken out and put in, by their texts."""
        return _index(self._removed, _lines_of, _bare), _index(self._added, _lines_of, _bare)

    @cached_property
    def _statements(self) -> tuple[_Index, _Index]:
        """Statements taken out and put in, by their rough texts."""
        return _index(self._removed, _statements_of, outline), _index(self._added, _statements_of, outline)


def _index(
    sides: Iterable[_Lines], split: Callable[[int, _Lines], list[Span]], key: Callable[[_Lines], str]
) -> _Index:
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for hunk, lines in enumerate(sides):
        for span in split(hunk, lines):
            spans[key(lines[span.start : span.end])].append(span)
    return spans


def _lines_of(hunk: int, lines: _Lines) -> list[Span]:
    return [Span(hunk, place, place + 1) for place in range(len(lines))]


def _statements_of(hunk: int, lines: _Lines) -> list[Span]:
    return [Span(hunk, *span) for span in statements(lines)] if len(lines) <= MOST_LINES else []


def _bare(lines: _Lines) -> str:
    return "".join(map(bare_text, lines))


def _is_telling(text: str) -> bool:
    return len(text) >= LEAST_TEXT


def _equal_run(ones: Iterable[str], others: Iterable[str]) -> int:
    run = 0
    for one, other in zip(ones, others, strict=False):
        if run >= LONGEST_CONTEXT or bare_text(one) != bare_text(other):
            break
        run += 1
    return run
