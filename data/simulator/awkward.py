"""What do collectors get wrong, and what do real accounts do? Put in on purpose, once each.

A delivered page repeats the end of the one before it; a review is still pending; a reviewer's
account is gone; a row cannot be true (merged before it was opened) and belongs into quarantine.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

OVERLAP: Final = 3  # pull requests that the second page delivers again
IMPOSSIBLE_NUMBER: Final = 9001
Node = dict[str, Any]


def page(number: int, nodes: list[Node], before: list[Node]) -> list[Node]:
    """Nodes of a page as a tired collector delivers them; `before` is the page before it."""
    if number == 1:
        return [*with_lost_reviewer(with_pending_review(nodes)), impossible(nodes[0])]
    return [*before[-OVERLAP:], *nodes] if number == 2 else nodes  # noqa: PLR2004 - the second page


def with_pending_review(nodes: list[Node]) -> list[Node]:
    """Add a review that its author has not submitted yet, to an open pull request if there is one."""
    place = next((at for at, node in enumerate(nodes) if node["state"] == "OPEN"), 0)
    pending = {
        "id": f"PRR_pending_{nodes[place]['id']}", "author": {"__typename": "User", "login": "chloe-martin"},
        "state": "PENDING", "submittedAt": None, "body": "", "comments": {"totalCount": 1}, "commit": None,
    }  # fmt: skip
    return _replaced(nodes, place, [*nodes[place]["reviews"]["nodes"], pending])


def with_lost_reviewer(nodes: list[Node]) -> list[Node]:
    """Delete the account of the first person who asked for changes."""
    for place, node in enumerate(nodes):
        reviews = node["reviews"]["nodes"]
        asking = next((at for at, one in enumerate(reviews) if one["state"] == "CHANGES_REQUESTED"), None)
        if asking is not None:
            gone = [{**one, "author": None} if at == asking else one for at, one in enumerate(reviews)]
            return _replaced(nodes, place, gone)
    return nodes


def impossible(like: Node) -> Node:
    """A pull request that says it was merged a day before it was opened."""
    merged_at = like["createdAt"] - timedelta(days=1)
    empty = {"pageInfo": {"hasNextPage": False}, "nodes": []}
    return {
        **like, "id": f"PR_{IMPOSSIBLE_NUMBER}", "number": IMPOSSIBLE_NUMBER,
        "title": "Clock of the runner was wrong",
        "url": like["url"].rsplit("/", 1)[0] + f"/{IMPOSSIBLE_NUMBER}", "state": "MERGED", "merged": True,
        "mergedAt": merged_at, "closedAt": merged_at, "updatedAt": like["createdAt"], "body": "",
        "headRefName": "feature/clock", "author": {"__typename": "User", "login": "bence-nagy"},
        "additions": 0, "deletions": 0, "changedFiles": 0, "files": empty,
        "commits": empty, "reviews": empty, "timelineItems": empty,
    }  # fmt: skip


def _replaced(nodes: list[Node], place: int, reviews: list[Node]) -> list[Node]:
    connection = {**nodes[place]["reviews"], "nodes": reviews}
    return [*nodes[:place], {**nodes[place], "reviews": connection}, *nodes[place + 1 :]]
