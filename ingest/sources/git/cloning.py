"""How is a bare mirror made, brought up to date, and made anew when it is damaged?

A mirror is made in a folder beside its place and then renamed, so that a kill leaves a whole one or none. The
store's lock keeps a second run away, so what lies around from a killed one belongs to nobody.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Final

from ingest.history.git import Git, GitError
from ingest.history.mirrors import SUFFIX
from ingest.sources.git.places import Place

REFERENCES: Final = (
    "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/pull/*/head:refs/pull/*/head",
)  # fmt: skip
_HALF, _OLD = ".half", ".old"  # beside a mirror: one that is being made, one that is being replaced
_FETCH: Final = ("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
MOST_PACKS: Final = 20  # every fetch may add one; blame slows down with their number
FETCHED: Final = Path("pilot") / "fetched"  # below a mirror: touched when it was brought up to date
_HEADS: Final = "refs/heads/"
_USUAL: Final = ("main", "master")


@dataclass(frozen=True)
class Remote:
    """Where one mirror gets its history from, and for how long it may take."""

    place: Place
    seconds: float

    def at(self, folder: Path) -> Git:
        """A repository of this machine that may ask there."""
        return Git(folder, self.place.variables)


class CutError(GitError):
    """A repository that does not hand its whole branch over; the sentence says what to do."""


def clean_up(folder: Path) -> None:
    """Take away what a killed run left in the folder of mirrors; one that it was replacing comes back.

    What cannot be taken away here is said by the repository that needs its place.
    """
    for old in folder.glob(f"*+*{SUFFIX}{_OLD}"):
        mirror = old.with_name(old.name.removesuffix(_OLD))
        if not mirror.exists():
            with suppress(OSError):
                old.rename(mirror)
    for left in (*folder.glob(f"*+*{SUFFIX}{_HALF}"), *folder.glob(f"*+*{SUFFIX}{_OLD}")):
        if left.name.endswith(_HALF) or left.with_name(left.name.removesuffix(_OLD)).exists():
            rmtree(left, ignore_errors=True)


def refresh(mirror: Path, remote: Remote, *, anew: bool) -> None:
    """Bring one mirror up to date, or make it: none is there, it is damaged, or it is wanted anew.

    Raises
    ------
    GitError
        The repository cannot be reached, or not be copied; a whole mirror stays as it is.
    """
    mirror.parent.mkdir(parents=True, exist_ok=True)
    head = _told_head(mirror.parent, remote)
    if anew or not _has_commits(mirror):
        _make(mirror, remote, head)
    else:
        _update(mirror, remote, head)
        _tidy(mirror)


def _told_head(folder: Path, remote: Remote) -> tuple[str | None, str | None]:
    """Branch and commit that the repository calls its HEAD, where it says so."""
    asked = ("ls-remote", "--symref", remote.place.address, "HEAD")
    told = remote.at(folder).run(*asked, seconds=remote.seconds).decode("utf-8", "replace").splitlines()
    branches = [line.split()[1] for line in told if line.startswith("ref: ")]
    commits = [line.split()[0] for line in told if line and not line.startswith("ref: ")]
    return next(iter(branches), None), next(iter(commits), None)


def _has_commits(mirror: Path) -> bool:
    """Whether there is a mirror whose commits can all be read."""
    if not (mirror / "HEAD").is_file():
        return False
    return _holds(mirror, "rev-list", "--count", "--all")


def _holds(mirror: Path, *question: str) -> bool:
    try:
        Git(mirror).run(*question)
    except GitError:
        return False
    return True


def _make(mirror: Path, remote: Remote, head: tuple[str | None, str | None]) -> None:
    half, old = mirror.with_name(mirror.name + _HALF), mirror.with_name(mirror.name + _OLD)
    rmtree(half, ignore_errors=True)
    half.mkdir()
    try:
        Git(half).run("init", "--quiet", "--bare", "--template=")
        _fetch(half, remote, head)
    except GitError:
        rmtree(half, ignore_errors=True)
        raise
    if mirror.exists():
        mirror.rename(old)
    half.rename(mirror)
    rmtree(old, ignore_errors=True)


def _update(mirror: Path, remote: Remote, head: tuple[str | None, str | None]) -> None:
    """Fetch; a mirror that cannot take it because it is damaged is made anew."""
    _unlock(mirror)
    try:
        _fetch(mirror, remote, head)
    except GitError:
        if _holds(mirror, "fsck", "--connectivity-only", "--no-dangling", "--no-progress"):
            raise
        _make(mirror, remote, head)


def _unlock(mirror: Path) -> None:
    """Take away what a killed git left: it would keep every later one from writing."""
    for left in (*mirror.glob("*.lock"), *mirror.glob("refs/**/*.lock"), *mirror.glob("objects/pack/tmp_*")):
        left.unlink()


def _fetch(mirror: Path, remote: Remote, head: tuple[str | None, str | None]) -> None:
    git = remote.at(mirror)
    git.run(*_FETCH, remote.place.address, *REFERENCES, seconds=remote.seconds)
    _refuse_cut(git, *head)
    branch = _branch_of(git, *head)
    if branch is not None:
        git.run("symbolic-ref", "HEAD", branch)
    fetched = mirror / FETCHED
    fetched.parent.mkdir(exist_ok=True)
    fetched.touch()


def _refuse_cut(git: Git, branch: str | None, commit: str | None) -> None:
    """Refuse a repository that keeps its branch to itself, as one does whose own history was cut."""
    if branch is None or commit is None:
        return
    holding = git.text("for-each-ref", "--contains", commit, _HEADS) if git.has(commit) else ""
    if not holding:
        raise CutError(
            f"{branch.removeprefix(_HEADS)} was not handed over up to {commit[:12]}: its history is probably "
            "cut (a clone with --depth); run `git fetch --unshallow` there"
        )


def _branch_of(git: Git, branch: str | None, commit: str | None) -> str | None:
    """The branch that is HEAD; bundles and detached heads name only its commit, or nothing."""
    if branch is not None:
        return branch
    points = ("--points-at", commit) if commit else ()
    named = git.text("for-each-ref", "--format=%(refname)", *points, _HEADS).split()
    usual = [_HEADS + name for name in _USUAL if _HEADS + name in named]
    return next(iter([*usual, *named]), None)


def _tidy(mirror: Path) -> None:
    """Put many packs into one; what no reference reaches any more stays, as scans may speak of it."""
    packs = sum(1 for _ in mirror.glob("objects/pack/*.pack"))
    if packs > MOST_PACKS:
        _holds(mirror, "repack", "-a", "-d", "-k", "-q")
