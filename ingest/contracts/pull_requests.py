"""Pull requests and their parts: files, reviews, timeline events, commits."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from ingest.contracts.common import (
    ACTOR_KINDS,
    AUTHORSHIPS,
    FILE_CLASSES,
    SENSITIVE_AREAS,
    Table,
    Trusted,
    count,
    moment,
    one_of,
    words,
)

CHECK_STATES = ("success", "failure", "pending", "none")
REVIEW_STATES = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED")
REPOSITORY = r"^[^/\s]+/[^/\s]+$"


def _repository(*, primary_key: bool = True) -> dy.String:
    return dy.String(primary_key=primary_key, regex=REPOSITORY, description="owner/name")


def _seen_at() -> dy.Datetime:
    return moment("last change of its pull request when this row was listed; null = unknown", nullable=True)


def _number() -> dy.Int64:
    return dy.Int64(primary_key=True, min=1, description="pull request number", metadata={"unit": "id"})


class PullRequests(Trusted):
    """One row per pull request, in its latest known state."""

    repository = _repository()
    number = _number()
    title = dy.String(nullable=True, description="title as written")
    url = dy.String(nullable=True, description="page of the pull request")
    author_login = dy.String(nullable=True, description="login that opened it; null when deleted")
    author_kind = one_of(ACTOR_KINDS, "what kind of account opened it")
    base_branch = dy.String(nullable=True, description="branch it wants to change; null = unknown")
    head_branch = dy.String(nullable=True, description="branch that holds the change; null = unknown")
    default_branch = dy.String(nullable=True, description="the repository's default branch, where told")
    is_draft = dy.Bool(nullable=True, description="still a draft; null = unknown")
    created_at = moment("opened")
    ready_at = moment("first ready for review (creation if never a draft)", nullable=True)
    closed_at = moment("closed or merged", nullable=True)
    merged_at = moment("merged", nullable=True)
    updated_at = moment("last change known to the source", nullable=True)
    last_push_at = moment("last push to the head branch", nullable=True)
    draft_seconds = count("time spent as a draft after the first ready", unit="seconds")
    merged_by = dy.String(nullable=True, description="login that merged it")
    merged_by_kind = one_of(ACTOR_KINDS, "what kind of account merged it", nullable=True)
    additions = count("lines added; null = unknown", unit="lines")
    deletions = count("lines deleted; null = unknown", unit="lines")
    changed_file_count = count("files changed; null = unknown")
    code_additions = count("lines added to files of class code; null = files unknown", unit="lines")
    surviving_code_lines = count(
        "lines it added to files of class code that still stood when last looked; null = unknown",
        unit="lines",
    )
    relevant_file_count = count("files that are not generated; null = files unknown")
    sensitive_areas = words("sensitive areas touched (identity, secrets, network)")
    labels = words("labels")
    head_sha = dy.String(nullable=True, description="last commit of the head branch")
    merge_sha = dy.String(nullable=True, description="commit that brought it in")
    checks_at_merge = one_of(CHECK_STATES, "combined check conclusion of the last commit", nullable=True)
    cut_lists = words("nested lists known to be cut by their collector")
    signals = words("author evidence in its own text and names, as rule: quoted text")
    authorship = one_of(AUTHORSHIPS, "who made the change")
    agent = dy.String(nullable=True, description="which agent")
    model = dy.String(nullable=True, description="which model or agent version, where told")
    driver = dy.String(nullable=True, description="person who set the agent going, where known")
    evidence = words("what the classification rests on, as rule: quoted text")
    rule = dy.String(nullable=True, description="dated rule that decided the classification")
    gone_at = moment("first look that no longer found it: deleted or moved; null = there", nullable=True)

    @dy.rule()
    def merged_after_created(cls) -> pl.Expr:
        """A pull request cannot be merged before it was opened."""
        return pl.col("merged_at").is_null() | (pl.col("merged_at") >= pl.col("created_at"))

    @dy.rule()
    def closed_after_created(cls) -> pl.Expr:
        """A pull request cannot be closed before it was opened."""
        return pl.col("closed_at").is_null() | (pl.col("closed_at") >= pl.col("created_at"))

    @dy.rule()
    def merged_is_closed(cls) -> pl.Expr:
        """A merged pull request has a closing time."""
        return pl.col("merged_at").is_null() | pl.col("closed_at").is_not_null()


class ChangedFiles(Trusted):
    """One row per file of a pull request."""

    repository = _repository()
    number = _number()
    path = dy.String(primary_key=True, min_length=1, description="path in the repository")
    additions = count("lines added; null = unknown", unit="lines")
    deletions = count("lines deleted; null = unknown", unit="lines")
    file_class = one_of(FILE_CLASSES, "what kind of file, by the configured patterns")
    sensitive_area = one_of(SENSITIVE_AREAS, "sensitive area by the configured patterns", nullable=True)
    opened_at = moment("when its pull request was opened (partitions the table)")
    seen_at = _seen_at()


class Reviews(Trusted):
    """One row per submitted review; a pending review has not happened yet."""

    repository = _repository()
    number = _number()
    review_id = dy.String(primary_key=True, min_length=1, description="id given by the source")
    reviewer = dy.String(nullable=True, description="login; null when deleted")
    reviewer_kind = one_of(ACTOR_KINDS, "what kind of account reviewed")
    state = one_of(REVIEW_STATES, "verdict today")
    state_before_dismissal = one_of(
        REVIEW_STATES, "verdict as given, for a dismissed review, where recovered", nullable=True
    )
    submitted_at = moment("submitted")
    commit_sha = dy.String(nullable=True, description="commit that was looked at")
    comment_count = count("comments on lines; null = unknown")
    body_chars = count("length of its text; null = unknown", unit="characters")


class ReviewEvents(Trusted):
    """One row per timeline event of a pull request."""

    event_id = dy.String(primary_key=True, min_length=1, description="id, or hash of the content")
    repository = _repository(primary_key=False)
    number = dy.Int64(min=1, description="pull request number", metadata={"unit": "id"})
    kind = dy.String(regex=r"^[a-z][a-z_0-9-]*$", description="kind in snake_case, as GitHub names it")
    occurred_at = moment("when it happened")
    actor = dy.String(nullable=True, description="login that did it")
    actor_kind = one_of(ACTOR_KINDS, "what kind of account did it")
    subject = dy.String(nullable=True, description="requested reviewer, assignee, commit or dismissed review")
    previous_state = dy.String(nullable=True, description="verdict of the review before its dismissal")


class Commits(Trusted):
    """One row per commit of a pull request (a commit may be part of several)."""

    repository = _repository()
    number = dy.Int64(
        primary_key=True, min=0, description="pull request; 0 = none known", metadata={"unit": "id"}
    )
    sha = dy.String(primary_key=True, min_length=7, description="commit id")
    author_login = dy.String(nullable=True, description="account of the author")
    author_kind = one_of(ACTOR_KINDS, "what kind of account")
    committed_at = moment("committed; null = unknown", nullable=True)
    signals = words("author evidence in names and trailers, as rule: quoted text")
    trailers = words("co-author and tool trailers, e-mail addresses of people removed")
    authorship = one_of(AUTHORSHIPS, "who made the commit, from its own evidence")
    agent = dy.String(nullable=True, description="which agent")
    model = dy.String(nullable=True, description="which model or agent version, where told")
    additions = count("lines added; null = unknown", unit="lines")
    deletions = count("lines deleted; null = unknown", unit="lines")
    seen_at = _seen_at()


_JUDGED = ("authorship", "agent", "model", "driver", "evidence", "rule")
_FROM_FILES = ("code_additions", "relevant_file_count", "sensitive_areas")

PULL_REQUESTS = Table(
    "pull_requests", PullRequests, "entity", "pull request", "created_at", "updated_at",
    derived=(*_JUDGED, *_FROM_FILES, "gone_at"),
)  # fmt: skip
CHANGED_FILES = Table(
    "changed_files", ChangedFiles, "entity", "file of a pull request", "opened_at", "seen_at"
)
REVIEWS = Table("reviews", Reviews, "entity", "submitted review", "submitted_at", None)
REVIEW_EVENTS = Table("review_events", ReviewEvents, "event", "timeline event", "occurred_at", None)
COMMITS = Table("commits", Commits, "entity", "commit of a pull request", "committed_at", "seen_at")
