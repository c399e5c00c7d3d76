"""Which findings did people tell: what went wrong in operation, and what deep reviews came upon?

An incident is a finding, and so is what a reviewer found in a review; told once, it stays one, as bad as it
was ever told (:mod:`ingest.attribution.told_before`). Taking it back is a decision about it
(:mod:`ingest.attribution.told_decisions`). A person who names the pull request is believed; a named commit
leads to the pull request that brought it in, where one did. What names nothing known stays unattributed:
it is counted, and it holds the verdict back until somebody names the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.attribution.told_before import with_what_was_told
from ingest.contracts import FINDINGS, SEVERITIES
from ingest.identity import finding_id, finding_key
from ingest.redaction import redacted_message

INCIDENT: Final = "incident"
AUDIT: Final = "audit"
SHORTEST_COMMIT: Final = 7  # characters of a commit id that still tell it from others
_LANDED, _MERGE, _LISTED = range(3)  # where a commit is known from, the best first
_REVIEWER: Final = ("audit_id", "repository", "number", "reviewed_by")
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
_TOLD: Final = (
    "finding_id", "repository", "reported_by", "number", "commit", "severity", "cwe", "path", "line",
    "message", "told_at", "raw_ref",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What is known of changes: rows of `landed_commits`, `pull_requests` and `commits`."""

    landed: pl.DataFrame
    pull_requests: pl.DataFrame
    commits: pl.DataFrame


