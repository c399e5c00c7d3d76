"""What tests of live reading need: a configuration for a loopback server, tables side by side, drift."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from dashboard.composition import Question, open_session
from ingest.contracts import BY_NAME, TABLES
from tests.acceptance.helpers_pilot import run, table
from tests.github_server.http import GitHubServer
from tests.github_server.world import Repo

TOKEN: Final = "good-token"  # noqa: S105 - the loopback server's
PARTS: Final = ("pull_requests", "changed_files", "reviews", "review_events", "commits")
ALL: Final = tuple(each.name for each in TABLES if each.kind != "ledger")
# Where and when a row was read; no two readings agree on it.
PROVENANCE: Final = ("source", "ingested_at", "raw_ref", "asked_at", "since_at", "file")
PILOT: Final = """
[[pilot]]
name = "live"
repositories = {repositories}
start_on = 2025-05-05
[sources.github]
url = "{url}"
token_file = "token"
{more}
"""

Cell = tuple[str, tuple[Any, ...], str]  # table, key of the row, column
Tables = dict[str, pl.DataFrame]


def live(folder: Path, server: GitHubServer, repositories: Sequence[str], more: str = "") -> Path:
    """Write a pilot.toml that reads these repositories from a loopback server."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(TOKEN)
    (folder / "token").chmod(0o600)
    config = folder / "pilot.toml"
    config.write_text(PILOT.format(repositories=json.dumps(list(repositories)), url=server.url, more=more))
    return config


@dataclass(frozen=True)
class Sync:
    """What one `pilot ingest` asked of the server, and its row of the ledger."""

    requests: int
    points: int
    row: dict[str, Any]


def sync(config: Path, server: GitHubServer, *words: str, expected: int = 0) -> Sync:
    """Read live once, and count at the server what it cost."""
    requests, points = server.requests, server.points
    code, out, err = run("ingest", config, "github", *words, "--json")
    assert code == expected, (code, out, err)
    rows = {row["source"]: row for row in json.loads(out)} if out else {}
    return Sync(server.requests - requests, server.points - points, rows.get("github", {}))


def plain(config: Path, names: Sequence[str] = ALL) -> Tables:
    """Published tables without what tells where and when they were read, in the order of their keys."""
    return {name: _plain(table(config, name), BY_NAME[name].key) for name in names}


def _plain(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    return frame.drop(PROVENANCE, strict=False).sort([each for each in key if each not in PROVENANCE])


def differing(seen: Tables, expected: Tables) -> set[Cell]:
    """Cells that differ, and rows that only one side has (as column `*`)."""
    assert seen.keys() == expected.keys()
    return {cell for name in expected for cell in _differing(name, seen[name], expected[name])}


def _differing(name: str, seen: pl.DataFrame, expected: pl.DataFrame) -> set[Cell]:
    if seen.equals(expected):
        return set()
    key = BY_NAME[name].key
    left, right = _by_key(seen, key), _by_key(expected, key)
    alone = {(name, row, "*") for row in left.keys() ^ right.keys()}
    both = left.keys() & right.keys()
    return alone | {
        (name, row, column)
        for row in both
        for column, value in left[row].items()
        if value != right[row].get(column)
    }


def _by_key(frame: pl.DataFrame, key: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row[each] for each in key): row for row in frame.to_dicts()}


def quarantined(config: Path) -> int:
    """How many rows of all tables were refused."""
    store = open_session(Question(config)).store
    return sum(store.quarantined(name).select(pl.len()).collect().item() for name in ALL)


def file_config(folder: Path, texts: dict[str, bytes], repositories: Sequence[str]) -> Path:
    """Write a pilot.toml that reads the same repositories from files."""
    (folder / "files").mkdir(parents=True)
    for name, content in texts.items():
        (folder / "files" / name).write_bytes(content)
    config = folder / "pilot.toml"
    text = PILOT.partition("[sources.github]")[0].format(repositories=json.dumps(list(repositories)))
    config.write_text(f'{text}[sources.github_export]\npaths = ["files/*.json"]\n')
    return config


# -- alerts ------------------------------------------------------------------------------------------


def alert(number: int) -> dict[str, Any]:
    """An open alert of code scanning, seen on the default branch."""
    at = f"2026-06-{1 + number % 28:02d}T08:00:00Z"
    instance = {
        "ref": "refs/heads/main", "analysis_key": "scan:analyze", "category": "/language:python",
        "state": "open", "commit_sha": "a" * 40, "message": {"text": "Built from user input."},
        "location": {"path": "src/app.py", "start_line": number, "end_line": number, "start_column": 1,
                     "end_column": 9}, "classifications": [], "environment": "{}",
    }  # fmt: skip
    return {
        "number": number, "state": "open", "created_at": at, "updated_at": at, "fixed_at": None,
        "dismissed_at": None, "dismissed_by": None, "dismissed_reason": None, "dismissed_comment": None,
        "html_url": f"https://git.example/alerts/{number}", "most_recent_instance": instance,
        "rule": {"id": "py/sql-injection", "severity": "error", "security_severity_level": "high",
                 "tags": ["security", "external/cwe/cwe-089"], "description": "SQL injection"},
        "tool": {"name": "CodeQL", "guid": None, "version": "2.22.4"},
    }  # fmt: skip


