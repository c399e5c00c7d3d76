"""What landed on one protected branch?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from ingest.contracts import LANDED_COMMITS
from ingest.file_classes import classify_files
from ingest.history.additions import additions_of
from ingest.history.git import Git
from ingest.history.landings import Branch, Found, Told, asked_about, landings_of
from ingest.history.lineage import shallow_commits
from ingest.history.log import Logged, log_of, log_of_these
from ingest.history.makers import MADE_AT, PERSON, Accounts, maker_of
from ingest.history.moments import Clock, landed_at
from ingest.history.order import arrivals
from ingest.history.pulls import Pulls
from ingest.history.reverting import in_full, reverted
from ingest.redaction import redacted_message
from ingest.settings import ClassSettings, IngestSettings

_MAKING: Final = {PERSON: pl.String(), MADE_AT: pl.Datetime("us", "UTC")}
_PROVENANCE: Final = ("source", "ingested_at", "extras")
_COUNTED: Final = ("code_additions", *LANDED_COMMITS.derived)  # columns that come from elsewhere
SCHEMA: Final = {
    name: dtype
    for name, dtype in (LANDED_COMMITS.polars_schema | _MAKING).items()
    if name not in (*_PROVENANCE, *_COUNTED)
}


@dataclass(frozen=True)
class Protected:
    """The protected branch of one repository, in its mirror."""

    repository: str
    git: Git
    branch: str
    head: str


@dataclass(frozen=True)
class _Read:
    """What the log told, by commit."""

    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)


def landed_commits(place: Protected, pulls: Pulls, settings: IngestSettings, at: datetime) -> pl.DataFrame:
    """Commits of a branch in the order in which they came (SCHEMA): each by itself, without its lines."""
    read = _read(place, pulls, Accounts.of(settings.authorship))
    arrived = arrivals(read.parents, place.head)
    branch = Branch(place.branch, arrived, read.told, pulls, *_before_rebase(place.git, read, pulls))
    found = landings_of(branch)
    came = landed_at(arrived, Clock(_committed(read), _merged_at(found, pulls, place.branch), at))
    rows = (_row(place, sha, read, found) | {"landed_at": came[sha]} for sha in arrived)
    numbered = ({**row, "place": number} for number, row in enumerate(rows))
    return pl.DataFrame(list(numbered), schema=SCHEMA)


def _read(place: Protected, pulls: Pulls, accounts: Accounts) -> _Read:
    read = _Read()
    for commit in log_of(place.git, place.head):
        read.parents[commit.sha] = commit.parents
        read.told[commit.sha] = Told(commit.subject, commit.authored_at, commit.committed_at)
        read.columns[commit.sha] = maker_of(commit, pulls.logins.get(commit.sha), accounts) | _said(commit)
    return read


def _said(commit: Logged) -> dict[str, Any]:
    return {
        "is_merge": len(commit.parents) > 1,
        "subject": redacted_message(commit.subject),
        "reverts": reverted(commit.message),
    }


def _before_rebase(
    git: Git, read: _Read, pulls: Pulls
) -> tuple[Mapping[str, tuple[datetime | None, str]], frozenset[str]]:
    """What commits of pull requests said of themselves before they were copied; which of them are merges."""
    there = sorted(git.has_all(asked_about(pulls, read.told)))
    commits = list(log_of_these(git, there))
    own = {each.sha: (each.authored_at, each.subject) for each in commits}
    return own, frozenset(each.sha for each in commits if len(each.parents) > 1)


def _committed(read: _Read) -> dict[str, datetime | None]:
    return {sha: told.committed_at for sha, told in read.told.items()}


def _merged_at(found: Found, pulls: Pulls, branch: str) -> dict[str, datetime]:
    """When commits came with their pull requests; one that was merged elsewhere first came here later."""
    times = {
        pull.number: pull.merged_at
        for pull in pulls.merged
        if pull.merged_at is not None and pull.base_branch in (None, branch)
    }
    return {sha: times[number] for sha, (number, _) in found.items() if number in times}


def _row(place: Protected, sha: str, read: _Read, found: Found) -> dict[str, Any]:
    number, landing = found.get(sha, (None, None))
    columns = read.columns[sha]
    return columns | {
        "repository": place.repository,
        "sha": sha,
        "branch": place.branch,
        "pull_request": number,
        "landing": landing,
        "reverts": in_full(columns["reverts"], read.told),
        "raw_ref": f"{place.git.folder.name}#{sha}",
    }


def with_lines(
    landed: pl.DataFrame, place: Protected, classes: ClassSettings, marks: pl.DataFrame
) -> pl.DataFrame:
    """Landed commits of one repository with the lines that each adds to code; a merge adds none of its own.

    Unknown where the lines of any of its files of code are, and where a shallow mirror ends: such a commit
    looks as if it had added all that was there before it.
    """
    ends = list(shallow_commits(place.git))
    asked = landed.filter(~pl.col("is_merge") & ~pl.col("sha").is_in(ends))
    added = additions_of(place.git, asked["sha"].to_list())
    code = _classed(added, classes, marks).filter(file_class="code")
    lines = pl.when(pl.col("additions").is_null().any()).then(None).otherwise(pl.col("additions").sum())
    counted = code.group_by("sha").agg(code_additions=lines, has_code=pl.lit(True))
    placed = landed.join(counted, on="sha", how="left", maintain_order="left")
    known = pl.when(pl.col("has_code").is_null()).then(0).otherwise("code_additions")
    is_whole = ~pl.col("sha").is_in(ends)
    return placed.with_columns(code_additions=pl.when(is_whole).then(known)).drop("has_code")


def _classed(added: pl.DataFrame, classes: ClassSettings, marks: pl.DataFrame) -> pl.DataFrame:
    """Files of commits with their class, by the repository's own mark where it has one."""
    named = classify_files(added.drop_nulls("path"), classes)
    marked = marks.select("path", marked="file_class")
    placed = named.join(marked, on="path", how="left", maintain_order="left")
    return placed.with_columns(file_class=pl.coalesce("marked", "file_class"))
