"""How does git write the name of a file where a name could be mistaken?"""

from __future__ import annotations

import re
from typing import Final

_ESCAPED: Final = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS: Final = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_NEVER_IN_A_QUESTION: Final = ("\0", "\n")


def told_name(written: bytes) -> str:
    r"""Name of a file as git prints it, quoted as in C where it holds odd characters.

    Bytes that are no UTF-8 survive, so that git can be asked about the same file again.

    >>> told_name(b"a b.py"), told_name(b'"ta\\tb\\"q.py"'), told_name(b'"\\303\\274.py"')
    ('a b.py', 'ta\tb"q.py', 'ü.py')
    """
    is_quoted = len(written) > 1 and written.startswith(b'"') and written.endswith(b'"')
    name = _ESCAPED.sub(_meant, written[1:-1]) if is_quoted else written
    return name.decode("utf-8", "surrogateescape")


def storable(name: str) -> str:
    """Name with a mark instead of bytes that are no text: tables hold text only."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_askable(path: str) -> bool:
    r"""Whether git can be asked about a path of somebody else's file: it may be written in any way.

    >>> [is_askable(path) for path in ("src/a.py", "../a.py", "a\nb", "/etc/passwd", "")]
    [True, False, False, False, False]
    """
    is_relative = not path.startswith(("./", "../", "/"))
    return bool(path) and is_relative and not any(mark in path for mark in _NEVER_IN_A_QUESTION)


def _meant(escaped: re.Match[bytes]) -> bytes:
    mark = escaped.group(1)
    if mark.isdigit():
        return bytes([int(mark, 8)])
    return _LETTERS.get(mark, mark)
