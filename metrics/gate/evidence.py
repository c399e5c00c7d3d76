"""What has been shown about the escape rate so far, and when could it be proven?

Good news must mature: evidence against "the rate is at or above the threshold" rests on the mature
sprints of the epoch, and where too little looked after merge only on the changes that something
looked at. Bad news counts at once: evidence that the rate is above it rests on all that
have closed. Both are anytime-valid, so weekly looks are allowed (:mod:`metrics.statistics.evalues`).
Strict mode tempers each sprint to at most 100 changes, which keeps an e-value valid and stops one
lucky sprint from proving a rate that swings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice
from typing import Final

from metrics.calendar import local_day
from metrics.gate.policy import Policy
from metrics.gate.rule import STRICT_CHANGES, Band, Moment, Run, escapes, run_of
from metrics.gate.states import Evidence, Forecast, SprintCount
from metrics.statistics.dispersion import dispersion_p_value
from metrics.statistics.evalues import (
    anytime_upper,
    as_e_value,
    clean_changes_required,
    log_e_above,
    log_e_below,
)

PACE_SPRINTS: Final = 3  # a pace is what the last few closed sprints merged
FORECASTS: Final = (0, 1)  # more escapes, for which proof is projected
HORIZON_SPRINTS: Final = 1_000  # beyond this no date is worth naming
VARIES_BELOW: Final = 0.05  # p-value of the dispersion of sprint counts


@dataclass(frozen=True)
class Tally:
    """Escapes and changes as evidence counts them; fractions in strict mode."""

    escapes: float
    changes: float

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.escapes + other.escapes, self.changes + other.changes)


def evidence(sprints: Sequence[SprintCount], policy: Policy, moment: Moment, band: Band = "low") -> Evidence:
    """State the evidence of the current epoch, reading escapes as confirmed (low) or also unreviewed (high).

    Parameters
    ----------
    sprints
        All sprints of the pilot; those of other epochs are left out.

    `upper_limit` is 1 while nothing has matured. `more_clean_changes` counts from the mature
    changes on, so those still being watched are part of it; in strict mode it is in tempered
    changes. `proof_on` is the day on which the sprint with the last of them matures.
    """
    run = run_of(sprints, policy, moment.epoch)
    mature = good_news(run, band)
    log_e = log_e_below(mature.escapes, mature.changes, policy.escape_rate)
    outlook = tuple(_forecast(run, moment, band, more) for more in FORECASTS)
    return Evidence(
        escapes=sum(escapes(sprint, band) for sprint in run.mature),
        changes=sum(_credited(sprint, run, band) for sprint in run.mature),
        e_below=as_e_value(log_e),
        e_above=as_e_value(log_above(run, band)),
        upper_limit=anytime_upper(mature.escapes, mature.changes, policy.confidence),
        progress=100 * min(max(log_e / math.log(policy.proof), 0.0), 1.0),
        more_clean_changes=outlook[0].more_clean_changes,
        changes_per_week=_changes_per_week(run),
        proof_on=outlook[0].proof_on,
        forecasts=outlook,
        varies=_varies(run, band),
    )


def tally(sprints: Iterable[SprintCount], policy: Policy, band: Band) -> Tally:
    """Add up sprints as evidence counts them."""
    return sum((_weighed(escapes(each, band), each.changes, policy) for each in sprints), Tally(0, 0))


def good_news(run: Run, band: Band) -> Tally:
    """Add up the mature sprints; a change that nothing looked at is no clean one."""
    counted = ((escapes(each, band), _credited(each, run, band)) for each in run.mature)
    return sum((_weighed(x, n, run.policy) for x, n in counted), Tally(0, 0))


def _credited(sprint: SprintCount, run: Run, band: Band) -> int:
    return sprint.changes if run.is_detected(sprint) else max(sprint.detected, escapes(sprint, band))


def is_proven(run: Run, band: Band) -> bool:
    """Whether the mature sprints prove that the rate is below the threshold."""
    return _is_proof(good_news(run, band), run.policy)


def log_above(run: Run, band: Band) -> float:
    """Logarithm of the evidence over closed sprints that the rate is above the threshold."""
    closed = tally(run.closed, run.policy, band)
    return log_e_above(closed.escapes, closed.changes, run.policy.escape_rate)


def sprint_days(sprint: SprintCount, timezone: str) -> int:
    """Length of a sprint in local days."""
    return (local_day(sprint.end, timezone) - local_day(sprint.start, timezone)).days


def matures_on(sprint: SprintCount, policy: Policy, timezone: str) -> date:
    """Local day on which a sprint will have been watched for the follow-up."""
    return local_day(sprint.end, timezone) + timedelta(days=policy.follow_up_days)


def _weighed(x: float, n: float, policy: Policy) -> Tally:
    is_capped = policy.strict and n > STRICT_CHANGES
    weight = STRICT_CHANGES / n if is_capped else 1
    return Tally(x * weight, n * weight)


def _is_proof(total: Tally, policy: Policy) -> bool:
    return log_e_below(total.escapes, total.changes, policy.escape_rate) >= math.log(policy.proof)


def _forecast(run: Run, moment: Moment, band: Band, more: int) -> Forecast:
    now = good_news(run, band) + Tally(more, 0)
    policy = run.policy
    # An escape is one of the changes: with fewer changes than escapes, the missing ones come with them.
    changes = max(now.changes, now.escapes)
    required = clean_changes_required(now.escapes, changes, policy.escape_rate, policy.confidence)
    return Forecast(more, required, _proof_on(run, moment, band, Tally(now.escapes, changes)))


def _proof_on(run: Run, moment: Moment, band: Band, start: Tally) -> date | None:
    """Day on which sprints to come turn `start` into proof at the present pace; None without a pace."""
    if _is_proof(start, run.policy):
        return local_day(moment.as_of, moment.timezone)
    total = start
    for matures, sprint in islice(_to_come(run, moment, band), HORIZON_SPRINTS):
        total = total + sprint
        if _is_proof(total, run.policy):
            return matures
    return None


def _to_come(run: Run, moment: Moment, band: Band) -> Iterator[tuple[date, Tally]]:
    """Days on which sprints mature and what each then adds: known ones first, then the pace goes on."""
    pace = _changes_per_sprint(run)
    if not pace:
        return
    waiting = [sprint for sprint in run.sprints if not sprint.mature]
    known = [
        (escapes(each, band), each.changes if each.closed else max(each.changes, pace)) for each in waiting
    ]
    for sprint, (x, n) in zip(waiting, known, strict=True):
        yield matures_on(sprint, run.policy, moment.timezone), _weighed(x, n, run.policy)
    for matures in _next_days(run.sprints[-1], run.policy, moment):
        yield matures, _weighed(0, pace, run.policy)


def _next_days(last: SprintCount, policy: Policy, moment: Moment) -> Iterator[date]:
    """Days on which sprints after the last known one mature; what has ended unseen is no sprint."""
    step = timedelta(days=sprint_days(last, moment.timezone))
    soonest = local_day(moment.as_of, moment.timezone) + timedelta(days=policy.follow_up_days)
    days = (matures_on(last, policy, moment.timezone) + k * step for k in count(1))
    return (day for day in days if day > soonest)


def _changes_per_sprint(run: Run) -> float | None:
    recent = run.closed[-PACE_SPRINTS:]
    return sum(sprint.changes for sprint in recent) / len(recent) if recent else None


def _changes_per_week(run: Run) -> float | None:
    recent = run.closed[-PACE_SPRINTS:]
    watched = sum((sprint.end - sprint.start for sprint in recent), timedelta(0))
    return sum(sprint.changes for sprint in recent) / (watched / timedelta(weeks=1)) if recent else None


def _varies(run: Run, band: Band) -> bool:
    counts = [escapes(sprint, band) for sprint in run.closed]
    return dispersion_p_value(counts, [sprint.changes for sprint in run.closed]) < VARIES_BELOW
