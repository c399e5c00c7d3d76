"""In which order did commits come to a branch, and which commit of the branch brought each?

The branch itself is its head, the head's first parent, and so on. Every other commit came with the first of
these that reaches it. The order does not change when the branch grows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Parents = Mapping[str, Sequence[str]]  # commit -> its parents, as far as they are known


@dataclass(frozen=True)
class Arrivals:
    """Commits of a branch, oldest first."""

    parents: Parents
    line: tuple[str, ...]  # the branch itself: first parents, oldest first
    brought_by: Mapping[str, str]  # commit -> the commit of the line that brought it, itself one of them

    @property
    def head(self) -> str:
        """The latest commit of the branch."""
        return self.line[-1]

    def __iter__(self) -> Iterator[str]:
        """All commits in the order in which they came; parents before children."""
        return iter(self.brought_by)


def arrivals(parents: Parents, head: str) -> Arrivals:
    """The order of all commits that a head reaches.

    >>> parents = {"m": ["b", "f"], "b": ["a"], "f": ["a"], "a": []}
    >>> arrivals(parents, "m").brought_by
    {'a': 'a', 'b': 'b', 'f': 'm', 'm': 'm'}
    """
    line = tuple(reversed(list(_first_parents(parents, head, ()))))
    brought_by: dict[str, str] = {}
    for commit in line:
        for sha in with_ancestors(parents, [commit], brought_by):
            brought_by[sha] = commit
    return Arrivals(parents, line, brought_by)


def _first_parents(parents: Parents, head: str, known: Container[str]) -> Iterator[str]:
    """A commit, its first parent, and so on, up to what is known or not there."""
    sha: str | None = head
    while sha is not None and sha in parents and sha not in known:
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


def brought_with(
    parents: Parents, head: str, name_of: Callable[[str], int | None]
) -> Iterator[tuple[str, int | None]]:
    """All commits that a head reaches, each with the name of the innermost merge that brought it.

    A merge brings itself, and what its other parents reach and nothing before it had brought; None = no
    merge with a name did. Along every line of first parents the oldest comes first, as on the branch
    itself. Each commit and each of its parents is looked at once, however many merges lie in each other.

    >>> parents = {"m": ["a", "f"], "f": ["e", "g"], "g": ["a"], "e": ["a"], "a": []}
    >>> dict(brought_with(parents, "m", {"m": 1, "f": 2}.get))
    {'a': None, 'm': 1, 'e': 1, 'f': 2, 'g': 2}
    """
    brought, waiting = set[str](), [_Step(head, None, is_end=True)]
    while waiting:
        step = waiting.pop()
        if step.is_end:
            line = _first_parents(parents, step.sha, brought)
            waiting += [_Step(sha, step.name, is_end=False) for sha in line]
        else:
            brought.add(step.sha)
            others = parents[step.sha][1:]
            own = name_of(step.sha) if others else None
            name = step.name if own is None else own
            yield step.sha, name
            waiting += [_Step(other, name, is_end=True) for other in reversed(others)]


class _Step(NamedTuple):
    """What is to be looked at: a commit, or all of the line of first parents that ends with it."""

    sha: str
    name: int | None
    is_end: bool
