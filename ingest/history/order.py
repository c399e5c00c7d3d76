"""In which order did commits come to a branch, and which commit of the branch brought each?

The branch itself is its head, the head's first parent, and so on. Every other commit came with the first of
these that reaches it. The order does not change when the branch grows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Parents = Mapping[str, Sequence[str]]  # commit -> its parents, as far as they are known


@dataclass(frozen=True)
class Arrivals:
    """Commits of a branch, oldest first."""

    parents: Parents
    line: tuple[str, ...]  # the branch itself: first parents, oldest first
    brought_by: Mapping[str, str]  # commit -> the commit of the line that brought it, itself one of them

    def __iter__(self) -> Iterator[str]:
        """All commits in the order in which they came; parents before children."""
        return iter(self.brought_by)


def arrivals(parents: Parents, head: str) -> Arrivals:
    """The order of all commits that a head reaches.

    >>> parents = {"m": ["b", "f"], "b": ["a"], "f": ["a"], "a": []}
    >>> arrivals(parents, "m").brought_by
    {'a': 'a', 'b': 'b', 'f': 'm', 'm': 'm'}
    """
    line = tuple(reversed(list(_first_parents(parents, head))))
    brought_by: dict[str, str] = {}
    for commit in line:
        for sha in with_ancestors(parents, [commit], brought_by):
            brought_by[sha] = commit
    return Arrivals(parents, line, brought_by)


def _first_parents(parents: Parents, head: str) -> Iterator[str]:
    sha: str | None = head
    while sha is not None and sha in parents:
        yield sha
        sha = next(iter(parents[sha]), None)


def with_ancestors(parents: Parents, starts: Sequence[str], known: Mapping[str, object]) -> Iterator[str]:
    """Commits and all before them that are not known yet, parents first; without recursion."""
    seen, stack = set[str](), [(start, False) for start in reversed(starts)]
    while stack:
        sha, is_ready = stack.pop()
        if is_ready:
            yield sha
        elif sha not in seen and sha not in known and sha in parents:
            seen.add(sha)
            stack.append((sha, True))
            stack += [(parent, False) for parent in reversed(parents[sha])]
