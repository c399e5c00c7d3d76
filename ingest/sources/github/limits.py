"""When may the next request go out? One answer for all threads of a run, by GitHub's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from threading import Condition
from typing import Final, Literal

from ingest.sources.base import Outside, Progress
from ingest.sources.github.faults import HubError, StoppedFault

Quota = Literal["graphql", "core"]

MOST_IN_FLIGHT: Final = 60  # GitHub allows 100 for all that use the same token
MINUTE: Final = 60.0  # seconds to wait at least when GitHub asks to slow down and does not say how long
CALM: Final = 20  # good answers after which the full number of requests may be in flight again
SLICE: Final = 1.0  # seconds between two lines of the countdown
PLACE: Final = "GitHub"


@dataclass(frozen=True)
class Budget:
    """What one quota said last."""

    left: int
    most: int
    resets_at: datetime | None
    cost: int = 1  # points of the last question

    def lasts(self, questions: int) -> bool:
        """Whether so many more questions of the same cost can be paid."""
        return self.left >= self.cost * questions


@dataclass(frozen=True)
class Patience:
    """How much may be asked at once, and how long a run may wait."""

    at_once: int
    most_seconds: float


class LimitReachedError(HubError):
    """A limit lasts longer than the settings allow to wait."""

    def __init__(self, said: str, until: datetime) -> None:
        super().__init__(said)
        self.until = until  # by GitHub's clock


class Limits:
    """Turns for requests; when one request meets a limit, all wait, once."""

    def __init__(self, patience: Patience, outside: Outside, now: Callable[[], datetime]) -> None:
        self._patience = patience
        self._outside = outside
        self._now = now
        self._change = Condition()
        self._most = max(1, min(patience.at_once, MOST_IN_FLIGHT))
        self._allowed = self._most
        self._in_flight = 0
        self._calm = 0  # good answers since the last request to slow down
        self._slowed = 0  # requests to slow down since the last good answer
        self._used_up = 0  # how often points were used up since the last good answer
        self._waits = 0  # how many waits began: tells an old request's limit from a new one
        self._left = 0.0  # seconds of the wait that is going on
        self._waited = 0.0  # seconds since the last good answer
        self._ahead = timedelta()  # GitHub's clock less ours
        self._budgets: dict[Quota, Budget] = {}
        self._stopped = False

    @property
    def now(self) -> datetime:
        """GitHub's clock, as well as it is known."""
        return self._now() + self._ahead

    def budget(self, quota: Quota) -> Budget | None:
        """What a quota said last; None = nothing, or the server has none."""
        return self._budgets.get(quota)

    def stop(self) -> None:
        """End the run: whoever waits, or asks for a turn, gets a StoppedFault."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    @contextmanager
    def turn(self, quota: Quota) -> Iterator[int]:
        """Wait for a turn and hold it; the number tells `primary` and `secondary` how old a request is."""
        self._save(quota)
        with self._change:
            self._change.wait_for(self._is_free)
            self._go_on()
            self._in_flight += 1
            turn = self._waits
        try:
            yield turn
        finally:
            with self._change:
                self._in_flight -= 1
                self._change.notify_all()

    def note(self, quota: Quota, budget: Budget | None, at: datetime | None) -> None:
        """Take note of what an answer's head said about points and time."""
        with self._change:
            self._ahead = at - self._now() if at else self._ahead
            if budget:
                self._budgets[quota] = budget

    def good(self) -> None:
        """Take note of a good answer."""
        with self._change:
            self._calm += 1
            self._slowed = self._used_up = 0
            self._waited = 0.0
            if self._calm >= CALM:
                self._allowed = self._most
                self._change.notify_all()

    def primary(self, turn: int, quota: Quota, resets_at: datetime | None) -> None:
        """Points are used up: wait until GitHub gives new ones."""
        if resets_at is None:
            self.secondary(turn, None)
            return
        self._wait(turn, lambda: self._seconds_until(resets_at))
        self._renew(quota)

    def secondary(self, turn: int, told_seconds: float | None) -> None:
        """Too fast: wait as long as told, else a minute, doubled each time; then ask with fewer at once."""
        self._wait(turn, lambda: self._slower(told_seconds))

    def pause(self, seconds: float, why: str, turn: str = "") -> None:
        """One thread waits, visibly; others go on. `turn` says which try follows."""
        self._count_down(seconds, lambda left: f"{why}: asking again in {in_words(left)}{turn}")

    def tell(self, doing: str) -> None:
        """Let people know what goes on with the server as a whole."""
        self._tell(Progress(PLACE, doing))

    def _slower(self, told_seconds: float | None) -> float:
        self._allowed = max(1, self._allowed // 2)
        self._calm = 0
        self._slowed += 1
        return MINUTE * 2.0 ** (self._slowed - 1) if told_seconds is None else max(SLICE, told_seconds)

    def _save(self, quota: Quota) -> None:
        """Wait rather than run into a limit that is about to be met."""
        with self._change:
            self._change.wait_for(self._is_calm)
            turn, budget = self._waits, self._budgets.get(quota)
            questions = self._in_flight + 1
        if budget and budget.resets_at and not budget.lasts(questions):
            self.primary(turn, quota, budget.resets_at)

    def _renew(self, quota: Quota) -> None:
        with self._change:
            budget = self._budgets.get(quota)
            if budget:
                self._budgets[quota] = replace(budget, left=budget.most, resets_at=None)

    def _seconds_until(self, resets_at: datetime) -> float:
        self._used_up += 1
        at_least = 2.0 ** (self._used_up - 1)  # a reset that has passed already, again and again
        return max((resets_at - self.now).total_seconds() + SLICE, at_least)

    def _wait(self, turn: int, seconds: Callable[[], float]) -> None:
        with self._change:
            another_waits = turn < self._waits
            if another_waits:
                self._change.wait_for(self._is_calm)
                self._go_on()
                return
            self._begin(seconds())
        try:
            self._count_down(self._left, lambda left: f"limit reached: waiting {in_words(left)}")
        finally:
            with self._change:
                self._left = 0.0
                self._change.notify_all()

    def _begin(self, seconds: float) -> None:
        if self._waited + seconds > self._patience.most_seconds:
            raise self._too_long(seconds)
        self._waits += 1
        self._waited += seconds
        self._left = seconds

    def _too_long(self, seconds: float) -> LimitReachedError:
        until = (self.now + timedelta(seconds=seconds)).astimezone(UTC)
        said = (
            f"GitHub's limit is reached until {until:%Y-%m-%d %H:%M:%S} UTC, in {in_words(seconds)}; "
            f"[sources.github] max_wait_minutes allows to wait {in_words(self._patience.most_seconds)}. What "
            "was read is kept: run again after that time to go on, or allow more"
        )
        return LimitReachedError(said, until)

    def _count_down(self, seconds: float, words: Callable[[float], str]) -> None:
        """Wait in slices; what is longer than one is told, its beginning by nothing `done` yet."""
        left = seconds
        while left > 0:
            self._go_on()
            if seconds > SLICE:
                self._tell(Progress(PLACE, words(left), done=int(seconds - left), seconds_left=left))
            self._outside.sleep(min(SLICE, left))
            left -= SLICE
        self._go_on()

    def _tell(self, told: Progress) -> None:
        budget = self._budgets.get("graphql")
        self._outside.tell(replace(told, points_left=budget.left if budget else None))

    def _is_free(self) -> bool:
        return self._stopped or (self._left <= 0 and self._in_flight < self._allowed)

    def _is_calm(self) -> bool:
        return self._stopped or self._left <= 0

    def _go_on(self) -> None:
        if self._stopped:
            raise StoppedFault("the run is being ended")


def in_words(seconds: float) -> str:
    """A length of time as people say it, rounded up.

    >>> in_words(41), in_words(100.2), in_words(3600)
    ('41 s', '1 min 41 s', '60 min')
    """
    minutes, rest = divmod(ceil(seconds), 60)
    parts = (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "")
    return " ".join(filter(None, parts))
