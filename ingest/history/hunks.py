"""What did a commit take out of its files, and what did it put in?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from ingest.history.git import Git, GitError
from ingest.history.names import told_name

CLOSE_LINES: Final = 3  # unchanged ones between two changed places that may belong together
# As blame -w looks at it: lines that only differ in whitespace are not changed ones.
_ASKED: Final = (
    "diff-tree", "-r", "-p", "-U0", f"--inter-hunk-context={CLOSE_LINES}", "-w", "-M", "--no-commit-id",
    "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
MOST_BYTES: Final = 5_000_000  # of one commit's changes; of bigger ones only the file in question is read
_OLD_MARKS: Final = (b"-", b" ", b"")
_NEW_MARKS: Final = (b"+", b" ", b"")
_Part = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_RANGES: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class TooBigError(GitError):
    """A commit changed more than is compared."""


@dataclass(frozen=True)
class Hunk:
    """Neighbouring lines that a commit replaced by others; either side may be empty."""

    old_path: str
    old_start: int  # line number of the first one removed
    removed: tuple[str, ...]
    new_path: str
    new_start: int  # line number of the first one added
    added: tuple[str, ...]
    unchanged: tuple[str, ...] = ()  # lines up to the next changed place, where only few lie between

    def holds(self, path: str, line: int) -> bool:
        """Whether a line of the commit's own state was put in here."""
        return path == self.new_path and 0 <= line - self.new_start < len(self.added)


def changes_of(git: Git, commit: str, path: str | None = None) -> tuple[Hunk, ...] | None:
    """What a commit changed against its parent, in all files or in one; nothing for a root and a merge.

    In one file alone a rename cannot be seen. None where it is too much to compare, or where old
    contents are missing.
    """
    only = ("--", path) if path is not None else ()
    try:
        return hunks_of(git, (commit, *only))
    except GitError:
        return None


def hunks_of(git: Git, asked: tuple[str, ...]) -> tuple[Hunk, ...]:
    """Changed places as git tells them.

    Raises
    ------
    GitError
        Git could not tell, or what it tells is too big.
    """
    with closing(git.stream("--literal-pathspecs", *_ASKED, *asked)) as lines:
        return tuple(parsed(_capped(lines)))


def _capped(lines: Iterable[bytes]) -> Iterator[bytes]:
    told = 0
    for line in lines:
        told += len(line) + 1
        if told > MOST_BYTES:
            raise TooBigError(f"more than {MOST_BYTES:,} bytes of changes in one commit are not compared")
        yield line


def parsed(lines: Iterable[bytes]) -> Iterator[Hunk]:
    r"""Changed places in what ``git diff-tree -p -U0`` prints.

    >>> told = [b"--- a/x.py", b"+++ b/y.py", b"@@ -3 +3,2 @@ def f():", b"-  --- a", b"+  one", b"+  two"]
    >>> [(hunk.old_start, hunk.removed, hunk.new_path, hunk.added) for hunk in parsed(told)]
    [(3, ('  --- a',), 'y.py', ('  one', '  two'))]
    """
    rest = iter(lines)
    old_path = new_path = ""
    for line in rest:
        if line.startswith(b"--- "):
            old_path = _path(line)
        elif line.startswith(b"+++ "):
            new_path = _path(line)
        elif (ranges := _RANGES.match(line)) is not None:
            old, removed, new, added = (int(number) for number in ranges.groups(default=b"1"))
            for gone, come, unchanged in _split(_body(rest, removed, added)):
                yield Hunk(old_path, old, gone, new_path, new, come, unchanged)
                old, new = old + len(gone) + len(unchanged), new + len(come) + len(unchanged)


def _path(line: bytes) -> str:
    """Path of one side; git ends a name that holds spaces with a tab."""
    name = told_name(line[4:].removesuffix(b"\t"))
    return name[2:] if name[:2] in {"a/", "b/"} else ""


def _body(rest: Iterator[bytes], removed: int, added: int) -> Iterator[bytes]:
    """Lines of so many on both sides; that a file ends without a line end is said between them."""
    while removed > 0 or added > 0:
        line = next(rest, b"")
        removed -= line[:1] in _OLD_MARKS
        added -= line[:1] in _NEW_MARKS
        if not line.startswith(b"\\"):
            yield line


def _split(body: Iterable[bytes]) -> Iterator[_Part]:
    """Lines removed and added, and the unchanged ones after them, place by place."""
    gone: list[str] = []
    come: list[str] = []
    unchanged: list[str] = []
    sides = {b"-": gone, b"+": come}
    for line in body:
        side = sides.get(line[:1], unchanged)
        if unchanged and side is not unchanged:
            yield tuple(gone), tuple(come), tuple(unchanged)
            for each in (gone, come, unchanged):
                each.clear()
        side.append(line[1:].decode("utf-8", "surrogateescape"))
    yield tuple(gone), tuple(come), tuple(unchanged)


def joined(hunks: Sequence[Hunk], at: int) -> Hunk:
    """One changed place with those close to it, and what lies between them on both sides.

    >>> one = Hunk("a.py", 1, ("f(x,",), "a.py", 1, ("f(",), unchanged=("y,",))
    >>> whole = joined([one, Hunk("a.py", 3, ("z)",), "a.py", 3, ("z", ")"))], 1)
    >>> whole.old_start, whole.removed, whole.added
    (1, ('f(x,', 'y,', 'z)'), ('f(', 'y,', 'z', ')'))
    """
    first = last = at
    while first > 0 and hunks[first - 1].unchanged:
        first -= 1
    while hunks[last].unchanged:
        last += 1
    parts, begin = hunks[first : last + 1], hunks[first]
    removed = tuple(line for part in parts for line in (*part.removed, *part.unchanged))
    added = tuple(line for part in parts for line in (*part.added, *part.unchanged))
    return Hunk(begin.old_path, begin.old_start, removed, begin.new_path, begin.new_start, added)
