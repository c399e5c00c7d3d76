"""What does a pull request node look like, as far as it is read?

Every field may be missing: queries differ, and a field that nobody asked for is unknown, which
is not the same as null or zero (`UNSET` keeps them apart where it matters). Fields that are not
named here are skipped by the decoder. Names are GitHub's, in snake case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

T = TypeVar("T")
Moment = Annotated[datetime, Meta(tz=True)]  # a time without a zone is no moment
Id = str | int | None
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what a table can hold


class Shape(Struct, rename="camel", kw_only=True):
    """Base of all shapes: camelCase outside, snake_case inside."""


class PageInfo(Shape):
    """Whether a list goes on."""

    has_next_page: bool = False


class Edge(Shape, Generic[T]):
    """One entry of a list in its long spelling."""

    node: T | None = None


class Connection(Shape, Generic[T]):
    """A list with what GitHub says about its length."""

    nodes: list[T | None] | None = None
    edges: list[Edge[T] | None] | None = None
    page_info: PageInfo | None = None
    total_count: Whole | None = None


class Actor(Shape):
    """An account; null where it was deleted. Teams have a slug instead of a login."""

    typename: str | None = field(name="__typename", default=None)
    login: str | None = None
    slug: str | None = None
    name: str | None = None


class Oid(Shape):
    """A commit by its id."""

    oid: str | None = None


class Branch(Shape):
    """A branch by its name."""

    name: str | None = None


class Repository(Shape):
    """Where pull requests live; inside pages it holds them."""

    name_with_owner: str | None = None
    default_branch_ref: Branch | None = None
    pull_requests: Raw = Raw()
    pull_request: Raw = Raw()


class Comments(Shape):
    """Only how many there are."""

    total_count: Whole | None = None


class Review(Shape):
    """A submitted review, or one that is still being written (PENDING)."""

    id: Id = None
    full_database_id: Id = None
    database_id: Id = None
    state: str | None = None
    submitted_at: Moment | None = None
    author: Actor | UnsetType | None = UNSET
    commit: Oid | None = None
    comments: Comments | None = None
    body: str | None = None


class Event(Shape):
    """An entry of the timeline, of any type."""

    typename: str | None = field(name="__typename", default=None)
    id: Id = None
    created_at: Moment | None = None
    actor: Actor | UnsetType | None = UNSET
    requested_reviewer: Actor | None = None
    assignee: Actor | None = None
    commit: Oid | None = None
    after_commit: Oid | None = None
    review: Review | None = None
    previous_review_state: str | None = None


class Rollup(Shape):
    """Combined conclusion of all checks."""

    state: str | None = None


class GitActor(Shape):
    """An author as the commit names them; `user` is the account behind the address, if any."""

    name: str | None = None
    email: str | None = None
    user: Actor | None = None


class Commit(Shape):
    """A commit with its message, which is read for traces and not kept."""

    oid: str | None = None
    message: str | None = None
    committed_date: Moment | None = None
    pushed_date: Moment | None = None
    author: GitActor | None = None
    additions: Whole | None = None
    deletions: Whole | None = None
    status_check_rollup: Rollup | UnsetType | None = UNSET


class CommitEntry(Shape):
    """An entry of a pull request's list of commits."""

    commit: Commit | None = None


class ChangedFile(Shape):
    """A file that a pull request changes."""

    path: str | None = None
    additions: Whole | None = None
    deletions: Whole | None = None


class Label(Shape):
    """A label by its name."""

    name: str | None = None


class Issue(Shape):
    """An issue that a pull request closes."""

    number: Whole | None = None
    author: Actor | UnsetType | None = UNSET


class PullRequest(Shape):
    """A pull request with its lists."""

    number: Whole | None = None
    title: str | None = None
    body: str | None = None
    url: str | None = None
    repository: Repository | None = None
    base_repository: Repository | None = None
    author: Actor | UnsetType | None = UNSET
    base_ref_name: str | None = None
    head_ref_name: str | None = None
    head_ref_oid: str | None = None
    is_draft: bool | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    closed_at: Moment | None = None
    merged_at: Moment | None = None
    merged_by: Actor | None = None
    merge_commit: Oid | None = None
    additions: Whole | None = None
    deletions: Whole | None = None
    changed_files: Whole | None = None
    status_check_rollup: Rollup | UnsetType | None = UNSET
    labels: list[Label | None] | Connection[Label] | None = None
    assignees: list[Actor | None] | Connection[Actor] | None = None
    closing_issues_references: list[Issue | None] | Connection[Issue] | None = None
    files: list[ChangedFile | None] | Connection[ChangedFile] | None = None
    reviews: list[Review | None] | Connection[Review] | None = None
    timeline_items: list[Event | None] | Connection[Event] | None = None
    commits: list[CommitEntry | None] | Connection[CommitEntry] | None = None


class RawEdge(Shape):
    """One entry that is not yet looked at, in the long spelling."""

    node: Raw = Raw()


class Nodes(Shape):
    """A page of a list whose entries are not yet looked at."""

    nodes: list[Raw] | None = None
    edges: list[RawEdge] | None = None


class Answer(Shape):
    """What a query answers under `data`."""

    repository: Repository | None = None
    search: Nodes | None = None


class Problem(Shape):
    """One entry of `errors`."""

    message: str | None = None


class Document(Shape):
    """Any JSON object that may hold pull requests."""

    data: Answer | None = None
    repository: Repository | None = None
    name_with_owner: str | None = None
    default_branch_ref: Branch | None = None
    pull_requests: Raw = Raw()
    errors: list[Problem | None] | None = None
    number: Raw = Raw()  # only a pull request has one
