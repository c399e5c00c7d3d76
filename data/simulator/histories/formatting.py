"""How does a formatter spell the same code another way?"""

from __future__ import annotations

from itertools import accumulate
from typing import Literal

Style = Literal["exploded", "hugged"]  # an argument per line with a trailing comma, or all on one line
STEP = "    "
_OPENING, _CLOSING = "([{", ")]}"


def wrapped(text: str, style: Style) -> tuple[str, ...]:
    """A call on one line, spread over several; anything else stays as it is.

    >>> wrapped("    total = add(first, second)", "exploded")
    ('    total = add(', '        first,', '        second,', '    )')
    >>> wrapped("    total = add(first, second)", "hugged")
    ('    total = add(', '        first, second', '    )')
    >>> wrapped("    return total", "exploded")
    ('    return total',)
    """
    opening = _opening(text)
    if opening is None or text.rstrip().endswith("()"):
        return (text,)
    indent = text[: len(text) - len(text.lstrip())]
    inner = text[opening + 1 : -1]
    exploded = tuple(f"{indent}{STEP}{part}," for part in split(inner))
    middle = exploded if style == "exploded" else (f"{indent}{STEP}{inner}",)
    return (text[: opening + 1], *middle, f"{indent})")


def joined(texts: tuple[str, ...]) -> str:
    """A call over several lines, put on one.

    >>> joined(wrapped("    total = add(first, second)", "exploded"))
    '    total = add(first, second)'
    """
    first, *middle, last = texts
    inner = " ".join(text.strip() for text in middle).removesuffix(",")
    return f"{first}{inner}{last.strip()}"


def requoted(text: str) -> str:
    """Text in double quotes instead of single ones.

    >>> requoted("say('hello')")
    'say("hello")'
    """
    return text if '"' in text else text.replace("'", '"')


def split(arguments: str) -> list[str]:
    """Arguments of a call, at the commas that are in no bracket.

    >>> split("one, two(3, 4), five")
    ['one', 'two(3, 4)', 'five']
    """
    parts = [""]
    for letter, depth in zip(arguments, _depths(arguments), strict=True):
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _opening(text: str) -> int | None:
    """Where the bracket opens that the last letter closes; None = it closes none."""
    if not text.endswith(")"):
        return None
    depths = _depths(text[:-1])
    last_outside = max((place for place, depth in enumerate(depths) if depth == 0), default=-1)
    return last_outside + 1 if text[last_outside + 1] == "(" else None


def _depths(text: str) -> list[int]:
    """How many brackets are open after each letter."""
    return list(accumulate((letter in _OPENING) - (letter in _CLOSING) for letter in text))
