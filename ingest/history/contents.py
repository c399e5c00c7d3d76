"""What stands in the files of a commit?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from ingest.history.git import Git
from ingest.history.names import is_askable

BIGGEST_BYTES: Final = 5_000_000  # of a file whose lines are looked at
_BYTES_AT_ONCE: Final = 50_000_000  # of contents that are held at a time

File = tuple[str, str]  # commit and path


class Blob(NamedTuple):
    """Content of a file, by its id."""

    sha: str
    size: int


def blobs_of(git: Git, files: Iterable[File]) -> dict[File, Blob]:
    """Contents of files, asked at once; files that are not there, or are no files, are left out."""
    wanted = sorted({file for file in files if is_askable(file[1])})
    if not wanted:
        return {}
    asked = "".join(f"{commit}:{path}\n" for commit, path in wanted)
    told = git.run("cat-file", "--batch-check=%(objecttype) %(objectname) %(objectsize)",
                   stdin=asked.encode("utf-8", "surrogateescape"))  # fmt: skip
    answers = zip(wanted, told.split(b"\n"), strict=False)
    return {file: _blob(answer) for file, answer in answers if answer.startswith(b"blob ")}


def _blob(answer: bytes) -> Blob:
    _, sha, size = answer.decode("ascii").split(" ")
    return Blob(sha, int(size))


def lines_of(git: Git, blobs: Iterable[Blob]) -> Iterator[tuple[str, list[bytes]]]:
    """Ids of contents with their lines, without line ends; those that are too big or not there are left out.

    The contents are read some at a time.
    """
    small = sorted({blob for blob in blobs if blob.size <= BIGGEST_BYTES})
    for part in _parts(small):
        asked = "".join(f"{blob.sha}\n" for blob in part)
        yield from _contents(git.run("cat-file", "--batch", stdin=asked.encode("ascii")))


def _parts(blobs: Sequence[Blob]) -> Iterator[list[Blob]]:
    part: list[Blob] = []
    held = 0
    for blob in blobs:
        if part and held + blob.size > _BYTES_AT_ONCE:
            yield part
            part, held = [], 0
        part.append(blob)
        held += blob.size
    if part:
        yield part


def _contents(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        words = answer[at:end].decode("ascii").split(" ")
        at = end + 1
        if words[1] == "blob":
            size = int(words[2])
            yield words[0], split(answer[at : at + size])
            at += size + 1


def split(content: bytes) -> list[bytes]:
    r"""Lines as git counts them: whatever ends with a line feed, and what follows the last one.

    >>> split(b"a\r\nb"), split(b"a\n"), split(b"")
    ([b'a\r', b'b'], [b'a'], [])
    """
    lines = content.split(b"\n")
    return lines if lines[-1] else lines[:-1]
