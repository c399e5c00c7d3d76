"""Which rows does one pull request node give?

Rows are written as they are read, even where something is missing: whether they hold is the
contracts' question. Texts (descriptions, messages) are read for traces of agents and dropped.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from msgspec import UNSET, UnsetType
from msgspec.json import encode

from ingest.authorship import NOBODY, People, actor, commit_signals, driver_signals, pull_request_signals
from ingest.sources.github_export import history
from ingest.sources.github_export.lists import Listed, listed
from ingest.sources.github_export.shapes import (
    Actor,
    ChangedFile,
    Commit,
    CommitEntry,
    Connection,
    Event,
    PullRequest,
    Review,
    Rollup,
)

Row = dict[str, Any]
PENDING: Final = "pending review (not submitted yet)"
COPIES: Final = "timeline copy of a review, commit or comment"
_COPIED: Final = ("PullRequestReview", "PullRequestCommit", "PullRequestReviewThread", "IssueComment")
_CHECKS: Final = {
    "SUCCESS": "success", "FAILURE": "failure", "ERROR": "failure",
    "PENDING": "pending", "EXPECTED": "pending",
}  # fmt: skip
_IN_URL: Final = re.compile(r"//[^/]+/([^/\s]+/[^/\s]+)/pull/\d+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass
class Collected:
    """Rows of one file, by table, and what was no row by definition."""

    people: People = NOBODY
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Place:
    """Where a node was read, and what its page says about all nodes."""

    ref: str
    repository: str | None = None
    default_branch: str | None = None


@dataclass(frozen=True)
class Lists:
    """The nested lists of a node, unwrapped once."""

    files: Listed[ChangedFile]
    reviews: Listed[Review]
    events: Listed[Event]
    commits: Listed[CommitEntry]

    def cut(self, labels: Listed[Any]) -> list[str]:
        """Names of the tables whose rows are known to be incomplete."""
        named: dict[str, Listed[Any]] = {
            "changed_files": self.files,
            "reviews": self.reviews,
            "review_events": self.events,
        }
        named |= {"commits": self.commits, "labels": labels}
        return [name for name, entries in named.items() if entries.is_cut]


def add_pull_request(node: PullRequest, place: Place, into: Collected) -> None:
    """Write the rows of one node, for all tables that it feeds."""
    lists = Lists(*(listed(given) for given in (node.files, node.reviews, node.timeline_items, node.commits)))
    key = {"repository": repository_of(node, place), "number": node.number}
    pull_request = key | _names(node, place, into.people) | _times(node, lists) | _results(node, lists)
    into.rows["pull_requests"].append(pull_request | {"raw_ref": place.ref})
    into.rows["changed_files"] += _files(node, lists, key, place)
    into.rows["reviews"] += _reviews(lists, key, place, into)
    into.rows["review_events"] += _events(lists, key, place, into)
    into.rows["commits"] += _commits(lists, key, place)


def repository_of(node: PullRequest, place: Place) -> str | None:
    """owner/name as the node, its page or its address tells it."""
    for told in (node.repository, node.base_repository):
        if told is not None and told.name_with_owner:
            return told.name_with_owner
    in_url = _IN_URL.search(node.url or "")
    return place.repository or (in_url.group(1) if in_url else None)


def _account(told: Actor | UnsetType | None, people: People) -> tuple[str | None, str]:
    """Login and kind; an account that nobody asked for is unknown, a null one was deleted."""
    if told is UNSET or isinstance(told, UnsetType):
        return None, "unknown"
    return actor(told.login, told.typename, people) if told else actor(None)


def _names(node: PullRequest, place: Place, people: People) -> Row:
    login, kind = _account(node.author, people)
    assigned = [_account(one, people) for one in listed(node.assignees).items]
    drivers = [name for name, what in assigned if name and what == "user" and name != login]
    own = pull_request_signals(login, kind, node.head_ref_name, node.title, node.body)
    told = node.repository or node.base_repository
    branch = told.default_branch_ref if told else None
    return {
        "title": node.title,
        "url": node.url,
        "author_login": login,
        "author_kind": kind,
        "base_branch": node.base_ref_name,
        "head_branch": node.head_ref_name,
        "default_branch": branch.name if branch else place.default_branch,
        "head_sha": node.head_ref_oid,
        "signals": own + driver_signals(drivers),
    } | _merger(node, people)


def _merger(node: PullRequest, people: People) -> Row:
    """Who merged it and as what; the timeline fills in for fields that were not collected."""
    acts = [event for event in listed(node.timeline_items).items if event.typename == history.MERGED]
    by = node.merged_by or (acts[-1].actor if acts else None)
    login, kind = _account(by, people) if by else (None, None)
    commit = node.merge_commit or (acts[-1].commit if acts else None)
    return {"merged_by": login, "merged_by_kind": kind, "merge_sha": commit.oid if commit else None}


def _times(node: PullRequest, lists: Lists) -> Row:
    ready_at, draft_seconds = history.draft_history(node, lists.events)
    return {
        "is_draft": node.is_draft,
        "created_at": node.created_at,
        "ready_at": ready_at,
        "closed_at": node.closed_at or node.merged_at,
        "merged_at": node.merged_at,
        "updated_at": node.updated_at,
        "last_push_at": history.last_push_at(node, lists.commits, lists.events),
        "draft_seconds": draft_seconds,
    }


def _results(node: PullRequest, lists: Lists) -> Row:
    """Sizes, labels and checks; three zeros beside an empty plain list mean that nobody asked.

    GitHub itself answers with a connection, and then an empty change is really empty.
    """
    sizes = (node.additions, node.deletions, node.changed_files)
    is_answered = isinstance(node.files, Connection)
    is_unasked = sizes == (0, 0, 0) and not lists.files.items and not is_answered
    additions, deletions, changed = (None, None, None) if is_unasked else sizes
    labels = listed(node.labels)
    return {
        "additions": additions,
        "deletions": deletions,
        "changed_file_count": changed,
        "labels": [label.name for label in labels.items if label.name],
        "checks_at_merge": _checks(node, lists.commits),
        "cut_lists": lists.cut(labels),
    }


def _checks(node: PullRequest, commits: Listed[CommitEntry]) -> str | None:
    made = [entry.commit for entry in commits.items if entry.commit is not None]
    head = [commit for commit in made if commit.oid == node.head_ref_oid]
    last = head or ([] if commits.is_cut else made[-1:])
    rollup = last[0].status_check_rollup if last else UNSET
    told = node.status_check_rollup if rollup is UNSET else rollup
    return _check_word(told)


def _check_word(rollup: Rollup | UnsetType | None) -> str | None:
    """One word for a conclusion: "none" when there are no checks, null when nobody asked."""
    if isinstance(rollup, UnsetType):
        return None
    return _CHECKS.get((rollup.state or "").upper()) if rollup else "none"


def _files(node: PullRequest, lists: Lists, key: Row, place: Place) -> list[Row]:
    return [
        key | {
            "path": file.path,
            "additions": file.additions,
            "deletions": file.deletions,
            "opened_at": node.created_at,
            "raw_ref": f"{place.ref}/files/{index}",
        }
        for index, file in enumerate(lists.files.items)
    ]  # fmt: skip


def _reviews(lists: Lists, key: Row, place: Place, into: Collected) -> list[Row]:
    before = history.states_before_dismissal(lists.reviews.items, lists.events.items)
    rows = []
    for index, review in enumerate(lists.reviews.items):
        state = (review.state or "").upper() or None
        if state == "PENDING":
            into.left_out[PENDING] += 1
            continue
        login, kind = _account(review.author, into.people)
        rows.append(key | {
            "review_id": _review_id(review),
            "reviewer": login,
            "reviewer_kind": kind,
            "state": state,
            "state_before_dismissal": before.get(index),
            "submitted_at": review.submitted_at,
            "commit_sha": review.commit.oid if review.commit else None,
            "comment_count": review.comments.total_count if review.comments else None,
            "body_chars": None if review.body is None else len(review.body),
            "raw_ref": f"{place.ref}/reviews/{index}",
        })  # fmt: skip
    return rows


def _review_id(review: Review) -> str | None:
    """Prefer the number that both interfaces share, so that one review stays one row."""
    told = review.full_database_id or review.database_id or review.id
    return None if told is None else str(told)


def _events(lists: Lists, key: Row, place: Place, into: Collected) -> list[Row]:
    rows: list[Row] = []
    ordinals: Counter[str] = Counter()
    for index, event in enumerate(lists.events.items):
        if event.typename in _COPIED:
            into.left_out[COPIES] += 1
            continue
        login, kind = _account(event.actor, into.people)
        rows.append(key | {
            "event_id": str(event.id) if event.id else _content_id(event, key, ordinals),
            "kind": kind_of(event.typename),
            "occurred_at": event.created_at,
            "actor": login,
            "actor_kind": kind,
            "subject": _subject(event),
            "previous_state": event.previous_review_state,
            "raw_ref": f"{place.ref}/timelineItems/{index}",
        })  # fmt: skip
    return rows


def _content_id(event: Event, key: Row, ordinals: Counter[str]) -> str:
    """Hash of the content; equal events of one pull request are told apart by their order."""
    content = sha256(encode([list(key.values()), event])).hexdigest()[:24]
    ordinals[content] += 1
    return f"{content}-{ordinals[content]}"


@lru_cache(maxsize=256)
def kind_of(typename: str | None) -> str | None:
    """Name an event as GitHub's other interface does.

    >>> kind_of("HeadRefForcePushedEvent")
    'head_ref_force_pushed'
    """
    return _HUMP.sub("_", typename.removesuffix("Event")).lower() if typename else None


def _subject(event: Event) -> str | None:
    who = event.requested_reviewer or event.assignee
    if who is not None:
        return who.slug or (actor(who.login)[0] if who.login else who.name)
    commit = event.after_commit or event.commit
    if commit is not None:
        return commit.oid
    return _review_id(event.review) if event.review else None


def _commits(lists: Lists, key: Row, place: Place) -> list[Row]:
    made = ((index, entry.commit) for index, entry in enumerate(lists.commits.items))
    return [
        key | _commit(commit) | {"raw_ref": f"{place.ref}/commits/{index}"}
        for index, commit in made
        if commit
    ]


def _commit(commit: Commit) -> Row:
    author = commit.author
    user = author.user if author else None
    login, kind = actor(user.login, user.typename) if user else (None, "unknown")
    evidence = commit_signals(
        user.login if user else None,
        author.name if author else None,
        author.email if author else None,
        commit.message,
    )
    return {
        "sha": commit.oid,
        "author_login": login,
        "author_kind": kind,
        "committed_at": commit.committed_date,
        "signals": evidence.signals,
        "trailers": evidence.trailers,
        "authorship": evidence.authorship,
        "agent": evidence.agent,
        "model": evidence.model,
        "additions": commit.additions,
        "deletions": commit.deletions,
    }
