"""How does a change get to the main branch: squashed, merged, rebased or pushed?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from data.simulator.histories.commits import Commit, Signed
from data.simulator.histories.edits import applied
from data.simulator.histories.hands import CODE_HOST, Hand, Making, Person, person
from data.simulator.histories.lines import Tree
from data.simulator.histories.truth import Landing, Way
from data.simulator.histories.workshop import Step, Work, Workshop

BETWEEN_COMMITS: Final = timedelta(minutes=20)


@dataclass(frozen=True)
class Arrived:
    """One commit that came to a protected branch."""

    commit: Commit
    what: str
    making: Making
    pull_request: int | None = None
    landing: Landing | None = None
    reverts: str | None = None


@dataclass
class Pull:
    """A pull request, in the making."""

    number: int
    work: Work
    hand: Hand
    base: Commit
    opened_at: datetime
    commits: list[Commit] = field(default_factory=list)
    way: Way = "squash"
    merged_by: str | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    merge: Commit | None = None
    is_merge_told: bool = True  # whether the export names the commit that merged it

    @property
    def ref(self) -> str:
        """Where its head is kept."""
        return f"refs/pull/{self.number}/head"

    @property
    def head(self) -> Commit:
        """Its last commit."""
        return self.commits[-1]

    @property
    def branch(self) -> str:
        """Name of its branch."""
        return f"{self.hand.branch}{self.work.what.replace(' ', '-')}-{self.number}"

    @property
    def opener(self) -> Person:
        """Whoever the code host takes for its author."""
        return self.hand.author if self.hand.is_bot else person(self.hand.login)


def opened(shop: Workshop, pull: Pull) -> Pull:
    """Make the commits of a pull request's branch."""
    parent, at = pull.base, pull.opened_at
    for step in pull.work.steps:
        parent = _one_step(shop, pull.ref, parent, (step, pull.hand, at))
        pull.commits.append(parent)
        at += BETWEEN_COMMITS
    return pull


def pushed(shop: Workshop, work: Work, hand: Hand, at: datetime) -> list[Arrived]:
    """Put a change on its branch without a pull request."""
    arrived = []
    for step in work.steps:
        commit = _one_step(shop, work.base, shop.history.tips[work.base], (step, hand, at))
        arrived.append(Arrived(commit, work.what, hand.making, reverts=work.reverts))
        at += BETWEEN_COMMITS
    return arrived


def merged(shop: Workshop, pull: Pull, at: datetime) -> list[Arrived]:
    """Put a pull request on its base branch, in its own way."""
    pull.merged_at = pull.closed_at = at
    ways = {"squash": _squashed, "merge": _with_merge_commit, "rebase": _rebased}
    arrived = ways[pull.way](shop, pull, at)
    pull.merge = arrived[-1].commit
    return arrived


def message(subject: str, *paragraphs: str) -> str:
    r"""Text of a commit.

    >>> message("Add it", "", "Signed-off-by: us")
    'Add it\n\nSigned-off-by: us'
    """
    return "\n\n".join((subject, *(words for words in paragraphs if words)))


def _one_step(shop: Workshop, ref: str, parent: Commit, made: tuple[Step, Hand, datetime]) -> Commit:
    step, hand, at = made
    signed = Signed(hand.author, at, hand.author, at)
    words = message(step.subject, step.note, hand.trailer)
    return shop.history.add(ref, Commit(applied(step.edits, parent.tree), (parent,), signed, words))


def _squashed(shop: Workshop, pull: Pull, at: datetime) -> list[Arrived]:
    words = message(f"{pull.work.title} (#{pull.number})", pull.work.note, _trailers(pull))
    commit = _added(shop, pull, Signed(pull.opener, at, CODE_HOST, at), words)
    return [_arrived(pull, commit, "merge_sha" if pull.is_merge_told else "subject")]


def _trailers(pull: Pull) -> str:
    author = pull.hand.author
    told = [pull.hand.trailer] if pull.opener == author or pull.hand.driver is None else []
    also = [f"Co-authored-by: {author.name} <{author.email}>"] if pull.opener != author else []
    return "\n".join((*told, *also))


def _with_merge_commit(shop: Workshop, pull: Pull, at: datetime) -> list[Arrived]:
    work, by = pull.work, person(pull.merged_by or pull.hand.login)
    words = message(f"Merge pull request #{pull.number} from acme/{pull.branch}", work.title)
    own = [_arrived(pull, commit, "merge_commit") for commit in pull.commits]
    commit = _added(shop, pull, Signed(by, at, CODE_HOST, at), words, pull.head)
    return [*own, Arrived(commit, work.what, "human", pull.number, "merge_sha")]


def _rebased(shop: Workshop, pull: Pull, at: datetime) -> list[Arrived]:
    by = person(pull.merged_by or pull.hand.login)
    arrived = []
    for old, step in zip(pull.commits, pull.work.steps, strict=True):
        tip = shop.history.tips[pull.work.base]
        signed = Signed(old.signed.author, old.signed.authored_at, by, at)
        commit = Commit(applied(step.edits, tip.tree), (tip,), signed, old.message)
        shop.history.add(pull.work.base, commit)
        arrived.append(_arrived(pull, commit, "merge_sha" if old is pull.head else "rebase"))
    return arrived


def _arrived(pull: Pull, commit: Commit, landing: Landing) -> Arrived:
    return Arrived(commit, pull.work.what, pull.hand.making, pull.number, landing, pull.work.reverts)


def _added(shop: Workshop, pull: Pull, signed: Signed, words: str, *heads: Commit) -> Commit:
    tip = shop.history.tips[pull.work.base]
    tree: Tree = applied(pull.work.edits, tip.tree)
    return shop.history.add(pull.work.base, Commit(tree, (tip, *heads), signed, words))
