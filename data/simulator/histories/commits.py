"""What is a commit, and how does a history of them grow?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from data.simulator.histories.hands import Person
from data.simulator.histories.lines import Tree, changed_paths
from data.simulator.histories.objects import commit_id, tree_id


@dataclass(frozen=True)
class Signed:
    """Who made a commit and who put it into the history, with the times of both."""

    author: Person
    authored_at: datetime
    committer: Person
    committed_at: datetime

    @cached_property
    def headers(self) -> bytes:
        """The two lines of a commit that say so."""
        author = f"author {_stamp(self.author, self.authored_at)}"
        return f"{author}\ncommitter {_stamp(self.committer, self.committed_at)}\n".encode()


@dataclass(frozen=True, eq=False)
class Commit:
    """One commit with its whole content."""

    tree: Tree
    parents: tuple[Commit, ...]
    signed: Signed
    message: str

    @cached_property
    def sha(self) -> str:
        """Id, as git works it out."""
        told = tree_id({path: file.blob for path, file in self.tree.items()}).hex()
        parents = "".join(f"parent {parent.sha}\n" for parent in self.parents)
        return commit_id(f"tree {told}\n{parents}".encode() + self.signed.headers + b"\n" + self.text)

    @property
    def text(self) -> bytes:
        """Bytes of the message."""
        return f"{self.message}\n".encode()

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]

    @cached_property
    def before(self) -> Tree:
        """Content of the first parent; nothing before the first commit."""
        return self.parents[0].tree if self.parents else {}

    @cached_property
    def paths(self) -> list[str]:
        """Paths that it changes."""
        return changed_paths(self.before, self.tree)


@dataclass
class History:
    """All commits in the order in which they were made, and where the branches are."""

    commits: list[Commit] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)  # ref that each commit was made on
    tips: dict[str, Commit] = field(default_factory=dict)

    def add(self, ref: str, commit: Commit) -> Commit:
        """Put a commit on a ref."""
        self.commits.append(commit)
        self.refs.append(ref)
        self.tips[ref] = commit
        return commit


def _stamp(person: Person, at: datetime) -> str:
    return f"{person.name} <{person.email}> {int(at.timestamp())} +0000"
