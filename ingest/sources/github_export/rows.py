"""Which rows does one pull request node give?

Rows are written as they are read, even where something is missing: whether they hold is the
contracts' question. Texts (descriptions, messages) are read for traces of agents and dropped.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import UNSET, UnsetType

from ingest.authorship import People, pull_request_signals
from ingest.sources.github_export.collected import Collected, Place, Row, account_of
from ingest.sources.github_export.drivers import driver_traces
from ingest.sources.github_export.history import MERGED, draft_history, last_push_at
from ingest.sources.github_export.lists import Listed, Lists, listed
from ingest.sources.github_export.parts import commit_rows, event_rows, file_rows, review_rows
from ingest.sources.github_export.shapes import CommitEntry, Connection, PullRequest, Rollup

_CHECKS: Final = {
    "SUCCESS": "success", "FAILURE": "failure", "ERROR": "failure",
    "PENDING": "pending", "EXPECTED": "pending",
}  # fmt: skip
_IN_URL: Final = re.compile(r"//[^/]+/([^/\s]+/[^/\s]+)/pull/\d+")


def add_pull_request(node: PullRequest, place: Place, into: Collected) -> None:
    """Write the rows of one node, for all tables that it feeds."""
    lists = Lists.of(node)
    key = {"repository": repository_of(node, place), "number": node.number}
    pull_request = key | _names(node, place, into.people) | _times(node, lists) | _results(node, lists)
    into.rows["pull_requests"].append(pull_request | {"raw_ref": place.ref})
    into.rows["changed_files"] += file_rows(node, lists, key, place)
    into.rows["reviews"] += review_rows(lists, key, place, into)
    into.rows["review_events"] += event_rows(lists, key, place, into)
    into.rows["commits"] += commit_rows(node, lists, key, place)


def repository_of(node: PullRequest, place: Place) -> str | None:
    """owner/name as the node, its page or its address tells it."""
    for told in (node.repository, node.base_repository):
        if told is not None and told.name_with_owner:
            return told.name_with_owner
    in_url = _IN_URL.search(node.url or "")
    return place.repository or (in_url.group(1) if in_url else None)


def _names(node: PullRequest, place: Place, people: People) -> Row:
    login, kind = account_of(node.author, people)
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
        "signals": own + driver_traces(node, listed(node.timeline_items), people),
    } | _merger(node, people)


def _merger(node: PullRequest, people: People) -> Row:
    """Who merged it and as what; the timeline fills in for fields that were not collected."""
    acts = [event for event in listed(node.timeline_items).items if event.typename == MERGED]
    by = node.merged_by or (acts[-1].actor if acts else None)
    login, kind = account_of(by, people) if by else (None, None)
    commit = node.merge_commit or (acts[-1].commit if acts else None)
    return {"merged_by": login, "merged_by_kind": kind, "merge_sha": commit.oid if commit else None}


def _times(node: PullRequest, lists: Lists) -> Row:
    ready_at, draft_seconds = draft_history(node, lists.events)
    return {
        "is_draft": node.is_draft,
        "created_at": node.created_at,
        "ready_at": ready_at,
        "closed_at": node.closed_at or node.merged_at,
        "merged_at": node.merged_at,
        "updated_at": node.updated_at,
        "last_push_at": last_push_at(node, lists.commits, lists.events),
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
    return check_word(told)


def check_word(rollup: Rollup | UnsetType | None) -> str | None:
    """One word for a combined conclusion: "none" when there are no checks, null when nobody asked.

    >>> check_word(Rollup(state="ERROR")), check_word(Rollup(state="EXPECTED"))
    ('failure', 'pending')
    >>> check_word(None), check_word(UNSET)
    ('none', None)
    """
    if isinstance(rollup, UnsetType):
        return None
    return _CHECKS.get((rollup.state or "").upper()) if rollup else "none"
