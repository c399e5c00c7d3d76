"""How is git asked? One place that starts it, without prompts, hooks or the settings of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ingest.errors import SourceError

# What git would take from the caller's surroundings: whose repository, whose settings, whose editor.
_KEPT: Final = ("PATH", "HOME", "TMPDIR", "SystemRoot", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
_FIXED: Final = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ASKPASS": "",
}
_OPTIONS: Final = (
    "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
    "-c", "gc.auto=0", "-c", "protocol.ext.allow=never", "-c", "diff.noprefix=false",
)  # fmt: skip
LONGEST_SECONDS: Final = 3600.0
_WORDS: Final = 400  # of what git says in an error


class GitError(SourceError):
    """Git ended with an error; the sentence holds what it said."""


@dataclass(frozen=True)
class Git:
    """One repository as git sees it."""

    folder: Path
    variables: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # beside the fixed ones; may be secret

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = LONGEST_SECONDS) -> bytes:
        """What git prints.

        Raises
        ------
        GitError
            Git is missing, took too long or ended with an error.
        """
        try:
            done = subprocess.run(  # noqa: S603 - arguments are ours, never a shell
                self._command(arguments), input=stdin, capture_output=True, env=self._environment(),
                timeout=seconds, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise GitError("git is not installed here; install it (Debian: apt install git)") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(f"git {arguments[0]} took longer than {seconds:.0f} s in {self.folder}") from error
        if done.returncode:
            raise GitError(f"git {arguments[0]} in {self.folder}: {_said(done.stderr)}")
        return done.stdout

    def text(self, *arguments: str) -> str:
        """What git prints, as text without the last line's end."""
        return self.run(*arguments).decode("utf-8", "replace").removesuffix("\n")

    def stream(self, *arguments: str) -> Iterator[bytes]:
        """Lines of a long answer, one by one, without their ends; an error raises at the end."""
        command, variables = self._command(arguments), self._environment()
        with subprocess.Popen(  # noqa: S603 - arguments are ours, never a shell
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables
        ) as asked:
            assert asked.stdout is not None and asked.stderr is not None  # noqa: S101, PT018 - pipes were asked for
            for line in asked.stdout:
                yield line.removesuffix(b"\n")
            said = asked.stderr.read()
        if asked.returncode:
            raise GitError(f"git {arguments[0]} in {self.folder}: {_said(said)}")

    def has(self, commit: str) -> bool:
        """Whether a commit is there."""
        try:
            self.run("cat-file", "-e", f"{commit}^{{commit}}")
        except GitError:
            return False
        return True

    def has_all(self, commits: Iterable[str]) -> frozenset[str]:
        """Those of the commits that are there, asked at once."""
        wanted = sorted(set(commits))
        told = self.run("cat-file", "--batch-check=%(objecttype)", stdin="\n".join(wanted).encode() + b"\n")
        kinds = told.decode().splitlines()
        return (
            frozenset(sha for sha, kind in zip(wanted, kinds, strict=True) if kind == "commit")
            if wanted
            else frozenset()
        )

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return ["git", *_OPTIONS, "-C", str(self.folder), *arguments]

    def _environment(self) -> dict[str, str]:
        own = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**own, **_FIXED, **self.variables}


def _said(words: bytes) -> str:
    told = " ".join(words.decode("utf-8", "replace").split())
    return told[-_WORDS:] or "it ended without a word"
