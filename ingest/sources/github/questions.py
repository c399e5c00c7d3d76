"""What is GitHub asked? The texts of all queries, put together from fragments.

Each query asks for one repository by owner and name, says what it cost, and names the repository, so
that a rename shows. Accounts are asked for by `__typename` and `login` of Actor: an inline fragment
on User would lose every bot. A list inside a pull request multiplies the cost of a query by the number
of pull requests (points = lists at their limits / 100), hence the split into two questions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

WHOLE_AT_ONCE: Final = 36  # four lists each: 145 / 100 rounds to 1 point
FILES_AT_ONCE: Final = 48  # three lists each
LIGHT_AT_ONCE: Final = 100  # GitHub's limit of a list
PAGES_AT_ONCE: Final = 20  # light pages in one request: 20 lists, 1 point
HEADS_AT_ONCE: Final = 250  # one list each
FOLLOWED_AT_ONCE: Final = 40  # long lists and heads of a follow-up
INCIDENTS_AT_ONCE: Final = 95  # one list each, and the list itself

EVENTS: Final = (
    ("READY_FOR_REVIEW_EVENT", "ReadyForReviewEvent", ""),
    ("CONVERT_TO_DRAFT_EVENT", "ConvertToDraftEvent", ""),
    ("REVIEW_REQUESTED_EVENT", "ReviewRequestedEvent", "requestedReviewer{...reviewer}"),
    ("REVIEW_REQUEST_REMOVED_EVENT", "ReviewRequestRemovedEvent", "requestedReviewer{...reviewer}"),
    ("HEAD_REF_FORCE_PUSHED_EVENT", "HeadRefForcePushedEvent", "afterCommit{oid}"),
    ("REVIEW_DISMISSED_EVENT", "ReviewDismissedEvent", "previousReviewState review{id fullDatabaseId}"),
    ("MERGED_EVENT", "MergedEvent", "commit{oid}"),
    ("CLOSED_EVENT", "ClosedEvent", ""),
    ("REOPENED_EVENT", "ReopenedEvent", ""),
    ("AUTO_MERGE_ENABLED_EVENT", "AutoMergeEnabledEvent", ""),
    ("AUTO_MERGE_DISABLED_EVENT", "AutoMergeDisabledEvent", ""),
    ("ADDED_TO_MERGE_QUEUE_EVENT", "AddedToMergeQueueEvent", ""),
    ("REMOVED_FROM_MERGE_QUEUE_EVENT", "RemovedFromMergeQueueEvent", ""),
    ("ASSIGNED_EVENT", "AssignedEvent", "assignee{...assignee}"),
    ("UNASSIGNED_EVENT", "UnassignedEvent", "assignee{...assignee}"),
)  # word of the filter, type, what is asked beside id, time and actor

_FRAGMENTS: Final = {
    "repository": "fragment repository on Repository"
    "{id databaseId nameWithOwner isArchived defaultBranchRef{name}}",
    "actor": "fragment actor on Actor{__typename login}",
    "reviewer": "fragment reviewer on RequestedReviewer"
    "{__typename ... on User{login} ... on Bot{login} ... on Mannequin{login} ... on Team{slug}}",
    "assignee": "fragment assignee on Assignee"
    "{__typename ... on User{login} ... on Bot{login} ... on Mannequin{login} ... on Organization{login}}",
    "review": "fragment review on PullRequestReview"
    "{fullDatabaseId id state submittedAt author{...actor} commit{oid} body}",
    "event": "fragment event on PullRequestTimelineItems{__typename "
    + " ".join(f"... on {name}{{id createdAt actor{{...actor}} {more}}}" for _, name, more in EVENTS)
    + "}",
    "commit": "fragment commit on Commit{oid message committedDate author{...person}}",
    "person": "fragment person on GitActor{name email user{__typename login}}",
    "listed": "fragment listed on PullRequestCommit{commit{...commit}}",
    "file": "fragment file on PullRequestChangedFile{path additions deletions}",
    "label": "fragment label on Label{name}",
    "rollup": "fragment rollup on Commit{oid statusCheckRollup{state}}",
    "suites": "fragment suites on Commit"
    "{oid checkSuites(first:50){pageInfo{hasNextPage} nodes{status conclusion createdAt app{slug}}}}",
    "incident": "fragment incident on Issue{number title body url state stateReason createdAt updatedAt "
    "labels(first:20){nodes{...label}}}",
    "light": "fragment light on PullRequest{number createdAt updatedAt state headRefOid}",
    "head": "fragment head on PullRequest{...light additions deletions changedFiles "
    "head:commits(last:1){nodes{commit{...rollup}}}}",
}
_SCALARS: Final = (
    "number title body url state isDraft createdAt updatedAt closedAt mergedAt author{...actor} "
    "headRefName headRefOid baseRefName additions deletions changedFiles mergedBy{...actor} mergeCommit{oid}"
)
_TYPES: Final = f"itemTypes:[{' '.join(word for word, _, _ in EVENTS)}]"
_LISTS: Final = {
    "reviews": ("", "review"),
    "timelineItems": (_TYPES, "event"),
    "commits": ("", "listed"),
    "files": ("", "file"),
    "labels": ("", "label"),
}  # list -> its arguments, what its entries are asked
FIRST_OF: Final = {"reviews": 50, "timelineItems": 100, "commits": 100, "labels": 20}
LISTS: Final = tuple(_LISTS)
_BY_CHANGE: Final = "orderBy:{field:UPDATED_AT,direction:DESC}"
_BY_AGE: Final = "orderBy:{field:CREATED_AT,direction:ASC}"
_SPREAD: Final = re.compile(r"\.\.\.(\w+)")


def _list(name: str, first: int, after: str | None = None) -> str:
    arguments, entry = _LISTS[name]
    place = "" if after is None else f"after:{json.dumps(after)} "
    return (
        f"{name}(first:{first} {place}{arguments}){{nodes{{...{entry}}} pageInfo{{hasNextPage endCursor}}}}"
    )


_FRAGMENTS["whole"] = (
    f"fragment whole on PullRequest{{{_SCALARS} {' '.join(_list(name, n) for name, n in FIRST_OF.items())}}}"
)
_FRAGMENTS["changes"] = (
    f"fragment changes on PullRequest{{number {_list('files', 100)} "
    "head:commits(last:1){nodes{commit{...rollup}}} "
    "closingIssuesReferences(first:3){nodes{number author{...actor}}}}"
)
_FRAGMENTS["settling"] = (
    "fragment settling on PullRequest{number head:commits(last:1){nodes{commit{...suites}}}}"
)


def _query(asked: str, variables: str = "") -> str:
    """A whole text: the question about one repository with the fragments that it needs."""
    text = (
        f"query($owner:String!,$name:String!{variables}){{rateLimit{{cost remaining limit resetAt}} "
        f"repository(owner:$owner,name:$name){{...repository {asked}}}}}"
    )
    return _with_fragments(text)


def _with_fragments(text: str) -> str:
    named: dict[str, str] = {}
    waiting = _SPREAD.findall(text)
    while waiting:
        name = waiting.pop()
        if name not in named:
            named[name] = _FRAGMENTS[name]
            waiting += _SPREAD.findall(_FRAGMENTS[name])
    return "\n".join([text, *(named[name] for name in sorted(named))])


# A page of whole pull requests. `top` tells, at no further cost, whether anything moved meanwhile.
PAGE: Final = _query(
    f"pullRequests(first:$first,after:$after,{_BY_CHANGE})"
    "{totalCount pageInfo{hasNextPage endCursor} nodes{...whole}} "
    f"top:pullRequests(first:1,{_BY_CHANGE}){{nodes{{number updatedAt}}}}",
    ",$first:Int!,$after:String",
)
# The same page, as little of it as tells which pull requests it holds.
LIGHT_PAGE: Final = _query(
    f"pullRequests(first:$first,after:$after,{_BY_CHANGE})"
    "{totalCount pageInfo{hasNextPage endCursor} nodes{...light}}",
    ",$first:Int!,$after:String",
)
# Every pull request there is, in an order that changes do not disturb.
SWEEP: Final = _query(
    f"pullRequests(first:$first,after:$after,{_BY_AGE})"
    "{totalCount pageInfo{hasNextPage endCursor} nodes{...light}}",
    ",$first:Int!,$after:String",
)
# The repositories of an owner, for patterns.
OWNED: Final = (
    "query($owner:String!,$first:Int!,$after:String){rateLimit{cost remaining limit resetAt} "
    "repositoryOwner(login:$owner){repositories(first:$first,after:$after,ownerAffiliations:OWNER)"
    "{totalCount pageInfo{hasNextPage endCursor} nodes{id nameWithOwner isArchived}}}}"
)


def whole(numbers: Iterable[int]) -> str:
    """These pull requests with their reviews, timeline, commits and labels."""
    return _numbered(numbers, "whole")


def changes(numbers: Iterable[int]) -> str:
    """Files, combined check and closing issues of these; apart, as each diff costs GitHub time."""
    return _numbered(numbers, "changes")


def heads(numbers: Iterable[int]) -> str:
    """Where these stand and what the checks of their heads say."""
    return _numbered(numbers, "head")


def lights(numbers: Iterable[int]) -> str:
    """Where these stand."""
    return _numbered(numbers, "light")


def _numbered(numbers: Iterable[int], fragment: str) -> str:
    return _query(" ".join(_one(number, f"...{fragment}") for number in numbers))


def _one(number: int, asked: str, alias: str | None = None) -> str:
    return f"{alias or f'p{number}'}:pullRequest(number:{number}){{{asked}}}"


def look(places: Sequence[str | None], first: int) -> str:
    """Light pages behind several places of the list by last change, as t0, t1, ..."""
    asked = (
        f"t{index}:pullRequests(first:{first} {_after(place)}{_BY_CHANGE})"
        "{totalCount pageInfo{hasNextPage endCursor} edges{cursor} nodes{...light}}"
        for index, place in enumerate(places)
    )
    return _query(" ".join(asked))


def _after(place: str | None) -> str:
    return "" if place is None else f"after:{json.dumps(place)} "


def incidents(places: Sequence[tuple[str, str | None]], first: int) -> str:
    """Issues by label, each behind a place of its list, as incidents0, incidents1, ...

    One list for each label: GitHub does not say whether several labels of one list mean all or any.
    """
    asked = (
        f"incidents{index}:issues(first:{first} {_after(place)}labels:[{json.dumps(label)}] {_BY_AGE})"
        "{nodes{...incident} pageInfo{hasNextPage endCursor}}"
        for index, (label, place) in enumerate(places)
    )
    return _query(" ".join(asked))


@dataclass(frozen=True)
class Rest:
    """A list of one pull request that goes on."""

    number: int
    list: str
    after: str

    @property
    def alias(self) -> str:
        """Its name in query and answer."""
        return f"p{self.number}_{self.list}"

    @property
    def by(self) -> dict[str, Any]:
        """As it is kept."""
        return {"alias": self.alias, "number": self.number, "list": self.list, "after": self.after}


@dataclass(frozen=True)
class Suites:
    """The check suites of one pull request's head."""

    number: int

    @property
    def alias(self) -> str:
        """Its name in query and answer."""
        return f"p{self.number}"


def follow(items: Iterable[Rest | Suites]) -> str:
    """The next part of long lists, and the check suites of undecided heads, in one question."""
    return _query(" ".join(_followed(item) for item in items))


def _followed(item: Rest | Suites) -> str:
    if isinstance(item, Suites):
        return _one(item.number, "...settling")
    return _one(item.number, f"number {_list(item.list, 100, item.after)}", item.alias)


QUERIES: Final = (
    ("a page of pull requests", PAGE),
    ("a light page", LIGHT_PAGE),
    ("a page of the sweep", SWEEP),
    ("repositories of an owner", OWNED),
    ("pull requests by number", whole((1, 2))),
    ("files and checks by number", changes((1, 2))),
    ("open heads by number", heads((1, 2))),
    ("light ones by number", lights((1, 2))),
    ("a look at several places", look((None, 'cursor "quoted"'), LIGHT_AT_ONCE)),
    ("issues that tell of incidents", incidents((("incident", None), ('a "label"', "cursor")), 10)),
    ("the rest of every list", follow([*(Rest(1, name, "cursor") for name in LISTS), Suites(2)])),
)  # for checks against GitHub's published schema
