"""Pull requests, reviews, commits and accounts as REST tells them, from the same nodes as GraphQL."""

from __future__ import annotations

import zlib
from typing import Any, Final

from tests.github_server.rest_call import Call, Reply, refusal
from tests.github_server.rest_pages import Item, numbered
from tests.github_server.world import Repo

GHOST: Final = {"__typename": "User", "login": "ghost"}
MOST_COMMITS: Final = 250  # GitHub lists no more of one pull request
NO_REACTIONS: Final = {"total_count": 0}


def account(call: Call, actor: Item | None) -> Item | None:
    """An account; bots bear the suffix that GraphQL takes away."""
    if actor is None:
        return None
    is_bot = actor.get("__typename") == "Bot"
    login = f"{actor['login']}[bot]" if is_bot and actor["login"] != "Copilot" else actor["login"]
    address = f"{call.base}/users/{login}"
    return {"login": login, "id": stable(login), "type": actor.get("__typename", "User"), "url": address}


def stable(text: str) -> int:
    """Same number for the same text, as ids are."""
    return zlib.crc32(text.encode())


def issues(call: Call, repo: Repo) -> Reply:
    """Pull requests as issues, which is the only list that can be cut by time."""
    since = call.parameters.get("since", "")[:19]
    nodes = [node for node in repo.pulls.values() if node["updatedAt"][:19] >= since]
    wanted = call.parameters.get("state", "open")
    kept = [node for node in nodes if wanted in {"all", _state(node)}]
    name = {"created": "createdAt"}.get(call.parameters.get("sort", "created"), "updatedAt")
    is_descending = call.parameters.get("direction", "desc") == "desc"
    kept.sort(key=lambda node: (node[name], node["number"]), reverse=is_descending)
    page = numbered(call, kept)
    return Reply(page.status, [_issue(call, repo, node) for node in page.body], page.headers)


def _issue(call: Call, repo: Repo, node: Item) -> Item:
    address = f"{call.base}/repos/{repo.name_with_owner}/pulls/{node['number']}"
    told = {"pull_request": {"url": address, "merged_at": node.get("mergedAt")}, "reactions": NO_REACTIONS}
    return {**_head(call, repo, node), **told, "comments": 0}


def _head(call: Call, repo: Repo, node: Item) -> Item:
    """What an issue and a pull request tell alike."""
    return {
        "id": int(node.get("fullDatabaseId") or repo.database_id * 1_000_000 + node["number"]),
        "number": node["number"],
        "title": node.get("title"),
        "body": node.get("body"),
        "state": _state(node),
        "html_url": node.get("url"),
        "user": account(call, node.get("author") or GHOST),
        "labels": [{"name": label["name"]} for label in node.get("labels") or []],
        "assignee": None,
        "assignees": [],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "closed_at": node.get("closedAt"),
    }


def _state(node: Item) -> str:
    return "closed" if node.get("closedAt") or node.get("mergedAt") else "open"


def pull(call: Call, repo: Repo, number: str) -> Reply:
    node = repo.pulls.get(int(number))
    return refusal(404, "Not Found") if node is None else Reply(200, _pull(call, repo, node))


def _pull(call: Call, repo: Repo, node: Item) -> Item:
    merge = node.get("mergeCommit") or {}
    branch = {"sha": node.get("headRefOid"), "ref": node.get("headRefName"), "repo": None}
    return {
        **_head(call, repo, node),
        "draft": bool(node.get("isDraft")),
        "merged": bool(node.get("mergedAt")),
        "merged_at": node.get("mergedAt"),
        "merged_by": account(call, node.get("mergedBy")),
        "merge_commit_sha": merge.get("oid"),
        "head": branch,
        "base": {"ref": node.get("baseRefName"), "repo": {"full_name": repo.name_with_owner}},
        "requested_reviewers": [],
        "requested_teams": [],
        "comments": 0,
        "review_comments": len(_comments(call, repo, node)),
        "commits": len(node.get("commits") or []),
        "additions": node.get("additions"),
        "deletions": node.get("deletions"),
        "changed_files": node.get("changedFiles"),
    }


