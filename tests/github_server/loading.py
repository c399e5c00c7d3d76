"""What does a world of real pull requests hold? Files beside the checkout, as GitHub would tell them.

What was not collected is absent, and the server answers it as null or empty: GraphQL files lack sizes,
files and mergers, the table of one large repository lacks titles, commits and timelines.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import polars as pl

from tests.github_server.exporting import page_export
from tests.github_server.inventing import invented
from tests.github_server.world import Repo, World

__all__ = ["invented", "page_export", "real_world"]
GRAPHQL: Final = "graphql"
TABLE: Final = "posthog"
Node = dict[str, Any]


def real_world(folder: Path) -> World:
    """The repositories below a folder of real pull requests; none where nothing is there."""
    files = sorted((folder / GRAPHQL).glob("*.json"))
    repositories = [_from_nodes(file, place) for place, file in enumerate(files, start=1)]
    if (folder / TABLE / "prs.parquet").exists():
        repositories.append(_from_tables(folder / TABLE))
    return World(repositories)


def _from_nodes(file: Path, place: int) -> Repo:
    """A repository whose nodes were saved with plain lists."""
    told = json.loads(file.read_text(encoding="utf-8"))
    pulls = {node["number"]: node for node in told["pullRequests"]}
    return Repo(f"R_real_{place}", place, told["nameWithOwner"], pulls)


def _from_tables(folder: Path) -> Repo:
    """A repository from tables of pull requests, in the order that GitHub listed, and of reviews."""
    rows = pl.read_parquet(folder / "prs.parquet").to_dicts()
    reviews: dict[int, list[Node]] = defaultdict(list)
    for row in pl.read_parquet(folder / "reviews.parquet").to_dicts():
        reviews[row["pr_number"]].append(_review(row, len(reviews[row["pr_number"]])))
    pulls = {row["pr_number"]: _node(row, reviews[row["pr_number"]]) for row in rows}
    name = "/".join(rows[0]["pr_url"].split("/")[3:5])
    return Repo("R_real_table", 9_000, name, pulls, order=[row["pr_number"] for row in rows])


def _node(row: Node, reviews: list[Node]) -> Node:
    labels = row["labels"].split("|") if row["labels"] else []
    return {
        "number": row["pr_number"],
        "url": row["pr_url"],
        "state": row["state"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "closedAt": row["closed_at"],
        "mergedAt": row["merged_at"],
        "additions": row["additions"],
        "deletions": row["deletions"],
        "changedFiles": row["changed_files"],
        "author": _account(row["author_login"]),
        "labels": [{"name": name} for name in labels],
        "reviews": reviews,
    }


def _review(row: Node, place: int) -> Node:
    number = row["pr_number"] * 1_000 + place
    return {
        "id": f"PRR_{number}",
        "fullDatabaseId": str(number),
        "state": row["review_state"],
        "submittedAt": row["review_submitted_at"],
        "author": _account(row["reviewer_login"]),
    }


def _account(login: str) -> Node:
    """People bear a pseudonym in these files; every other account is a machine's."""
    is_person = login.startswith("user-")
    return {"__typename": "User" if is_person else "Bot", "login": login}