def analysis() -> dict[str, Any]:
    """An upload of the scanner that found those alerts."""
    return {
        "id": 1, "ref": "refs/heads/main", "commit_sha": "a" * 40, "analysis_key": "scan:analyze",
        "environment": "{}", "category": "/language:python", "error": "", "warning": "",
        "created_at": "2026-06-29T08:00:00Z", "results_count": 130, "rules_count": 9, "sarif_id": "s1",
        "deletable": True, "tool": {"name": "CodeQL", "guid": None, "version": "2.22.4"},
    }  # fmt: skip


# -- days later ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drift:
    """A repository days later, and what changed in it, by pull request."""

    repo: Repo
    grown: tuple[int, ...]  # other sizes
    told_dismissal: tuple[int, str]  # number and review: the timeline tells of it
    silent_dismissal: tuple[int, str]  # nothing tells of it but the state
    out_of_place: int  # listed among those that are five days older
    opened: tuple[int, ...]


def drifted(repo: Repo) -> Drift:
    """Let days pass: a quarter grows, two reviews are dismissed, one is listed out of place, two are new."""
    later = deepcopy(repo)
    top = datetime.fromisoformat(max(node["updatedAt"] for node in later.pulls.values()))
    grown = tuple(sorted(later.pulls))[::4]
    for place, number in enumerate(grown):
        _grow(later.pulls[number], _written(top + timedelta(hours=1 + place)))
    told, *others = _blocked(later)
    silent = next(each for each in others if each[0] != told[0])
    _dismiss(later.pulls[told[0]], told[1], _written(top + timedelta(days=3)), is_told=True)
    _dismiss(later.pulls[silent[0]], silent[1], _written(top + timedelta(days=3, hours=1)), is_told=False)
    opened = _open(later, _written(top + timedelta(days=4)))
    moved = next(number for number in grown if number not in {told[0], silent[0]})
    later.order = _out_of_place(later, moved)
    return Drift(later, grown, told, silent, moved, opened)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _grow(node: dict[str, Any], at: str) -> None:
    path = f"src/part_{node['number']}.py"
    node["files"] = [{"path": path, "additions": 30, "deletions": 4, "changeType": "ADDED"}]
    node.update(additions=30, deletions=4, changedFiles=1, updatedAt=at)


def _blocked(repo: Repo) -> list[tuple[int, str]]:
    """Reviews that ask for changes: number of the pull request, id of the review."""
    return [
        (number, review["id"])
        for number, node in sorted(repo.pulls.items())
        for review in node["reviews"]
        if review["state"] == "CHANGES_REQUESTED"
    ]


def _dismiss(node: dict[str, Any], review_id: str, at: str, *, is_told: bool) -> None:
    (review,) = [each for each in node["reviews"] if each["id"] == review_id]
    review["state"] = "DISMISSED"
    node["updatedAt"] = at
    if is_told:
        node["timelineItems"].append({
            "__typename": "ReviewDismissedEvent", "id": f"RDE_{review_id}", "createdAt": at,
            "actor": {"__typename": "User", "login": "maintainer"},
            "previousReviewState": "CHANGES_REQUESTED",
            "review": {key: review[key] for key in ("id", "fullDatabaseId") if key in review},
        })  # fmt: skip


def _open(repo: Repo, at: str) -> tuple[int, int]:
    pattern = deepcopy(repo.pulls[max(repo.pulls)])
    numbers = (max(repo.pulls) + 1, max(repo.pulls) + 2)
    for number in numbers:
        fresh = {
            **pattern, "number": number, "id": f"PR_new_{number}",
            "fullDatabaseId": str(9_000_000_000 + number),
            "state": "OPEN", "createdAt": at, "updatedAt": at, "closedAt": None, "mergedAt": None,
            "merged": False, "mergedBy": None, "mergeCommit": None, "reviews": [], "timelineItems": [],
            "commits": [], "headRefOid": f"{number:040x}",
        }  # fmt: skip
        repo.pulls[number] = fresh
    return numbers


def _out_of_place(repo: Repo, number: int) -> list[int]:
    """Order by last change in which one pull request stands among those five days older than it."""
    moments = {each: datetime.fromisoformat(node["updatedAt"]) for each, node in repo.pulls.items()}
    seeming = {**moments, number: moments[number] - timedelta(days=5)}
    return sorted(seeming, key=lambda each: (seeming[each], each), reverse=True)
