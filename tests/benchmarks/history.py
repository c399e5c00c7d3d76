"""A repository of any size for measuring, and its lines blamed as the product does it and one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Final

import polars as pl

from ingest.contracts import SCAN_RESULTS, SCANS, Table
from ingest.history.blame import Blamer
from ingest.history.git import Git
from ingest.history.mirrors import Mirrors
from ingest.history.origins import trace
from ingest.settings import IngestSettings
from ingest.store import Store

COMMITS: Final = 3_000
FILES: Final = 200
LINES: Final = 200  # of a file, to begin with
FINDINGS: Final = 1_000
REPOSITORY: Final = "acme/payments"
BEGAN: Final = 1_767_600_000
AT: Final = datetime(2026, 8, 3, 12, tzinfo=UTC)
FORMS: Final = ("-w", "-M", "-C")
WORDS: Final = (
    "account",
    "batch",
    "cursor",
    "event",
    "ledger",
    "order",
    "query",
    "record",
    "session",
    "token",
)
OWN: Final = {
    "scan_id": "s1", "repository": REPOSITORY, "tool": "bandit", "stage": "post_merge", "scanned_at": AT,
    "file": "scan.sarif", "source": "sarif", "ingested_at": AT, "raw_ref": "scan.sarif:0", "rule": "B307",
    "is_security": True, "severity": "high", "cwe": [], "is_blamable": True, "finding_key": "k",
}  # fmt: skip


def prepare(folder: Path) -> None:
    """A mirror that git itself imports from a stream, and which lines of it are reported."""
    mirror = Mirrors(folder / "git").path(REPOSITORY)
    mirror.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", str(mirror)], check=True)
    contents: dict[str, list[str]] = {}
    stream = b"".join(_stream(Random(1), contents))  # noqa: S311 - drawn for measuring
    subprocess.run(["git", "-C", str(mirror), "fast-import", "--quiet"], input=stream, check=True)
    subprocess.run(["git", "-C", str(mirror), "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    drawn = _reported(Random(2), contents)  # noqa: S311 - as above
    (folder / "history.json").write_text(json.dumps(drawn))


def _stream(chance: Random, contents: dict[str, list[str]]) -> Iterator[bytes]:
    for number in range(COMMITS):
        yield f"commit refs/heads/main\ncommitter Jane <> {BEGAN + 600 * number} +0000\ndata 0\n".encode()
        drawn = [chance.randrange(FILES) for _ in range(2)]
        paths = [_name(number)] if number < FILES else list(dict.fromkeys(map(_name, drawn)))
        for path in paths:
            text = "\n".join(_edited(chance, contents, path)).encode() + b"\n"
            yield f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text


def _name(number: int) -> str:
    return f"src/part_{number % 20}/module_{number}.py"


def _edited(chance: Random, contents: dict[str, list[str]], path: str) -> list[str]:
    """The file with a few lines changed, and now and then a piece moved."""
    lines = contents.setdefault(path, [_line(chance) for _ in range(LINES)])
    for _ in range(4):
        lines[chance.randrange(len(lines))] = _line(chance)
    at = chance.randrange(len(lines) - 20)
    if chance.random() < 0.2:
        lines[at : at + 8], lines[-8:] = lines[-8:], lines[at : at + 8]
    lines.insert(at, _line(chance))
    return lines


def _line(chance: Random) -> str:
    name, callee, value = (chance.choice(WORDS) for _ in range(3))
    return f"    {name}_{chance.randrange(10**6)} = {callee}({value})"


def _reported(chance: Random, contents: dict[str, list[str]]) -> list[tuple[str, int]]:
    paths = sorted(contents)
    drawn = (
        (path := chance.choice(paths), chance.randrange(len(contents[path])) + 1) for _ in range(FINDINGS)
    )
    return sorted(set(drawn))


def traced(folder: Path) -> None:
    """All that the product does: read, blame in batches, walk back, write."""
    store = Store(str(folder / "history"))
    told = [{"position": at, "path": path, "line": line} for at, (path, line) in enumerate(_lines(folder))]
    _write(store, SCANS, [{"commit_sha": _head(folder), "status": "ok"}])
    _write(store, SCAN_RESULTS, told)
    trace(store, Mirrors(folder / "git"), IngestSettings(), AT)
    assert store.current("line_origins").filter(pl.col("blame") == "copies").collect().height == len(told)


def batched(folder: Path) -> None:
    """Blame alone, one process for each file."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for path, line in _lines(folder):
        wanted[path].append(line)
    blamer, head = Blamer(_git(folder)), _head(folder)
    assert all(blamer.blame(head, path, lines) for path, lines in wanted.items())


def one_by_one(folder: Path) -> None:
    """Blame alone, one process for each line."""
    git, head = _git(folder), _head(folder)
    for path, line in _lines(folder):
        git.run("blame", "--porcelain", *FORMS, f"-L{line},{line}", head, "--", path)


def _lines(folder: Path) -> list[tuple[str, int]]:
    return [(path, line) for path, line in json.loads((folder / "history.json").read_text())]


def _git(folder: Path) -> Git:
    return Git(Mirrors(folder / "git").path(REPOSITORY))


def _head(folder: Path) -> str:
    return _git(folder).text("rev-parse", "HEAD")


def _write(store: Store, table: Table, rows: list[dict[str, object]]) -> None:
    filled = [{name: {**OWN, **row}.get(name) for name in table.columns} for row in rows]
    store.write(table, pl.DataFrame(filled, schema=table.polars_schema))


def forget(folder: Path) -> None:
    """Everything is to be traced again."""
    rmtree(folder / "history", ignore_errors=True)


def main() -> None:
    ways: dict[str, Callable[[Path], None]] = {"traced": traced, "batched": batched, "one_by_one": one_by_one}
    ways[sys.argv[1]](Path(sys.argv[2]))


if __name__ == "__main__":
    main()
