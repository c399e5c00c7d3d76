"""What would a file of the same repository hold? GitHub's own answer, with every list whole."""

from __future__ import annotations

from typing import Final

import orjson

from tests.github_server import graph
from tests.github_server.asking import read
from tests.github_server.cost import Cost
from tests.github_server.world import Repo, World

WHOLE: Final = 1_000_000  # entries of a list; no page of GitHub's is as long
QUERY: Final = """
query ($owner: String!, $name: String!, $all: Int!) {
  repository(owner: $owner, name: $name) {
    nameWithOwner
    defaultBranchRef { name }
    pullRequests(first: $all, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount
      nodes {
        number title body url state isDraft createdAt updatedAt closedAt mergedAt
        author { ...Who }
        headRefName headRefOid baseRefName
        additions deletions changedFiles
        mergedBy { ...Who }
        mergeCommit { oid }
        labels(first: $all) { totalCount nodes { name } }
        closingIssuesReferences(first: 3) { nodes { number author { ...Who } } }
        files(first: $all) { totalCount nodes { path additions deletions changeType } }
        reviews(first: $all) {
          totalCount
          nodes { fullDatabaseId id state submittedAt author { ...Who } commit { oid } body }
        }
        commits(first: $all) {
          totalCount
          nodes {
            commit {
              oid message committedDate
              author { name email user { __typename login } }
              statusCheckRollup { state }
            }
          }
        }
        timelineItems(first: $all, itemTypes: [
          READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REVIEW_REQUESTED_EVENT,
          REVIEW_REQUEST_REMOVED_EVENT,
          HEAD_REF_FORCE_PUSHED_EVENT, REVIEW_DISMISSED_EVENT, MERGED_EVENT, CLOSED_EVENT, REOPENED_EVENT,
          AUTO_MERGE_ENABLED_EVENT, AUTO_MERGE_DISABLED_EVENT, ADDED_TO_MERGE_QUEUE_EVENT,
          REMOVED_FROM_MERGE_QUEUE_EVENT, ASSIGNED_EVENT, UNASSIGNED_EVENT
        ]) {
          totalCount
          nodes {
            __typename
            ... on Node { id }
            ... on ReadyForReviewEvent { createdAt actor { ...Who } }
            ... on ConvertToDraftEvent { createdAt actor { ...Who } }
            ... on ReviewRequestedEvent { createdAt actor { ...Who } requestedReviewer { ...Asked } }
            ... on ReviewRequestRemovedEvent { createdAt actor { ...Who } requestedReviewer { ...Asked } }
            ... on HeadRefForcePushedEvent { createdAt actor { ...Who } afterCommit { oid } }
            ... on ReviewDismissedEvent {
              createdAt actor { ...Who } previousReviewState review { id fullDatabaseId }
            }
            ... on MergedEvent { createdAt actor { ...Who } commit { oid } }
            ... on ClosedEvent { createdAt actor { ...Who } }
            ... on ReopenedEvent { createdAt actor { ...Who } }
            ... on AutoMergeEnabledEvent { createdAt actor { ...Who } }
            ... on AutoMergeDisabledEvent { createdAt actor { ...Who } }
            ... on AddedToMergeQueueEvent { createdAt actor { ...Who } }
            ... on RemovedFromMergeQueueEvent { createdAt actor { ...Who } }
            ... on AssignedEvent { createdAt actor { ...Who } assignee { ...Given } }
            ... on UnassignedEvent { createdAt actor { ...Who } assignee { ...Given } }
          }
        }
      }
    }
  }
}
fragment Who on Actor { __typename login }
fragment Asked on RequestedReviewer {
  __typename
  ... on User { login }
  ... on Bot { login }
  ... on Mannequin { login }
  ... on Team { slug }
}
fragment Given on Assignee { __typename ... on Actor { login } }
"""


def page_export(repo: Repo) -> bytes:
    """The repository as one JSON page that `[sources.github_export]` reads; no list of it is cut."""
    owner, _, name = repo.name_with_owner.partition("/")
    query = read(QUERY)
    assert query.document is not None, query.problems
    context = graph.Context(World([repo]), Cost(0, 0, 0, 0), is_unlimited=True)
    told = graph.answer(query, {"owner": owner, "name": name, "all": WHOLE}, context)
    assert "errors" not in told, told["errors"][:3]
    return orjson.dumps(told)
