"""May this pilot expand, and on what does the answer rest?

Joins scope, escapes, detection and oversight into sprint counts, has them judged, and adds what
stands beside the verdict: criteria, human baselines, the state without late dismissals, and what
a person has to do next. Pure: the moment of judgement is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

import polars as pl

from metrics.calendar import EpochWindow, epoch_at, epoch_of, epochs, matures_at, sprints
from metrics.detection import unusable_scans
from metrics.escapes import CHANGE_COLUMNS, Marked, described, mark
from metrics.estimate import Number
from metrics.findings import FINDING_COLUMNS, unattributed
from metrics.gate.attention import from_agents, from_findings, from_scans, undeclared
from metrics.gate.criteria import CRITERIA, Facts, outcomes
from metrics.gate.policy import Policy
from metrics.gate.sentences import evidence_sentence, rule_sentence
from metrics.gate.states import Attention, EpochNow, Outcome, SprintCount, State, Verdict
from metrics.gate.verdict import Judgement, Moment, judge
from metrics.pilot import Pilot
from metrics.scope import arms
from metrics.shares import share
from metrics.sprint_counts import Place, count_sprints, recount_without_late
from metrics.tables import Tables
from metrics.young_sprints import delays, with_nowcasts

NO_HUMAN_CHANGE: Final = "no human change of these repositories merged in this window"
YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class Ask:
    """The moment of judgement, and when the gate's policy has changed before."""

    as_of: datetime
    known_at: datetime | None = None
    policy_changes: tuple[date, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """The verdict, and every row that it rests on."""

    verdict: Verdict
    changes: pl.DataFrame  # metrics.escapes.CHANGE_COLUMNS
    findings: pl.DataFrame  # metrics.findings.FINDING_COLUMNS


@dataclass(frozen=True)
class Case:
    """One pilot at one moment, each of its parts worked out once."""

    tables: Tables
    pilot: Pilot
    policy: Policy
    ask: Ask

    @cached_property
    def cut(self) -> Tables:
        """The tables as they read at the moment of judgement."""
        return self.tables.cut(self.ask.as_of)

    @cached_property
    def agent(self) -> Marked:
        """The agent arm."""
        return mark(self.cut, self.pilot, self.policy, self.ask.as_of, arms(self.policy))

    @cached_property
    def human(self) -> Marked:
        """Human changes of the same repositories."""
        return mark(self.cut, self.pilot, self.policy, self.ask.as_of, arms(self.policy, "human"))

    @cached_property
    def changes(self) -> pl.DataFrame:
        """The agent arm's changes with what looked at them."""
        return described(self.agent, self.cut, self.policy, self.ask.as_of)

    @cached_property
    def in_sprints(self) -> pl.DataFrame:
        """Those of them that merged while the pilot ran."""
        return self.changes.filter(pl.col("sprint").is_not_null())

    @cached_property
    def epochs(self) -> tuple[EpochWindow, ...]:
        """All epochs, future ones too."""
        return epochs(self.pilot, self.ask.policy_changes)

    @cached_property
    def epoch(self) -> EpochWindow:
        """The epoch that evidence is collected for now."""
        return epoch_at(self.epochs, self.ask.as_of)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every sprint that has started."""
        return tuple(
            Place(
                window.number,
                window.start,
                window.end,
                epoch_of(window, self.epochs),
                window.end <= self.ask.as_of,
                matures_at(window.end, self.policy.follow_up_days, self.pilot.timezone) <= self.ask.as_of,
            )
            for window in sprints(self.pilot, self.ask.as_of)
        )

    @cached_property
    def sprints(self) -> tuple[SprintCount, ...]:
        """Every sprint that has started, counted."""
        counted = count_sprints(self.changes, self.places, self.agent.scope.coverage, self.policy)
        past = delays((self.agent.findings, self.human.findings), self.ask.as_of)
        return with_nowcasts(counted, self.changes, past, (self.policy, self.ask.as_of))

    @cached_property
    def unusable(self) -> pl.DataFrame:
        """Scans that say nothing and were never made good."""
        return unusable_scans(self.cut, self.pilot, self.started_at)

    @property
    def started_at(self) -> datetime:
        """The pilot's first moment."""
        return self.epochs[0].start_at

    @property
    def ended_at(self) -> datetime:
        """End of the last sprint that has started."""
        return self.places[-1].end if self.places else self.started_at

    @cached_property
    def facts(self) -> Facts:
        """What the criteria look at: the changes of the present epoch."""
        since = self.epoch.start_at
        changes = self.in_sprints.filter(pl.col("merged_at") >= since)
        coverage = self.agent.scope.coverage(since, self.ended_at)
        return Facts(changes, self.agent.findings, coverage, self.policy, self.ask.as_of)


def assess(tables: Tables, pilot: Pilot, policy: Policy, moment: Ask) -> Assessment:
    """Judge one pilot at one moment.

    Parameters
    ----------
    tables
        As published; they are cut at `moment.as_of` here.

    Returns
    -------
    Assessment
        With no change in scope every rate is undefined and the state says that nothing can be told.
    """
    case = Case(tables, pilot, policy, moment)
    listed = case.agent.findings.select(FINDING_COLUMNS)
    return Assessment(_verdict(case), case.changes.select(CHANGE_COLUMNS), listed)


def blocked_by(judgement: Judgement, criteria: Sequence[Outcome], policy: Policy) -> tuple[str, ...]:
    """Name everything that forbids expansion: the state, the required reading, blocking criteria."""
    state = () if judgement.state.startswith("MET") else (judgement.state,)
    reading = () if getattr(judgement.readings, policy.require) else (policy.require,)
    unmet = tuple(each.criterion for each in criteria if each.blocking and each.state != "met")
    known = {criterion.id for criterion in CRITERIA}
    # A criterion that nobody knows cannot hold: a typing error must not open the gate.
    unknown = tuple(name for name in policy.blocking if name not in known)
    return (*state, *reading, *unmet, *unknown)


def _verdict(case: Case) -> Verdict:
    judgement = _judgement(case, case.sprints, unattributed(case.agent.findings).height)
    criteria = outcomes(case.facts)
    against = blocked_by(judgement, criteria, case.policy)
    strangers = undeclared(case.in_sprints, case.pilot, case.epochs)
    return Verdict(
        pilot=case.pilot.name,
        as_of=case.ask.as_of,
        known_at=case.ask.known_at,
        state=judgement.state,
        sentence=rule_sentence(judgement),
        evidence_sentence=evidence_sentence(judgement),
        allowed=not against,
        blocked_by=against,
        require=case.policy.require,
        readings=judgement.readings,
        threshold=case.policy.escape_rate,
        sprints=case.sprints,
        evidence=judgement.evidence,
        human_baseline=_human_rate(case, case.started_at, case.ended_at),
        before_baseline=_human_rate(case, case.started_at - YEAR, case.started_at),
        criteria=criteria,
        epoch=EpochNow(case.epoch.number, case.epoch.start, case.epoch.what, strangers),
        policy_digest=case.policy.digest,
        clear_on=judgement.clear_on,
        without_late_dismissals=_without_late(case),
        attention=_attention(case, strangers),
    )


def _judgement(case: Case, counted: tuple[SprintCount, ...], nobodys: int) -> Judgement:
    moment = Moment(case.ask.as_of, case.epoch.number, case.pilot.timezone, nobodys, case.unusable.height)
    return judge(counted, case.policy, moment)


def _without_late(case: Case) -> State:
    counted = recount_without_late(case.sprints, case.changes, case.policy)
    nobodys = unattributed(case.agent.findings).height + _late_unattributed(case)
    return _judgement(case, counted, nobodys).state


def _late_unattributed(case: Case) -> int:
    """Unattributed findings dismissed after the sprint in which they were first seen had closed."""
    dismissed = case.agent.findings.filter(pl.col("number").is_null() & (pl.col("status") == "dismissed"))
    moments = dismissed.select("first_seen_at", "decided_at").rows()
    return sum(
        any(place.start <= seen < place.end < decided for place in case.places) for seen, decided in moments
    )


def _human_rate(case: Case, start: datetime, end: datetime) -> Number:
    merged = pl.col("merged_at").is_between(start, end, closed="left")
    escaped = case.human.changes.filter(merged & pl.col("escaped_confirmed")).height
    return share(escaped, case.human.scope.coverage(start, end), case.policy.confidence, NO_HUMAN_CHANGE)


def _attention(case: Case, strangers: tuple[str, ...]) -> tuple[Attention, ...]:
    return (
        *from_findings(case.agent.findings),
        *from_scans(case.unusable, case.sprints, case.policy),
        *from_agents(strangers),
    )
