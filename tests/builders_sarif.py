"""Builders for scans: SARIF files in bytes, and rows of the tables that attribution reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from ingest.contracts import CHANGED_FILES, PULL_REQUESTS, SCAN_RESULTS, SCANS
from ingest.identity import finding_key
from ingest.settings import IngestSettings, SarifSettings, SourcesSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.sarif import SARIF

REPOSITORY = "acme/payments"
DAY_ONE = datetime(2026, 6, 1, 12, tzinfo=UTC)
Row = dict[str, Any]


def day(number: float) -> datetime:
    """Noon of that day of the story; 1.25 is six hours later."""
    return DAY_ONE + timedelta(days=number - 1)


# -- SARIF files ---------------------------------------------------------------------------------


def result(**parts: Any) -> Row:
    """One result: rule B1 at app.py line 3."""
    return {"ruleId": "B1", "message": {"text": "bad call"}, "locations": [location()], **parts}


def location(uri: str = "app.py", line: int | None = 3, text: str | None = "call(x)", **where: Any) -> Row:
    """One location; `where` goes into its artifactLocation."""
    region = {"startLine": line, **({"snippet": {"text": text}} if text else {})}
    physical = {"artifactLocation": {"uri": uri, **where}, **({"region": region} if line else {})}
    return {"physicalLocation": physical}


def run(results: Sequence[Row] | None = (), **parts: Any) -> Row:
    """One run of a tool named Probe 1.0 that is placed on main of acme/payments on day 1."""
    placed = {
        "tool": {"driver": {"name": "Probe", "version": "1.0"}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-06-01T12:00:00Z"}],
        "versionControlProvenance": [
            {"repositoryUri": "https://host.example/acme/payments", "revisionId": "c1", "branch": "main"}
        ],
    }
    listed = {} if results is None else {"results": list(results)}
    return {**placed, **listed, **parts}


def log(*runs: Row, version: str = "2.1.0") -> bytes:
    """Bytes of a whole file."""
    return json.dumps({"version": version, "runs": list(runs)}).encode()


def settings(**sarif: Any) -> IngestSettings:
    """Settings that name SARIF files and nothing else."""
    return IngestSettings(sources=SourcesSettings(sarif=SarifSettings(paths=["scans/**/*.sarif"], **sarif)))


def parse(folder: Path, content: bytes, name: str = "scans/a.sarif", **sarif: Any) -> Parsed:
    """What the source makes of a file with that content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return SARIF.parse(SourceFile(path, name), settings(**sarif))


def scans_of(parsed: Parsed) -> list[Row]:
    """Rows of `scans`."""
    return parsed.frames["scans"].to_dicts()


def results_of(parsed: Parsed) -> list[Row]:
    """Rows of `scan_results`."""
    return result_frame(parsed).to_dicts()


def result_frame(parsed: Parsed) -> pl.DataFrame:
    """Rows of `scan_results`, also of big files, whose rows come part by part."""
    later = [part["scan_results"] for part in parsed.more]
    return pl.concat([parsed.frames["scan_results"], *later])


def only_result(folder: Path, found: Row, **parts: Any) -> Row:
    """The row that a single result gives, in a run with these parts."""
    (row,) = results_of(parse(folder, log(run([found], **parts))))
    return row


# -- rows for attribution ------------------------------------------------------------------------


def key(name: str, path: str | None = "app.py") -> str:
    """Identity of a finding in a story, by a short name."""
    return finding_key(name, path, name, 0)


def scan(scan_id: str, on_day: float, **facts: Any) -> Row:
    """An ok scan of main by Probe 1.0."""
    return {
        "scan_id": scan_id, "tool": "Probe", "tool_version": "1.0", "rules_version": "1.0", "category": None,
        "repository": REPOSITORY, "commit_sha": f"commit-{scan_id}", "ref": "refs/heads/main",
        "pull_request": None, "stage": "post_merge", "status": "ok", "scanned_at": day(on_day),
        "file": f"{scan_id}.sarif", "raw_ref": f"{scan_id}.sarif#runs/0", **facts,
    }  # fmt: skip


def head_scan(scan_id: str, on_day: float, number: int, **facts: Any) -> Row:
    """An ok scan of a pull request's head by Probe 1.0."""
    head = {"ref": f"refs/pull/{number}/head", "pull_request": number, "stage": "pre_merge"}
    return scan(scan_id, on_day, **{**head, **facts})


def reported(scan_id: str, *names: str, path: str | None = "app.py", **facts: Any) -> list[Row]:
    """Results of a scan, one per short name."""
    return [
        {
            "scan_id": scan_id, "position": position, "finding_key": key(name, path), "rule": name, "cwe": [],
            "severity": "high", "is_security": True, "path": path, "line": 3, "is_blamable": True,
            "suppressed": None, "baseline_state": None, "message": name, "introduced_by": None,
            "raw_ref": f"{scan_id}.sarif#runs/0/results/{position}", **facts,
        }
        for position, name in enumerate(names)
    ]  # fmt: skip


def pull(number: int, merged_on: float | None = None, **facts: Any) -> Row:
    """A pull request into main."""
    merged_at = None if merged_on is None else day(merged_on)
    merge = {"merged_at": merged_at, "merge_sha": None if merged_at is None else f"merge-{number}"}
    return {"repository": REPOSITORY, "number": number, "base_branch": "main", **merge, **facts}


def file(number: int, path: str = "app.py") -> Row:
    """A file of a pull request."""
    return {"repository": REPOSITORY, "number": number, "path": path}


def frames(
    scans: Sequence[Row], results: Sequence[Row], pulls: Sequence[Row] = (), files: Sequence[Row] = ()
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The four tables that attribution reads, with the types of their contracts."""
    tables = (SCANS, SCAN_RESULTS, PULL_REQUESTS, CHANGED_FILES)
    rows = (scans, results, pulls, files)
    return tuple(  # type: ignore[return-value]
        pl.DataFrame(list(each), schema=table.polars_schema, orient="row")
        for table, each in zip(tables, rows, strict=True)
    )
