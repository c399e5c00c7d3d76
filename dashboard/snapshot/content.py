"""What does a week say: the verdicts, what changed, what people have to decide, and every number?

What was asked for (`known_at`) and when is no part of it, so the same publication gives the same
content whenever it is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Final

from dashboard.snapshot.data_files import gate_json, metrics_json
from ingest.store import Published
from metrics.gate.states import STATES, Attention, Verdict
from metrics.results import Result

WEEKS_SHOWN: Final = 8
MOST_DECISIONS: Final = 3


@dataclass(frozen=True)
class Restated:
    """A number about the week before that later deliveries changed; both judged at the same moment."""

    then: Result  # from the publication in force when that week ended
    now: Result  # from the publication of this snapshot


@dataclass(frozen=True)
class Unmeasured:
    """Why something was not measured, and which numbers that touches."""

    reason: str
    metrics: tuple[str, ...]  # ids
    rows: int  # most rows that one of them leaves out; 0 = the numbers do not exist at all


@dataclass(frozen=True)
class Decision:
    """Something that a person has to do in a pilot."""

    pilot: str
    attention: Attention


@dataclass(frozen=True)
class PilotWeek:
    """One pilot's week."""

    pilot: str
    timezone: str
    start: datetime  # UTC, as all moments
    end: datetime
    as_of: datetime  # moment of judgement: the end of the week, or the last ingest before it
    verdict: Verdict
    before: Verdict  # at the end of the week before, as known now
    before_as_published: Verdict | None  # the same as known then; None: nothing was published then
    before_published: Published | None  # the publication that this rests on
    results: tuple[Result, ...]  # the whole epoch, and the last eight weeks
    restated: tuple[Restated, ...]
    unmeasured: tuple[Unmeasured, ...]

    @property
    def is_over(self) -> bool:
        """Whether the week is over; else it is the week so far, until `as_of`."""
        return self.as_of >= self.end


@dataclass(frozen=True)
class Content:
    """Everything that the report and the data files of a week are made from."""

    week: str  # "2026-W34"
    published: Published  # the publication that it rests on
    pilots: tuple[PilotWeek, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict of each pilot at its moment."""
        return tuple(each.verdict for each in self.pilots)

    @property
    def results(self) -> tuple[Result, ...]:
        """All numbers of all pilots."""
        return tuple(result for each in self.pilots for result in each.results)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The most urgent things that people have to do, three at most."""
        return self._all_decisions[:MOST_DECISIONS]

    @property
    def more_decision_count(self) -> int:
        """How many things to do stand behind these."""
        return len(self._all_decisions) - len(self.decisions)

    @cached_property
    def _all_decisions(self) -> tuple[Decision, ...]:
        """From the pilot in the worst state on; within a pilot in the order of its verdict."""
        ranked = [
            (STATES.index(verdict.state), place, Decision(verdict.pilot, attention))
            for verdict in self.verdicts
            for place, attention in enumerate(verdict.attention)
        ]
        return tuple(decision for *_, decision in sorted(ranked, key=lambda entry: entry[:2]))

    @cached_property
    def gate_json(self) -> bytes:
        """The file gate.json."""
        return gate_json(self.verdicts)

    @cached_property
    def metrics_json(self) -> bytes:
        """The file metrics.json."""
        return metrics_json(self.results)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over gate.json and metrics.json, one after the other, in hexadecimal digits."""
        return sha256(self.gate_json + self.metrics_json).hexdigest()
