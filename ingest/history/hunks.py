"""What did a commit take out of its files, and what did it put in?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ingest.history.git import Git, GitError
from ingest.history.names import told_name

# As blame -w looks at it: lines that only differ in whitespace are not changed ones.
_ASKED: Final = (
    "diff-tree", "-r", "-p", "-U0", "-w", "-M", "--no-commit-id", "--no-color", "--no-ext-diff",
    "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
MOST_BYTES: Final = 5_000_000  # of one commit's changes; of bigger ones only the file in question is read
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
            gone, come = _side(rest, removed), _side(rest, added)
            yield Hunk(old_path, old, gone, new_path, new, come)


def _path(line: bytes) -> str:
    """Path of one side; git ends a name that holds spaces with a tab."""
    name = told_name(line[4:].removesuffix(b"\t"))
    return name[2:] if name[:2] in {"a/", "b/"} else ""


def _side(rest: Iterator[bytes], count: int) -> tuple[str, ...]:
    """Lines of one side; that the file ends without a line end is said between them."""
    own = (line for line in rest if not line.startswith(b"\\"))
    return tuple(line[1:].decode("utf-8", "surrogateescape") for line in islice(own, count))
