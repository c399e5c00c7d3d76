"""Are the mirrors of the repositories there, whole and young, and may we clone what is configured?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dashboard import wording
from dashboard.complaints import Complaint
from dashboard.composition import Session, clock
from dashboard.secret_places import is_open_to_others
from ingest.errors import PilotError
from ingest.history.git import OLDEST, Git, GitError, git_version
from ingest.history.mirrors import Mirrors
from ingest.history.wanted import protected_branch, wanted_repositories
from ingest.redaction import without_known_secrets
from ingest.sources.git import GIT
from ingest.sources.git.cloning import FETCHED
from ingest.sources.git.places import place_of, spellings

GUIDE: Final = "see docs/history.md"
RUN: Final = f"run `pilot ingest {GIT.name}`"
ANEW: Final = f"run `pilot ingest {GIT.name} --full`"
OLD_DAYS: Final = 8  # a weekly report on a history older than a week misleads
PATIENCE_SECONDS: Final = 30.0
_TOKENS: Final = (2, 31)  # version of git from which on it takes settings from its environment
_MEGABYTE: Final = 1_000_000


def mirrors_are_kept(session: Session) -> Iterable[Complaint]:
    """What can be said of git, its token and the mirrors without asking anybody."""
    mirrors = _mirrors(session)
    if mirrors is None:
        return
    yield from _installed()
    yield from _token(session)
    for repository in _wanted(session, mirrors):
        yield _mirror(session, mirrors, repository)


def repositories_may_be_cloned(session: Session) -> Iterable[Complaint]:
    """What each repository says to whoever wants its history."""
    mirrors = _mirrors(session)
    if mirrors is None:
        return
    try:
        secret = session.git_secret()
    except PilotError:  # said already, where the secret was looked for
        return
    for repository in _wanted(session, mirrors):
        yield _answer(session, repository, secret.text if secret else None)


def _mirrors(session: Session) -> Mirrors | None:
    return session.mirrors if session.configuration.sources.git else None


def _installed() -> Iterator[Complaint]:
    try:
        version = git_version()
    except GitError as error:
        yield Complaint("error", GIT.name, str(error), "install git")
        return
    seen, is_old = f"git {'.'.join(map(str, version))}", version < OLDEST
    remedy = f"install {'.'.join(map(str, OLDEST))} or newer" if is_old else ""
    yield Complaint("error" if is_old else "ok", GIT.name, seen, remedy)
    if not is_old and version < _TOKENS:
        yield Complaint("warning", GIT.name, f"{seen} cannot be given a token", "install 2.31 or newer")


def _token(session: Session) -> Iterator[Complaint]:
    try:
        secret = session.git_secret()
    except PilotError as error:
        yield Complaint("error", GIT.name, str(error), GUIDE)
        return
    if secret is None:
        yield Complaint("ok", GIT.name, "no token: only what everybody may read, and paths, can be cloned")
    elif is_open_to_others(secret):
        seen = f"others than its owner can read {secret.path}"
        yield Complaint("warning", GIT.name, seen, f"chmod 600 {secret.path}")


def _wanted(session: Session, mirrors: Mirrors) -> list[str]:
    known = set(mirrors.repositories())
    if session.published is not None:
        tables = (session.tables.pull_requests, session.tables.scans)
        known |= {
            name for table in tables for name in table.select("repository").collect()["repository"] if name
        }
    return wanted_repositories(session.ingest_settings, known)


def _mirror(session: Session, mirrors: Mirrors, repository: str) -> Complaint:
    """How one mirror is: there, whole, with its protected branch, young."""
    git = mirrors.git(repository)
    if git is None:
        return Complaint("warning", "mirror", f"{repository}: none yet; its history is not known", RUN)
    try:
        branch = protected_branch(git, repository, session.ingest_settings)
    except GitError as error:
        return Complaint("error", "mirror", f"{repository}: damaged ({error})", ANEW)
    if branch is None:
        seen, remedy = f"{repository}: has no protected branch", "name it: `branch`, or `protected_branch`"
        return Complaint("error", "mirror", seen, remedy)
    return _whole(git.folder, f"{repository}: {branch[0]} at {branch[1][:12]}, {_size(git.folder)}")


def _whole(folder: Path, seen: str) -> Complaint:
    if (folder / "shallow").is_file() or any(folder.glob("objects/pack/*.promisor")):
        return Complaint("warning", "mirror", f"{seen}, and not whole: some lines have no origin", ANEW)
    fetched_at = _fetched_at(folder)
    told = f"{seen}, brought up to date {wording.moment(fetched_at) if fetched_at else 'at an unknown time'}"
    is_old = fetched_at is not None and clock() - fetched_at > timedelta(days=OLD_DAYS)
    return Complaint("warning" if is_old else "ok", "mirror", told, RUN if is_old else "")


def _fetched_at(folder: Path) -> datetime | None:
    fetched = folder / FETCHED
    return datetime.fromtimestamp(fetched.stat().st_mtime, UTC) if fetched.is_file() else None


def _size(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{max(1, round(size / _MEGABYTE)):,} MB"


def _answer(session: Session, repository: str, token: str | None) -> Complaint:
    try:
        place = place_of(repository, session.ingest_settings, token)
        asked = ("ls-remote", "--quiet", place.address, "HEAD")
        with TemporaryDirectory() as folder:  # in a repository, its own settings would count
            Git(Path(folder), place.variables).run(*asked, seconds=PATIENCE_SECONDS)
    except PilotError as error:
        seen = without_known_secrets(f"{repository}: cannot be cloned ({error})", spellings(token))
        return Complaint("error", GIT.name, seen, GUIDE)
    return Complaint("ok", GIT.name, f"{repository}: may be cloned")
