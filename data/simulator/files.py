"""How do pull requests, scans and decisions become files: streamed, readable, the same bytes every time?"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final, Self

import orjson

from data.simulator.sarif import FOOTER, HEADER, Run, run_object
from data.simulator.weaknesses import Decision

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
TRIAGE_COLUMNS: Final = ("finding", "disposition", "at", "by", "reason", "second_person", "expires_at")


def as_line(value: Any) -> bytes:
    """One JSON value on one line; moments as 2026-06-01T09:30:00Z."""
    return orjson.dumps(value, option=_OPTIONS)


def write_page(path: Path, repository: str, nodes: Iterable[dict[str, Any]], *, has_next: bool) -> None:
    """One page of the pull request connection, a pull request on each line."""
    lines = [as_line(node) for node in nodes]
    before = {"nameWithOwner": repository, "defaultBranchRef": {"name": "main"}}
    page = {"hasNextPage": has_next, "endCursor": f"cursor:{path.stem}"}
    head = as_line({"data": {"repository": before}})[:-3]
    middle = b',"pullRequests":{"pageInfo":' + as_line(page) + b',"nodes":[\n'
    _write(path, head + middle + b",\n".join(lines) + b"\n]}}}}\n")


def write_sarif(path: Path, runs: Iterable[Run]) -> None:
    """One SARIF file, a run on each line."""
    body = b",\n".join(as_line(run_object(run)) for run in runs)
    _write(path, HEADER.encode() + body + FOOTER.encode())


class Listing:
    """A file that grows line by line; `with` closes it."""

    def __init__(self, path: Path, opening: str = "", closing: str = "", between: str = "\n") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream, self._closing, self._between = path.open("wb"), closing, between.encode()
        self._stream.write(opening.encode())
        self._is_first = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.write(self._closing.encode())
        self._stream.close()

    def add(self, line: bytes) -> None:
        """Append one line."""
        self._stream.write(line if self._is_first else self._between + line)
        self._is_first = False


def triage_line(decision: Decision) -> bytes:
    """One row of the triage file."""
    row = (
        decision.finding, decision.disposition, _moment(decision.at), decision.by, decision.reason,
        decision.second_person, _moment(decision.expires_at),
    )  # fmt: skip
    return csv_line(row)


def csv_line(cells: Iterable[str]) -> bytes:
    """One row of a CSV file, without its line end."""
    text = StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue().encode()


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
