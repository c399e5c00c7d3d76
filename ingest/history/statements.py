"""Which lines belong together?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LONGEST_STATEMENT: Final = 40  # lines; what is longer is taken in pieces
_OPENING, _CLOSING, _LONG_QUOTES = "([{", ")]}", ('"""', "'''")


def statements(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Spans of lines that belong together by their brackets and long quotes, first and past the last.

    >>> statements(["run(", "    cmd,", ")", "x = 1"])
    [(0, 3), (3, 4)]
    """
    spans, start, depth, is_quoted = [], 0, 0, False
    for at, line in enumerate(lines):
        depth = max(0, depth + sum(map(line.count, _OPENING)) - sum(map(line.count, _CLOSING)))
        is_quoted ^= sum(map(line.count, _LONG_QUOTES)) % 2 == 1
        is_whole = depth == 0 and not is_quoted
        if is_whole or at - start + 1 >= LONGEST_STATEMENT or at == len(lines) - 1:
            spans.append((start, at + 1))
            start, depth, is_quoted = at + 1, 0, False
    return spans
