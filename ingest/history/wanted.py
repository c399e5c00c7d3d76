"""Which repositories' histories are wanted, and which branch of each is protected?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from ingest.history.git import Git, GitError
from ingest.settings import GitRepository, GitSettings, IngestSettings

_WILD: Final = frozenset("*?[")
_HEADS: Final = "refs/heads/"


def wanted_repositories(settings: IngestSettings, known: Iterable[str]) -> list[str]:
    """Names in the order of the alphabet: those that are written out, and known ones that a pattern fits.

    A repository keeps the spelling under which it is known; letters' case tells none apart, as on GitHub.

    >>> settings = IngestSettings(repositories=["acme/pay-*", "acme/search"], exclude=["acme/pay-docs"])
    >>> wanted_repositories(settings, ["Acme/pay-api", "acme/pay-docs", "acme/shop"])
    ['Acme/pay-api', 'acme/search']
    """
    git = settings.sources.git or GitSettings()
    spelled = {name.lower(): name for name in (*(entry.name for entry in git.repository), *known)}
    patterns = git.repositories or settings.repositories
    written = [pattern for pattern in patterns if not _WILD & set(pattern)]
    fitting = [name for name in spelled.values() if _fits(name, patterns)]
    names = {spelled.get(name.lower(), name) for name in (*written, *fitting)}
    return sorted(name for name in names if not _fits(name, [*git.exclude, *settings.exclude]))


def are_named(settings: IngestSettings) -> bool:
    """Whether any repository is named: where none is, nobody said which are wanted."""
    return bool((settings.sources.git or GitSettings()).repositories or settings.repositories)


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def entry_of(repository: str, settings: IngestSettings) -> GitRepository | None:
    """What [[sources.git.repository]] says of a repository."""
    entries = settings.sources.git.repository if settings.sources.git else []
    return next((entry for entry in entries if entry.name.lower() == repository.lower()), None)


def protected_branch(git: Git, repository: str, settings: IngestSettings) -> tuple[str, str] | None:
    """Name and head of the branch that a repository's changes land on; None where it is not there.

    The entry's branch, else the pilot's, else the one that the repository itself calls its HEAD.

    Raises
    ------
    GitError
        The mirror is no repository (any more).
    """
    git.run("rev-parse", "--git-dir")
    entry = entry_of(repository, settings)
    named = entry.branch if entry and entry.branch else _of_pilots(repository, settings)
    try:
        branch = named or git.text("symbolic-ref", "HEAD").removeprefix(_HEADS)
        return branch, git.text("rev-parse", "--verify", f"{_HEADS}{branch}^{{commit}}")
    except GitError:
        return None


def _of_pilots(repository: str, settings: IngestSettings) -> str | None:
    branches = settings.protected_branches.items()
    return next((branch for pattern, branch in branches if _fits(repository, [pattern])), None)
