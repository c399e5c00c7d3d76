"""Builders of GraphQL pull request nodes: what a test does not speak of has an ordinary value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ingest.authorship import actor, commit_signals, pull_request_signals
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.github_export import GITHUB_EXPORT

REPOSITORY = "acme/payments"
JANE = {"__typename": "User", "login": "jane"}
BOB = {"__typename": "User", "login": "bob"}
DAY_ONE = datetime(2026, 6, 1, tzinfo=UTC)


def at(clock: str, day: int = 1) -> str:
    """Write a moment of June 2026 as GitHub writes it."""
    return f"2026-06-{day:02d}T{clock}:00Z"


def connection(items: list[Any], *, more: bool = False) -> dict[str, Any]:
    """Write a list as GitHub answers it."""
    return {"nodes": items, "pageInfo": {"hasNextPage": more, "endCursor": None}}


def node(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Build an open pull request by a person, with one file and one commit."""
    return {
        "__typename": "PullRequest",
        "number": number,
        "title": "Round the totals",
        "body": "Totals were off by a cent.",
        "url": f"https://git.example/{REPOSITORY}/pull/{number}",
        "author": JANE,
        "baseRefName": "main",
        "headRefName": "round-totals",
        "headRefOid": "c" * 40,
        "isDraft": False,
        "createdAt": at("08:00"),
        "updatedAt": at("12:00"),
        "closedAt": None,
        "mergedAt": None,
        "mergedBy": None,
        "mergeCommit": None,
        "additions": 5,
        "deletions": 2,
        "changedFiles": 1,
        "labels": [],
        "files": [{"path": "src/totals.py", "additions": 5, "deletions": 2, "changeType": "MODIFIED"}],
        "reviews": [],
        "timelineItems": [],
        "commits": [commit()],
        **fields,
    }


def commit(oid: str = "c" * 40, **fields: Any) -> dict[str, Any]:
    """Build a commit by Jane."""
    inner = {
        "oid": oid,
        "message": "Round the totals",
        "committedDate": at("07:30"),
        "author": {"name": "Jane", "email": "jane@people.example", "user": JANE},
        "statusCheckRollup": {"state": "SUCCESS"},
        **fields,
    }
    return {"__typename": "PullRequestCommit", "commit": inner}


def review(state: str = "APPROVED", **fields: Any) -> dict[str, Any]:
    """Build a review by Bob."""
    return {
        "id": "PRR_1", "fullDatabaseId": "11", "state": state, "submittedAt": at("10:00"), "author": BOB,
        "body": "Fine", "commit": {"oid": "c" * 40}, "comments": {"totalCount": 2}, **fields,
    }  # fmt: skip


def event(typename: str, clock: str, **fields: Any) -> dict[str, Any]:
    """Build a timeline entry by Jane."""
    return {
        "__typename": typename,
        "id": f"{typename}-{clock}",
        "createdAt": at(clock),
        "actor": JANE,
        **fields,
    }


def page(*nodes: Any, **repository: Any) -> dict[str, Any]:
    """Build an answer of the interface."""
    told = {"nameWithOwner": REPOSITORY, "defaultBranchRef": {"name": "main"}, **repository}
    return {"data": {"repository": told | {"pullRequests": connection(list(nodes))}}}


def parse(folder: Path, content: Any, settings: IngestSettings | None = None) -> Parsed:
    """Rows of a file with this content: bytes as they are, anything else as JSON."""
    path = folder / "pulls.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return GITHUB_EXPORT.parse(SourceFile(path, path.name), settings or IngestSettings())


def rows(parsed: Parsed, table: str = "pull_requests") -> list[dict[str, Any]]:
    """Rows of one table; none where the file gave none."""
    return parsed.frames[table].to_dicts() if table in parsed.frames else []


def pull(number: int, login: str | None = "jane", kind: str = "user", **fields: Any) -> dict[str, Any]:
    """Build a row for judging; `branch`, `title` and `body` become its traces."""
    branch, title, body = fields.pop("branch", "fix"), fields.pop("title", "Fix"), fields.pop("body", None)
    return {
        "repository": REPOSITORY, "number": number, "author_login": login, "author_kind": kind,
        "head_branch": branch, "created_at": DAY_ONE, "changed_file_count": 1, "cut_lists": [],
        "signals": pull_request_signals(login, kind, branch, title, body), **fields,
    }  # fmt: skip


def made(number: int, sha: str, message: str = "Fix", **fields: Any) -> dict[str, Any]:
    """Build a commit row for judging, with the traces of its message and author."""
    login, name, email = fields.pop("login", "jane"), fields.pop("name", "Jane"), fields.pop("email", None)
    evidence = commit_signals(login, name, email, message)
    return {
        "repository": REPOSITORY, "number": number, "sha": sha, "author_login": actor(login)[0],
        "committed_at": DAY_ONE, "signals": evidence.signals, "model": evidence.model,
        "agent": evidence.agent, "authorship": evidence.authorship, **fields,
    }  # fmt: skip


_WORDS = pl.List(pl.String())
_MOMENT = pl.Datetime("us", "UTC")


def pulls(*given: dict[str, Any]) -> pl.DataFrame:
    """Pull request rows as a frame with the contract's types."""
    types = {"signals": _WORDS, "cut_lists": _WORDS, "created_at": _MOMENT, "changed_file_count": pl.Int64(),
             "author_login": pl.String(), "head_branch": pl.String()}  # fmt: skip
    return pl.DataFrame(list(given), schema_overrides=types)


def commits(*given: dict[str, Any]) -> pl.DataFrame:
    """Commit rows as a frame with the contract's types; also for none."""
    types = {"repository": pl.String(), "number": pl.Int64(), "sha": pl.String(), "author_login": pl.String(),
             "committed_at": _MOMENT, "signals": _WORDS, "model": pl.String(), "agent": pl.String(),
             "authorship": pl.String()}  # fmt: skip
    return pl.DataFrame(list(given), schema=types)
