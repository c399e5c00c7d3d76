"""What a code host reports about a repository: alerts, which features may be read, bypassed rules."""

from __future__ import annotations

import dataframely as dy

from ingest.contracts.common import ACTOR_KINDS, SEVERITIES, Table, Trusted, moment, one_of, words
from ingest.contracts.pull_requests import REPOSITORY

ALERT_KINDS = ("code_scanning", "secret_scanning", "dependabot")
ALERT_STATES = ("open", "fixed", "dismissed")
FEATURES = (*ALERT_KINDS, "rule_suites", "checks")
FEATURE_STATUSES = ("ok", "off", "not_permitted", "not_found")


def _repository() -> dy.String:
    return dy.String(primary_key=True, regex=REPOSITORY, description="owner/name")


class Alerts(Trusted):
    """One row per security alert, in its latest known state; the host itself follows it over time."""

    repository = _repository()
    kind = one_of(ALERT_KINDS, "which feature reported it", primary_key=True)
    number = dy.Int64(primary_key=True, min=1, description="alert number", metadata={"unit": "id"})
    state = one_of(ALERT_STATES, "state today")
    rule = dy.String(description="rule, type of secret, or advisory")
    cwe = words("CWE ids, as CWE-79")
    severity = one_of(SEVERITIES, "severity by definitions 2")
    is_security = dy.Bool(description="a security finding by definitions 2")
    tool = dy.String(nullable=True, description="scanner")
    tool_version = dy.String(nullable=True, description="scanner version")
    category = dy.String(nullable=True, description="analysis category, part of the stream's identity")
    path = dy.String(nullable=True, description="path in the repository")
    line = dy.Int64(nullable=True, min=1, description="first line", metadata={"unit": "line"})
    is_blamable = dy.Bool(description="points at lines of code (not an image, not a manifest)")
    found_in = dy.String(
        nullable=True,
        description="what a secret was found in: commit, wiki_commit, issue_body ...; null = code",
    )
    commit_sha = dy.String(nullable=True, description="commit that a secret was first found in")
    refs = words("branches and pull requests that it was seen on, as refs/heads/... or refs/pull/N/...")
    ref_categories = words("analysis category on each of refs, in their order; empty = not told")
    ref_states = words("latest state on each of refs, in their order; empty = not told")
    ref_commits = words("commit of that latest state on each of refs, in their order; empty = not told")
    message = dy.String(nullable=True, description="first 200 characters, secrets and addresses removed")
    url = dy.String(nullable=True, description="page of the alert")
    created_at = moment("first reported")
    updated_at = moment("last change", nullable=True)
    fixed_at = moment("gone from the code", nullable=True)
    dismissed_at = moment("dismissed or resolved", nullable=True)
    dismissed_by = dy.String(nullable=True, description="who dismissed it")
    dismissed_reason = dy.String(nullable=True, description="reason as the host words it")
    dismissed_comment = dy.String(nullable=True, description="why, in words, secrets and addresses removed")


class Features(Trusted):
    """One row per repository and feature: what could be read, so that silence is never taken for zero."""

    repository = _repository()
    feature = one_of(FEATURES, "which feature", primary_key=True)
    status = one_of(FEATURE_STATUSES, "whether it could be read")
    said = dy.String(nullable=True, description="the host's own words, where it refused")
    asked_at = moment("when it was last asked")
    since_at = moment("from when on nothing of it was missed, where that is known", nullable=True)


class RuleBypasses(Trusted):
    """One row per push that bypassed a repository's rules."""

    repository = _repository()
    suite_id = dy.String(primary_key=True, min_length=1, description="id of the rule suite")
    ref = dy.String(nullable=True, description="branch that was pushed to")
    before_sha = dy.String(nullable=True, description="commit before the push")
    after_sha = dy.String(nullable=True, description="commit after the push")
    actor = dy.String(nullable=True, description="login that pushed or merged")
    actor_kind = one_of(ACTOR_KINDS, "what kind of account")
    pushed_at = moment("when")


ALERTS = Table("alerts", Alerts, "entity", "security alert of the code host", "created_at", "updated_at")
FEATURES_TABLE = Table("features", Features, "entity", "repository and feature", None, "asked_at")
RULE_BYPASSES = Table(
    "rule_bypasses", RuleBypasses, "event", "push that bypassed repository rules", "pushed_at", None
)
