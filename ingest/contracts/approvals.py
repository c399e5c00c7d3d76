"""What is known of permission prompts: the evidence, what was decided, sessions, inventory, canaries.

Who decided, on what evidence, when the prompt was shown and how that is known stand beside every decision.
People stand here as keyed pseudonyms only; texts of prompts and requests only where the settings ask for it.
"""

from __future__ import annotations

import dataframely as dy

from ingest.contracts.common import Table, Trusted, count, moment, one_of, words
from ingest.contracts.pull_requests import REPOSITORY

VENDORS = ("claude_code", "codex", "copilot", "gemini", "opencode", "cursor", "other")
SIGNAL_KINDS = (
    "called",  # the agent asked to use a tool
    "asked",  # a person was asked; without a call id it is the latest open call of the session
    "waited",  # a span from asking to answer: `at` to `ended_at`
    "decided",  # a record that says what was decided, and by whom
    "ended",  # the tool ran, or was refused: what came of the call
    "mode",  # the permission mode from here on
    "prompted",  # a person gave the agent a task
)
REQUEST_KINDS = ("command", "edit", "read", "fetch", "mcp", "plan", "question", "other")
DECISIONS = ("accept", "reject", "cancelled", "pending")
ACTORS = ("human", "policy", "hook", "model", "none", "unknown")
EVIDENCE = ("explicit", "inferred", "none")
SCOPES = ("once", "session", "permanent", "carried")  # carried: an earlier grant answered
MODES = ("default", "accept_edits", "plan", "auto", "bypass", "other")
WAIT_BASES = ("span", "records", "hook", "transcript", "upper_bound")
SIGHTING_KINDS = (
    "agent_version", "model", "mode", "mcp_server", "plugin", "hook", "permission_rule", "retention_days",
    "setting",
)  # fmt: skip
CANARY_KINDS = ("prompt", "pull_request")
MARKER = "pilot-canary-[0-9a-z]{4,40}"  # what a seeded request carries, as a regular expression


def _seconds(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, description=description, metadata={"unit": "seconds"})


def _text(description: str) -> dy.String:
    return dy.String(nullable=True, description=description)


def _repository() -> dy.String:
    return dy.String(nullable=True, regex=REPOSITORY, description="owner/name; null = not told")


class ApprovalSignals(Trusted):
    """One row per piece of evidence about a call of a tool, as a log tells it; append-only."""

    signal_id = dy.String(primary_key=True, min_length=1, description="hash of what the signal says")
    vendor = one_of(VENDORS, "whose agent")
    session_id = dy.String(min_length=1, description="session of the agent")
    call_id = _text("call of the tool; null = the log does not say")
    kind = one_of(SIGNAL_KINDS, "what it is evidence of")
    at = moment("when it happened")
    ended_at = moment("end of the span, for `waited`", nullable=True)
    span_id = _text("span that joins records")
    parent_id = _text("span around it")
    tool_name = _text("tool as the agent names it")
    request_kind = one_of(REQUEST_KINDS, "what was asked for", nullable=True)
    is_read_only = dy.Bool(nullable=True, description="can change nothing; null = not told")
    decision = one_of(DECISIONS, "what it says was decided", nullable=True)
    actor = one_of(ACTORS, "who it says decided", nullable=True)
    scope = one_of(SCOPES, "how far the answer reaches", nullable=True)
    mode = one_of(MODES, "permission mode", nullable=True)
    source_raw = _text("the log's own word for who decided")
    is_interactive = dy.Bool(nullable=True, description="a person sits before the agent; null = not told")
    batch_count = count("calls in the same message of the agent")
    batch_place = count("place in it, from 0 on")
    run_seconds = _seconds("how long the tool itself ran")
    content_chars = count("characters of what was shown", unit="characters")
    content_text = _text("what was shown, secrets removed; only where the settings ask for it")
    canary_id = _text("marker of a seeded request that its content carries")
    reviewer = _text("pseudonym of the person")
    team = _text("team of the person")
    repository = _repository()
    agent_version = _text("version of the agent")
    model = _text("model of the agent")


