"""What is true of permission prompts before any log is written?

A reviewer's attention is the probability that a request which may be accepted is really looked at. Whoever
looks takes longer than the request can be read in; whoever does not answers faster than that. Hence the
share of fast approvals that can be expected of a reviewer is 1 - attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

Vendor = Literal["claude_code", "codex", "copilot", "gemini", "opencode"]
Mode = Literal["default", "accept_edits", "plan", "auto", "bypass"]
Kind = Literal["command", "edit", "read", "mcp", "plan", "question"]

FLOOR_SECONDS: Final = 2.0  # nobody reads anything faster
CHARS_PER_SECOND: Final = 100.0
SHORT_COMMAND_CHARS: Final = 200  # commands up to here are judged by the floor alone
AWAY_SECONDS: Final = 600.0  # whoever waits longer was not there


@dataclass(frozen=True)
class Reviewer:
    """Somebody who is asked for permission by an agent."""

    account: str  # address or login, as logs carry it
    team: str
    attention: float  # probability that a request is really looked at
    reject_share: float = 0.08  # of the requests that are asked; a reject was always looked at
    away_share: float = 0.02  # answered after more than ten minutes
    unanswered_share: float = 0.01
    sessions_per_week: float = 2.5
    pace_seconds: float = 25.0  # median time from one answer to the next request
    fading: float = 0.0  # part of the attention that each prompt of a session takes away


@dataclass(frozen=True)
class Policy:
    """What is decided without asking a person."""

    by_rule: float = 0.35  # share of requests that rules accept
    by_hook: float = 0.0
    by_model: float = 0.0
    denied_by_rule: float = 0.01
    modes: tuple[tuple[Mode, float], ...] = (("default", 1.0),)  # share of the sessions
    bypassed: tuple[tuple[date, date], ...] = ()  # first and last day on which every session bypasses


@dataclass(frozen=True)
class Work:
    """What agents are about to do."""

    kinds: tuple[tuple[Kind, float], ...] = (
        ("command", 0.38), ("edit", 0.38), ("read", 0.15), ("mcp", 0.05), ("plan", 0.02), ("question", 0.02),
    )  # fmt: skip
    requests_per_session: float = 8.0
    batch_share: float = 0.08  # messages of the agent with more than one call
    sdk_share: float = 0.05  # sessions before which nobody sits
    permanent_share: float = 0.05  # human accepts that hold from then on
    canary_share: float = 0.0  # of the requests that a person is asked: seeded ones, known to be bad


@dataclass(frozen=True)
class Seeded:
    """One request put in by hand that should be rejected."""

    marker: str
    account: str  # of the reviewer who is asked
    at: datetime
    is_missed: bool


@dataclass(frozen=True)
class Workplace:
    """The people of some repositories, and one agent that they work with."""

    pilot: str
    repositories: tuple[str, ...]
    vendor: Vendor
    reviewers: tuple[Reviewer, ...]
    starts_on: date
    ends_on: date  # first day that is not in it
    policy: Policy = Policy()
    work: Work = Work()
    seeded: tuple[Seeded, ...] = ()


@dataclass(frozen=True)
class ApprovalTruth:
    """Everything that a simulation of prompts needs to know besides its seed."""

    workplaces: tuple[Workplace, ...]


def limit_seconds(kind: str, chars: int) -> float:
    """Time below which nobody can have looked at a request.

    >>> limit_seconds("command", 180), limit_seconds("command", 1000), limit_seconds("edit", 100)
    (2.0, 10.0, 2.0)
    """
    if kind == "command" and chars <= SHORT_COMMAND_CHARS:
        return FLOOR_SECONDS
    return max(FLOOR_SECONDS, chars / CHARS_PER_SECOND)
