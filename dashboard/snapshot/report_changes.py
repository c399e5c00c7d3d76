"""What changed in a pilot since the report of the week before, in sentences?

Held against last week's answer as it was published then, so that a reader of last week's report
finds every difference, also those that late deliveries made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard import wording
from dashboard.snapshot.content import Content, PilotWeek, Restated
from dashboard.snapshot.report_numbers import SHOWN
from metrics.catalogue import BY_ID
from metrics.gate.states import SprintCount, Verdict
from metrics.segments import WHOLE


@dataclass(frozen=True)
class Change:
    """One thing that is different from last week."""

    pilot: str
    text: str


def changes(content: Content) -> tuple[Change, ...]:
    """Everything that changed, what matters most first: verdicts, escapes, criteria, triage."""
    parts = (_moves, _escapes, _criteria, _work)
    return tuple(Change(each.pilot, text) for part in parts for each in content.pilots for text in part(each))


def restatement(content: Content, most: int) -> str:
    """Which numbers about the week before read differently today, said even if none does.

    Parameters
    ----------
    most
        So many are told, those of the report first; the others are counted.
    """
    known = [each for each in content.pilots if each.before_published is not None]
    if not known:
        return "Nothing had been published last week: compared with what is known now about it"
    runs = wording.listed(sorted({each.before_published.run_id for each in known if each.before_published}))
    pairs = sorted((pair for each in known for pair in each.restated), key=_is_not_shown)
    return f"Last week's numbers, as published by run {runs}: {_told(pairs, most)}"


def _is_not_shown(pair: Restated) -> bool:
    return pair.now.metric not in {shown.metric for shown in SHOWN}


def _told(pairs: Sequence[Restated], most: int) -> str:
    if not pairs:
        return "none restated"
    told = [_reads_differently(pair) for pair in pairs[:most]]
    more = [f"{len(pairs) - most} more"] if len(pairs) > most else []
    return f"{len(pairs)} restated: {'; '.join([*told, *more])}"


def last_week(each: PilotWeek) -> Verdict:
    """The answer that readers had last week; what is known now where nothing was published then."""
    return each.before_as_published or each.before


def _moves(each: PilotWeek) -> Iterator[str]:
    was, now = last_week(each), each.verdict
    if was.state != now.state:
        moved = wording.movement(was.state, now.state)
        yield f"verdict {moved}: {wording.state(was.state)}, now {wording.state(now.state)}"
    if was.allowed != now.allowed:
        yield f"{wording.answer(was)}, now: {wording.answer(now)}"
    if each.before.state != was.state:
        yield f"last week's verdict reads differently today: {_restated_state(was, each.before)}"


def _restated_state(then: Verdict, now: Verdict) -> str:
    return f"was {wording.state(then.state)}, now {wording.state(now.state)}"


def _escapes(each: PilotWeek) -> Iterator[str]:
    known = {sprint.number: sprint for sprint in last_week(each).sprints}
    for sprint in each.verdict.sprints:
        yield from _of_sprint(known.get(sprint.number), sprint)


def _of_sprint(was: SprintCount | None, now: SprintCount) -> Iterator[str]:
    before, waiting = (was.escapes_low, _undecided(was)) if was else (0, 0)
    if now.escapes_low != before:
        counts = wording.fraction(now.escapes_low, now.changes)
        yield f"sprint {now.number}: {counts} changes with a confirmed escape, was {before}"
    if _undecided(now) != waiting:
        still = wording.plural(_undecided(now), "change")
        yield f"sprint {now.number}: {still} with findings nobody has decided about, was {waiting}"


def _undecided(sprint: SprintCount) -> int:
    return sprint.escapes_high - sprint.escapes_low


def _criteria(each: PilotWeek) -> Iterator[str]:
    known = {outcome.criterion: outcome.state for outcome in last_week(each).criteria}
    for outcome in each.verdict.criteria:
        was = known.get(outcome.criterion, outcome.state)
        if was != outcome.state:
            moved = f"was {wording.criterion(was)}, now {wording.criterion(outcome.state)}"
            yield f"criterion {outcome.title}: {moved}"


def _work(each: PilotWeek) -> Iterator[str]:
    """What people have to do that came up, and what they have done."""
    was, now = _rows(last_week(each)), _rows(each.verdict)
    for what in dict.fromkeys((*was, *now)):
        new, done = _only(now, was, what), _only(was, now, what)
        said = [words for count, words in ((new, f"{new} new"), (done, f"{done} done")) if count]
        if said:
            yield f"{what}: {', '.join(said)}"


def _rows(verdict: Verdict) -> dict[str, set[str]]:
    return {item.what: set(item.rows) for item in verdict.attention}


def _only(here: dict[str, set[str]], there: dict[str, set[str]], what: str) -> int:
    return len(here.get(what, set()) - there.get(what, set()))


def _reads_differently(pair: Restated) -> str:
    now = pair.now
    title = BY_ID[now.metric].title
    where = "" if now.segment == WHOLE else f", {now.segment}"
    whose = wording.ARM_WORDS.get(now.arm, now.arm)
    told = wording.restated(pair.then.number, now.number)
    return f"{now.pilot}, {title} ({whose}{where}) {told}"
