"""Reading a file that is too big for memory, or that was cut off, result by result.

Two passes, because a tool may stand after its results (Semgrep, gosec and others write it there):
the first keeps everything but the results and counts them, the second yields them. A file that ends
early gives what came before the cut.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import ijson
from ijson.common import (
    IncompleteJSONError,
    JSONError,
    ObjectBuilder,
)

from ingest.errors import SourceError

C_BACKEND: Final = "yajl2_c"  # 50 MB of memory and about 100 MB/s; the pure Python one takes 15 times as long
_RUN: Final = "runs.item"
_RESULTS: Final = "runs.item.results"
_RESULT: Final = "runs.item.results.item"
# What a cut or damaged file, or archive, ends with.
_ENDS: Final = (IncompleteJSONError, JSONError, EOFError, OSError, UnicodeDecodeError, zlib.error)
_RESULT_ENDS: Final = frozenset({"end_map", "end_array", "string", "number", "boolean", "null"})


@dataclass
class Outline:
    """One run without its results."""

    header: dict[str, Any] = field(default_factory=dict)
    result_count: int | None = None  # results read completely; null = the run has no list of results
    is_complete: bool = False


@dataclass
class LogOutline:
    """Everything but the results of a file, and where it ended."""

    version: Any = None
    schema: Any = None
    runs: list[Outline] = field(default_factory=list)
    problem: str | None = None  # what stopped the reading before the end of the file


def c_backend() -> ModuleType:
    """Fast reader, or an error that says what is missing."""
    try:
        backend: ModuleType = ijson.get_backend(C_BACKEND)
    except ImportError as error:
        raise SourceError(
            f"ijson has no {C_BACKEND} backend here, and SARIF files above 100 MB or cut ones need it; "
            "install ijson from a wheel for this platform"
        ) from error
    return backend


def outline(stream: io.BufferedIOBase) -> LogOutline:
    """First pass: the file without its results."""
    log = LogOutline()
    builder: ObjectBuilder | None = None
    try:
        for prefix, event, value in c_backend().parse(stream, use_float=True):
            if prefix.startswith(_RESULTS) and log.runs:
                _count(log.runs[-1], prefix, event)
            elif prefix.startswith(_RUN):
                builder = _build(log, builder, (prefix, event, value))
            elif prefix in ("version", "$schema"):
                setattr(log, prefix.removeprefix("$"), value)
    except _ENDS as error:
        log.problem = _reason(error)
    return log


def results(stream: io.BufferedIOBase) -> Iterator[Any]:
    """Second pass: the results of all runs, one after another, up to a cut."""
    try:
        yield from c_backend().items(stream, _RESULT, use_float=True)
    except _ENDS:
        return  # the first pass has told why and where


def _count(run: Outline, prefix: str, event: str) -> None:
    if prefix == _RESULTS and event == "start_array":
        run.result_count = run.result_count or 0  # a list that is there twice is read as one
    elif prefix == _RESULT and event in _RESULT_ENDS:
        run.result_count = (run.result_count or 0) + 1


def _build(
    log: LogOutline, builder: ObjectBuilder | None, occurrence: tuple[str, str, Any]
) -> ObjectBuilder | None:
    prefix, event, value = occurrence
    if prefix == _RUN and event == "start_map":
        builder = ObjectBuilder()
        log.runs.append(Outline())
    if builder is None or (prefix, event, value) == (_RUN, "map_key", "results"):
        return builder
    builder.event(event, value)
    log.runs[-1].header = builder.value
    if (prefix, event) == (_RUN, "end_map"):
        log.runs[-1].is_complete = True
        return None
    return builder


def _reason(error: Exception) -> str:
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return first_line.strip().removeprefix("parse error: ")
