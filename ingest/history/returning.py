"""Did a commit that says which one it takes back bring a line back that this one had taken out?

A weakness that comes back with a revert is the one that it was: whoever brought it in first did. It is
only believed where the commit named lies before the one that names it and did take out that line, or
that statement in another form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ingest.history.changing import Did
from ingest.history.git import Git, GitError
from ingest.history.hunks import Hunk, hunks_of
from ingest.history.lineage import full_names
from ingest.history.log import log_of_these
from ingest.history.moving import Moves
from ingest.history.reverting import reverted

RETURNED: Final = "returned"
_TITLE: Final = re.compile(r'\W{0,4}(revert|reapply) "(.+)"\s*(?:\(#\d+\))?', re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*\(#\d+\)$")
_LOG: Final = (
    "log", "--first-parent", "--fixed-strings", "--encoding=UTF-8", "--no-show-signature",
    "--format=%H%x00%s",
)  # fmt: skip


@dataclass(frozen=True)
class Returns:
    """What one commit brought back."""

    git: Git
    commit: str
    message: str
    hunks: Sequence[Hunk]  # what it changed

    def did(self, path: str, line: int) -> Did | None:
        """That it brought a line back, and where this stood before; None where it did not."""
        at = next((at for at, hunk in enumerate(self.hunks) if hunk.holds(path, line)), None)
        if at is None:
            return None
        for earlier, moves in self._moves.items():
            before = moves.line_before(at, line) or moves.statement_before(at, line)
            if before is not None:
                return Did(RETURNED, before, since=earlier)
        return None

    @cached_property
    def _moves(self) -> Mapping[str, Moves]:
        """What was put in here beside what each of the reverted commits had taken out."""
        come = [replace(hunk, removed=()) for hunk in self.hunks]
        return {
            earlier: Moves([*come, *(replace(hunk, added=()) for hunk in gone)])
            for earlier in taken_back(self.git, self.commit, self.message)
            if (gone := _changes_against_first_parent(self.git, earlier))
        }


def messages_of(git: Git, commits: Sequence[str]) -> dict[str, str]:
    """What commits say; each must be there."""
    return {one.sha: one.message for one in log_of_these(git, commits)}


def taken_back(git: Git, commit: str, message: str) -> tuple[str, ...]:
    """Commits before this one that its message says are reverted; by their subjects where no id is told."""
    names = full_names(git, all_reverted(message))
    told = [sha for sha in names.values() if _is_before(git, sha, commit)]
    by_title = (_latest_of_subject(git, commit, subject) for subject in reverted_subjects(message))
    return tuple(dict.fromkeys(told or [sha for sha in by_title if sha is not None]))


def all_reverted(message: str) -> tuple[str, ...]:
    r"""Every commit, perhaps abbreviated, that a message says is reverted, in its order.

    >>> all_reverted("Undo both\n\nThis reverts commit 1234567.\nThis reverts commit 89abcde.")
    ('1234567', '89abcde')
    """
    found: list[str] = []
    rest = message.lower()
    while (told := reverted(rest)) is not None:
        found.append(told)
        rest = rest.partition(told)[2]
    return tuple(dict.fromkeys(found))


def reverted_subjects(message: str) -> tuple[str, ...]:
    r"""Subjects of commits that lines of a message say are reverted, without numbers of pull requests.

    >>> reverted_subjects('Revert "Mend the query (#12)" (#15)\n\n* Reapply "Add login"')
    ('Mend the query', 'Revert "Add login"')
    """
    titles = (_TITLE.fullmatch(line.strip()) for line in message.splitlines())
    told = (title.groups() for title in titles if title is not None)
    subjects = (f'Revert "{of}"' if word.lower() == "reapply" else of for word, of in told)
    return tuple(_without_number(subject) for subject in subjects)


def _without_number(subject: str) -> str:
    return _NUMBER.sub("", subject.strip())


def _is_before(git: Git, earlier: str, later: str) -> bool:
    try:
        git.run("merge-base", "--is-ancestor", earlier, later)
    except GitError:
        return False
    return earlier != later


def _latest_of_subject(git: Git, commit: str, subject: str) -> str | None:
    """Latest commit below another on its first-parent line that has a subject, with or without a number."""
    try:
        told = git.text(*_LOG, f"--grep={subject}", f"{commit}^")
    except GitError:
        return None
    logged = (row.partition("\0") for row in told.splitlines())
    return next((sha for sha, _, said in logged if _without_number(said) == subject), None)


def _changes_against_first_parent(git: Git, commit: str) -> Sequence[Hunk]:
    """What a commit changed; of a merge all that it brought to its first parent."""
    try:
        return hunks_of(git, (f"{commit}^", commit))
    except GitError:
        return ()
