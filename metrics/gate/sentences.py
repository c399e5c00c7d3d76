"""How is a judgement said to a manager: what the rule says, and what has been shown?

Always both sentences, never one word: a rule can be met by luck. Counts stand as fractions, dates
are ISO days in the pilot's zone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metrics.calendar import local_day
from metrics.gate.reasons import fraction, percent, plural, untriaged
from metrics.gate.rule import Run
from metrics.gate.states import Evidence, Forecast, SprintCount, State
from metrics.gate.verdict import Judgement

_WHOLE: Final = 100  # points of evidence
NAMED: Final = 3  # more names than this make a sentence a list


@dataclass(frozen=True)
class Particulars:
    """What the sentences can name beside the counts, where the caller knows it."""

    tools: tuple[str, ...] = ()  # that looked after merge
    untriaged: tuple[str, ...] = ()  # findings that nobody has reviewed
    oldest_untriaged_at: datetime | None = None
    last_verdict: str = ""  # said when today's cannot be told


NOTHING_MORE: Final = Particulars()


def rule_sentence(judgement: Judgement, particulars: Particulars = NOTHING_MORE) -> str:
    """Say what the policy's rule makes of the sprints."""
    return _RULE[judgement.state](judgement, particulars)


def evidence_sentence(judgement: Judgement) -> str:
    """Say what has been shown, what more would prove it, and what one more escape would cost."""
    shown = judgement.evidence
    parts = _proof(judgement) if shown.changes else [_watched(judgement)]
    return " ".join([*parts, *_cautions(judgement)])


def progress(evidence: Evidence) -> int:
    """Evidence in whole points of 100; only proof is 100."""
    return math.floor(evidence.progress)


def _stop(judgement: Judgement, _particulars: Particulars) -> str:
    threshold = percent(judgement.run.policy.escape_rate)
    if judgement.reason.startswith("critical"):
        return f"Stop: {judgement.reason}"
    return f"Stop: detected escapes exceed {threshold}, {judgement.reason}"


def _broken(judgement: Judgement, _particulars: Particulars) -> str:
    if judgement.clear_on is None:
        return f"Rule broken: {judgement.reason}. It cannot clear without further sprints"
    return f"Rule broken: {judgement.reason}. Earliest clear: {judgement.clear_on.isoformat()}"


def _waiting(judgement: Judgement, particulars: Particulars) -> str:
    findings = particulars.untriaged
    if not findings or not untriaged(judgement.run):
        return f"Depends on {judgement.reason}"
    named = ", ".join(findings[:NAMED]) + (
        f" and {len(findings) - NAMED} more" if len(findings) > NAMED else ""
    )
    lost = judgement.moment.unattributed
    also = f"; and on {plural(lost, 'finding')} that no change could be charged with" if lost else ""
    oldest = _oldest(judgement, particulars)
    return f"Depends on {plural(len(findings), 'untriaged finding')} ({named}){oldest}{also}"


def _oldest(judgement: Judgement, particulars: Particulars) -> str:
    since = particulars.oldest_untriaged_at
    if since is None:
        return ""
    days = (judgement.moment.as_of - since).days
    which = "the oldest is" if len(particulars.untriaged) > 1 else "it is"
    return f", {which} {plural(days, 'day')} old"


def _cannot_tell(judgement: Judgement, particulars: Particulars) -> str:
    last = f"; last verdict was {particulars.last_verdict}" if particulars.last_verdict else ""
    return f"Cannot tell: {judgement.reason}{last}"


def _watching(judgement: Judgement, _particulars: Particulars) -> str:
    until = "" if judgement.clear_on is None else f"; cannot pass before {judgement.clear_on.isoformat()}"
    return f"Watching: {_so_far(judgement.run.sprints)}{until}"


def _met(judgement: Judgement, _particulars: Particulars) -> str:
    run = judgement.run
    counts = ", ".join(f"{fraction(s.escapes_low, s.changes)} in sprint {s.number}" for s in run.relied_on)
    return f"Rule met; evidence {progress(_weaker(judgement))} of 100 ({counts})"


def _proven(judgement: Judgement, particulars: Particulars) -> str:
    policy = judgement.run.policy
    tools = f" by {', '.join(particulars.tools)}" if particulars.tools else ""
    shown = f"below {percent(policy.escape_rate)} shown at {percent(policy.confidence)}"
    return f"Rule met; {shown}, as detected{tools} within {plural(policy.follow_up_days, 'day')}"


