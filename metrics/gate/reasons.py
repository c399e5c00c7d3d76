"""Why is the state not better, in words that name sprints and counts?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from metrics.gate.rule import Moment, Run, criticals, escapes_allowed
from metrics.gate.states import SprintCount, State


def reason(state: State, run: Run, moment: Moment) -> str:
    """Say what holds the state where it is; empty when the rule is met."""
    reasons = _REASONS.get(state)
    return "; ".join(reasons(run, moment)) if reasons else ""


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "change"), plural(1200, "change")
    ('1 change', '1,200 changes')
    """
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def percent(share: float) -> str:
    """A setting as a percentage, in as many digits as it has.

    >>> percent(0.01), percent(0.005), percent(0.95)
    ('1 %', '0.5 %', '95 %')
    """
    return f"{100 * share:.6g} %"


def fraction(x: int, n: int) -> str:
    """Escapes of changes; counts, because a percentage of few changes claims too much.

    >>> fraction(1, 1096)
    '1 of 1,096'
    """
    return f"{x:,} of {n:,}"


def untriaged(run: Run) -> int:
    """Changes whose finding nobody has reviewed yet, over the closed sprints."""
    return sum(sprint.escapes_high - sprint.escapes_low for sprint in run.closed)


def _above(run: Run, _moment: Moment) -> list[str]:
    critical = [sprint for sprint in run.sprints if sprint.critical]
    if run.policy.critical_stops and critical:
        return [f"critical escape confirmed in sprint {sprint.number}" for sprint in critical]
    x, n = sum(each.escapes_low for each in run.closed), sum(each.changes for each in run.closed)
    return [f"{fraction(x, n)} changes in {plural(len(run.closed), 'closed sprint')}"]


def _broken(run: Run, _moment: Moment) -> list[str]:
    return [_breach(sprint, run.policy.escape_rate) for sprint in run.breaching("low")]


def _breach(sprint: SprintCount, p0: float) -> str:
    allowed = f"(the rule allows {escapes_allowed(sprint.changes, p0)} at this size)"
    return f"sprint {sprint.number}, {fraction(sprint.escapes_low, sprint.changes)} {allowed}"


def _untriaged(run: Run, moment: Moment) -> list[str]:
    waiting, lost = untriaged(run), moment.unattributed
    # An open sprint breaks no rule yet, but a critical escape in it stops at once.
    severe = sum(criticals(each, "high") - criticals(each, "low") for each in run.sprints)
    depends = [f"{plural(waiting, 'change')} with untriaged findings"] if waiting else []
    depends += [f"{plural(severe, 'change')} with untriaged critical findings"] if severe else []
    return depends + ([f"{plural(lost, 'finding')} that no change could be charged with"] if lost else [])


def _blind(run: Run, moment: Moment) -> list[str]:
    unread = moment.unusable_scans
    unseen = [_unseen(sprint, run) for sprint in run.relied_on if not run.is_detected(sprint)]
    unseen += [moment.unread] if unseen and moment.unread else []
    return unseen + (
        [f"{plural(unread, 'scan or file', 'scans or files')} could not be read or placed"] if unread else []
    )


def _unseen(sprint: SprintCount, run: Run) -> str:
    if not sprint.changes:
        return f"sprint {sprint.number} has no in-scope change"
    covered = f"{sprint.detected:,} of {plural(sprint.changes, 'change')} of sprint {sprint.number}"
    return f"post-merge detection ran for {covered} ({percent(run.policy.detection_share)} needed)"


def _early(run: Run, _moment: Moment) -> list[str]:
    return [f"{len(run.relied_on)} of {plural(run.policy.sprints, 'sprint')} watched for {_days(run)}"]


def _days(run: Run) -> str:
    return plural(run.policy.follow_up_days, "day")


_REASONS: Final[dict[State, Callable[[Run, Moment], list[str]]]] = {
    "ABOVE_PROVEN": _above,
    "NOT_MET": _broken,
    "UNTRIAGED": _untriaged,
    "NOT_MEASURABLE": _blind,
    "TOO_EARLY": _early,
}
