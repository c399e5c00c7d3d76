"""How does a history become a bare repository: one stream for `git fast-import`?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from data.simulator.histories.commits import Commit, History
from ingest.history.git import Git

MAIN: Final = "refs/heads/main"


def write_bare(history: History, folder: Path) -> None:
    """Write a bare repository whose HEAD is the main branch.

    Raises
    ------
    GitError
        Git is missing, or refuses the stream.
    """
    folder.mkdir(parents=True)
    git = Git(folder)
    git.run("init", "--bare", "--quiet", "--template=", "--initial-branch=main")
    git.run("fast-import", "--quiet", "--date-format=raw", stdin=b"".join(_stream(history)))


def _stream(history: History) -> Iterator[bytes]:
    marks = {commit.sha: mark for mark, commit in enumerate(history.commits, 1)}
    for ref, commit in zip(history.refs, history.commits, strict=True):
        yield f"commit {ref}\nmark :{marks[commit.sha]}\n".encode()
        yield commit.signed.headers + _data(commit.text)
        yield from _parents(commit, marks)
        yield from _files(commit)
        yield b"\n"
    yield b"done\n"


def _parents(commit: Commit, marks: Mapping[str, int]) -> Iterator[bytes]:
    words = ("from", *("merge" for _ in commit.parents[1:]))
    for word, parent in zip(words, commit.parents, strict=False):
        yield f"{word} :{marks[parent.sha]}\n".encode()


def _files(commit: Commit) -> Iterator[bytes]:
    for path in commit.paths:
        if path in commit.tree:
            yield f"M 100644 inline {path}\n".encode() + _data(commit.tree[path].content)
        else:
            yield f"D {path}\n".encode()


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"
