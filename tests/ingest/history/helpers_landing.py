"""A store, a folder of mirrors, and what lands from a repository that a test made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ingest.checking import check
from ingest.contracts import COMMITS, PULL_REQUESTS
from ingest.history.landing import land
from ingest.history.mirrors import Mirrors
from ingest.settings import AuthorshipSettings, ClassSettings, GitSettings, IngestSettings, SourcesSettings
from ingest.store import Store
from tests.builders_git import GitRepo
from tests.builders_store import NOON, pull_requests

REPOSITORY = "acme/pay"
LATER = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass
class Landing:
    """Everything that one look needs."""

    folder: Path
    settings: IngestSettings = field(
        default_factory=lambda: IngestSettings(
            sources=SourcesSettings(git=GitSettings()), repositories=[REPOSITORY]
        )
    )

    @property
    def store(self) -> Store:
        return Store(str(self.folder / "lake"))

    @property
    def mirrors(self) -> Mirrors:
        return Mirrors(self.folder / "git")

    def mirror(self, repo: GitRepo, repository: str = REPOSITORY) -> Path:
        """Copy what is there now into the mirror."""
        return repo.bare(self.mirrors.path(repository))

    def holding(self, *pulls: Mapping[str, Any]) -> Landing:
        """Store pull requests, each with the commits that it names under `commits`."""
        for pull in pulls:
            row = {name: value for name, value in pull.items() if name != "commits"}
            told = {"repository": REPOSITORY, "updated_at": "2026-06-01T00:00:00Z", **row}
            self.store.write(PULL_REQUESTS, pull_requests(told))
            listed = [_commit(told["number"], commit) for commit in pull.get("commits", ())]
            if listed:
                checked = check(pl.DataFrame(listed, infer_schema_length=None), COMMITS)
                assert checked.rejected.is_empty(), checked.rejected_by_rule
                self.store.write(COMMITS, checked.valid)
        return self

    def with_(self, **parts: AuthorshipSettings | ClassSettings | dict[str, str] | list[str]) -> Landing:
        """Other settings of ingestion."""
        self.settings = self.settings.model_copy(update=parts)
        return self

    def look(self, at: datetime = LATER) -> dict[str, int]:
        """Land once; the remarks."""
        return land(self.store, self.mirrors, self.settings, at)

    def table(self, name: str) -> pl.DataFrame:
        return self.store.current(name).collect()

    def landed(self, repo: GitRepo | None = None) -> pl.DataFrame:
        """Mirror a repository and land it: rows in the order of the branch."""
        if repo is not None:
            self.mirror(repo)
        assert self.look() == {}
        return self.table("landed_commits").sort("repository", "place")

    def by_sha(self, repo: GitRepo, *columns: str) -> dict[str, Any]:
        """One column, or several, of each landed commit."""
        rows = self.landed(repo).select("sha", *columns).iter_rows()
        return {sha: told[0] if len(columns) == 1 else tuple(told) for sha, *told in rows}


def _commit(number: int, commit: str | Mapping[str, Any]) -> dict[str, Any]:
    own = {"sha": commit} if isinstance(commit, str) else dict(commit)
    return {
        "source": "github_export",
        "ingested_at": NOON,
        "raw_ref": "page.json#0",
        "repository": REPOSITORY,
        "number": number,
        "author_login": None,
        "author_kind": "user",
        "signals": [],
        "trailers": [],
        "authorship": "human",
        **own,
    }
