"""Who decides about a request, what, and after how long?"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from data.simulator.approvals.planted import Actor, Decision, Scope
from data.simulator.approvals.requests import Request
from data.simulator.approvals.truth import (
    AWAY_SECONDS,
    Mode,
    Policy,
    Reviewer,
    Work,
    limit_seconds,
)
from data.simulator.draws import weighted

CAREFUL: Final = 1.15  # whoever looks takes at least this many times the limit
CARELESS: Final = 0.85  # whoever does not takes at most this part of it
FASTEST_SECONDS: Final = 0.35  # nobody hits a key sooner


@dataclass(frozen=True)
class Answer:
    """What became of a request."""

    decision: Decision
    actor: Actor
    wait_seconds: float | None = None  # None = nobody was asked, or nobody answered
    scope: Scope | None = None
    is_looked_at: bool | None = None
    was_asked: bool = False


@dataclass(frozen=True)
class Asked:
    """A person before a request."""

    reviewer: Reviewer
    request: Request
    prompts_before: int  # in this session
    is_canary: bool = False

    @property
    def attention(self) -> float:
        """Probability that it is looked at."""
        return self.reviewer.attention * (1.0 - self.reviewer.fading) ** self.prompts_before


def automatic(request: Request, mode: Mode, policy: Policy, rng: Random) -> Answer | None:
    """What is decided without asking a person; None = somebody is asked."""
    if request.kind in ("plan", "question"):
        return None
    if mode in ("bypass", "auto") or (mode == "accept_edits" and request.kind == "edit"):
        return Answer("accept", "policy")
    return weighted(rng, _shares(policy))


def _shares(policy: Policy) -> tuple[tuple[Answer | None, float], ...]:
    taken = policy.by_rule + policy.by_hook + policy.by_model + policy.denied_by_rule
    return (
        (Answer("accept", "policy"), policy.by_rule),
        (Answer("accept", "hook"), policy.by_hook),
        (Answer("accept", "model"), policy.by_model),
        (Answer("reject", "policy"), policy.denied_by_rule),
        (None, max(0.0, 1.0 - taken)),
    )


def without_anybody(policy: Policy, rng: Random) -> Answer:
    """In a session of the SDK rules answer, in words that elsewhere mean a person."""
    return Answer("accept", "policy" if rng.random() < policy.by_rule else "unknown")


def human(asked: Asked, work: Work, rng: Random) -> Answer:
    """How a person answers."""
    reviewer, chance = asked.reviewer, rng.random()
    if chance < reviewer.unanswered_share:
        return Answer("pending", "none", was_asked=True)
    is_away = chance < reviewer.unanswered_share + reviewer.away_share
    if asked.is_canary:
        return seeded(asked, is_missed=rng.random() >= asked.attention, rng=rng)
    if rng.random() < reviewer.reject_share:
        return _answer("reject", asked, rng, is_looked_at=True)
    accepted = _answer("accept", asked, rng, is_looked_at=rng.random() < asked.attention)
    return _reaching(_late(accepted, rng) if is_away else accepted, work, rng)


def seeded(asked: Asked, *, is_missed: bool, rng: Random) -> Answer:
    """A request that is known to be bad is rejected by whoever looks at it."""
    decision: Decision = "accept" if is_missed else "reject"
    return _answer(decision, asked, rng, is_looked_at=not is_missed)


def _answer(decision: Decision, asked: Asked, rng: Random, *, is_looked_at: bool) -> Answer:
    limit = limit_seconds(asked.request.kind, asked.request.chars)
    wait = _careful(limit, decision, rng) if is_looked_at else _careless(limit, rng)
    scope: Scope | None = "once" if decision == "accept" else None
    return Answer(decision, "human", wait, scope, is_looked_at, was_asked=True)


def _careful(limit: float, decision: Decision, rng: Random) -> float:
    """Longer than reading takes; a reject also needs words for what is wrong."""
    median = 6.0 if decision == "accept" else 20.0
    longest = AWAY_SECONDS * CARELESS
    return round(min(CAREFUL * limit + median * exp(rng.gauss(0.0, 0.9)), longest), 3)


def _careless(limit: float, rng: Random) -> float:
    return round(FASTEST_SECONDS + (CARELESS * limit - FASTEST_SECONDS) * rng.betavariate(1.5, 3.0), 3)


def _late(answer: Answer, rng: Random) -> Answer:
    wait = round(AWAY_SECONDS + 300.0 * exp(rng.gauss(0.0, 0.8)), 3)
    return Answer(answer.decision, "human", wait, answer.scope, answer.is_looked_at, was_asked=True)


def _reaching(answer: Answer, work: Work, rng: Random) -> Answer:
    scope: Scope = "permanent" if rng.random() < work.permanent_share else "once"
    return Answer(answer.decision, "human", answer.wait_seconds, scope, answer.is_looked_at, was_asked=True)
