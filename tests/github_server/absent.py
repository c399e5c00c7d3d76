"""What is answered where a node does not hold a field?

Null where the schema allows it; what follows from other fields; else the emptiest value of its type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from graphql import GraphQLField, GraphQLNonNull, get_named_type

from tests.github_server.context import LONG_AGO, Node


def _slug(value: Any) -> str:
    return "".join(each if each.isalnum() else "_" for each in str(value))


def _identity(node: Node) -> str:
    named = (node[name] for name in ("oid", "slug", "login", "name", "number") if node.get(name) is not None)
    return f"N_{_slug(next(named, node.get('createdAt', '')))}"


def _entry_id(prefix: str, entry: Node) -> str:
    """Name an entry of a pull request by its moment and its person."""
    pull = entry.get("pullRequest") or {}
    who = entry.get("author") or entry.get("actor") or {}
    at = entry.get("submittedAt") or entry.get("createdAt")
    return f"{prefix}_{_slug((pull.get('number'), at, who.get('login')))}"


def _head_commit(pull: Node) -> Node | None:
    made: list[Node] = [entry["commit"] for entry in pull.get("commits") or () if entry.get("commit")]
    at_head = [commit for commit in made if commit.get("oid") == pull.get("headRefOid")]
    found = at_head or made[-1:]
    return found[0] if found else None


def _head_rollup(pull: Node) -> Node | None:
    head = _head_commit(pull)
    return head.get("statusCheckRollup") if head else None


def state_of(pull: Node) -> str:
    if pull.get("mergedAt"):
        return "MERGED"
    return "CLOSED" if pull.get("closedAt") else "OPEN"


def _pull_url(pull: Node) -> str:
    return f"https://github.com/{pull['repository'].name_with_owner}/pull/{pull['number']}"


def _made_up_oid(pull: Node) -> str:
    return f"{pull['repository'].database_id:020x}{pull['number']:020x}"


def _profile(actor: Node) -> str:
    return f"https://github.com/{actor.get('login') or actor.get('slug')}"


DERIVED: Final[dict[str, Callable[[Node], Any]]] = {
    "PullRequest.id": lambda pull: f"PR_{pull['repository'].database_id}_{pull['number']}",
    "PullRequest.merged": lambda pull: bool(pull.get("mergedAt")),
    "PullRequest.closed": lambda pull: bool(pull.get("closedAt")),
    "PullRequest.state": state_of,
    "PullRequest.url": _pull_url,
    "PullRequest.permalink": _pull_url,
    "PullRequest.resourcePath": lambda pull: _pull_url(pull).removeprefix("https://github.com"),
    "PullRequest.headRefOid": _made_up_oid,
    "PullRequest.baseRefName": lambda pull: pull["repository"].default_branch,
    "PullRequest.baseRefOid": lambda _pull: "0" * 40,
    "PullRequest.bodyText": lambda pull: pull.get("body") or "",
    "PullRequest.publishedAt": lambda pull: pull.get("createdAt"),
    "PullRequest.statusCheckRollup": _head_rollup,
    "PullRequest.baseRepository": lambda pull: pull["repository"],
    "PullRequest.fullDatabaseId": lambda pull: str(pull["number"]),
    "PullRequestReview.id": lambda review: _entry_id("PRR", review),
    "PullRequestReview.bodyText": lambda review: review.get("body") or "",
    "PullRequestReview.createdAt": lambda review: review.get("submittedAt") or LONG_AGO,
    "PullRequestReview.updatedAt": lambda review: review.get("submittedAt") or LONG_AGO,
    "PullRequestCommit.id": lambda entry: f"PRC_{entry['commit'].get('oid')}",
    "Commit.abbreviatedOid": lambda commit: commit["oid"][:7],
    "Commit.messageHeadline": lambda commit: (commit.get("message") or "").partition("\n")[0],
    "Commit.messageBody": lambda commit: (commit.get("message") or "").partition("\n")[2].strip(),
    "Commit.authoredDate": lambda commit: commit.get("committedDate") or LONG_AGO,
    "User.url": _profile,
    "Bot.url": _profile,
    "Mannequin.url": _profile,
    "Organization.url": _profile,
    "Team.name": lambda team: team.get("slug") or "",
    "Team.combinedSlug": lambda team: f"acme/{team.get('slug')}",
    "App.name": lambda app: app.get("slug") or "",
    "Ref.prefix": lambda _ref: "refs/heads/",
}
EMPTIEST: Final[dict[str, Any]] = {
    "String": "", "URI": "", "Int": 0, "Boolean": False, "DateTime": LONG_AGO, "GitObjectID": "0" * 40,
    "CommentAuthorAssociation": "NONE", "MergeableState": "UNKNOWN", "PatchStatus": "MODIFIED",
    "CheckStatusState": "COMPLETED", "PullRequestReviewState": "COMMENTED", "StatusState": "PENDING",
    "IssueState": "OPEN",
}  # fmt: skip


def missing(owner: str, name: str, kind: GraphQLField) -> Callable[[Node], Any]:
    """What stands for a field that a node does not hold."""
    derived = DERIVED.get(f"{owner}.{name}")
    if derived is not None:
        return derived
    if name == "id" and owner.endswith("Event"):
        return lambda event: _entry_id(owner, event)
    if name == "id":
        return _identity
    if isinstance(kind.type, GraphQLNonNull):
        value = EMPTIEST.get(get_named_type(kind.type).name)
        return lambda _node: value
    return lambda _node: None
