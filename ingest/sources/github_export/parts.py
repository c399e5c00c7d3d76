"""Which rows do the lists of a pull request give: files, reviews, timeline, commits?"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec.json import encode

from ingest.authorship import actor, commit_signals
from ingest.sources.github_export.collected import Collected, Place, Row, account_of
from ingest.sources.github_export.history import states_before_dismissal
from ingest.sources.github_export.lists import Lists
from ingest.sources.github_export.shapes import Commit, Event, PullRequest, Review

PENDING: Final = "pending review (not submitted yet)"
COPIES: Final = "timeline copy of a review, commit or comment"
_COPIED: Final = ("PullRequestReview", "PullRequestCommit", "PullRequestReviewThread", "IssueComment")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def file_rows(node: PullRequest, lists: Lists, key: Row, place: Place) -> list[Row]:
    """List the changed files."""
    return [
        key | {
            "path": file.path,
            "additions": file.additions,
            "deletions": file.deletions,
            "opened_at": node.created_at,
            "seen_at": node.updated_at,
            "raw_ref": f"{place.ref}/files/{index}",
        }
        for index, file in enumerate(lists.files.items)
    ]  # fmt: skip


def review_rows(lists: Lists, key: Row, place: Place, into: Collected) -> list[Row]:
    """List the submitted reviews; one that is still being written has not happened."""
    before = states_before_dismissal(lists.reviews.items, lists.events.items)
    rows = []
    for index, review in enumerate(lists.reviews.items):
        state = (review.state or "").upper() or None
        if state == "PENDING":
            into.left_out[PENDING] += 1
            continue
        login, kind = account_of(review.author, into.people)
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


def event_rows(lists: Lists, key: Row, place: Place, into: Collected) -> list[Row]:
    """List the timeline, without what other lists hold already."""
    rows: list[Row] = []
    ordinals: Counter[str] = Counter()
    for index, event in enumerate(lists.events.items):
        if event.typename in _COPIED:
            into.left_out[COPIES] += 1
            continue
        login, kind = account_of(event.actor, into.people)
        rows.append(key | {
            "event_id": str(event.id) if event.id else _content_id(event, key, ordinals),
            "kind": kind_of(event.typename),
            "occurred_at": event.created_at,
            "actor": login,
            "actor_kind": kind,
            "subject": _subject(event),
            "previous_state": (event.previous_review_state or "").upper() or None,
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


def commit_rows(node: PullRequest, lists: Lists, key: Row, place: Place) -> list[Row]:
    """List the commits with what they say about their making."""
    made = ((index, entry.commit) for index, entry in enumerate(lists.commits.items))
    return [
        key | _commit(commit) | {"seen_at": node.updated_at, "raw_ref": f"{place.ref}/commits/{index}"}
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
