"""Rows of history for tracking: where lines come from, and what landed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from ingest.attribution import attribute
from ingest.contracts import COMMITS, FINDINGS, LANDED_COMMITS, LINE_ORIGINS
from ingest.identity import finding_id, finding_key
from ingest.tracking.history import History
from tests.builders_sarif import REPOSITORY, Row, day, frames

CALL = "run(command)"


def at(scan_id: str, line: int = 3, position: int = 0, **facts: Any) -> Row:
    """A result of rule B1 in app.py; `ordinal` and `text` make its key."""
    facts = {"rule": "B1", "path": "app.py", "text": CALL, "ordinal": 0, **facts}
    text, ordinal = facts.pop("text"), facts.pop("ordinal")
    return {
        "scan_id": scan_id, "position": position, "line": line, "cwe": [], "severity": "high",
        "finding_key": finding_key(facts["rule"], facts["path"], text, ordinal), "is_security": True,
        "is_blamable": True, "suppressed": None, "baseline_state": None, "message": text,
        "introduced_by": None, "text_key": f"text-{text}", "raw_ref": f"{scan_id}#{position}", **facts,
    }  # fmt: skip


def origin(
    scan_id: str,
    line: int = 3,
    path: str = "app.py",
    came: tuple[str, str, int] = ("c1", "app.py", 3),
    **facts: Any,
) -> Row:
    """The line at that place of a scan's commit came in with this commit, path and line."""
    commit, first_path, first_line = came
    return {
        "repository": REPOSITORY, "commit_sha": f"commit-{scan_id}", "path": path, "line": line,
        "blob_sha": "b", "text_key": None, "blame": "copies", "steps": [], "introduced_commit": commit,
        "introduced_path": first_path, "introduced_line": first_line, "raw_ref": "git", **facts,
    }  # fmt: skip


def replaced(commit: str, path: str, line: int) -> Row:
    """What the line replaced, as facts of an origin."""
    return {"replaced_commit": commit, "replaced_path": path, "replaced_line": line}


def landed(sha: str, place: int, number: int | None = None, on_day: float | None = None, **facts: Any) -> Row:
    """A commit of main; by default it landed on the day that its place says."""
    return {
        "repository": REPOSITORY, "sha": sha, "branch": "main", "place": place, "is_merge": False,
        "landed_at": day(place if on_day is None else on_day), "pull_request": number, "subject": sha,
        "authorship": "human", "evidence": [], "raw_ref": "git", **facts,
    }  # fmt: skip


def held(sha: str, number: int) -> Row:
    """A commit of a pull request."""
    return {"repository": REPOSITORY, "number": number, "sha": sha, "raw_ref": "page"}


def history(
    origins: Sequence[Row] = (),
    landings: Sequence[Row] = (),
    commits: Sequence[Row] = (),
    earlier: Sequence[Row] = (),
) -> History:
    """What is known beside the scans."""
    tables = (LINE_ORIGINS, LANDED_COMMITS, COMMITS, FINDINGS)
    rows = (origins, landings, commits, earlier)
    made = [
        pl.DataFrame(list(each), schema=table.polars_schema, orient="row")
        for table, each in zip(tables, rows, strict=True)
    ]
    return History(*made)


def found(
    scans: Sequence[Row],
    results: Sequence[Row],
    known: History | None = None,
    pulls: Sequence[Row] = (),
    files: Sequence[Row] = (),
) -> list[Row]:
    """Findings in the order of their first reports."""
    told = attribute(*frames(scans, results, pulls, files), known or history())
    return told.sort("first_seen_at", "rule", "line", "finding_id").to_dicts()


def only(rows: list[Row]) -> Row:
    """The one finding that there is."""
    (row,) = rows
    return row


def id_of(result: Row) -> str:
    """Id of the finding that a result is by its own key."""
    return finding_id(REPOSITORY, result["finding_key"])
