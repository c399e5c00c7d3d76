"""What landed on the protected branches, and which files do their repositories mark?

Every look reads the whole log (20,000 commits take a second or two), so that a branch that was rewritten, a
pull request that became known later, and changed settings need no care of their own; only lines are counted
once and kept beside the mirror. What could not be looked at stays as it was, and who used an agent there is
remembered: a mirror that cannot be read improves nobody's standing elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contracts import FILE_MARKS, LANDED_COMMITS
from ingest.contracts.common import Table
from ingest.history.forgetting import LANDED, SOURCE, forget_all_but, repositories_read
from ingest.history.git import Git, GitError
from ingest.history.landed import Protected, landed_commits, with_lines
from ingest.history.makers import MADE_AT, PERSON, corrected, first_uses, with_history
from ingest.history.marks import marks_of
from ingest.history.mirrors import Mirrors
from ingest.history.pulls import pulls_of
from ingest.history.users import keep_users, known_users
from ingest.history.wanted import are_named, protected_branch, wanted_repositories
from ingest.listings import latest_listing
from ingest.provenance import stamped
from ingest.settings import IngestSettings
from ingest.store import Store

UNREAD: Final = "mirrors of repositories that cannot be read: run `pilot ingest git --full`"
NO_BRANCH: Final = (
    "mirrors without the protected branch: it has another name (name it in pilot.toml), or no commit yet"
)


@dataclass(frozen=True)
class _Seen:
    """What the mirror of one repository shows."""

    repository: str
    landed: pl.DataFrame
    marks: pl.DataFrame


@dataclass(frozen=True)
class _Look:
    """What every look at a mirror rests on."""

    settings: IngestSettings
    at: datetime
    pull_requests: pl.DataFrame
    commits: pl.DataFrame

    def at_mirror(self, repository: str, git: Git) -> _Seen | None:
        """Read one mirror; None where it has no protected branch."""
        branch = protected_branch(git, repository, self.settings)
        if branch is None:
            return None
        place = Protected(repository, git, *branch)
        marks = marks_of(git, place.head, self.settings.classes)
        pulls = pulls_of(repository, self.pull_requests, self.commits)
        landed = landed_commits(place, pulls, self.settings, self.at)
        return _Seen(
            repository, with_lines(landed, place, self.settings.classes, marks), _placed(marks, place)
        )


def land(store: Store, mirrors: Mirrors, settings: IngestSettings, at: datetime) -> dict[str, int]:
    """Bring `landed_commits` and `file_marks` in line with the mirrors; what could not be used, by reason.

    What was told of repositories that nobody wants any more is taken out.
    """
    known = {*mirrors.repositories(), *repositories_read(store, LANDED)}
    wanted = wanted_repositories(settings, known)
    if are_named(settings):
        forget_all_but(store, wanted, LANDED)
    pull_requests = store.current("pull_requests").collect()
    commits = latest_listing(store.current("commits")).collect()
    seen, remarks = _seen(_Look(settings, at, pull_requests, commits), mirrors, wanted)
    if seen:
        landed = _judged(seen, mirrors.folder, settings, wanted)
        repositories = [each.repository for each in seen]
        _replace(store, LANDED_COMMITS, stamped(landed, SOURCE, at), repositories)
        _replace(
            store, FILE_MARKS, stamped(pl.concat([each.marks for each in seen]), SOURCE, at), repositories
        )
    return dict(remarks)


def _seen(look: _Look, mirrors: Mirrors, wanted: Sequence[str]) -> tuple[list[_Seen], Counter[str]]:
    """What all mirrors that are wanted show, and how many of them show nothing, by reason."""
    seen, remarks = list[_Seen](), Counter[str]()
    for repository in wanted:
        git = mirrors.git(repository)
        try:
            shown = look.at_mirror(repository, git) if git else None
        except GitError:
            remarks[UNREAD] += 1
            continue
        seen += [shown] if shown else []
        remarks[NO_BRANCH] += bool(git and not shown)
    return seen, +remarks


def _judged(
    seen: Sequence[_Seen], folder: Path, settings: IngestSettings, wanted: Sequence[str]
) -> pl.DataFrame:
    """Landed commits with who made them, also by what is known of mirrors that show nothing now."""
    landed, users = pl.concat([each.landed for each in seen]), known_users(folder)
    uses = {each.repository: first_uses(each.landed) for each in seen}
    unseen = [repository for repository in wanted if repository not in uses]
    elsewhere = users.elsewhere(unseen, landed[PERSON].unique().sort())
    keep_users(folder, users.with_seen(uses, wanted))
    made = with_history(landed, settings.authorship, elsewhere)
    return corrected(made, settings.authorship).drop(PERSON, MADE_AT)


def _placed(marks: pl.DataFrame, place: Protected) -> pl.DataFrame:
    return marks.with_columns(
        repository=pl.lit(place.repository),
        commit_sha=pl.lit(place.head),
        raw_ref=pl.lit(f"{place.git.folder.name}#{place.head}"),
    )


def _replace(store: Store, table: Table, rows: pl.DataFrame, repositories: Sequence[str]) -> None:
    """Make the rows of these repositories exactly these; those of others stay as they are."""
    others = store.current(table.name).filter(~pl.col("repository").is_in(repositories)).collect()
    judged = [pl.lit(None, table.polars_schema[name]).alias(name) for name in table.derived]
    own = rows.with_columns(judged).select(list(table.columns))
    store.replace(table, pl.concat([others, own], how="vertical_relaxed"), SOURCE)
