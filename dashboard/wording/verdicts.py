"""How are a verdict, what it rests on, and what is in its way said?"""

from __future__ import annotations

from typing import Final

from dashboard.wording.values import day, fraction, percent, plural
from metrics.gate.states import STATES, CriterionState, Forecast, Readings, State, Verdict

STATE_WORDS: Final[dict[State, str]] = {
    "ABOVE_PROVEN": "Stop",
    "NOT_MET": "Rule broken",
    "UNTRIAGED": "Waiting for triage",
    "NOT_MEASURABLE": "Cannot tell",
    "TOO_EARLY": "Watching",
    "MET_UNPROVEN": "Rule met, not yet proven",
    "MET_PROVEN": "Rule met and proven",
}
CRITERION_WORDS: Final[dict[CriterionState, str]] = {
    "met": "met",
    "not_met": "not met",
    "not_enough_evidence": "not enough evidence",
    "not_measurable": "not measurable: source missing",
}
READING_WORDS: Final[dict[str, str]] = {
    "as_written": "As written",
    "followed_up": "Followed up",
    "proven": "Proven",
}
MARK_WORDS: Final[dict[str, str]] = {
    "watched": "Watched, clean",
    "watching": "Still watched",
    "unscanned": "Merged, not scanned",
    "untriaged": "Untriaged finding",
    "escape": "Escape",
}
ARM_WORDS: Final[dict[str, str]] = {"agent": "agents", "human": "people"}
_HOLDS: Final = {True: "yes", False: "no", None: "cannot tell yet"}


def state(value: State) -> str:
    """The state's short name for people."""
    return STATE_WORDS[value]


def criterion(value: CriterionState) -> str:
    """A criterion's state for people."""
    return CRITERION_WORDS[value]


def reading(value: bool | None) -> str:  # noqa: FBT001 (a reading is a three-valued answer, not a switch)
    """Whether a reading of the rule holds: yes, no, cannot tell yet."""
    return _HOLDS[value]


def readings(value: Readings, require: str) -> tuple[tuple[str, str, bool], ...]:
    """The three readings as (name, answer, whether the policy requires this one)."""
    return tuple(
        (words, reading(getattr(value, name)), name == require) for name, words in READING_WORDS.items()
    )


def allowed(verdict: Verdict) -> str:
    """May this pilot expand, and if not, what is in the way."""
    reasons = blockers(verdict)
    return f"{answer(verdict)}: {'; '.join(reasons)}" if reasons else answer(verdict)


def answer(verdict: Verdict) -> str:
    """May this pilot expand, in three words."""
    return "May expand" if verdict.allowed else "May not expand yet"


def blockers(verdict: Verdict) -> tuple[str, ...]:
    """What stands in the way, by the titles that people know."""
    titles = {each.criterion: f"{each.title} ({criterion(each.state)})" for each in verdict.criteria}
    required = f"reading not reached: {READING_WORDS.get(verdict.require, verdict.require).lower()}"
    states = {name: words.lower() for name, words in STATE_WORDS.items()}
    names = titles | states | dict.fromkeys(READING_WORDS, required)
    return tuple(names.get(name, name) for name in verdict.blocked_by)


def face(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """The lines that every face of a verdict shows: never one word, always Rule and Evidence."""
    begun_anew = restart(verdict)
    return (
        ("Answer", allowed(verdict)),
        ("Rule", verdict.sentence),
        ("Evidence", verdict.evidence_sentence),
        *([("Since", begun_anew)] if begun_anew else []),
    )


def restart(verdict: Verdict) -> str:
    """When and why the evidence that was gathered before stopped counting; empty if it never did."""
    epoch = verdict.epoch
    return f"Evidence restarted on {day(epoch.start)}: {epoch.what}" if epoch.number > 1 else ""


def evidence_brief(verdict: Verdict) -> str:
    """The evidence in one line, where many pilots are listed."""
    shown = verdict.evidence
    if not shown.changes:
        return unscanned(verdict) or "no change has been watched to the end yet"
    limit = percent(shown.upper_limit, verdict.threshold)
    counts = fraction(shown.escapes, shown.changes)
    # Cut, not rounded: 99.6 of 100 is not proof.
    return f"{counts} watched changes escaped; rate at most {limit}; evidence {int(shown.progress)} of 100"


def unscanned(verdict: Verdict) -> str:
    """The Evidence line where changes are old enough and nothing scanned them; empty elsewhere."""
    mature = [sprint for sprint in verdict.sprints if sprint.mature and sprint.changes]
    is_unscanned = bool(mature) and not any(sprint.detected for sprint in mature)
    return verdict.evidence_sentence.removesuffix(".") if is_unscanned else ""


def forecast(value: Forecast) -> str:
    """What proof still needs if this many more escapes are found.

    >>> from datetime import date
    >>> forecast(Forecast(1, 178, date(2026, 11, 2)))
    'with 1 more escape: 178 more clean changes, about 2026-11-02'
    >>> forecast(Forecast(0, 0, None))
    'with no more escapes: proven now'
    """
    escapes = plural(value.more_escapes, "more escape") if value.more_escapes else "no more escapes"
    if not value.more_clean_changes:
        return f"with {escapes}: proven now"
    when = "no pace to tell a date from" if value.proof_on is None else f"about {day(value.proof_on)}"
    return f"with {escapes}: {plural(value.more_clean_changes, 'more clean change')}, {when}"


def movement(before: State, now: State) -> str:
    """Whether a pilot's state moved since it was last judged.

    >>> movement("TOO_EARLY", "NOT_MET"), movement("TOO_EARLY", "TOO_EARLY")
    ('worse', 'unchanged')
    """
    steps = STATES.index(now) - STATES.index(before)
    return ("better" if steps > 0 else "worse") if steps else "unchanged"
