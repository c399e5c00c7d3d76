"""What else must hold before a pilot may expand: one small criterion each, listed in CRITERIA.

Two block by default; which ones do is the policy's to say (`blocking`). How each is judged stands
in metrics/gate/questions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from metrics.features import CHECKS_UNREAD, SCANS_UNREAD, said_of
from metrics.gate.questions import (
    Facts,
    Judged,
    checks_at_merge,
    detector_misses,
    human_approval,
    independent_detection,
    no_bypass,
    post_merge_coverage,
    pre_merge_scanning,
    prompt_log_coverage,
    prompt_retention,
    sensitive_sign_off,
    triage_age,
)
from metrics.gate.states import Outcome
from metrics.refusals import explained


@dataclass(frozen=True)
class Criterion:
    """One question that the gate asks beside the escape rate."""

    id: str
    title: str
    is_blocking_by_default: bool
    requires: tuple[str, ...]  # tables without which it is not measurable
    judge: Callable[[Facts], Judged]
    unread: str = ""  # column with what the code host says where it refused to tell


def outcomes(facts: Facts) -> tuple[Outcome, ...]:
    """Judge every criterion; which of them block is the policy's to say."""
    return tuple(_outcome(criterion, facts) for criterion in CRITERIA)


def _outcome(criterion: Criterion, facts: Facts) -> Outcome:
    judged = criterion.judge(facts)
    words = "" if judged.state == "met" or not criterion.unread else said_of(facts.changes, criterion.unread)
    sentence = f"{judged.sentence}; {words}" if words else judged.sentence
    is_blocking, estimate = criterion.id in facts.policy.blocking, explained(judged.estimate, words)
    return Outcome(criterion.id, criterion.title, judged.state, sentence, is_blocking, estimate)


CRITERIA: Final[tuple[Criterion, ...]] = (
    Criterion(
        "no_bypass",
        "No reported finding was merged anyway",
        True,
        ("findings", "scans"),
        no_bypass,
        SCANS_UNREAD,
    ),
    Criterion(
        "independent_detection",
        "Something independent looks after merge",
        True,
        ("scans",),
        independent_detection,
        SCANS_UNREAD,
    ),
    Criterion("human_approval", "A human approved every change", False, ("reviews",), human_approval),
    Criterion(
        "sensitive_sign_off",
        "A human signed off sensitive changes",
        False,
        ("reviews", "changed_files"),
        sensitive_sign_off,
    ),
    Criterion(
        "tests_at_merge", "Checks pass at merge", False, ("pull_requests",), checks_at_merge, CHECKS_UNREAD
    ),
    Criterion(
        "pre_merge_scanning",
        "Changes are scanned before merge",
        False,
        ("scans",),
        pre_merge_scanning,
        SCANS_UNREAD,
    ),
    Criterion("triage_age", "Findings are triaged in time", False, ("findings", "dispositions"), triage_age),
    Criterion(
        "post_merge_coverage",
        "Changes are scanned after merge",
        False,
        ("scans",),
        post_merge_coverage,
        SCANS_UNREAD,
    ),
    Criterion(
        "prompt_log_coverage",
        "Permission prompts are logged",
        False,
        ("approval_sessions",),
        prompt_log_coverage,
    ),
    Criterion(
        "prompt_retention",
        "Prompt logs are kept 30 days",
        False,
        ("approval_sessions", "agent_sightings"),
        prompt_retention,
    ),
    Criterion(
        "detector_fnr",
        "The injection detector's misses are known",
        False,
        ("detections", "labels"),
        detector_misses,
    ),
)
