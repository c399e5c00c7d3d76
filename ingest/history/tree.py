"""Which files does a commit hold?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.history.git import Git

_SUBMODULE = b"160000"


@dataclass(frozen=True)
class Tree:
    """Files of one commit."""

    git: Git
    commit: str
    blobs: Mapping[str, str]  # path as git can be asked for it -> id of its content


def tree_of(git: Git, commit: str) -> Tree:
    """All files of a commit; links to other repositories are none."""
    return Tree(git, commit, dict(_files(git, commit)))


def _files(git: Git, commit: str) -> Iterator[tuple[str, str]]:
    for piece in git.pieces("ls-tree", "-r", "-z", "--full-tree", commit):
        words, _, path = piece.partition(b"\t")
        mode, _, blob = words.split(b" ")
        if mode != _SUBMODULE:
            yield path.decode("utf-8", "surrogateescape"), blob.decode()
