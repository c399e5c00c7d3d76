"""What do reviews, timeline events, commits and changed files need beyond their mapping?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.casting import as_text
from ingest.file_classes import classify_files
from ingest.settings import IngestSettings
from ingest.sources.tables.actors import ActorColumns, people_of, with_actor
from ingest.sources.tables.keys import content_keys, numbered_keys
from ingest.sources.tables.signals import with_commit_evidence

_EVENT_CONTENT: Final = ("repository", "number", "kind", "occurred_at", "actor", "subject")
_REVIEW_CONTENT: Final = (
    "repository",
    "number",
    "reviewer",
    "submitted_at",
)  # without the state, which may change
PENDING: Final = "PENDING"


def complete_reviews(rows: pl.DataFrame, settings: IngestSettings) -> pl.DataFrame:
    """Verdicts in upper case, pending ones out, kinds of reviewers, and ids where there are none."""
    upper = [as_text(rows[name]).str.to_uppercase() for name in _states(rows)]
    submitted = rows.with_columns(upper)
    if "state" in submitted.columns:
        submitted = submitted.filter(pl.col("state").ne_missing(PENDING))
    identified = _with_id(submitted, "review_id", _REVIEW_CONTENT)
    return with_actor(identified, ActorColumns("reviewer", "reviewer_kind"), people_of(settings.authorship))


def complete_review_events(rows: pl.DataFrame, settings: IngestSettings) -> pl.DataFrame:
    """Kinds as GitHub names them in REST, kinds of actors, and ids from the content where there are none."""
    named = kind_in_snake_case(rows) if "kind" in rows.columns else rows
    actors = with_actor(named, ActorColumns("actor", "actor_kind"), people_of(settings.authorship))
    return _with_id(actors, "event_id", _EVENT_CONTENT)


def complete_commits(rows: pl.DataFrame, settings: IngestSettings) -> pl.DataFrame:
    """Evidence from messages and names, which are not kept; kinds of authors; 0 for no pull request."""
    judged = with_commit_evidence(rows)
    # GitHub leaves the author null when an address belongs to no account: nobody was deleted
    author = ActorColumns("author_login", "author_kind", absent="unknown")
    known = with_actor(judged, author, people_of(settings.authorship))
    return known if "number" in known.columns else known.with_columns(number=pl.lit(0, pl.Int64))


def complete_changed_files(rows: pl.DataFrame, settings: IngestSettings) -> pl.DataFrame:
    """File classes and sensitive areas by the configured patterns, unless they are given."""
    if "path" not in rows.columns:
        return rows
    paths = pl.DataFrame({"path": as_text(rows["path"])})
    classes = classify_files(paths, settings.classes).select("file_class", "sensitive_area")
    return rows.with_columns(classes[name] for name in classes.columns if name not in rows.columns)


def kind_in_snake_case(rows: pl.DataFrame) -> pl.DataFrame:
    """Spell event kinds as REST does: ReadyForReviewEvent and READY_FOR_REVIEW_EVENT are ready_for_review.

    >>> kinds = pl.DataFrame({"kind": ["ReadyForReviewEvent", "cross-referenced"]})
    >>> kind_in_snake_case(kinds)["kind"].to_list()
    ['ready_for_review', 'cross-referenced']
    """
    spelled = as_text(rows["kind"]).str.replace_all(r"([a-z0-9])([A-Z])", "${1}_${2}").str.to_lowercase()
    return rows.with_columns(spelled.str.strip_suffix("_event").alias("kind"))


def _states(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("state", "state_before_dismissal") if name in rows.columns]


def _with_id(rows: pl.DataFrame, name: str, content: tuple[str, ...]) -> pl.DataFrame:
    if name in rows.columns:
        return rows
    columns = [rows[column] for column in content if column in rows.columns]
    keys = content_keys(columns) if name == "event_id" else numbered_keys(columns)
    return rows.with_columns(keys.alias(name))
