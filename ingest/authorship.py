"""Who made a change: an agent, a person with an agent's help, automation, or a person?"""

from __future__ import annotations

from ingest.authorship_arms import classify
from ingest.authorship_rules import RULES_VERSION
from ingest.authorship_signals import (
    NOBODY,
    CommitEvidence,
    People,
    actor,
    as_of_its_day,
    commit_signals,
    driver_signals,
    is_agent,
    label_signals,
    pull_request_signals,
)

__all__ = [
    "NOBODY",
    "RULES_VERSION",
    "CommitEvidence",
    "People",
    "actor",
    "as_of_its_day",
    "classify",
    "commit_signals",
    "driver_signals",
    "is_agent",
    "label_signals",
    "pull_request_signals",
]
