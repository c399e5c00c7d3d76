"""One run of the source: every wanted repository's mirror is brought up to date, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from ingest.errors import SourceError
from ingest.history.git import OLDEST, Git, GitError, git_version
from ingest.history.mirrors import Mirrors
from ingest.history.wanted import are_named, entry_of, wanted_repositories
from ingest.redaction import without_known_secrets
from ingest.settings import GitSettings, IngestSettings
from ingest.sources.base import DONE, Parsed, Progress, Pulled, Surroundings
from ingest.sources.git.cloning import CutError, Remote, clean_up, refresh
from ingest.sources.git.places import place_of, spellings
from ingest.sources.git.reasons import DAMAGED, UNWRITABLE, Reason, reason_of

SECRET: Final = "git_token"  # noqa: S105 - the kind under which the joining place hands the token over
UNMATCHED: Final = "patterns of [sources.git] that fit no repository of the tables yet"
_ASKED: Final = 2  # times that a repository is asked in one run: for its HEAD, and for what is new
_MINUTE_SECONDS: Final = 60.0


def pull(settings: IngestSettings, surroundings: Surroundings) -> Pulled:
    """Bring the mirrors up to date; without network when only what is kept is to be read.

    Raises
    ------
    SourceError
        Git is missing or too old, or no repository is named at all.
    """
    if surroundings.outside.mirrors is None:
        raise SourceError("[sources.git]: there is no folder for mirrors; name one by `folder`")
    _refuse_old_git()
    return _Run(settings, surroundings, Mirrors(surroundings.outside.mirrors)).all()


def _refuse_old_git() -> None:
    version = git_version()
    if version < OLDEST:
        seen, wanted = (".".join(map(str, each)) for each in (version, OLDEST))
        raise SourceError(f"git {seen} is too old to read histories; install {wanted} or newer")


@dataclass
class _Run:
    """What one call of `pull` works with, and what it did so far."""

    settings: IngestSettings
    around: Surroundings
    mirrors: Mirrors
    cursor: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    batches: int = 0

    def all(self) -> Pulled:
        """Every wanted repository; one that cannot be reached keeps nobody from the others."""
        if not self.around.outside.from_raw:
            clean_up(self.mirrors.folder)
        for repository in self._wanted():
            try:
                self._one(repository)
            except (SourceError, OSError) as error:
                self._refuse(repository, error)
        unmatched = {} if self.cursor or self.refused else {UNMATCHED: 1}
        return Pulled(self.cursor, self.requests, self.batches, self.refused, unmatched)

    def _wanted(self) -> list[str]:
        if not are_named(self.settings):
            raise SourceError(
                "[sources.git] names no repositories; write `repositories` there, or in a pilot"
            )
        return wanted_repositories(self.settings, {*self.around.repositories, *self.mirrors.repositories()})

    def _one(self, repository: str) -> None:
        if not self.around.outside.from_raw:
            self._refresh(repository)
        git = self.mirrors.git(repository)
        if git is not None:
            self._note(repository, state_of(git))

    def _refresh(self, repository: str) -> None:
        outside, git = self.around.outside, self.settings.sources.git or GitSettings()
        self._tell(repository, "reading its history")
        self.requests += _ASKED
        place = place_of(repository, self.settings, outside.secrets.get(SECRET))
        remote = Remote(place, git.timeout_minutes * _MINUTE_SECONDS)
        refresh(self.mirrors.path(repository), remote, anew=outside.full)
        self._tell(repository, DONE)

    def _note(self, repository: str, state: str) -> None:
        """What is new is worked out again; a run that died before it published is new to this one."""
        self.cursor[repository] = state
        if self.around.cursor.get(repository) != state:
            self.around.take(Parsed({}), repository)
            self.batches += 1

    def _refuse(self, repository: str, error: Exception) -> None:
        has_mirror = self.mirrors.git(repository) is not None
        then = "Its mirror stays as it was" if has_mirror else "It has no mirror yet"
        sentence = f"{repository}: {self._why(repository, error)}. {then}"
        secret = self.around.outside.secrets.get(SECRET)
        self.refused[repository] = without_known_secrets(sentence, spellings(secret))
        if repository in self.around.cursor:
            self.cursor[repository] = self.around.cursor[repository]

    def _why(self, repository: str, error: Exception) -> str:
        """What was seen and what to do; what is no word of git's is a sentence already."""
        if not isinstance(error, GitError | OSError) or isinstance(error, CutError):
            return str(error)
        reason = self._reason(error)
        url = "the url of its [[sources.git.repository]]" if entry_of(repository, self.settings) else "`url`"
        return f"{reason.seen}; {reason.remedy.replace('{url}', url)} ({str(error).rstrip('.')})"

    def _reason(self, error: GitError | OSError) -> Reason:
        if isinstance(error, OSError):
            return UNWRITABLE
        return DAMAGED if self.around.outside.from_raw else reason_of(str(error))

    def _tell(self, repository: str, doing: str) -> None:
        requests = _ASKED if doing == DONE else 0
        self.around.outside.tell(Progress(f"{repository} (git)", doing, int(doing == DONE), 1, requests))


def state_of(git: Git) -> str:
    """What a mirror holds, in a few letters: its head, and a digest of all references.

    Raises
    ------
    GitError
        It is no repository any more.
    """
    references = git.run("for-each-ref", "--format=%(objectname) %(refname)")
    try:
        head = git.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except GitError:
        head = "none"
    return f"{head} {sha256(references).hexdigest()[:16]}"
