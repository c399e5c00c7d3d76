"""What does git's log tell of commits?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from ingest.history.git import Git

_FIELDS: Final = ("%H", "%P", "%ct", "%at", "%an", "%ae", "%cn", "%B")
_LOG: Final = ("log", "-z", "--encoding=UTF-8", "--no-show-signature", f"--format={'%x00'.join(_FIELDS)}")
_LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Logged:
    """One commit as its author and committer wrote it; addresses are for judging, never for keeping."""

    sha: str
    parents: tuple[str, ...]
    committed_at: datetime | None  # None = no moment that a calendar has
    authored_at: datetime | None
    name: str
    email: str
    message: str
    committer: str = ""  # name alone; empty = not known

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.lstrip("\n").partition("\n")[0].strip()


def log_of(git: Git, head: str) -> Iterator[Logged]:
    """Commits that a head reaches, one by one; parents may come before or after their children."""
    return _read(git.pieces(*_LOG, head, "--"))


def log_of_these(git: Git, commits: Sequence[str]) -> Iterator[Logged]:
    """These commits alone; each must be there."""
    asked = "\n".join(commits).encode() + b"\n"
    return _read(git.pieces(*_LOG, "--no-walk=unsorted", "--stdin", stdin=asked)) if commits else iter(())


def _read(pieces: Iterator[bytes]) -> Iterator[Logged]:
    while fields := tuple(piece.decode("utf-8", "replace") for piece in islice(pieces, len(_FIELDS))):
        sha, parents, committed, authored, name, email, committer, message = fields
        moments = _moment(committed), _moment(authored)
        yield Logged(sha, tuple(parents.split()), *moments, name, email, message, committer)


def _moment(seconds: str) -> datetime | None:
    """Seconds since 1970 as a moment; clocks of commits may say anything.

    >>> _moment("0"), _moment("-1"), _moment("99999999999999")
    (datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), None, None)
    """
    is_number = seconds.isdecimal() and 0 <= int(seconds) < _LATEST
    return datetime.fromtimestamp(int(seconds), UTC) if is_number else None
