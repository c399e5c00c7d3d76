"""Which pull request brought each commit of a branch?

Asked in the order of LANDINGS, the surest first; the first rule that names a pull request for a commit
decides. A commit that none of them explains came by a direct push.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ingest.history.order import Arrivals, brought_with
from ingest.history.pulls import Merged, Pulls

# "(#12)" at the very end, as squashes are named; a revert quotes that title, and ends with its own number.
_SQUASHED: Final = re.compile(r"\(#(\d{1,9})\)$")
_MERGED: Final = re.compile(r"^Merge pull request #(\d{1,9}) from \S")
AT_ONCE: Final = timedelta(seconds=60)  # a rebase commits all of its commits within this time

Own = tuple[datetime | None, str]  # when a commit was made, and the first line of its message
Found = Mapping[str, tuple[int, str]]  # commit -> pull request, and the rule that named it
Named = Iterator[tuple[str, int]]  # commits with the pull request of each


@dataclass(frozen=True)
class Told:
    """What a landed commit says of itself, as far as landing goes."""

    subject: str
    authored_at: datetime | None
    committed_at: datetime | None

    @property
    def own(self) -> Own:
        """What stays when a commit is rebased."""
        return self.authored_at, self.subject


@dataclass(frozen=True)
class Branch:
    """A protected branch with everything that is known about its pull requests."""

    name: str
    arrived: Arrivals
    told: Mapping[str, Told]
    pulls: Pulls
    before_rebase: Mapping[str, Own]  # commits of pull requests that did not land as they were
    merges: frozenset[str] = frozenset()  # among the commits of pull requests; a rebase leaves them out


def landings_of(branch: Branch) -> dict[str, tuple[int, str]]:
    """Commit -> pull request that brought it, and how that is known; without commits of direct pushes."""
    found: dict[str, tuple[int, str]] = {}
    for name, rule in RULES:
        for sha, number in rule(branch, found):
            found.setdefault(sha, (number, name))
    return found


def _by_merge_sha(branch: Branch, _found: Found) -> Named:
    """The host names the commit; of several pull requests with one commit, one into this branch counts."""
    into_this = sorted(branch.pulls.merged, key=lambda pull: pull.base_branch != branch.name)
    for pull in into_this:
        if pull.merge_sha in branch.told:
            yield str(pull.merge_sha), pull.number


def _by_merge_commit(branch: Branch, found: Found) -> Named:
    """All that a pull request's merge commit brought; of a merge inside another's, the inner one's."""

    def number_of(merge: str) -> int | None:
        return found[merge][0] if merge in found else _told_number(branch, merge, _MERGED)

    for sha, number in brought_with(branch.arrived.parents, branch.arrived.head, number_of):
        if number is not None:
            yield sha, number


def _told_number(branch: Branch, sha: str, form: re.Pattern[str]) -> int | None:
    """The pull request that a commit names, where it can be the one that landed as this commit."""
    told = branch.told[sha]
    named = form.search(told.subject)
    number = int(named.group(1)) if named else 0
    known = branch.pulls.by_number.get(number)
    is_another_commit = known is not None and known.merge_sha in branch.told and known.merge_sha != sha
    is_possible = branch.pulls.may_be(number, told.committed_at)
    return number if is_possible and not is_another_commit else None


def _by_commits(branch: Branch, _found: Found) -> Named:
    """The host lists the commit, among those of one merged pull request only."""
    listed = defaultdict[str, set[int]](set)
    for pull in branch.pulls.merged:
        for sha in pull.commits:
            listed[sha].add(pull.number)
    return (
        (sha, min(numbers)) for sha, numbers in listed.items() if sha in branch.told and len(numbers) == 1
    )


def _by_rebase(branch: Branch, found: Found) -> Named:
    """The host names the last of the commits that a pull request was rebased to."""
    for pull in branch.pulls.merged:
        for sha in _rebased(branch, pull, found):
            yield sha, pull.number


def _rebased(branch: Branch, pull: Merged, found: Found) -> Sequence[str]:
    """The landed copies of a pull request's commits; none where it was squashed or merged."""
    copied = [sha for sha in pull.commits if sha not in branch.merges]
    run = _run(branch, pull, len(copied), found)
    own = [branch.before_rebase[sha] for sha in copied if sha in branch.before_rebase]
    is_known = len(own) == len(copied)
    is_copy = _are_copies(branch, run, own) if is_known else _are_of_one_moment(branch, run)
    return run if is_copy else ()


def _run(branch: Branch, pull: Merged, length: int, found: Found) -> Sequence[str]:
    """So many commits, one after the other, up to the pull request's; none if they are another's."""
    run: list[str] = []
    sha = pull.merge_sha if length > 1 else None
    while sha is not None and len(run) < length:
        parents = branch.arrived.parents.get(sha, ())
        is_free = sha not in found or sha == pull.merge_sha
        if sha not in branch.told or len(parents) > 1 or not is_free:
            return ()
        run.append(sha)
        sha = parents[0] if parents else None
    return run if len(run) == length else ()


def _are_copies(branch: Branch, run: Sequence[str], own: Sequence[Own]) -> bool:
    """Whether landed commits say the same of themselves as those of the pull request."""
    return sorted(map(repr, own)) == sorted(repr(branch.told[sha].own) for sha in run)


def _are_of_one_moment(branch: Branch, run: Sequence[str]) -> bool:
    """Whether all were committed at once, as only a rebase does, and none is named like a squash."""
    moments = [branch.told[sha].committed_at for sha in run]
    known = [moment for moment in moments if moment is not None]
    is_squash = any(_SQUASHED.search(branch.told[sha].subject) for sha in run)
    return not is_squash and 0 < len(known) == len(run) and max(known) - min(known) <= AT_ONCE


def asked_about(pulls: Pulls, told: Mapping[str, Told]) -> list[str]:
    """Commits of pull requests that may have been rebased: how these were made tells it from a squash."""
    candidates = (pull for pull in pulls.merged if len(pull.commits) > 1 and pull.merge_sha in told)
    return [
        sha
        for pull in candidates
        if not told[str(pull.merge_sha)].subject.endswith(f"(#{pull.number})")
        for sha in pull.commits
        if sha not in told
    ]


def _by_subject(branch: Branch, found: Found) -> Named:
    for sha in branch.told:
        number = None if sha in found else _told_number(branch, sha, _SQUASHED)
        if number is not None:
            yield sha, number


Rule = Callable[[Branch, Found], Named]
RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("merge_sha", _by_merge_sha),
    ("merge_commit", _by_merge_commit),
    ("pull_request_commits", _by_commits),
    ("rebase", _by_rebase),
    ("subject", _by_subject),
)
