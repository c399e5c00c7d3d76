"""From one SARIF file to rows of `scans` and `scan_results`.

A file that cannot be read, a run that failed, a list that was cut: each gives a scan that says so.
No file gives nothing, for the absence of results must never look like a clean scan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson
import polars as pl

from ingest.contracts import SCAN_RESULTS, SCANS
from ingest.errors import RefusedFileError
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.sarif.model import Run
from ingest.sources.sarif.origin import Origin, origin_of, outer_origin, stage_of
from ingest.sources.sarif.read import ReadRun, read_runs
from ingest.sources.sarif.results import ResultRows, result_rows
from ingest.sources.sarif.rules import rules_version, tool_name, tool_version

NOT_A_FAILURE: Final = "results that are no failures (kind pass, review, informational ...)"
REPEATED_RUN: Final = "runs that repeat another run of the same file"
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
_CONTENT: Final = (
    "finding_key", "line", "severity", "is_security", "is_blamable", "suppressed", "baseline_state",
    "introduced_by",
)  # fmt: skip

_NO_LIST: Final = "the run has no list of results, so the tool reported nothing (SARIF 2.1.0, 3.14.23)"

Row = dict[str, Any]


@dataclass(frozen=True)
class _Context:
    """What every run of a file shares."""

    file: SourceFile
    settings: IngestSettings
    outer: Origin


def parse(file: SourceFile, settings: IngestSettings) -> Parsed:
    """Rows of one file: its scans and their results; an unreadable file gives one scan that says why."""
    outer = Origin()
    left_out: Counter[str] = Counter()
    scans: dict[str, Row] = {}
    results: list[Row] = []
    try:
        outer = outer_origin(file, settings)
        context = _Context(file, settings, outer)
        for run in read_runs(file):
            scan, rows = _read_scan(run, context, left_out)
            left_out[REPEATED_RUN] += scan["scan_id"] in scans
            results += rows if scans.setdefault(scan["scan_id"], scan) is scan else []
    except RefusedFileError as error:
        scans["unreadable"] = _unreadable(_Context(file, settings, outer), str(error))
    frames = {"scans": _frame(scans.values(), SCANS), "scan_results": _frame(results, SCAN_RESULTS)}
    return Parsed(frames, {reason: count for reason, count in left_out.items() if count})


def _read_scan(run: ReadRun, context: _Context, left_out: Counter[str]) -> tuple[Row, list[Row]]:
    scan = _scan(run, context)
    if run.results is None or not run.is_readable:
        reason = (
            run.problem or "the run has no list of results, so it reported nothing (SARIF 2.1.0, 3.14.23)"
        )
        scan["scan_id"] = _digest(["unreadable", context.file.name, run.position])
        return {**scan, "status": "unreadable", "status_reason": reason}, []
    found = result_rows(run, context.outer, context.settings)
    left_out[NOT_A_FAILURE] += found.passed_count
    scan["rules_version"] = context.outer.rules_version or rules_version(run.header)
    scan["result_count"] = found.read_count
    scan["status"], scan["status_reason"] = _status(run, found)
    scan["scan_id"] = _scan_id(scan, found.rows)
    return scan, [_placed_row(row, scan, run.position) for row in found.rows]


def _scan(run: ReadRun, context: _Context) -> Row:
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


def _status(run: ReadRun, found: ResultRows) -> tuple[str, str | None]:
    told = [each.execution_successful for each in run.header.invocations or []]
    has_failed = False in told
    if run.problem:
        return "partial", run.problem
    if has_failed and not found.read_count:
        return "failed", "the tool says that it did not run to its end, and it reported nothing"
    if has_failed:
        return "partial", "the tool says that it did not run to its end"
    if found.damaged_count:
        return "partial", f"{found.damaged_count} of {found.read_count} results cannot be read"
    return "ok", None


def _unreadable(context: _Context, reason: str) -> Row:
    origin = origin_of(Run(), context.outer)
    return {
        "scan_id": _digest(["unreadable", context.file.name]),
        **_place_columns(origin, context.settings),
        "status": "unreadable",
        "status_reason": reason,
        "file": context.file.name,
        "raw_ref": context.file.name,
    }


def _placed_row(row: Row, scan: Row, run_position: int) -> Row:
    return {
        **row,
        "scan_id": scan["scan_id"],
        "scanned_at": scan["scanned_at"],
        "raw_ref": f"{scan['file']}#runs/{run_position}/results/{row['position']}",
    }


def _scan_id(scan: Row, rows: Iterable[Row]) -> str:
    """Identity by content, so that the same scan in two files is one scan.

    A scan that could not be placed keeps its file in the identity: two of them need not be the same.
    """
    is_placed = scan["repository"] is not None and scan["scanned_at"] is not None
    told = [value for name, value in sorted(scan.items()) if name not in ("file", "raw_ref")]
    content = sorted(orjson.dumps([row[name] for name in _CONTENT]).decode() for row in rows)
    return _digest([told, content, None if is_placed else scan["file"]])


def _digest(parts: list[Any]) -> str:
    return sha256(orjson.dumps(parts)).hexdigest()[:16]


def _frame(rows: Iterable[Mapping[str, Any]], table: Any) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in table.polars_schema.items() if name not in _SET_LATER}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
