"""What do lines say when a formatter's work is taken away?

A formatter wraps and joins lines, unifies quotes, adds trailing commas, and puts parentheses or
backslashes where a statement goes on; people add and remove comments that only tell a checker to be
silent. Lines whose texts are equal without all that say the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

_TOKENS: Final = re.compile(r"\w+|\\['\"`]|\S")
_SILENCERS: Final = re.compile(
    r"\s*(?:#|//)\s*(?:noqa|nosec|type:|pyright:|pylint:|mypy:|ruff:|fmt:|isort:|pragma:|nosemgrep|nosonar|"
    r"eslint-|prettier-|biome-|@ts-|lgtm\b|codeql\b|#?nosec\b).*$",
    re.IGNORECASE,
)
_FORM: Final = str.maketrans("", "", "'\"`(),;\\")  # marks that a formatter may add or take away
_QUOTES: Final = frozenset("'\"`")
_CLOSING: Final = frozenset(")]}")
# Words before a parenthesis that only groups; after any other word, or a value, it makes a call.
_NO_CALLEES: Final = frozenset(
    {
        "return", "yield", "await", "in", "is", "not", "and", "or", "if", "elif", "else", "while", "for",
        "assert", "del", "raise", "from", "import", "lambda", "case", "match", "with", "except", "typeof",
        "instanceof", "throw", "const", "let", "var",
    }
)  # fmt: skip
_Token = tuple[str, int]  # and which of the lines it stands on, from 0


@dataclass(frozen=True)
class Wording:
    """Text of some lines, and where each of them begins in it."""

    tokens: tuple[_Token, ...]
    line_count: int

    @cached_property
    def text(self) -> str:
        """All tokens joined."""
        return "".join(token for token, _ in self.tokens)

    @cached_property
    def starts(self) -> list[int]:
        """Offset in the text at which each line begins, and at last the length of the text."""
        lengths = [0] * self.line_count
        for token, line in self.tokens:
            lengths[line] += len(token)
        return list(accumulate(lengths, initial=0))

    def says(self, line: int) -> bool:
        """Whether anything of a line is in the text; a bracket or a comment alone may not be."""
        return self.starts[line] < self.starts[line + 1]

    def line_at(self, offset: int) -> int | None:
        """Which of the lines the character at an offset stands on; None at the end of the text."""
        return bisect_right(self.starts, offset) - 1 if offset < len(self.text) else None


def tokens_of(line: str) -> list[str]:
    """Words and marks of one line.

    >>> tokens_of("  if x[1] > 'a':")
    ['if', 'x', '[', '1', ']', '>', "'", 'a', "'", ':']
    """
    return _TOKENS.findall(line)


def wording(lines: Sequence[str]) -> Wording:
    r"""What lines say, without what a formatter may change.

    >>> wording(["run(", "    cmd, 'x',", ")"]).text
    'run(cmd,"x")'
    >>> wording(["total = (", "    first +", "    second", ")"]).text
    'total=first+second'
    """
    kept = list(_without_trailing_commas(list(_without_continuations(_spelled(lines)))))
    return Wording(tuple(_without_grouping(kept)), len(lines))


def outline(lines: Sequence[str]) -> str:
    """Rough text of lines, quickly made: where the wordings are equal the outlines are.

    >>> outline(["run(", "    cmd,  # noqa: S603", ")"]) == outline(["run(cmd)"])
    True
    """
    return "".join("".join(map(_code, lines)).split()).translate(_FORM)


def _code(line: str) -> str:
    has_comment = "#" in line or "//" in line
    return _SILENCERS.sub("", line) if has_comment else line.rstrip()


def _spelled(lines: Sequence[str]) -> Iterator[_Token]:
    for place, line in enumerate(lines):
        for token in tokens_of(_code(line).removesuffix(";")):
            yield ('"' if token[-1] in _QUOTES else token), place


def _without_continuations(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Leave out a backslash at the end of a line; one inside a line is part of a text."""
    held: _Token | None = None
    for token in tokens:
        if held is not None and (held[0] != "\\" or held[1] == token[1]):
            yield held
        held = token
    if held is not None and held[0] != "\\":
        yield held


def _without_grouping(tokens: list[_Token]) -> list[_Token]:
    """Leave out parentheses that call nothing; one whose partner is not there stays."""
    opened: list[tuple[int, bool]] = []
    dropped: set[int] = set()
    for at, (word, _) in enumerate(tokens):
        if word == "(":
            opened.append((at, not _is_callee(tokens[at - 1][0] if at else "")))
        elif word == ")" and opened:
            partner, is_grouping = opened.pop()
            dropped |= {partner, at} if is_grouping else set()
    return [token for at, token in enumerate(tokens) if at not in dropped]


def _is_callee(before: str) -> bool:
    is_word = before[-1:].isalnum() or before.endswith("_")
    return (is_word and before not in _NO_CALLEES) or before in _CLOSING or before == '"'


def _without_trailing_commas(tokens: list[_Token]) -> Iterator[_Token]:
    for at, token in enumerate(tokens):
        after = tokens[at + 1][0] if at + 1 < len(tokens) else ""
        if token[0] != "," or after not in _CLOSING:
            yield token
