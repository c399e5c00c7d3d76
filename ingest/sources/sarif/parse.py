"""From one file to rows of `scans` and `scan_results`.

A file that cannot be read, a run that failed, a list that was cut: each gives a scan that says so.
No file gives nothing, for the absence of results must never look like a clean scan.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from ingest.contracts import SCANS
from ingest.errors import RefusedFileError
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.sarif.drafts import Drafting
from ingest.sources.sarif.finishing import SET_LATER, RunRows, empty, rows_of
from ingest.sources.sarif.model import Run
from ingest.sources.sarif.naming import digest, scan_id
from ingest.sources.sarif.native import decisions_of, read_alert_page
from ingest.sources.sarif.origin import Origin, origin_of, outer_origin, stage_of
from ingest.sources.sarif.recognising import is_sarif, native_runs, runs_of_anything
from ingest.sources.sarif.rules import rules_version, tool_name, tool_version
from ingest.sources.sarif.scanned import ScannedRun, scanned_runs

NOT_A_FAILURE: Final = "results that are no failures (kind pass, review, informational ...)"
REPEATED_RUN: Final = "runs that repeat another run of the same file"
_NO_LIST: Final = "the run has no list of results, so it reported nothing (SARIF 2.1.0, 3.14.23)"
_SCAN_SCHEMA: Final = {name: dtype for name, dtype in SCANS.polars_schema.items() if name not in SET_LATER}

Row = dict[str, Any]


@dataclass(frozen=True)
class _Context:
    """What every run of a file shares."""

    file: SourceFile
    settings: IngestSettings
    outer: Origin


@dataclass
class _Found:
    """Scans of a file, and rows of those that have some."""

    scans: dict[str, Row] = field(default_factory=dict)
    rows: list[tuple[Row, RunRows]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, scan: Row, rows: RunRows | None) -> None:
        """Take a scan, unless it repeats one of the file."""
        is_new = self.scans.setdefault(scan["scan_id"], scan) is scan
        self.left_out[REPEATED_RUN] += not is_new
        if rows and is_new:
            self.rows.append((scan, rows))

    def parsed(self) -> Parsed:
        """Everything; the rows of big runs are made when they are asked for."""
        small = [frame for scan, rows in self.rows if not rows.is_big for frame in rows.finished(scan)]
        frames = {"scans": _scans(self.scans.values()), "scan_results": pl.concat([empty(), *small])}
        left_out = {reason: count for reason, count in self.left_out.items() if count}
        return Parsed(frames, left_out, more=_Later([each for each in self.rows if each[1].is_big]))


@dataclass(frozen=True)
class _Later:
    """Rows of big runs, anew at each look."""

    rows: list[tuple[Row, RunRows]]

    def __iter__(self) -> Iterator[Mapping[str, pl.DataFrame]]:
        for scan, rows in self.rows:
            yield from ({"scan_results": frame} for frame in rows.finished(scan))


def parse(file: SourceFile, settings: IngestSettings) -> Parsed:
    """Rows of one file: its scans and their results; an unreadable file gives one scan that says why."""
    with _collector_at_rest():
        return _parsed(file, settings)


def _parsed(file: SourceFile, settings: IngestSettings) -> Parsed:
    context = _Context(file, settings, Origin())
    found = _Found()
    try:
        context = _Context(file, settings, outer_origin(file, settings))
        if is_sarif(file):
            _read(scanned_runs(file), context, found)
        else:
            return _native(context, found)
    except RefusedFileError as error:
        found.add(_unreadable(context, str(error)), None)
    return found.parsed()


def _native(context: _Context, found: _Found) -> Parsed:
    runs = native_runs(context.file)
    page = read_alert_page(context.file, context.settings) if runs is None else None
    if page is not None:
        return page
    _read(runs or runs_of_anything(context.file), context, found)
    return _with_decisions(found.parsed(), context.file) if runs else found.parsed()


def _with_decisions(parsed: Parsed, file: SourceFile) -> Parsed:
    decided = decisions_of(file, parsed.frames["scans"], parsed.frames["scan_results"])
    frames = {} if decided is None else {"dispositions": decided}
    return Parsed({**parsed.frames, **frames}, parsed.left_out)


def _read(runs: Iterable[ScannedRun], context: _Context, found: _Found) -> None:
    for run in runs:
        scan = _scan(run, context)
        if run.drafting is None or not run.is_readable:
            found.add(_unreadable_run(scan, run), None)
        else:
            found.left_out[NOT_A_FAILURE] += run.drafting.passed_count
            found.add(*_read_scan(scan, run, run.drafting, context))


def _read_scan(scan: Row, run: ScannedRun, drafting: Drafting, context: _Context) -> tuple[Row, RunRows]:
    rows = rows_of(run, context.outer, context.settings, scan["repository"])
    status, reason = _status(run, drafting)
    told = {
        **scan,
        "rules_version": context.outer.rules_version or rules_version(run.header),
        "result_count": drafting.read_count,
        "status": status,
        "status_reason": reason,
    }
    return {**told, "scan_id": scan_id(told, rows.spine)}, rows


def _scan(run: ScannedRun, context: _Context) -> Row:
    origin = origin_of(run.header, context.outer)
    return {
        "tool": tool_name(run.header),
        "tool_version": tool_version(run.header),
        **_place_columns(origin, context.settings),
        "file": context.file.name,
        "raw_ref": f"{context.file.name}#runs/{run.position}",
    }


def _place_columns(origin: Origin, settings: IngestSettings) -> Row:
    return {
        "category": origin.category,
        "rules_version": origin.rules_version,
        "repository": origin.repository,
        "commit_sha": origin.commit,
        "ref": origin.ref,
        "pull_request": origin.pull_request,
        "stage": stage_of(origin, settings),
        "scanned_at": origin.scanned_at,
    }


def _status(run: ScannedRun, drafting: Drafting) -> tuple[str, str | None]:
    told = [each.execution_successful for each in run.header.invocations or []]
    has_failed = False in told
    if run.problem:
        return "partial", run.problem
    if has_failed and not drafting.read_count:
        return "failed", "the tool says that it did not run to its end, and it reported nothing"
    if has_failed:
        return "partial", "the tool says that it did not run to its end"
    if drafting.damaged_count:
        return "partial", f"{drafting.damaged_count} of {drafting.read_count} results cannot be read"
    return "ok", None


def _unreadable_run(scan: Row, run: ScannedRun) -> Row:
    known_by = digest(["unreadable", scan["file"], run.position])
    return {**scan, "scan_id": known_by, "status": "unreadable", "status_reason": run.problem or _NO_LIST}


def _unreadable(context: _Context, reason: str) -> Row:
    origin = origin_of(Run(), context.outer)
    return {
        "scan_id": digest(["unreadable", context.file.name]),
        **_place_columns(origin, context.settings),
        "status": "unreadable",
        "status_reason": reason,
        "file": context.file.name,
        "raw_ref": context.file.name,
    }


def _scans(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=_SCAN_SCHEMA, orient="row")


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nothing that is read holds circles, so looking for some among a million objects only takes time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
