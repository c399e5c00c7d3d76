"""How is git asked? One place that starts it, without prompts, hooks or the settings of this machine."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Timer
from typing import IO, Final

from ingest.errors import SourceError

# What git would take from the caller's surroundings: whose repository, whose settings, whose editor.
_KEPT: Final = (
    "PATH", "HOME", "TMPDIR", "SystemRoot", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
    "SSH_AUTH_SOCK", "GIT_SSL_CAINFO", "SSL_CERT_FILE",
)  # fmt: skip
_FIXED: Final = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
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
OLDEST: Final = (2, 30)  # version of git that all of this is asked of
_MISSING: Final = "git is not installed here; install it (Debian: apt install git)"
_WORDS: Final = 400  # of what git says in an error
_CHUNK_BYTES: Final = 1 << 16
_VERSION: Final = re.compile(rb"(\d+)\.(\d+)(?:\.(\d+))?")


class GitError(SourceError):
    """Git ended with an error; the sentence holds what it said."""


@dataclass(frozen=True)
class Git:
    """One repository as git sees it."""

    folder: Path
    variables: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # beside the fixed ones; may be secret

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        seconds: float = LONGEST_SECONDS,
        accepted: Collection[int] = (0,),
    ) -> bytes:
        """What git prints; `accepted` are the exit codes that are no error.

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
            raise GitError(_MISSING) from error
        except subprocess.TimeoutExpired as error:
            raise self._too_long(arguments, seconds) from error
        if done.returncode not in accepted:
            raise self._error(arguments, done.stderr)
        return done.stdout

    def text(self, *arguments: str) -> str:
        """What git prints, as text without the last line's end."""
        return self.run(*arguments).decode("utf-8", "replace").removesuffix("\n")

    def stream(self, *arguments: str, stdin: bytes = b"") -> Generator[bytes, None, None]:
        """Lines of a long answer, one by one, without their ends; an error raises at the end.

        Raises
        ------
        GitError
            Git is missing, ended with an error, or was not done after LONGEST_SECONDS.
        """
        return self._parts(b"\n", arguments, stdin)

    def pieces(self, *arguments: str, stdin: bytes = b"") -> Generator[bytes, None, None]:
        """Like `stream`, for an answer in which a NUL ends each piece (`-z`)."""
        return self._parts(b"\0", arguments, stdin)

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
        if not wanted:
            return frozenset()
        told = self.run("cat-file", "--batch-check=%(objecttype)", stdin="\n".join(wanted).encode() + b"\n")
        kinds = told.decode().splitlines()
        return frozenset(sha for sha, kind in zip(wanted, kinds, strict=True) if kind == "commit")

    def _parts(self, end: bytes, arguments: tuple[str, ...], stdin: bytes) -> Generator[bytes, None, None]:
        rest = b""
        for chunk in self._chunks(arguments, stdin):
            *whole, rest = (rest + chunk).split(end)
            yield from whole
        if rest:
            yield rest

    def _chunks(self, arguments: tuple[str, ...], stdin: bytes) -> Iterator[bytes]:
        """The answer in blocks; what git reads and says goes through files, so that neither waits for us."""
        with TemporaryFile() as given, TemporaryFile() as said:
            given.write(stdin)
            given.seek(0)
            with self._started(arguments, given, said) as asked, _ended_after(LONGEST_SECONDS, asked) as late:
                assert asked.stdout is not None  # noqa: S101 - a pipe was asked for
                while chunk := asked.stdout.read(_CHUNK_BYTES):
                    yield chunk
            said.seek(0)
            if asked.returncode:
                raise self._why_it_ended(arguments, said.read(), is_late=late.is_set())

    def _started(
        self, arguments: tuple[str, ...], given: IO[bytes], said: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - arguments are ours, never a shell
                self._command(arguments), stdin=given, stdout=subprocess.PIPE, stderr=said,
                env=self._environment(),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise GitError(_MISSING) from error

    def _error(self, arguments: tuple[str, ...], said: bytes) -> GitError:
        return GitError(f"git {arguments[0]} in {self.folder}: {_said(said)}")

    def _why_it_ended(self, arguments: tuple[str, ...], said: bytes, *, is_late: bool) -> GitError:
        return self._too_long(arguments, LONGEST_SECONDS) if is_late else self._error(arguments, said)

    def _too_long(self, arguments: tuple[str, ...], seconds: float) -> GitError:
        return GitError(f"git {arguments[0]} took longer than {seconds:.0f} s in {self.folder}")

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return ["git", *_OPTIONS, "-C", str(self.folder), *arguments]

    def _environment(self) -> dict[str, str]:
        own = {name: os.environ[name] for name in _KEPT if name in os.environ}
        # A folder that is no repository must not answer for another one that it lies in.
        ceiling = {"GIT_CEILING_DIRECTORIES": str(self.folder.resolve().parent)}
        return {**own, **_FIXED, **ceiling, **self.variables}


@contextmanager
def _ended_after(seconds: float, asked: subprocess.Popen[bytes]) -> Iterator[Event]:
    """Wait until what was asked ends, and end it if it takes too long; whether that happened.

    Whoever reads the answer slowly takes of the same time: it is far more than any answer needs. An answer
    that nobody reads to its end is ended at once.
    """
    late = Event()

    def end() -> None:
        late.set()
        asked.kill()

    timer = Timer(seconds, end)
    timer.start()
    try:
        yield late
        asked.wait()
    finally:
        timer.cancel()
        asked.kill()  # does nothing where it has ended
        timer.join()


def git_version() -> tuple[int, ...]:
    """Which git is installed; a GitError when there is none.

    >>> git_version() >= OLDEST
    True
    """
    told = _VERSION.search(Git(Path()).run("version"))
    return tuple(int(part) for part in told.groups(b"0")) if told else (0,)


def _said(words: bytes) -> str:
    told = " ".join(words.decode("utf-8", "replace").split())
    return told[-_WORDS:] or "it ended without a word"
