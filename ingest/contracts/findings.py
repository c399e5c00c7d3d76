"""Scans, what they reported, the distinct findings behind it, and decisions about them."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from ingest.contracts.common import SEVERITIES, STAGES, Table, Trusted, count, moment, one_of, words

UNREAD_STATUSES = ("failed", "partial", "unreadable")  # of scans whose silence means nothing
SCAN_STATUSES = ("ok", *UNREAD_STATUSES, "withdrawn")
DISPOSITIONS = ("confirmed", "false_positive", "accepted", "wont_fix", "fixed", "reopened")
METHODS = (
    "explicit",  # a sidecar, a table or a person named the change
    "pull_request_head",  # news in a scan of that pull request's head
    "sole_merge",  # news on the protected branch; only one merge since the previous ok scan
    "sole_path",  # news on the protected branch; only one of the merges touched the path
    "commit",  # the commit that brought it in belongs to one pull request
    "blame",  # the history of the line names the commit; it may belong to no pull request
    "baseline",  # was there when a stream of scans began, or when its rules changed
    "unattributed",  # news that no single change explains
)
CONFIDENCES = ("high", "medium", "low", "none")
REPORTERS = ("scan", "audit", "incident", "person")


class Scans(Trusted):
    """One row per tool run; a file that cannot be read is a scan too, never a clean one."""

    scan_id = dy.String(primary_key=True, min_length=1, description="stable id of the run")
    tool = dy.String(nullable=True, description="scanner name; null = unreadable")
    tool_version = dy.String(nullable=True, description="scanner version")
    rules_version = dy.String(nullable=True, description="rule pack version, or digest of the rule ids")
    category = dy.String(nullable=True, description="automation category, part of the stream's identity")
    repository = dy.String(nullable=True, description="owner/name; null = the scan could not be placed")
    commit_sha = dy.String(nullable=True, description="commit that was scanned")
    ref = dy.String(
        nullable=True, description="branch or pull request ref, as refs/heads/... or refs/pull/N/..."
    )
    pull_request = dy.Int64(nullable=True, min=1, description="pull request scanned", metadata={"unit": "id"})
    stage = one_of(STAGES, "before or after merge")
    status = one_of(SCAN_STATUSES, "whether its silence means anything")
    status_reason = dy.String(nullable=True, description="why the status is not ok, in words")
    scanned_at = moment("when the tool ran; null = the scan could not be placed", nullable=True)
    result_count = count("results reported; null = unknown")
    file = dy.String(description="file it came from, relative to the configuration")


class ScanResults(Trusted):
    """One row per result of a scan."""

    scan_id = dy.String(primary_key=True, min_length=1, description="scan that reported it")
    position = dy.Int64(
        primary_key=True, min=0, description="place among the scan's results", metadata={"unit": "id"}
    )
    finding_key = dy.String(description="identity inside a repository: rule, path, line text, ordinal (hash)")
    rule = dy.String(description="rule id, normalised; '(none)' when the tool gives none")
    cwe = words("CWE ids, as CWE-79")
    severity = one_of(SEVERITIES, "severity by definitions 2")
    is_security = dy.Bool(
        description="carries a security-severity, a CWE, a security tag, or a security tool"
    )
    path = dy.String(nullable=True, description="path in the repository; null = no place")
    line = dy.Int64(nullable=True, min=1, description="first line", metadata={"unit": "line"})
    is_blamable = dy.Bool(description="points at lines of code (not an image, not a manifest's line 1)")
    suppressed = dy.Bool(nullable=True, description="suppressed in the tool; null = unknown")
    baseline_state = dy.String(nullable=True, description="the tool's own new/unchanged/updated/absent")
    message = dy.String(nullable=True, description="first 200 characters, secrets and addresses removed")
    introduced_by = dy.Int64(
        nullable=True, min=1, description="pull request named by a sidecar", metadata={"unit": "id"}
    )
    text_key = dy.String(
        nullable=True, description="hash of the flagged line without whitespace; null = not told"
    )
    fingerprint = dy.String(
        nullable=True, description="hash of the tool's own fingerprint; null = none, or the same for all"
    )
    told_commit = dy.String(nullable=True, description="commit that the tool itself says brought it in")
    scanned_at = moment("when the tool ran (partitions the table)", nullable=True)


class Findings(Trusted):
    """One row per distinct weakness, derived from scans or reported by people."""

    finding_id = dy.String(primary_key=True, min_length=8, description="stable over line moves and re-scans")
    repository = dy.String(description="owner/name")
    rule = dy.String(description="rule id, normalised")
    cwe = words("CWE ids")
    severity = one_of(SEVERITIES, "severity by definitions 2")
    is_security = dy.Bool(description="a security finding by definitions 2")
    is_blamable = dy.Bool(description="points at lines of code")
    path = dy.String(nullable=True, description="path where it was first seen")
    line = dy.Int64(
        nullable=True, min=1, description="line where it was first seen", metadata={"unit": "line"}
    )
    tool = dy.String(nullable=True, description="scanner that saw it first; null = a person")
    tools = words("scanners that reported it, in the order of their first reports", nullable=True)
    aliases = words("other ids that it has or had: decisions about them are about it", nullable=True)
    reported_by = one_of(REPORTERS, "what kind of look reported it first")
    first_seen_at = moment("first report")
    first_seen_stage = one_of(STAGES, "seen on the pull request, or only after its merge")
    first_seen_scan = dy.String(nullable=True, description="scan of the first report")
    post_merge_seen_at = moment("first report on the protected branch", nullable=True)
    seen_commit = dy.String(nullable=True, description="commit in which `path` and `line` were seen")
    introduced_commit = dy.String(nullable=True, description="commit that introduced it, where known")
    introduced_path = dy.String(nullable=True, description="path in that commit, where known")
    introduced_line = dy.Int64(
        nullable=True, min=1, description="line in that commit, where known", metadata={"unit": "line"}
    )
    introduced_by = dy.Int64(
        nullable=True, min=1, description="pull request that introduced it", metadata={"unit": "id"}
    )
    method = one_of(METHODS, "how the introducing change was found")
    confidence = one_of(CONFIDENCES, "how sure the attribution is")
    gone_at = moment("first ok scan of the same stream without it", nullable=True)
    message = dy.String(nullable=True, description="first 200 characters, secrets and addresses removed")


class Dispositions(Trusted):
    """One row per decision about a finding; append-only."""

    finding_id = dy.String(primary_key=True, min_length=8, description="finding decided about")
    decided_at = dy.Datetime(primary_key=True, time_zone="UTC", time_unit="us", description="when")
    decided_by = dy.String(primary_key=True, min_length=1, description="who")
    disposition = one_of(DISPOSITIONS, "what was decided", primary_key=True)
    reason = dy.String(nullable=True, description="why, in words")
    second_person = dy.String(nullable=True, description="second person of an acceptance")
    expires_at = moment("when an acceptance ends", nullable=True)

    @dy.rule()
    def a_dismissal_needs_a_reason(cls) -> pl.Expr:
        """False positive, accepted and won't fix take a finding off the list, so they say why."""
        dismissed = pl.col("disposition").is_in(["false_positive", "accepted", "wont_fix"])
        has_reason = pl.col("reason").fill_null("").str.strip_chars().str.len_chars() > 0
        return ~dismissed | has_reason


SCANS = Table("scans", Scans, "entity", "tool run", None, None)
SCAN_RESULTS = Table("scan_results", ScanResults, "event", "result of a scan", "scanned_at", None)
FINDINGS = Table("findings", Findings, "entity", "distinct weakness", None, None)
DISPOSITIONS_TABLE = Table(
    "dispositions", Dispositions, "event", "decision about a finding", "decided_at", None
)
