"""What people tell: incidents, audit samples that were drawn, and what their reviewers found."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from ingest.contracts.common import SEVERITIES, Table, Trusted, count, moment, one_of, words
from ingest.contracts.pull_requests import REPOSITORY

OUTCOMES = ("clean", "finding", "unclear")
HOST = "github"  # source of the incidents that the code host keeps as issues
DESIGNS = ("simple",)  # every change of the population has the same chance


def _pull_request(description: str, *, primary_key: bool = False) -> dy.Int64:
    nullable = not primary_key
    return dy.Int64(
        nullable=nullable, primary_key=primary_key, min=1, description=description, metadata={"unit": "id"}
    )


def _at(description: str) -> dy.Datetime:
    return dy.Datetime(primary_key=True, time_zone="UTC", time_unit="us", description=description)


class Incidents(Trusted):
    """One row per security incident, in its latest known state."""

    incident_id = dy.String(primary_key=True, min_length=1, description="id given by whoever keeps the list")
    repository = dy.String(regex=REPOSITORY, description="owner/name")
    detected_at = moment("when it was noticed")
    reported_at = moment("when it was written down; null = not told", nullable=True)
    pull_request = _pull_request("pull request that caused it; null = unknown")
    commit_sha = dy.String(nullable=True, description="commit that caused it; null = unknown")
    severity = one_of(SEVERITIES, "how bad")
    cwe = words("CWE ids", nullable=True)
    title = dy.String(nullable=True, description="what happened, secrets and addresses removed")
    url = dy.String(nullable=True, description="page of the incident")
    is_withdrawn = dy.Bool(description="found to be none after all")
    withdrawn_at = moment("when that was found; null = not told", nullable=True)
    withdrawn_by = dy.String(nullable=True, description="who found that; null = not told")
    withdrawn_reason = dy.String(
        nullable=True, description="why it is none, in words, secrets and addresses removed"
    )

    @dy.rule()
    def a_withdrawal_says_who_and_why(cls) -> pl.Expr:
        """An incident is taken back by somebody, for a reason: withdrawn_by and withdrawn_reason.

        The code host tells neither of an issue that was closed as none, but the closing itself is public.
        """
        told = (pl.col(name).fill_null("").str.strip_chars() for name in ("withdrawn_by", "withdrawn_reason"))
        says_both = pl.all_horizontal(each != "" for each in told)
        return ~pl.col("is_withdrawn") | says_both | (pl.col("source") == HOST)


class Audits(Trusted):
    """One row per change that was drawn for a deep review; append-only."""

    audit_id = dy.String(primary_key=True, min_length=1, description="the draw, as 2026-08-17-payments-1")
    repository = dy.String(primary_key=True, regex=REPOSITORY, description="owner/name")
    number = _pull_request("pull request that was drawn", primary_key=True)
    pilot = dy.String(description="pilot whose changes were drawn from")
    drawn_at = moment("when it was drawn")
    drawn_by = dy.String(min_length=1, description="who drew it")
    design = one_of(DESIGNS, "how it was drawn")
    population_count = count("changes that could have been drawn", nullable=False)
    sample_count = count("changes that were drawn", nullable=False)
    selection_probability = dy.Float64(
        min=0, max=1, description="chance that this change had", metadata={"unit": "share"}
    )
    seed = dy.Int64(
        description="seed of the draw: the same one draws the same changes", metadata={"unit": "id"}
    )
    from_at = moment("changes merged from here on could be drawn")
    until_at = moment("and before here")


class AuditReviews(Trusted):
    """One row per deep review of a drawn change; append-only, the latest one of a reviewer holds.

    What a reviewer found is taken back only by a later clean review of the same person with `notes` that
    say why.
    """

    audit_id = dy.String(primary_key=True, min_length=1, description="the draw")
    repository = dy.String(primary_key=True, regex=REPOSITORY, description="owner/name")
    number = _pull_request("pull request that was reviewed", primary_key=True)
    reviewed_at = _at("when")
    reviewed_by = dy.String(primary_key=True, min_length=1, description="who")
    outcome = one_of(OUTCOMES, "what the review came to")
    severity = one_of(SEVERITIES, "how bad what was found is; null = nothing was", nullable=True)
    cwe = words("CWE ids of what was found", nullable=True)
    path = dy.String(nullable=True, description="where it was found")
    line = dy.Int64(nullable=True, min=1, description="line of it", metadata={"unit": "line"})
    notes = dy.String(nullable=True, description="in words, secrets and addresses removed")

    @dy.rule()
    def a_finding_has_a_severity(cls) -> pl.Expr:
        """What was found counts by how bad it is."""
        return (pl.col("outcome") != "finding") | pl.col("severity").is_not_null()


INCIDENTS = Table("incidents", Incidents, "entity", "security incident", None, None)
AUDITS = Table("audits", Audits, "event", "change drawn for a deep review", "drawn_at", None)
AUDIT_REVIEWS = Table("audit_reviews", AuditReviews, "event", "deep review of a change", "reviewed_at", None)
