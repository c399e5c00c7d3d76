"""What acceptance tests ask of the product: its command line in this process, its published tables."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

from dashboard.cli import main
from dashboard.composition import Question, open_session
from ingest.contracts import TABLES

NAMES = tuple(table.name for table in TABLES if table.kind != "ledger")


def run(command: str, config: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([command, *words, "--config", str(config)])
    return code, out.getvalue(), err.getvalue()


def document(command: str, config: Path, *words: str) -> Any:
    """JSON that one command prints."""
    code, out, err = run(command, config, *words, "--json")
    assert out, (code, err)
    return json.loads(out)


def verdicts(config: Path, *words: str) -> dict[str, dict[str, Any]]:
    """Verdict of each pilot."""
    return {each["pilot"]: each for each in document("gate", config, *words)}


def ingest(config: Path, expected: int = 0) -> dict[str, dict[str, Any]]:
    """Ledger row of each source of one ingest, after its exit code was checked."""
    code, out, err = run("ingest", config, "--json")
    assert code == expected, (code, out, err)
    return {row["source"]: row for row in json.loads(out)}


def table(config: Path, name: str) -> pl.DataFrame:
    """Read one published table."""
    session = open_session(Question(config))
    assert session.published is not None
    return session.store.read(name, session.published).collect()


def versions(config: Path) -> dict[str, int]:
    """Published version of each table."""
    published = open_session(Question(config)).published
    return dict(published.versions) if published else {}


def content(config: Path) -> dict[str, pl.DataFrame]:
    """All published tables, in the order of their keys, without the time of writing."""
    return {
        each.name: table(config, each.name).drop("ingested_at").sort(each.key)
        for each in TABLES
        if each.kind != "ledger"
    }


def assert_same_content(seen: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    """Every table has the same rows, and there is at least one row to compare."""
    assert seen.keys() == expected.keys()
    assert sum(frame.height for frame in expected.values())
    different = [name for name in expected if not seen[name].equals(expected[name])]
    assert different == []