def people_findings(
    incidents: pl.DataFrame, reviews: pl.DataFrame, known: Known, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows of `findings`, sorted by id, from rows of `incidents` and `audit_reviews`.

    Parameters
    ----------
    before
        Rows of `findings` that people's words gave the last time; None = this is the first.
    """
    told = pl.concat([_of_incidents(incidents), _of_reviews(reviews)])
    merges = known.pull_requests.select("repository", "number", "merge_sha")
    explained = told.join(_holders(told, known), on="finding_id", how="left").join(
        merges, on=["repository", "number"], how="left"
    )
    rows = _rows(explained.with_columns(method=_method()))
    return rows if before is None else with_what_was_told(rows, before)


def with_ids(incidents: pl.DataFrame) -> pl.DataFrame:
    """Incidents, withdrawn ones too, with the ids of their findings."""
    pairs = incidents.select("repository", "incident_id").rows()
    ids = [finding_id(repository, finding_key(INCIDENT, told, "", 0)) for repository, told in pairs]
    return incidents.with_columns(finding_id=pl.Series(ids, dtype=pl.String))


def found_in(reviews: pl.DataFrame) -> pl.DataFrame:
    """Reviews that found something, in the order of their moments, with the ids of the findings."""
    found = reviews.filter(pl.col("outcome") == "finding").sort("reviewed_at", *_REVIEWER)
    places = found.select("repository", "number", "path", "line").rows()
    ids = [
        finding_id(repository, _review_key(number, path, line)) for repository, number, path, line in places
    ]
    return found.with_columns(finding_id=pl.Series(ids, dtype=pl.String))


def _review_key(number: int, path: str | None, line: int | None) -> str:
    """Identity of what a review found: reviewers that name the same place found the same."""
    return finding_key(AUDIT, str(number), f"{path or ''}:{line or ''}", 0)


def _of_incidents(incidents: pl.DataFrame) -> pl.DataFrame:
    return with_ids(incidents).select(
        "finding_id",
        "repository",
        pl.lit(INCIDENT).alias("reported_by"),
        number="pull_request",
        commit=pl.col("commit_sha").str.to_lowercase(),
        severity="severity",
        cwe=pl.col("cwe").fill_null([]),
        path=pl.lit(None, pl.String),
        line=pl.lit(None, pl.Int64),
        message="title",
        told_at="detected_at",
        raw_ref="raw_ref",
    )


def _of_reviews(reviews: pl.DataFrame) -> pl.DataFrame:
    """One row per place: as bad as the worst word about it, reported when the first reviewer found it."""
    worst = pl.col("severity").cast(pl.Enum(SEVERITIES)).min().cast(pl.String)
    weaknesses = pl.col("cwe").explode().drop_nulls().unique().sort()
    facts = (pl.col(name).first() for name in ("repository", "number", "path", "line", "raw_ref"))
    return (
        found_in(reviews)
        .group_by("finding_id", maintain_order=True)
        .agg(
            *facts,
            severity=worst,
            cwe=weaknesses,
            message=pl.col("notes").drop_nulls().first(),
            told_at=pl.col("reviewed_at").first(),
        )
        .with_columns(reported_by=pl.lit(AUDIT), commit=pl.lit(None, pl.String))
        .select(_TOLD)
    )


def _holders(told: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Landed commit and pull request of every finding that names a commit, as far as they are known."""
    is_told = pl.col("commit").str.len_chars() >= SHORTEST_COMMIT
    wanted = told.filter(is_told).select("finding_id", "repository", "commit", _short("commit"))
    named = wanted.join(_known_commits(known), on=["repository", "short"], how="inner").filter(
        pl.col("sha").str.starts_with(pl.col("commit"))
    )
    certain = named.filter(pl.col("sha").n_unique().over("finding_id") == 1)
    merged = known.pull_requests.select("repository", "merged_at", holder="number")
    counted = certain.join(merged, on=["repository", "holder"], how="left").with_columns(
        holder_count=pl.col("holder").drop_nulls().n_unique().over("finding_id")
    )
    best = counted.sort(
        "finding_id", pl.col("holder").is_null(), "known_from", "merged_at", "holder", nulls_last=True
    )
    first = best.unique("finding_id", keep="first", maintain_order=True)
    return first.select("finding_id", "sha", "holder", "known_from", "holder_count")


def _known_commits(known: Known) -> pl.DataFrame:
    """Commits by where they are known from, with the pull requests that brought them in."""
    landed = known.landed.select("repository", "sha", holder="pull_request", known_from=_LANDED)
    merges = known.pull_requests.drop_nulls("merge_sha").select(
        "repository", sha="merge_sha", holder="number", known_from=_MERGE
    )
    listed = known.commits.filter(pl.col("number") > 0).select(
        "repository", "sha", holder="number", known_from=_LISTED
    )
    return pl.concat([landed, merges, listed]).with_columns(_short("sha"))


def _short(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, SHORTEST_COMMIT).alias("short")


def _method() -> pl.Expr:
    return (
        pl.when(pl.col("number").is_not_null())
        .then(pl.lit("explicit"))
        .when(pl.col("sha").is_not_null())
        .then(pl.lit("commit"))
        .otherwise(pl.lit("unattributed"))
    )


def _confidence() -> pl.Expr:
    is_one_of_several = (pl.col("known_from") == _LISTED) & (pl.col("holder_count") > 1)
    return (
        pl.when(pl.col("method") == "unattributed")
        .then(pl.lit("none"))
        .when((pl.col("method") == "commit") & is_one_of_several)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("high"))
    )


def _rows(explained: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit([], pl.List(pl.String))
    told = explained.with_columns(
        rule="reported_by",
        is_security=pl.lit(value=True),
        is_blamable=pl.col("path").is_not_null() & pl.col("line").is_not_null(),
        message=pl.col("message").map_elements(redacted_message, pl.String),
        tool=pl.lit(None, pl.String),
        tools=nothing,
        aliases=nothing,
        first_seen_at="told_at",
        post_merge_seen_at="told_at",
        first_seen_stage=pl.lit("post_merge"),
        introduced_by=pl.coalesce("number", "holder"),
        introduced_commit=pl.coalesce("sha", "commit", "merge_sha"),
        confidence=_confidence(),
    )
    columns = {name: dtype for name, dtype in FINDINGS.polars_schema.items() if name not in _SET_LATER}
    unknown = [pl.lit(None, dtype).alias(name) for name, dtype in columns.items() if name not in told.columns]
    complete = told.with_columns(unknown)
    return complete.select(pl.col(name).cast(dtype) for name, dtype in columns.items()).sort("finding_id")
