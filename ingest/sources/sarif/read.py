"""What is in a file that the fast reader gave up: typed headers, and results that may fail one by one.

Small files are decoded at once, mended where that helps; big or cut ones are streamed. The version must
be 2.1.0: the other ones in circulation (1.0.0, 2.0.0, drafts of 2.2) keep the same words for other things.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from ingest.errors import RefusedFileError
from ingest.sources.base import SourceFile
from ingest.sources.sarif import opening, streaming
from ingest.sources.sarif.model import Log, RawRun, Result, Run, text_of

VERSION: Final = "2.1.0"
_LOG: Final = msgspec.json.Decoder(Log)
_RAW_RUN: Final = msgspec.json.Decoder(RawRun)
_RESULT: Final = msgspec.json.Decoder(Result)
_MENDINGS: Final = 2  # the first may write what JSON has no number for, the second takes it out
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NOT_CONVERTED: Final = (msgspec.ValidationError, RecursionError, OverflowError)

Opener = Callable[[], AbstractContextManager[io.BufferedIOBase]]


@dataclass(frozen=True)
class ReadRun:
    """One run as it was found; results must be consumed run by run, in order."""

    position: int  # place in the file's list of runs
    header: Run
    results: Iterator[Result | None] | None  # a null result is a damaged one; null instead: no list
    problem: str | None = None  # why the run cannot be read, or was cut off
    is_readable: bool = True


def read_runs(file: SourceFile) -> Iterator[ReadRun]:
    """Every run of a file; a file without any readable run raises with the reason.

    Raises
    ------
    RefusedFileError
        when the file is no SARIF 2.1.0 at all, saying what was seen instead.
    """
    with opening.open_json(file) as stream:
        content = opening.read_block(stream, opening.SMALL_BYTES + 1)
    if len(content) > opening.SMALL_BYTES:
        return _streamed(lambda: opening.open_json(file))
    if not content.strip():
        raise RefusedFileError("the file is empty: the tool wrote nothing, which tools do when they crash")
    return _decoded(content)


def _decoded(content: bytes, mendings: int = _MENDINGS) -> Iterator[ReadRun]:
    try:
        content.decode()  # what is not read for its text is not looked at for it either
        log = _LOG.decode(content)
    except msgspec.ValidationError as error:
        raise RefusedFileError(f"not the shape of a SARIF log: {error}") from error
    except _NOT_JSON:
        mended = _mended(content) if mendings else None
        if mended is None:
            return _streamed(lambda: nullcontext(io.BytesIO(content)))
        return _decoded(mended, mendings - 1)
    check_version(log.version, log.schema)
    if not log.runs:
        raise RefusedFileError("no run in it ('runs' missing or empty): nothing was measured; scan again")
    return (_raw_run(raw, position) for position, raw in enumerate(log.runs))


def _mended(content: bytes) -> bytes | None:
    """Same log without control characters, half surrogates and text after its end; null if cut."""
    text = content.decode("utf-8", "replace").lstrip()
    try:
        log, _end = json.JSONDecoder(strict=False, parse_constant=lambda _: None).raw_decode(text)
        mended = json.dumps(log, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return None
    return mended if mended != content else None


def _raw_run(raw: msgspec.Raw, position: int) -> ReadRun:
    try:
        run = _RAW_RUN.decode(raw)
    except (msgspec.ValidationError, RecursionError) as error:
        return ReadRun(position, Run(), None, f"not the shape of a SARIF run: {error}", is_readable=False)
    results = None if run.results is None else (_result(each) for each in run.results)
    return ReadRun(position, run, results)


def _result(raw: msgspec.Raw) -> Result | None:
    try:
        return _RESULT.decode(raw)
    except (msgspec.ValidationError, RecursionError):
        return None


def _streamed(opener: Opener) -> Iterator[ReadRun]:
    with opener() as stream:
        log = streaming.outline(stream)
    if not log.runs:
        raise RefusedFileError(f"no SARIF found in it ({log.problem or 'no run'}); expected a 2.1.0 log")
    is_cut = log.problem is not None
    if log.version is not None or log.schema is not None or not is_cut:
        check_version(log.version, log.schema)
    return _outlined_runs(log, _found(opener))


def _found(opener: Opener) -> Iterator[Any]:
    with opener() as stream:
        yield from streaming.results(stream)


def _outlined_runs(log: streaming.LogOutline, found: Iterator[Any]) -> Iterator[ReadRun]:
    for position, run in enumerate(log.runs):
        yield _outlined_run(position, run, log.problem, found)
    if log.problem and log.runs[-1].is_complete:
        yield ReadRun(len(log.runs), Run(), None, f"the file ends early: {log.problem}", is_readable=False)


def _outlined_run(
    position: int, run: streaming.Outline, file_problem: str | None, found: Iterator[Any]
) -> ReadRun:
    problem = None if run.is_complete else f"the file ends early: {file_problem}"
    results = (
        None if run.result_count is None else (_converted(each) for each in islice(found, run.result_count))
    )
    try:
        header = msgspec.convert(run.header, Run, strict=False)
    except _NOT_CONVERTED as error:
        return ReadRun(position, Run(), None, f"not the shape of a SARIF run: {error}", is_readable=False)
    return ReadRun(position, header, results, problem)


def _converted(found: Any) -> Result | None:
    try:
        return msgspec.convert(found, Result, strict=False)
    except _NOT_CONVERTED:
        return None


def check_version(version: Any, schema: Any) -> None:
    """Refuse what is no SARIF 2.1.0, by the name that it gives itself."""
    told = text_of(version)
    is_told_by_schema = told is None and f"sarif-schema-{VERSION}" in (text_of(schema) or "")
    if told == VERSION or is_told_by_schema:
        return
    raise RefusedFileError(
        f"SARIF {told or 'without a version'} is not supported, only {VERSION}; "
        "let the tool write 2.1.0 or convert the file with a SARIF converter"
    )
