"""The seven answers of the gate, worst first, and the frozen objects that every face prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from metrics.estimate import Number

State = Literal[
    "ABOVE_PROVEN", "NOT_MET", "UNTRIAGED", "NOT_MEASURABLE", "TOO_EARLY", "MET_UNPROVEN", "MET_PROVEN"
]
# Worst first; more escapes, fewer clean changes or an unreadable file never move a pilot right.
STATES: Final[tuple[State, ...]] = (
    "ABOVE_PROVEN", "NOT_MET", "UNTRIAGED", "NOT_MEASURABLE", "TOO_EARLY", "MET_UNPROVEN", "MET_PROVEN",
)  # fmt: skip
CriterionState = Literal["met", "not_met", "not_enough_evidence", "not_measurable"]


@dataclass(frozen=True)
class FirstPublished:
    """A sprint's counts as they stood on the day it closed."""

    changes: int
    escapes_low: int
    escapes_high: int
    at: datetime


@dataclass(frozen=True)
class SprintCount:
    """One sprint of a pilot, counted at `as_of`."""

    number: int  # from 1
    start: datetime  # UTC
    end: datetime  # UTC, exclusive
    closed: bool  # ended
    mature: bool  # ended, and watched for the follow-up since
    epoch: int | None  # epoch it belongs to; None = straddles one and serves neither run
    changes: int  # in-scope merged changes
    escapes_low: int  # changes with a confirmed escape
    escapes_high: int  # changes with a confirmed or unreviewed escape
    critical: int  # changes with a confirmed critical escape
    bypasses: int
    detected: int  # changes for which post-merge detection ran
    independent: int  # changes for which that detection was independent
    rate: Number  # escapes_low / changes, one-look Clopper-Pearson interval
    rate_high: Number  # escapes_high / changes
    nowcast: Number | None  # only for sprints that are not mature
    first_published: FirstPublished | None  # None while the sprint is open
    critical_high: int = 0  # changes with a confirmed or unreviewed critical escape


@dataclass(frozen=True)
class Forecast:
    """What the evidence becomes at the present pace with this many more escapes."""

    more_escapes: int
    more_clean_changes: int
    proof_on: date | None  # None = no pace to project from


@dataclass(frozen=True)
class Evidence:
    """What has been shown, as an anytime-valid statement (weekly looks allowed)."""

    escapes: int  # confirmed, over the mature sprints of the epoch
    changes: int  # of these; where detection ran on too few, only those that something looked at
    e_below: float  # against "the rate is at or above the threshold"
    e_above: float  # against "the rate is at or below it", over closed sprints
    upper_limit: float  # anytime upper limit of the rate
    progress: float  # ln e_below / ln proof, 0..100
    more_clean_changes: int
    changes_per_week: float | None  # present pace
    proof_on: date | None
    forecasts: tuple[Forecast, ...]  # 0 and 1 more escapes
    varies: bool  # sprint counts vary more than chance: "proven" presumes a steady rate


@dataclass(frozen=True)
class Readings:
    """The rule read in three ways; None = cannot be told yet."""

    as_written: bool | None  # last two closed sprints, as known now
    followed_up: bool | None  # last two mature, calendar-adjacent sprints
    proven: bool | None  # followed up, and e_below >= proof


@dataclass(frozen=True)
class Outcome:
    """One criterion, judged."""

    criterion: str
    title: str
    state: CriterionState
    sentence: str
    blocking: bool
    estimate: Number


@dataclass(frozen=True)
class EpochNow:
    """The epoch that the evidence belongs to."""

    number: int  # from 1
    start: date
    what: str
    undeclared: tuple[str, ...]  # agents or models seen that no epoch declares


@dataclass(frozen=True)
class Attention:
    """Something that a person has to do before the answer can get better."""

    what: str
    who: str
    since: datetime | None
    rows: tuple[str, ...]  # finding ids, pull requests (owner/name#1), files or repositories with a reason


@dataclass(frozen=True)
class Verdict:
    """The answer for one pilot; command line, page and snapshot print this same object."""

    pilot: str
    as_of: datetime
    known_at: datetime | None
    state: State
    sentence: str  # the Rule line, with its numbers
    evidence_sentence: str  # the Evidence line
    allowed: bool
    blocked_by: tuple[str, ...]
    require: str
    readings: Readings
    threshold: float
    sprints: tuple[SprintCount, ...]
    evidence: Evidence
    human_baseline: Number
    before_baseline: Number  # human changes of the same repositories before the pilot
    criteria: tuple[Outcome, ...]
    epoch: EpochNow
    policy_digest: str
    clear_on: date | None  # earliest day on which the state can leave NOT_MET / TOO_EARLY
    without_late_dismissals: State  # the state if dismissals after closing did not count
    attention: tuple[Attention, ...]
