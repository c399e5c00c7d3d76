"""Where are the bare mirrors of the repositories?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.history.git import Git

SUFFIX: Final = ".git"


@dataclass(frozen=True)
class Mirrors:
    """Bare mirrors below one folder, one per repository."""

    folder: Path

    def path(self, repository: str) -> Path:
        """Where a repository's mirror is, whether or not there is one.

        >>> Mirrors(Path("git")).path("acme/search").as_posix()
        'git/acme+search.git'
        """
        return self.folder / f"{repository.replace('/', '+')}{SUFFIX}"

    def git(self, repository: str) -> Git | None:
        """The mirror of a repository; None where there is none."""
        path = self.path(repository)
        return Git(path) if (path / "HEAD").is_file() else None

    def repositories(self) -> list[str]:
        """Repositories that have a mirror, in the order of their names."""
        heads = self.folder.glob(f"*+*{SUFFIX}/HEAD")
        return sorted(head.parent.name.removesuffix(SUFFIX).replace("+", "/", 1) for head in heads)