_RULE: Final[dict[State, Callable[[Judgement, Particulars], str]]] = {
    "ABOVE_PROVEN": _stop,
    "NOT_MET": _broken,
    "UNTRIAGED": _waiting,
    "NOT_MEASURABLE": _cannot_tell,
    "TOO_EARLY": _watching,
    "MET_UNPROVEN": _met,
    "MET_PROVEN": _proven,
}


def _weaker(judgement: Judgement) -> Evidence:
    return min(judgement.evidence, judgement.evidence_high, key=lambda each: each.progress)


def _proof(judgement: Judgement) -> list[str]:
    shown, policy = judgement.evidence, judgement.run.policy
    counted = f"{fraction(shown.escapes, shown.changes)} changes escaped, watched for {_watch(judgement.run)}"
    limit, level = _limit(shown.upper_limit, policy.escape_rate), percent(policy.confidence)
    is_proven = shown.progress >= _WHOLE
    rate = f"the true rate is below {limit}" if is_proven else f"the true rate could be as high as {limit}"
    said = f"{counted}; {rate} (at {level}). Evidence {progress(shown)} of 100."
    return [said, *(_outlook(forecast, judgement) for forecast in shown.forecasts)]


def _outlook(forecast: Forecast, judgement: Judgement) -> str:
    threshold = percent(judgement.run.policy.escape_rate)
    needed = plural(forecast.more_clean_changes, "more clean change")
    when = "" if forecast.proof_on is None else f", about {forecast.proof_on.isoformat()} at the present pace"
    if not forecast.more_escapes:
        return (
            f"{needed} would prove below {threshold}{when}."
            if forecast.more_clean_changes
            else _done(judgement)
        )
    cost = f"{needed}{when}" if forecast.more_clean_changes else "none, it would still be proven"
    return f"After one more escape: {cost}."


def _done(judgement: Judgement) -> str:
    is_proven_anyway = judgement.evidence_high.progress >= _WHOLE
    return "Proven." if is_proven_anyway else "Proven only if no untriaged finding is confirmed."


def _watched(judgement: Judgement) -> str:
    """Say what keeps the evidence empty: nothing has matured, or nothing was scanned after merge."""
    run, moment = judgement.run, judgement.moment
    if any(sprint.changes for sprint in run.mature):
        return _unscanned(run)
    so_far = _so_far(run.sprints)
    if not run.closed or run.mature:
        return f"{so_far}; no sprint with changes has been watched for {_watch(run)} yet."
    today, ended = (local_day(each, moment.timezone) for each in (moment.as_of, run.closed[0].end))
    watched = f"{(today - ended).days} of {_watch(run)}"
    return f"{so_far}; sprint {run.closed[0].number} watched for {watched}."


def _unscanned(run: Run) -> str:
    """Say of how many changes nothing is known because no scan looked at one, and what else there is."""
    merged, younger = _changes(run.mature), [sprint for sprint in run.sprints if not sprint.mature]
    rest = f"; {_so_far(younger)} of those still watched" if _changes(younger) else ""
    return f"{merged:,} merged, none was scanned after merge within {_watch(run)}{rest}."


def _so_far(sprints: Sequence[SprintCount]) -> str:
    return f"{fraction(sum(sprint.escapes_low for sprint in sprints), _changes(sprints))} so far"


def _changes(sprints: Sequence[SprintCount]) -> int:
    return sum(sprint.changes for sprint in sprints)


def _cautions(judgement: Judgement) -> list[str]:
    high, policy = judgement.evidence_high, judgement.run.policy
    is_weaker = progress(high) < progress(judgement.evidence)
    waiting = plural(untriaged(judgement.run), "change")
    return [
        *([f"Counting {waiting} with untriaged findings: {progress(high)} of 100."] if is_weaker else []),
        *(
            ["Sprints vary more than chance, and proof presumes a steady rate."]
            if judgement.evidence.varies
            else []
        ),
        *(["Each sprint counts for at most 100 changes."] if policy.strict else []),
    ]


def _watch(run: Run) -> str:
    return plural(run.policy.follow_up_days, "day")


def _limit(upper: float, threshold: float) -> str:
    """The limit in three digits, or in as many as keep it on its own side of the threshold."""
    return (
        next(
            (
                text
                for digits in range(3, 12)
                if _keeps_side(text := f"{100 * upper:.{digits}g}", upper, threshold)
            ),
            f"{100 * upper!r}",
        )
        + " %"
    )


def _keeps_side(text: str, upper: float, threshold: float) -> bool:
    shown = float(text) / 100
    return (shown < threshold) == (upper < threshold) and (shown > threshold) == (upper > threshold)
