"""Did a commit only write a line in another form, and if it changed it, from which line?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from ingest.history.hunks import Hunk
from ingest.history.statements import statements
from ingest.history.wording import Wording, tokens_of, wording

MOST_LINES: Final = 2_000  # of one changed place; bigger ones are not compared
LEAST_TEXT: Final = 12  # characters that a piece must have so that it is not equal by chance
LONGEST_PIECE: Final = 20  # lines that a formatter makes of one statement, or one of them
LEAST_SIMILAR: Final = 0.6


def is_comparable(hunk: Hunk) -> bool:
    """Whether a changed place has two sides, and is small enough to be looked into."""
    has_both = bool(hunk.removed) and bool(hunk.added)
    return has_both and len(hunk.removed) + len(hunk.added) <= MOST_LINES


def before_reformatting(hunk: Hunk, line: int) -> int | None:
    """Line in the parent of a line that was only written in another form; None where more was done.

    Either the whole changed place says what it said before, or a piece of it with this line in it does:
    then its neighbours were changed by the same commit.

    >>> after = ("run(", "    cmd, shell=True,", ")")
    >>> before_reformatting(Hunk("a.py", 7, ("run(cmd, shell=True)",), "a.py", 7, after), 8)
    7
    """
    if not is_comparable(hunk):
        return None
    old, new, place = wording(hunk.removed), wording(hunk.added), line - hunk.new_start
    offset = new.starts[place] if old.text == new.text else _offset_of_piece(old, new, place)
    found = old.line_at(offset) if offset is not None and new.says(place) else None
    return None if found is None else hunk.old_start + found


def _offset_of_piece(old: Wording, new: Wording, place: int) -> int | None:
    """Where a line stood, by the smallest piece around it that is whole lines in one place before and after.

    Of a piece that is there twice now one is a copy; it may have been written in the other form.
    """
    for start, end in _pieces_around(place, new.line_count):
        text = new.text[new.starts[start] : new.starts[end]]
        found = _whole_lines(old, text) if len(text) >= LEAST_TEXT else []
        if len(found) == len(_whole_lines(new, text)) == 1:
            return found[0] + new.starts[place] - new.starts[start]
    return None


def _pieces_around(place: int, line_count: int) -> Iterator[tuple[int, int]]:
    for length in range(1, LONGEST_PIECE + 1):
        first, last = max(0, place - length + 1), min(place, line_count - length)
        yield from ((start, start + length) for start in range(first, last + 1))


def _whole_lines(old: Wording, text: str) -> list[int]:
    """Offsets at which a text begins with a line and ends with one."""
    borders = set(old.starts)
    return [at for at in sorted(borders) if old.text.startswith(text, at) and at + len(text) in borders]


def replaced_line(hunk: Hunk, line: int) -> int | None:
    """Line in the parent that a changed line most likely stands in for; None where none is like it.

    The most similar line of those taken out at the same place, or, where a statement was wrapped or
    joined while it was changed, of the most similar statement; of equally similar ones the first.

    >>> after = ("x = 1", "run(command, shell=True)")
    >>> replaced_line(Hunk("a.py", 7, ("y = 2", "run(cmd, shell=True)"), "a.py", 7, after), 8)
    8
    """
    if not is_comparable(hunk):
        return None
    place = line - hunk.new_start
    alike = _most_similar(hunk.added[place], hunk.removed)
    if alike is None:
        alike = _in_most_similar_statement(hunk, place)
    return None if alike is None else hunk.old_start + alike


def _in_most_similar_statement(hunk: Hunk, place: int) -> int | None:
    own = next(span for span in statements(hunk.added) if span[0] <= place < span[1])
    spans = statements(hunk.removed)
    alike = _most_similar(_joined(hunk.added, own), [_joined(hunk.removed, span) for span in spans])
    if alike is None:
        return None
    start, end = spans[alike]
    return start + (_most_similar(hunk.added[place], hunk.removed[start:end], least=0.0) or 0)


def _most_similar(text: str, others: Sequence[str], least: float = LEAST_SIMILAR) -> int | None:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(tokens_of(text))
    best, best_ratio = None, least
    for at, other in enumerate(others):
        matcher.set_seq1(tokens_of(other))
        can_win = matcher.real_quick_ratio() >= best_ratio and matcher.quick_ratio() >= best_ratio
        ratio = matcher.ratio() if can_win else 0.0
        if ratio >= least and (best is None or ratio > best_ratio):
            best, best_ratio = at, ratio
    return best


def _joined(lines: Sequence[str], span: tuple[int, int]) -> str:
    return "\n".join(lines[slice(*span)])
