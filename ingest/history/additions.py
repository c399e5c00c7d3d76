"""How many lines does each commit add to each file?

Git is asked once for many commits. A content that is missing (mirrors without large files, damaged ones)
ends its answer: that commit is then asked for alone, without the files that are not there, and the rest
goes on behind it. What was counted is kept beside the mirror and may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from ingest.history.git import Git, GitError
from ingest.history.names import storable

SCHEMA: Final = {"sha": pl.String(), "path": pl.String(), "additions": pl.Int64()}
KEPT: Final = Path("pilot") / "additions.parquet"  # below the mirror
_NUMBERS: Final = ("-r", "--root", "--always", "--no-ext-diff", "--no-textconv", "-z", "--numstat")
_LISTING: Final = ("-r", "--root", "--no-renames", "--no-commit-id", "--no-abbrev", "-z", "--raw")
_NO_BLOB: Final = frozenset("0")  # digits of the id of what is not there: the file is new, or was deleted
_SUBMODULE: Final = b"160000"
_AT_ONCE: Final = 500  # paths on one command line

Row = tuple[str, str | None, int | None]  # commit, file, lines added


def additions_of(git: Git, commits: Sequence[str]) -> pl.DataFrame:
    """Lines that commits add, by file: sha, path, additions; null additions are unknown.

    A commit that changes nothing has one row without a path. What is only renamed adds nothing but
    what differs; binary files have no lines. Merges are not asked for: their commits are.
    """
    kept = _kept(git)
    known = frozenset(kept["sha"].unique())
    news = [sha for sha in commits if sha not in known]
    if not news:
        return kept
    every = pl.concat([kept, pl.DataFrame(list(_counted(git, news)), schema=SCHEMA, orient="row")])
    _keep(git, _without_failures(every))
    return every


def _without_failures(counted: pl.DataFrame) -> pl.DataFrame:
    """Commits all of whose files were counted: a content that is missing today may be there tomorrow."""
    is_failure = pl.col("path").is_not_null() & pl.col("additions").is_null()
    return counted.filter(~is_failure.any().over("sha"))


def _kept(git: Git) -> pl.DataFrame:
    """What an earlier run counted; nothing where that cannot be read."""
    try:
        return pl.read_parquet(git.folder / KEPT).select(list(SCHEMA))
    except (OSError, pl.exceptions.PolarsError):
        return pl.DataFrame(schema=SCHEMA)


def _keep(git: Git, counted: pl.DataFrame) -> None:
    """Leave the counts for the next run, where the mirror may be written to."""
    path = git.folder / KEPT
    half = path.with_suffix(".half")
    try:
        path.parent.mkdir(exist_ok=True)
        counted.write_parquet(half)
        half.replace(path)
    except OSError:
        return


def _counted(git: Git, commits: Sequence[str]) -> Iterator[Row]:
    """Rows of all commits; the one at which git gives up is looked at by itself."""
    rest = commits
    while rest:
        done = yield from _until_it_fails(git, rest)
        yield from (row for sha in rest[done : done + 1] for row in _with_care(git, sha))
        rest = rest[done + 1 :]


def _until_it_fails(git: Git, commits: Sequence[str]) -> Generator[Row, None, int]:
    """Rows of the commits that git gets through; how many those are."""
    asked, done = "\n".join(commits).encode() + b"\n", 0
    try:
        for rows in _by_commit(git.pieces("diff-tree", "--stdin", "-M", *_NUMBERS, stdin=asked)):
            yield from rows
            done += 1
    except GitError:
        pass  # the commit that it was at is not counted as done
    return done


def _by_commit(pieces: Iterator[bytes]) -> Iterator[list[Row]]:
    """Rows of one commit after the other; given on when the next begins, so that none lacks a file."""
    sha, rows = "", list[Row]()
    for piece in pieces:
        added, tab, rest = piece.partition(b"\t")
        if not tab:
            if sha:
                yield rows or [(sha, None, None)]
            sha, rows = piece.decode(), []
        else:
            rows.append((sha, _path(rest, pieces), 0 if added == b"-" else int(added)))
    if sha:
        yield rows or [(sha, None, None)]


def _path(rest: bytes, pieces: Iterator[bytes]) -> str:
    """The path behind the two numbers; of a file that was renamed it is the second of two more pieces."""
    path = rest.partition(b"\t")[2]
    if not path:
        next(pieces)
        path = next(pieces)
    return path.decode("utf-8", "replace")


def _with_care(git: Git, sha: str) -> list[Row]:
    """Rows of a commit some of whose content is not there; null lines where it is the file's own."""
    blobs_of = _listed(git, sha)
    there = _there(git, {blob for blobs in blobs_of.values() for blob in blobs})
    whole = [path for path, blobs in blobs_of.items() if there.issuperset(blobs)]
    lost: list[Row] = [(sha, storable(path), None) for path in blobs_of if path not in set(whole)]
    counted = [row for start in range(0, len(whole), _AT_ONCE) for row in
               _of_paths(git, sha, whole[start : start + _AT_ONCE])]  # fmt: skip
    return counted + lost or [(sha, None, None)]


def _listed(git: Git, sha: str) -> dict[str, tuple[str, ...]]:
    """Files of a commit with the contents before and after, from the trees alone."""
    pieces = git.pieces("diff-tree", *_LISTING, sha)
    return {path: _blobs(words) for words, path in _pairs(pieces)}


def _pairs(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, str]]:
    return ((words, next(pieces).decode("utf-8", "surrogateescape")) for words in pieces)


def _blobs(words: bytes) -> tuple[str, ...]:
    """Contents that a line ":mode mode blob blob status" names; those of other repositories are none."""
    mode_before, mode_after, before, after, _ = words.removeprefix(b":").split(b" ")
    named = ((mode_before, before.decode()), (mode_after, after.decode()))
    return tuple(blob for mode, blob in named if mode != _SUBMODULE and not _NO_BLOB.issuperset(blob))


def _there(git: Git, blobs: set[str]) -> frozenset[str]:
    asked = "\n".join(sorted(blobs)).encode() + b"\n"
    told = git.run("cat-file", "--batch-check", stdin=asked if blobs else b"").decode().splitlines()
    return frozenset(line.partition(" ")[0] for line in told if not line.endswith(" missing"))


def _of_paths(git: Git, sha: str, paths: Sequence[str]) -> list[Row]:
    """Rows of some files; only files that are equal count as renamed, as no other content is looked at."""
    asked = ("--literal-pathspecs", "diff-tree", "-M", "-l1", *_NUMBERS, sha, "--", *paths)
    rows = next(_by_commit(git.pieces(*asked)), [])
    return [row for row in rows if row[1] is not None]