def reviews(call: Call, repo: Repo, number: str) -> Reply:
    return _listed(call, repo, number, _reviews)


def _reviews(call: Call, repo: Repo, node: Item) -> list[Item]:
    return [_review(call, repo, node, review) for review in node.get("reviews") or []]


def _review(call: Call, repo: Repo, node: Item, review: Item) -> Item:
    number = _review_id(review)
    return {
        "id": number,
        "node_id": review.get("id"),
        "user": account(call, review.get("author")),
        "body": review.get("body") or "",
        "state": review.get("state"),  # upper case here, too
        "html_url": f"{node.get('url')}#pullrequestreview-{number}",
        "pull_request_url": f"{call.base}/repos/{repo.name_with_owner}/pulls/{node['number']}",
        "commit_id": (review.get("commit") or {}).get("oid"),
        "submitted_at": review.get("submittedAt"),
    }


def _review_id(review: Item) -> int:
    return int(review.get("fullDatabaseId") or stable(str(review.get("id"))))


def comments(call: Call, repo: Repo, number: str) -> Reply:
    return _listed(call, repo, number, _comments)


def _comments(call: Call, repo: Repo, node: Item) -> list[Item]:
    """As many comments as the reviews count."""
    return [
        _comment(call, repo, node, review, place)
        for review in node.get("reviews") or []
        for place in range(_comment_count(review))
    ]


def _comment_count(review: Item) -> int:
    told: Any = review.get("comments") or {}
    return int(told.get("totalCount") or 0) if isinstance(told, dict) else len(told)


def _comment(call: Call, repo: Repo, node: Item, review: Item, place: int) -> Item:
    number = stable(f"{review.get('id')}/{place}")
    return {
        "id": number,
        "pull_request_review_id": _review_id(review),
        "url": f"{call.base}/repos/{repo.name_with_owner}/pulls/comments/{number}",
        "html_url": f"{node.get('url')}#discussion_r{number}",
        "user": account(call, review.get("author")),
        "body": "A comment.",
        "created_at": review.get("submittedAt"),
        "updated_at": review.get("submittedAt"),
        "reactions": NO_REACTIONS,
    }


def commits(call: Call, repo: Repo, number: str) -> Reply:
    return _listed(call, repo, number, _commits)


def _commits(call: Call, _repo: Repo, node: Item) -> list[Item]:
    inner = [each.get("commit") or each for each in node.get("commits") or []]
    return [_commit(call, commit) for commit in inner[:MOST_COMMITS]]


def _commit(call: Call, commit: Item) -> Item:
    author = commit.get("author") or {}
    told = {"name": author.get("name"), "email": author.get("email"), "date": commit.get("committedDate")}
    return {
        "sha": commit["oid"],
        "commit": {"message": commit.get("message"), "author": told, "committer": told},
        "author": account(call, author.get("user")),
        "parents": [],
    }


def requested_reviewers(_call: Call, repo: Repo, number: str) -> Reply:
    if int(number) not in repo.pulls:
        return refusal(404, "Not Found")
    return Reply(200, {"users": [], "teams": []})


def none_of_it(call: Call, *_path: object) -> Reply:
    """A list of what this server knows nothing about: reactions, comments on the conversation."""
    return numbered(call, [])


def person(call: Call, login: str) -> Reply:
    is_bot = login.endswith("[bot]")
    actor = {"__typename": "Bot" if is_bot else "User", "login": login.removesuffix("[bot]")}
    return Reply(200, {**(account(call, actor) or {}), "name": login, "email": None, "company": None})


def _listed(call: Call, repo: Repo, number: str, told: Any) -> Reply:
    node = repo.pulls.get(int(number))
    return refusal(404, "Not Found") if node is None else numbered(call, told(call, repo, node))
