"""In which of the seven states is a pilot, and why?

The table of definitions 5, evaluated from the worst state down, first on confirmed escapes and then
with the unreviewed ones added. Bad news counts at once, good news must mature. What could not be
charged or read caps the answer: an unattributed finding at UNTRIAGED, a scan that was never made
good at NOT_MEASURABLE. More escapes, fewer clean changes or less information never improve it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from metrics.calendar import local_day
from metrics.gate.evidence import evidence, is_proven, log_above, matures_on, sprint_days
from metrics.gate.policy import Policy
from metrics.gate.reasons import reason
from metrics.gate.rule import Band, Moment, Run, criticals, latest_neighbours, run_of
from metrics.gate.states import STATES, Evidence, Readings, SprintCount, State

__all__ = ["Judgement", "Moment", "judge", "worse"]

BROKEN: Final[tuple[State, ...]] = ("ABOVE_PROVEN", "NOT_MET")


@dataclass(frozen=True)
class Judgement:
    """The state with all that its sentences need."""

    state: State
    state_low: State  # on confirmed escapes alone
    state_high: State  # with unreviewed ones added
    readings: Readings
    evidence: Evidence  # on confirmed escapes
    evidence_high: Evidence  # with unreviewed ones added
    clear_on: date | None  # earliest local day on which NOT_MET or TOO_EARLY can end; None = no sprint will
    relied_on: tuple[int, ...]  # numbers of the mature sprints that the rule reads
    breaching: tuple[int, ...]  # numbers of the sprints that break the rule, confirmed escapes only
    reason: str  # why the state is not better; empty for the MET states
    run: Run  # the sprints of the current epoch, and the policy
    moment: Moment


def worse(a: State, b: State) -> State:
    """The worse of two states.

    >>> worse("MET_PROVEN", "TOO_EARLY")
    'TOO_EARLY'
    """
    return min(a, b, key=STATES.index)


def judge(sprints: Sequence[SprintCount], policy: Policy, moment: Moment) -> Judgement:
    """Judge a pilot's sprints by a policy.

    Parameters
    ----------
    sprints
        All sprints that have begun, counted at `moment.as_of`; those of other epochs, and those
        that straddle two, are left out.
    """
    run = run_of(sprints, policy, moment.epoch)
    low, high = _state(run, "low"), _state(run, "high")
    state = _capped(_combined(low, high), moment)
    return Judgement(
        state=state,
        state_low=low,
        state_high=high,
        readings=_readings(run, moment),
        evidence=evidence(sprints, policy, moment, "low"),
        evidence_high=evidence(sprints, policy, moment, "high"),
        clear_on=_clear_on(state, run, sprints, moment),
        relied_on=tuple(sprint.number for sprint in run.relied_on),
        breaching=tuple(sprint.number for sprint in run.breaching("low")),
        reason=reason(state, run, moment),
        run=run,
        moment=moment,
    )


def _is_above(run: Run, band: Band) -> bool:
    has_critical = any(criticals(sprint, band) for sprint in run.sprints)
    is_stopped = run.policy.critical_stops and has_critical
    return is_stopped or log_above(run, band) >= math.log(run.policy.proof)


def _is_broken(run: Run, band: Band) -> bool:
    return bool(run.breaching(band))


def _is_blind(run: Run, _band: Band) -> bool:
    return not all(run.is_detected(sprint) for sprint in run.relied_on)


def _is_short(run: Run, _band: Band) -> bool:
    return len(run.relied_on) < run.policy.sprints


def _is_unproven(run: Run, band: Band) -> bool:
    return not is_proven(run, band)


# From the worst down; the first that holds is the state.
_TABLE: Final[tuple[tuple[State, Callable[[Run, Band], bool]], ...]] = (
    ("ABOVE_PROVEN", _is_above),
    ("NOT_MET", _is_broken),
    ("NOT_MEASURABLE", _is_blind),
    ("TOO_EARLY", _is_short),
    ("MET_UNPROVEN", _is_unproven),
)


def _state(run: Run, band: Band) -> State:
    return next((state for state, holds in _TABLE if holds(run, band)), "MET_PROVEN")


def _combined(low: State, high: State) -> State:
    if low in BROKEN:
        return low
    return "UNTRIAGED" if high in BROKEN else worse(low, high)


def _capped(state: State, moment: Moment) -> State:
    if moment.unusable_scans:
        state = worse(state, "NOT_MEASURABLE")
    return worse(state, "UNTRIAGED") if moment.unattributed else state


def _readings(run: Run, moment: Moment) -> Readings:
    """Read the rule in three ways; what a triage, an attribution or a scan could overturn is None."""
    is_open = bool(moment.unattributed or moment.unusable_scans)
    last_closed = latest_neighbours(run.closed, run.policy.sprints)
    as_written = _holds(run, last_closed, is_open=is_open)
    followed_up = _holds(run, run.relied_on, is_open=is_open or _is_blind(run, "low"))
    proven = followed_up and _both(is_proven(run, "low"), is_proven(run, "high"))
    return Readings(as_written, followed_up, proven)


def _holds(run: Run, sprints: Sequence[SprintCount], *, is_open: bool) -> bool | None:
    """Whether these sprints keep the rule. Too few, empty or doubtful ones can only break it."""
    if any(run.breaks(sprint, "low") for sprint in sprints):
        return False
    is_complete = len(sprints) == run.policy.sprints and all(sprint.changes for sprint in sprints)
    is_doubtful = is_open or any(run.breaks(sprint, "high") for sprint in sprints)
    return True if is_complete and not is_doubtful else None


def _both(low: bool, high: bool) -> bool | None:  # noqa: FBT001 (two answers to one question)
    return low if low == high else None


def _clear_on(state: State, run: Run, sprints: Sequence[SprintCount], moment: Moment) -> date | None:
    """Day on which enough sprints after the last breach, or in all, can be mature."""
    if state == "NOT_MET":
        return _matures_after(run.breaching("low")[-1], run.policy.sprints, run.policy, moment)
    if state != "TOO_EARLY" or not sprints:
        return None
    waiting = latest_neighbours(run.sprints, len(run.sprints))
    is_begun = bool(waiting)
    # Before an epoch's first whole sprint, the one that straddles its beginning comes just before it.
    first = waiting[0] if is_begun else max(sprints, key=lambda sprint: sprint.number)
    return _matures_after(first, run.policy.sprints - is_begun, run.policy, moment)


def _matures_after(sprint: SprintCount, steps: int, policy: Policy, moment: Moment) -> date | None:
    """Day on which the sprint so many after this one is mature; None if that passed without the sprint."""
    length = timedelta(days=sprint_days(sprint, moment.timezone))
    matures = matures_on(sprint, policy, moment.timezone) + steps * length
    return matures if matures > local_day(moment.as_of, moment.timezone) else None
