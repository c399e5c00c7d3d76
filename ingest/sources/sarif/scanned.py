"""Which runs are in a file, and how are the results of each had?

A file is carved where that works; what was damaged, cut or written in an unforeseen way is left to the
slower readers. The drafts of a small file are kept. Of a big one nothing is kept but what surrounds its
results: each look at its results reads the file again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, Protocol

import msgspec

from ingest.errors import SourceError
from ingest.sources.base import SourceFile
from ingest.sources.sarif import opening
from ingest.sources.sarif.carving import Block, NotCarvedError, Surroundings, carve
from ingest.sources.sarif.drafts import Draft, Drafting
from ingest.sources.sarif.model import Log, OutlinedRun, Run
from ingest.sources.sarif.read import ReadRun, check_version, read_runs

CHANGED: Final = "{}: changed while it was read, so nothing was taken of it; run again when it is written"
_LOG: Final = msgspec.json.Decoder(Log)
_RUN: Final = msgspec.json.Decoder(OutlinedRun)
_TOGETHER: Final = 500  # results that a slower reader hands over at once


class Again(Protocol):
    """Reads the drafts of a list anew."""

    def __call__(self, *, needs_messages: bool) -> Iterator[Draft]:
        """Drafts, in the order of the list."""


@dataclass(frozen=True)
class ScannedRun:
    """One run of a file."""

    position: int  # place in the file's list of runs
    header: Run
    drafting: Drafting | None  # what its list of results holds; null = it has no list
    again: Again | None = None  # null = its drafts were kept
    problem: str | None = None  # why the run cannot be read, or was cut off
    is_readable: bool = True


def scanned_runs(file: SourceFile) -> Iterable[ScannedRun]:
    """Every run of a SARIF file.

    Raises
    ------
    RefusedFileError
        The file is no SARIF 2.1.0, saying what was seen instead.
    """
    try:
        return _carved_runs(file)
    except NotCarvedError:
        return (run_of(each) for each in read_runs(file))


def run_of(read: ReadRun) -> ScannedRun:
    """Run that a slower reader or a native format gives."""
    drafting = Drafting()
    results = iter(read.results or ())
    while batch := list(islice(results, _TOGETHER)):
        drafting.add(batch)
    has_list = read.results is not None
    return ScannedRun(
        read.position,
        read.header,
        drafting if has_list else None,
        problem=read.problem,
        is_readable=read.is_readable,
    )


class _Lists:
    """What the lists of a file hold: drafts, until they turn out to be too much to keep."""

    def __init__(self, written_at: int) -> None:
        self.written_at = written_at  # when the file was last changed
        self.by_number: dict[int, Drafting] = {}
        self.is_big = False
        self._byte_count = 0

    def take(self, block: Block) -> None:
        """Note the next results of a list."""
        drafting = self.by_number.setdefault(block.list_number, Drafting())
        self._byte_count += block.byte_count
        if self._byte_count > opening.SMALL_BYTES and not self.is_big:
            self._forget()
        if self.is_big:
            drafting.count(block.results)
        else:
            drafting.add(block.results)

    def _forget(self) -> None:
        self.is_big = True
        for drafting in self.by_number.values():
            drafting.take_all()


def _carved_runs(file: SourceFile) -> list[ScannedRun]:
    lists = _Lists(_written_at(file))
    around = Surroundings()
    with opening.open_json(file) as stream:
        for block in carve(stream, around):
            lists.take(block)
    log = _log_of(around)
    if not log.runs:
        raise NotCarvedError
    return [_carved_run(raw, (file, position), lists) for position, raw in enumerate(log.runs)]


def _log_of(around: Surroundings) -> Log:
    try:
        log = _LOG.decode(around.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotCarvedError from error
    check_version(log.version, log.schema)
    return log


def _carved_run(raw: msgspec.Raw, place: tuple[SourceFile, int], lists: _Lists) -> ScannedRun:
    file, position = place
    try:
        run = _RUN.decode(raw)
    except msgspec.ValidationError as error:
        return ScannedRun(
            position, Run(), None, problem=f"not the shape of a SARIF run: {error}", is_readable=False
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotCarvedError from error
    if run.results is None:
        return ScannedRun(position, run, None)
    number = _number_of_list(run.results, lists)
    again = partial(_drafts_again, file, number, lists.written_at) if lists.is_big else None
    return ScannedRun(position, run, lists.by_number[number], again)


def _number_of_list(results: list[object], lists: _Lists) -> int:
    """Number that stands for the list; anything else in it was never carved out."""
    (number,) = results if len(results) == 1 else (None,)
    if not isinstance(number, int) or number not in lists.by_number:
        raise NotCarvedError
    return number


def _drafts_again(file: SourceFile, number: int, written_at: int, *, needs_messages: bool) -> Iterator[Draft]:
    """Drafts of one list, read anew, each as soon as it is full."""
    if _written_at(file) != written_at:
        raise SourceError(CHANGED.format(file.name))
    drafting = Drafting(needs_messages=needs_messages)
    try:
        with opening.open_json(file) as stream:
            for block in carve(stream, Surroundings()):
                if block.list_number == number:
                    drafting.add(block.results)
                    yield from drafting.take_full()
    except NotCarvedError as error:
        raise SourceError(CHANGED.format(file.name)) from error
    yield from drafting.take_all()


def _written_at(file: SourceFile) -> int:
    try:
        return file.path.stat().st_mtime_ns
    except OSError as error:
        raise SourceError(CHANGED.format(file.name)) from error
