"""Real git repositories for tests: made on the fly, with fixed names and dates, so that shas never differ."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

JANE = "Jane Doe <jane@acme.example>"
BASE = datetime(2026, 1, 5, 9, tzinfo=UTC)
_OWN = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
_QUIET = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
_OPTIONS = ("-c", "init.defaultBranch=main", "-c", "core.autocrlf=false", "-c", "commit.gpgSign=false",
            "-c", "protocol.file.allow=always")  # fmt: skip


@dataclass
class GitRepo:
    """A repository with a work tree; every commit is an hour after the last, unless `at` says otherwise."""

    path: Path
    clock: datetime = field(default=BASE)

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / ".git").exists():
            self.git("init", "--quiet")
            self.git("symbolic-ref", "HEAD", "refs/heads/main")

    def git(self, *words: str, variables: dict[str, str] | None = None) -> str:
        """What a git command prints; an error that says what git said when it fails."""
        done = subprocess.run(
            ["git", *_OPTIONS, "-C", str(self.path), *words],
            env=_OWN | _QUIET | {"HOME": str(self.path)} | _named(JANE, self.clock) | (variables or {}),
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace").removesuffix("\n")

    def write(self, path: str, text: str | bytes) -> GitRepo:
        """Content of one file; not yet committed."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        return self

    def read(self, path: str) -> str:
        """Content of one file of the work tree."""
        return (self.path / path).read_text(encoding="utf-8")

    def move(self, old: str, new: str) -> GitRepo:
        """Rename a file; not yet committed."""
        (self.path / new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", old, new)
        return self

    def remove(self, path: str) -> GitRepo:
        """Delete a file; not yet committed."""
        self.git("rm", "--quiet", path)
        return self

    def commit(
        self,
        message: str,
        author: str = JANE,
        at: datetime | None = None,
        *,
        authored_at: datetime | None = None,
        committer: str | None = None,
    ) -> str:
        """Commit everything that was written; the sha."""
        self.git("add", "--all")
        made_at = self._tick(at)
        self.git("commit", "--quiet", "--allow-empty", "--message", message,
                 variables=_named(author, made_at, authored_at, committer))  # fmt: skip
        return self.head

    def commit_file(self, path: str, text: str, message: str = "change", **how: str) -> str:
        """Write one file and commit it; the sha."""
        return self.write(path, text).commit(message, **how)  # type: ignore[arg-type]

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def sha(self, name: str) -> str:
        """The commit that a name means."""
        return self.git("rev-parse", f"{name}^{{commit}}")

    def branch(self, name: str, start: str = "HEAD") -> GitRepo:
        """Begin a branch and check it out."""
        self.git("checkout", "--quiet", "-b", name, start)
        return self

    def checkout(self, name: str) -> GitRepo:
        """Check a branch or commit out."""
        self.git("checkout", "--quiet", name)
        return self

    def tag(self, name: str, commit: str = "HEAD") -> GitRepo:
        """Name a commit."""
        self.git("tag", name, commit)
        return self

    def pull_head(self, number: int, commit: str) -> GitRepo:
        """What a code host keeps of a pull request: refs/pull/<number>/head."""
        self.git("update-ref", f"refs/pull/{number}/head", self.sha(commit))
        return self

    def merge(
        self, name: str, message: str | None = None, author: str = JANE, at: datetime | None = None
    ) -> str:
        """Merge a branch into what is checked out, with a merge commit; the sha."""
        words = message or f"Merge branch '{name}'"
        self.git("merge", "--quiet", "--no-ff", "--message", words, name,
                 variables=_named(author, self._tick(at)))  # fmt: skip
        return self.head

    def squash(self, name: str, message: str, author: str = JANE, at: datetime | None = None) -> str:
        """One commit with everything that a branch changed, as GitHub's squash makes it; the sha."""
        self.git("merge", "--quiet", "--squash", name)
        return self.commit(message, author, at)

    def rebase_merge(self, name: str, at: datetime | None = None, committer: str = JANE) -> list[str]:
        """Put the commits of a branch onto what is checked out, one by one; the new shas, oldest first.

        As GitHub does it: authors and their dates stay, all are committed at one moment.
        """
        moment = self._tick(at)
        named = {"GIT_COMMITTER_DATE": _stamp(moment), **_committer(committer)}
        return [self._picked(sha, named) for sha in self.commits_of(name)]

    def _picked(self, sha: str, variables: dict[str, str]) -> str:
        self.git("cherry-pick", "--allow-empty", sha, variables=variables)
        return self.head

    def commits_of(self, name: str, base: str = "HEAD") -> list[str]:
        """Commits of a branch that a base does not have, oldest first."""
        listed = self.git("rev-list", "--reverse", f"{base}..{name}")
        return listed.split("\n") if listed else []

    def bare(self, path: Path | None = None) -> Path:
        """A bare copy with every ref, such as a server holds; made anew from what is there now."""
        target = path or self.path.with_name(f"{self.path.name}.git")
        if not target.exists():
            target.mkdir(parents=True)
            self.git("init", "--quiet", "--bare", str(target))
            self.git("--git-dir", str(target), "config", "receive.denyDeleteCurrent", "ignore")
        self.git("push", "--quiet", "--force", "--prune", str(target), "+refs/*:refs/*")
        self.git("--git-dir", str(target), "symbolic-ref", "HEAD", self.git("symbolic-ref", "HEAD"))
        return target

    def _tick(self, at: datetime | None) -> datetime:
        self.clock = at or self.clock + timedelta(hours=1)
        return self.clock


def _named(
    author: str, at: datetime, authored_at: datetime | None = None, committer: str | None = None
) -> dict[str, str]:
    name, email = _parts(author)
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": _stamp(authored_at or at),
        "GIT_COMMITTER_DATE": _stamp(at),
        **_committer(committer or author),
    }


def _committer(who: str) -> dict[str, str]:
    name, email = _parts(who)
    return {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email}


def _parts(who: str) -> tuple[str, str]:
    name, _, rest = who.partition(" <")
    return name, rest.removesuffix(">")


def _stamp(at: datetime) -> str:
    return f"{int(at.timestamp())} +0000"


def lines(words: Iterable[str]) -> str:
    """A file's text of these lines."""
    return "".join(f"{word}\n" for word in words)
