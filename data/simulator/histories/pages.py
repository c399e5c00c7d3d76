"""How does GitHub's GraphQL API spell the pull requests of a history?"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from data.simulator.histories.commits import Commit
from data.simulator.histories.landing import Pull
from data.simulator.histories.lines import Tree, changed_paths
from data.simulator.nodes import Node, actor, connection


def pull_request(pull: Pull, repository: str) -> Node:
    """One node of `repository.pullRequests`."""
    files = changed_files(pull.base.tree, pull.head.tree)
    driver = pull.hand.driver if pull.hand.is_bot else None
    return {
        "id": f"PR_{repository}_{pull.number}",
        "number": pull.number,
        "url": f"https://github.example/{repository}/pull/{pull.number}",
        "title": pull.work.title,
        "body": f"{pull.work.title}.\n\n{pull.hand.body}".strip(),
        "state": "MERGED" if pull.merged_at else "CLOSED" if pull.closed_at else "OPEN",
        "isDraft": False,
        "author": actor(pull.hand.login, is_bot=pull.hand.is_bot),
        "createdAt": pull.opened_at,
        "updatedAt": pull.closed_at or pull.head.signed.committed_at,
        "closedAt": pull.closed_at,
        "merged": pull.merged_at is not None,
        "mergedAt": pull.merged_at,
        "mergedBy": actor(pull.merged_by) if pull.merged_at else None,
        "mergeCommit": {"oid": pull.merge.sha} if pull.merge and pull.is_merge_told else None,
        "baseRefName": pull.work.base.removeprefix("refs/heads/"),
        "headRefName": pull.branch,
        "headRefOid": pull.head.sha,
        "additions": sum(file["additions"] for file in files),
        "deletions": sum(file["deletions"] for file in files),
        "changedFiles": len(files),
        "labels": connection([]),
        "assignees": {"nodes": [{"login": driver}] if driver else []},
        "files": connection(files),
        "commits": connection([_commit(commit, pull) for commit in pull.commits]),
        "reviews": connection(_reviews(pull, repository)),
        "timelineItems": connection(_timeline(pull, repository)),
    }


def changed_files(before: Tree, after: Tree) -> list[Node]:
    """Files that differ, with the lines added and taken away; a renamed one is known by its lines."""
    gone = [path for path in changed_paths(before, after) if path not in after]
    files = []
    for path in changed_paths(before, after):
        old = path if path in before else _origin(before, after, (path, gone))
        if path in after:
            files.append(_file(path, _texts(before, old), _texts(after, path), old))
            gone = [one for one in gone if one != old]
    return files + [_file(path, _texts(before, path), [], path) for path in gone]


def _origin(before: Tree, after: Tree, moved: tuple[str, list[str]]) -> str | None:
    """The file that another one was, by more than half of its lines."""
    path, gone = moved
    keys = after[path].places.keys()
    return next((one for one in gone if 2 * len(keys & before[one].places.keys()) > len(keys)), None)


def _texts(tree: Tree, path: str | None) -> list[str]:
    return [line.text for line in tree[path].lines] if path and path in tree else []


def _file(path: str, old: list[str], new: list[str], old_path: str | None) -> Node:
    matched = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in matched)
    kind = "ADDED" if not old else "DELETED" if not new else "MODIFIED" if old_path == path else "RENAMED"
    return {"path": path, "additions": len(new) - same, "deletions": len(old) - same, "changeType": kind}


def _commit(commit: Commit, pull: Pull) -> Node:
    author = commit.signed.author
    login = author.name if pull.hand.driver and author == pull.hand.author else pull.hand.login
    told: dict[str, Any] = {
        "oid": commit.sha,
        "committedDate": commit.signed.committed_at,
        "message": commit.message,
        "author": {"name": author.name, "email": author.email, "user": {"login": login}},
    }
    return {"commit": told}


def _reviews(pull: Pull, repository: str) -> list[Node]:
    if pull.merged_at is None or pull.merged_by is None:
        return []
    review = {
        "id": f"PRR_{repository}_{pull.number}_0",
        "author": actor(pull.merged_by),
        "state": "APPROVED",
        "submittedAt": pull.merged_at,
        "body": "",
        "comments": {"totalCount": 0},
        "commit": {"oid": pull.head.sha},
    }
    return [review]


def _timeline(pull: Pull, repository: str) -> list[Node]:
    if pull.closed_at is None:
        return []
    kind = "MergedEvent" if pull.merged_at else "ClosedEvent"
    name = {"id": f"TL_{repository}_{pull.number}_0", "createdAt": pull.closed_at, "__typename": kind}
    commit = {"commit": {"oid": pull.head.sha}} if pull.merged_at else {}
    return [{**name, "actor": actor(pull.merged_by or pull.hand.login), **commit}]
