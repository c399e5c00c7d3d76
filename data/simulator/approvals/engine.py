"""In which order do sessions, requests and answers follow from a truth and a seed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import exp
from random import Random
from typing import Final
from uuid import UUID

from data.simulator.approvals.answers import Answer, Asked, automatic, human, seeded, without_anybody
from data.simulator.approvals.planted import PlantedDecision, PlantedSession
from data.simulator.approvals.requests import TOOLS, Request, request
from data.simulator.approvals.truth import (
    SHORT_COMMAND_CHARS,
    ApprovalTruth,
    Mode,
    Reviewer,
    Seeded,
    Vendor,
    Workplace,
)
from data.simulator.draws import pick, stream, weighted

WORKING_DAYS: Final = 5
MILLISECOND: Final = timedelta(milliseconds=1)
BATCH: Final = 3  # calls in a message that holds more than one
# Version and model of the agents, invented but of the right shape.
RELEASES: Final[dict[Vendor, tuple[str, str]]] = {
    "claude_code": ("2.1.294", "claude-sonnet-4-5"), "copilot": ("1.0.102", "gpt-5-mini"),
    "codex": ("0.169.0", "gpt-5-codex"), "gemini": ("0.61.0", "gemini-2.5-pro"),
    "opencode": ("1.4.2", "claude-sonnet-4-5"),
}  # fmt: skip
CALL_PREFIXES: Final[dict[Vendor, str]] = {"claude_code": "toolu_", "opencode": "per_"}


def decisions(truth: ApprovalTruth, seed: int) -> Iterator[PlantedDecision]:
    """All decisions, session after session, without holding more than one session.

    One reviewer more or less changes nothing about the others.
    """
    for workplace in truth.workplaces:
        for reviewer in workplace.reviewers:
            rng = stream(seed, "approvals", workplace.pilot, workplace.vendor, reviewer.account)
            for session in _sessions(workplace, reviewer, rng):
                yield from _Conversation(workplace, session, rng).all()
        yield from _by_hand(workplace, seed)


def _sessions(workplace: Workplace, reviewer: Reviewer, rng: Random) -> Iterator[PlantedSession]:
    for day in _working_days(workplace):
        for hour in _hours(reviewer.sessions_per_week / WORKING_DAYS, rng):
            started_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + _ms(hour * 3600)
            yield _session(workplace, reviewer, started_at, rng)


def _working_days(workplace: Workplace) -> Iterator[date]:
    days = (workplace.ends_on - workplace.starts_on).days
    for day in (workplace.starts_on + timedelta(days=place) for place in range(days)):
        if day.weekday() < WORKING_DAYS:
            yield day


def _hours(per_day: float, rng: Random) -> list[float]:
    """Hours of the day at which sessions begin, in UTC."""
    many = int(per_day) + (rng.random() < per_day % 1)
    return sorted(6.5 + 8.5 * rng.random() for _ in range(many))


def _session(workplace: Workplace, reviewer: Reviewer, at: datetime, rng: Random) -> PlantedSession:
    version, model = RELEASES[workplace.vendor]
    is_interactive = rng.random() >= workplace.work.sdk_share
    return PlantedSession(
        workplace.pilot, pick(rng, workplace.repositories), workplace.vendor, reviewer,
        str(UUID(int=rng.getrandbits(128), version=4)), at, _mode(workplace, at.date(), rng),
        is_interactive, version, model,
    )  # fmt: skip


def _mode(workplace: Workplace, day: date, rng: Random) -> Mode:
    drawn = weighted(rng, workplace.policy.modes)
    is_bypassed = any(first <= day <= last for first, last in workplace.policy.bypassed)
    return "bypass" if is_bypassed else drawn


@dataclass
class _Conversation:
    """One session as it goes on: the clock, and how often the person was asked."""

    workplace: Workplace
    session: PlantedSession
    rng: Random
    prompts: int = 0
    place: int = 0

    def __post_init__(self) -> None:
        self.now = self.session.started_at

    def all(self) -> Iterator[PlantedDecision]:
        """Every request of the session, and its answer."""
        many = 1 + int(self.rng.expovariate(1.0 / self.workplace.work.requests_per_session))
        while self.place < many:
            pause = self.session.reviewer.pace_seconds * exp(self.rng.gauss(0.0, 0.7))
            self.now += _ms(max(pause, 1.0))
            yield from self._message()

    def _message(self) -> Iterator[PlantedDecision]:
        """One message of the agent: its calls are answered one after another."""
        is_batch = self.rng.random() < self.workplace.work.batch_share
        called_at, many = self.now, BATCH if is_batch else 1
        for place in range(many):
            yield self._decided(called_at, many, place)

    def _decided(self, called_at: datetime, batch_count: int, batch_place: int) -> PlantedDecision:
        asked_for, canary_id = self._request()
        answer = self._answer(asked_for, canary_id)
        planted = self.plant(asked_for, answer, called_at, canary_id)
        return _in_batch(planted, batch_count, batch_place)

    def _request(self) -> tuple[Request, str | None]:
        """A seeded request is a short command with a marker, only ever put before a person."""
        drawn = request(self.session.vendor, self.workplace.work, self.rng)
        if self.rng.random() >= self.workplace.work.canary_share or not self.session.is_interactive:
            return drawn, None
        return bad_request(self.session.vendor, self.rng), f"pilot-canary-{self.rng.getrandbits(40):010x}"

    def _answer(self, asked_for: Request, canary_id: str | None) -> Answer:
        policy, work = self.workplace.policy, self.workplace.work
        if not self.session.is_interactive:
            return without_anybody(policy, self.rng)
        known = None if canary_id else automatic(asked_for, self.session.mode, policy, self.rng)
        asked = Asked(self.session.reviewer, asked_for, self.prompts, canary_id is not None)
        return known or human(asked, work, self.rng)

    def plant(
        self, asked_for: Request, answer: Answer, called_at: datetime, canary_id: str | None
    ) -> PlantedDecision:
        """Write down what happened, and move the clock on."""
        shown_at = max(called_at, self.now) + 30 * MILLISECOND if answer.was_asked else None
        decided_at = _decided_at(answer, max(called_at, self.now), shown_at)
        self.now = (decided_at or self.now + timedelta(minutes=5)) + MILLISECOND
        self.prompts += answer.was_asked
        self.place += 1
        return PlantedDecision(
            self.session, self.place - 1, self._call_id(), asked_for.tool_name, asked_for.kind,
            asked_for.is_read_only, asked_for.chars, called_at, shown_at, decided_at, answer.decision,
            answer.actor, answer.scope, asked_for.run_seconds, canary_id=canary_id,
            is_looked_at=answer.is_looked_at,
        )  # fmt: skip

    def _call_id(self) -> str:
        return f"{CALL_PREFIXES.get(self.session.vendor, 'call_')}{self.rng.getrandbits(96):024x}"


def _decided_at(answer: Answer, called_at: datetime, shown_at: datetime | None) -> datetime | None:
    if shown_at is None:
        return called_at + 30 * MILLISECOND
    return None if answer.wait_seconds is None else shown_at + _ms(answer.wait_seconds)


def _in_batch(planted: PlantedDecision, count: int, place: int) -> PlantedDecision:
    return planted if count == 1 else _with_batch(planted, count, place)


def _with_batch(planted: PlantedDecision, count: int, place: int) -> PlantedDecision:
    told = {name: getattr(planted, name) for name in PlantedDecision.__slots__}
    return PlantedDecision(**{**told, "batch_count": count, "batch_place": place})


def bad_request(vendor: Vendor, rng: Random) -> Request:
    """A command that should be rejected, if anybody reads it."""
    return Request("command", TOOLS[vendor]["command"], False if vendor == "copilot" else None,
                   rng.randint(60, SHORT_COMMAND_CHARS // 2), 0.2)  # fmt: skip


def _by_hand(workplace: Workplace, seed: int) -> Iterator[PlantedDecision]:
    """Seeded requests, each in a session of its own."""
    for one in workplace.seeded:
        yield _planted_by_hand(workplace, one, stream(seed, "seeded", workplace.pilot, one.marker))


def _planted_by_hand(workplace: Workplace, one: Seeded, rng: Random) -> PlantedDecision:
    (reviewer,) = (each for each in workplace.reviewers if each.account == one.account)
    version, model = RELEASES[workplace.vendor]
    session = PlantedSession(
        workplace.pilot, workplace.repositories[0], workplace.vendor, reviewer,
        str(UUID(int=rng.getrandbits(128), version=4)), one.at, "default", True, version, model,
    )  # fmt: skip
    asked = Asked(reviewer, bad_request(workplace.vendor, rng), 0, is_canary=True)
    answer = seeded(asked, is_missed=one.is_missed, rng=rng)
    conversation = _Conversation(workplace, session, rng)
    return conversation.plant(asked.request, answer, one.at + timedelta(seconds=20), one.marker)


def _ms(seconds: float) -> timedelta:
    """Whole milliseconds: what a log can tell."""
    return timedelta(milliseconds=round(1000 * seconds))
