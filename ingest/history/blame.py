"""Which commit does git blame give for a line?

``-w -M -C`` tells the commit best: it looks past re-indented lines, lines moved inside a file and
lines copied from files that the same commit changed. It needs more old contents than the rest, so
where a mirror lacks some, a weaker blame is better than none (measured on real repositories: ``-C``
failed on 18-35 % of the files of two large ones, the weaker forms on next to none).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ingest.history.git import Git, GitError
from ingest.history.names import told_name

STRONGEST: Final = "copies"
UNBLAMED: Final = "none"
FORMS: Final = (
    (STRONGEST, (), ("-w", "-M", "-C")),
    ("moves", (), ("-w", "-M")),
    ("no_renames", ("-c", "diff.renameLimit=1"), ("-w", "-M")),
)
STRENGTHS: Final = (*(level for level, *_ in FORMS), UNBLAMED)  # the strongest first
# Blame follows a piece of text if it is long enough. Asked about a line alone it takes that for the piece:
# of the reported lines of two real repositories that gave 3 and 8 % to other commits than blame of the
# whole file, with neighbours none, in half the time.
CONTEXT_LINES: Final = 15
MOST_RANGES: Final = 100  # of one command; a file with more wanted lines is blamed whole
BLAME_SECONDS: Final = 600.0  # a search for copies that takes longer gives way to the next form
PLAIN: Final = ("blame", "--porcelain", "-w")
_RUN_OF_LINES: Final = re.compile(rb"^([0-9a-f]{7,64}) \d+ \d+ (\d+)$", re.MULTILINE)
_HEADER_PARTS: Final = 3  # commit, line there, line here; the first of a run also tells its length


class Place(NamedTuple):
    """A line of a file in a commit."""

    commit: str
    path: str
    line: int


class Blamed(NamedTuple):
    """Where blame says that a line comes from, and by which form of blame."""

    origin: Place
    level: str


@dataclass(frozen=True)
class Blamer:
    """Blame in one repository."""

    git: Git
    ignored: tuple[str, ...] = ()  # commits that the repository itself wants skipped
    cut_off: frozenset[str] = field(default_factory=frozenset)  # where a shallow mirror ends

    def blame(self, commit: str, path: str, lines: Collection[int]) -> dict[int, Blamed]:
        """Origins of lines of a file; lines that no form of blame could answer for are not in it.

        The lines must be there. Lines on which a shallow mirror ends have no known origin.
        """
        for level, options, forms in FORMS:
            try:
                command = (*options, "blame", "--porcelain", *forms, *_spans(lines, CONTEXT_LINES))
                told = dict(parsed(self._run(commit, path, command)))
            except GitError:
                continue
            wanted = ((line, told[line]) for line in lines if line in told)
            return {line: Blamed(at, level) for line, at in wanted if at.commit not in self.cut_off}
        return {}

    def put_there(self, commit: str, path: str, lines: Collection[int]) -> dict[int, Place]:
        """Which commit put lines where they stand, be it moved or copied; nothing where git cannot tell."""
        try:
            told = dict(parsed(self._run(commit, path, (*PLAIN, *_spans(lines, 0)))))
        except GitError:
            return {}
        return {line: told[line] for line in lines if line in told}

    def counts(self, commit: str, path: str) -> dict[str, int] | None:
        """How many lines of a file each commit has in it; None where no form of blame could tell."""
        for _, options, forms in FORMS:
            try:
                return counted(self._run(commit, path, (*options, "blame", "--incremental", *forms)))
            except GitError:
                continue
        return None

    def _run(self, commit: str, path: str, command: tuple[str, ...]) -> bytes:
        skipped = (f"--ignore-rev={sha}" for sha in self.ignored)
        return self.git.run(*command, *skipped, commit, "--", path, seconds=BLAME_SECONDS)


def weakest(levels: Iterable[str]) -> str:
    """The weakest of several forms of blame.

    >>> weakest(["copies", "no_renames", "moves"])
    'no_renames'
    """
    return max(levels, key=STRENGTHS.index)


def parsed(answer: bytes) -> Iterator[tuple[int, Place]]:
    r"""Lines and their origins in what ``git blame --porcelain`` prints.

    A commit's path is told with its first line, and again only where it may have changed.

    >>> told = b"1f7a 4 9 2\nfilename a b.py\n\tx = 1\n1f7a 5 10\n\ty = 2\n"
    >>> [(line, place.path, place.line) for line, place in parsed(told)]
    [(9, 'a b.py', 4), (10, 'a b.py', 5)]
    """
    paths: dict[bytes, str] = {}
    heads: list[bytes] = []
    for row in answer.split(b"\n"):
        if not row.startswith(b"\t"):
            heads.append(row)
            continue
        commit, there, here = heads[0].split(b" ")[:_HEADER_PARTS]
        paths.update((commit, told_name(head[9:])) for head in heads if head.startswith(b"filename "))
        yield int(here), Place(commit.decode(), paths[commit], int(there))
        heads.clear()


def counted(answer: bytes) -> dict[str, int]:
    r"""Lines of each commit in what ``git blame --incremental`` prints.

    >>> counted(b"1f7abcd 4 9 2\nsummary x\nfilename a.py\n2e8abcd 1 1 1\nfilename a.py\n1f7abcd 9 3 1\n")
    {'1f7abcd': 3, '2e8abcd': 1}
    """
    counts = Counter[str]()
    for commit, lines in _RUN_OF_LINES.findall(answer):
        counts[commit.decode()] += int(lines)
    return dict(counts)


def _spans(lines: Collection[int], context: int) -> tuple[str, ...]:
    """Wanted lines with their neighbours as ranges; nothing, the whole file, where they are too many.

    >>> _spans([7, 3, 70], CONTEXT_LINES)
    ('-L1,22', '-L55,85')
    """
    spans: list[list[int]] = []
    for line in sorted(lines):
        first, last = max(1, line - context), line + context
        if not spans or first > spans[-1][1] + 1:
            spans.append([first, last])
        spans[-1][1] = last
    return tuple(f"-L{first},{last}" for first, last in spans) if len(spans) <= MOST_RANGES else ()


def ignored_commits(git: Git, head: str) -> tuple[str, ...]:
    """Commits that `.git-blame-ignore-revs` at a head names, without those that are not there."""
    try:
        listed = git.text("cat-file", "blob", f"{head}:.git-blame-ignore-revs")
    except GitError:
        return ()
    named = (line.partition("#")[0].strip() for line in listed.splitlines())
    return tuple(sorted(git.has_all(name for name in named if _is_full(name))))


def _is_full(name: str) -> bool:
    is_hexadecimal = set(name) <= set("0123456789abcdef")
    return is_hexadecimal and len(name) in {40, 64}