class Approvals(Trusted):
    """One row per permission decision, from all evidence about it; the best evidence stands."""

    vendor = one_of(VENDORS, "whose agent", primary_key=True)
    session_id = dy.String(primary_key=True, min_length=1, description="session of the agent")
    call_id = dy.String(primary_key=True, min_length=1, description="call of the tool")
    happened_at = moment("when it was decided; else when it was asked for, or called")
    shown_at = moment("when the prompt was shown; null = not known, or none was", nullable=True)
    decided_at = moment("when it was answered; null = never, or not known", nullable=True)
    wait_seconds = _seconds("from showing to answer: an upper bound of attention; null = not known")
    wait_basis = one_of(WAIT_BASES, "how the wait is known", nullable=True)
    shown_evidence = one_of(EVIDENCE, "how it is known that a prompt was shown")
    decision = one_of(DECISIONS, "what was decided")
    actor = one_of(ACTORS, "who decided")
    actor_evidence = one_of(EVIDENCE, "how that is known")
    scope = one_of(SCOPES, "how far the answer reaches", nullable=True)
    mode = one_of(MODES, "permission mode then", nullable=True)
    source_raw = _text("the log's own word for who decided")
    tool_name = _text("tool as the agent names it")
    request_kind = one_of(REQUEST_KINDS, "what was asked for", nullable=True)
    is_read_only = dy.Bool(nullable=True, description="can change nothing; null = not told")
    is_interactive = dy.Bool(nullable=True, description="a person sat before the agent; null = not told")
    content_chars = count("characters of what was shown", unit="characters")
    content_text = _text("what was shown, secrets removed; only where the settings ask for it")
    canary_id = _text("marker of a seeded request that its content carries")
    reviewer = _text("pseudonym of the person")
    team = _text("team of the person")
    repository = _repository()
    agent_version = _text("version of the agent")
    model = _text("model of the agent")


class ApprovalSessions(Trusted):
    """One row per session of an agent that a log tells of."""

    vendor = one_of(VENDORS, "whose agent", primary_key=True)
    session_id = dy.String(primary_key=True, min_length=1, description="session of the agent")
    first_at = moment("first sign of it")
    last_at = moment("last sign of it")
    task_count = count("tasks that a person gave", nullable=False)
    decision_count = count("permission decisions", nullable=False)
    modes = words("permission modes that were seen")
    is_interactive = dy.Bool(nullable=True, description="a person sat before the agent; null = not told")
    reviewer = _text("pseudonym of the person")
    team = _text("team of the person")
    repository = _repository()
    agent_version = _text("version of the agent, the last one seen")
    model = _text("model of the agent, the last one seen")


class AgentSightings(Trusted):
    """One row per fact about agents and day on which it was seen; append-only."""

    sighting_id = dy.String(
        primary_key=True, min_length=1, description="hash of what was seen, where and when"
    )
    vendor = one_of(VENDORS, "whose agent")
    kind = one_of(SIGHTING_KINDS, "what kind of fact")
    name = dy.String(min_length=1, description="version, model, server, rule, days, key = value ...")
    place = dy.String(description="telemetry, or the settings file that says it")
    seen_at = moment("first moment of that day at which it was seen")
    repository = _repository()
    team = _text("team")


class Canaries(Trusted):
    """One row per seeded request that is known to be bad; append-only."""

    canary_id = dy.String(
        primary_key=True,
        regex=f"^{MARKER}$",
        description="marker that its content carries",
    )
    kind = one_of(CANARY_KINDS, "what carries it")
    registered_at = moment("when it was registered")
    registered_by = dy.String(min_length=1, description="who registered it")
    repository = _repository()
    number = dy.Int64(
        nullable=True, min=1, description="pull request that carries it", metadata={"unit": "id"}
    )
    what = _text("what is wrong with it, in words")


class Erasures(Trusted):
    """One row per pseudonym of a person who is to be forgotten; append-only."""

    pseudonym = dy.String(primary_key=True, min_length=1, description="pseudonym that is taken out again")
    erased_at = moment("when that was asked for")
    erased_by = dy.String(min_length=1, description="who did it")


APPROVAL_SIGNALS = Table(
    "approval_signals", ApprovalSignals, "event", "piece of evidence about a permission prompt", "at", None,
    # What the settings say of a log, and the pseudonym that the key gives: both may be corrected later.
    derived=("repository", "team", "is_interactive", "reviewer", "ingested_at"),
)  # fmt: skip
APPROVALS = Table("approvals", Approvals, "entity", "permission decision", None, None)
APPROVAL_SESSIONS = Table("approval_sessions", ApprovalSessions, "entity", "session of an agent", None, None)
AGENT_SIGHTINGS = Table(
    "agent_sightings", AgentSightings, "event", "fact about agents, and day on which it was seen", None, None
)
CANARIES = Table("canaries", Canaries, "event", "seeded request that is known to be bad", None, None)
ERASURES = Table("erasures", Erasures, "event", "pseudonym that is to be forgotten", None, None)
