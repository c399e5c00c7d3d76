"""May this pilot expand, and on what does the answer rest?

Has a pilot's sprints judged, and adds what stands beside the verdict: criteria, human baselines,
the state without late dismissals, and what a person has to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.calendar import local_day
from metrics.escapes import CHANGE_COLUMNS
from metrics.estimate import Number, Undefined
from metrics.features import SCANS_UNREAD, said_of
from metrics.findings import FINDING_COLUMNS, unattributed
from metrics.gate.attention import (
    from_agents,
    from_features,
    from_findings,
    from_gaps,
    from_rules,
    from_scans,
    undeclared,
)
from metrics.gate.case import Ask, Case
from metrics.gate.criteria import CRITERIA, outcomes
from metrics.gate.policy import Policy
from metrics.gate.sentences import Particulars, evidence_sentence, rule_sentence
from metrics.gate.states import Attention, EpochNow, Outcome, SprintCount, State, Verdict
from metrics.gate.verdict import Judgement, Moment, judge
from metrics.pilot import Pilot
from metrics.refusals import explained
from metrics.shares import escape_share
from metrics.sprint_counts import recount_without_late
from metrics.tables import Tables

__all__ = ["Ask", "Assessment", "Case", "assess", "blocked_by", "judged"]

NO_HUMAN_CHANGE: Final = "no human change of these repositories merged in this window"
LOOKS_BACK: Final = 3  # sprint ends at which an earlier answer is looked for; each costs a whole count
YEAR: Final = timedelta(days=365)
HOLDS_BACK: Final[tuple[State, ...]] = ("ABOVE_PROVEN", "NOT_MET", "UNTRIAGED", "NOT_MEASURABLE")


@dataclass(frozen=True)
class Assessment:
    """The verdict, and every row that it rests on."""

    verdict: Verdict
    changes: pl.DataFrame  # metrics.escapes.CHANGE_COLUMNS
    findings: pl.DataFrame  # metrics.findings.FINDING_COLUMNS


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
    return judged(Case(tables, pilot, policy, moment))


def judged(case: Case) -> Assessment:
    """Judge a case, whose parts its table of results then shares."""
    listed = case.agent.findings.select(FINDING_COLUMNS)
    return Assessment(_verdict(case), case.changes.select(CHANGE_COLUMNS), listed)


def blocked_by(judgement: Judgement, criteria: Sequence[Outcome], policy: Policy) -> tuple[str, ...]:
    """Name everything that forbids expansion: a bad or blind state, the required reading, blocking criteria.

    TOO_EARLY alone does not: an organisation that requires the rule only as written has decided not to wait.
    """
    state = (judgement.state,) if judgement.state in HOLDS_BACK else ()
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
        sentence=rule_sentence(judgement, _particulars(case, judgement.state)),
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
    moment = Moment(
        case.ask.as_of,
        case.epoch.number,
        case.pilot.timezone,
        nobodys,
        case.unusable.height + len(case.ask.gaps),
        said_of(case.facts.changes, SCANS_UNREAD),
    )
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


def _particulars(case: Case, state: State) -> Particulars:
    """What the sentences name: untriaged findings, tools that looked, an earlier answer if now is blind."""
    waiting = case.findings.filter(pl.col("is_escape") & (pl.col("status") == "unreviewed"))
    oldest = waiting["first_seen_at"].min()
    tools = case.facts.changes["detecting_tools"].explode().drop_nulls().unique().sort()
    return Particulars(
        untriaged=tuple(waiting["finding_id"]),
        oldest_untriaged_at=oldest if isinstance(oldest, datetime) else None,
        tools=tuple(tools),
        last_verdict=_last_verdict(case) if state == "NOT_MEASURABLE" else "",
    )


def _last_verdict(case: Case) -> str:
    """The latest earlier answer that could be told, read at the ends of the last sprints."""
    ends = [place.end for place in reversed(case.places) if place.end < case.ask.as_of][:LOOKS_BACK]
    for end in ends:
        before = replace(case, ask=replace(case.ask, as_of=end))
        told = _judgement(before, before.sprints, unattributed(before.agent.findings).height)
        if told.state != "NOT_MEASURABLE":
            return f"{told.state} on {local_day(end, case.pilot.timezone).isoformat()}"
    return ""


def _human_rate(case: Case, start: datetime, end: datetime) -> Number:
    merged = pl.col("merged_at").is_between(start, end, closed="left")
    rows = case.human_changes.filter(merged)
    coverage = case.human.scope.coverage(start, end)
    if rows.is_empty():
        return Undefined(NO_HUMAN_CHANGE, 0, coverage)
    escaped = rows.filter("escaped_confirmed").height
    rate = escape_share(escaped, bool(rows["detected"].any()), coverage, case.policy.confidence)
    return explained(rate, said_of(rows, SCANS_UNREAD))


def _attention(case: Case, strangers: tuple[str, ...]) -> tuple[Attention, ...]:
    return (
        *from_findings(case.findings),
        *from_rules(case.in_sprints),
        *from_scans(case.unusable, case.sprints, case.policy),
        *from_features(case.in_sprints),
        *from_agents(strangers),
        *from_gaps(case.ask.gaps),
    )
