"""How is a number, an interval, a moment or a verdict said in words? Once, for every face.

Used by the command line as well as by the pages, so it imports nothing heavy. Percentages follow
definitions section 0: under 20 in the denominator the fraction stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import isinf
from typing import Final

from metrics.estimate import Estimate, Number, Undefined
from metrics.gate.states import CriterionState, Forecast, Readings, State, Verdict

SMALL: Final = 20  # below this denominator a percentage claims more than the data hold
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
    "untriaged": "Untriaged finding",
    "escape": "Escape",
}
_HOLDS: Final = {True: "yes", False: "no", None: "cannot tell yet"}


def plural(count: float, noun: str, nouns: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "change"), plural(1200, "change"), plural(2, "policy", "policies")
    ('1 change', '1,200 changes', '2 policies')
    """
    return (
        f"{count:,.6g} {noun if count == 1 else nouns or noun + 's'}"
        if count < SMALL
        else (f"{count:,.0f} {nouns or noun + 's'}")
    )


def percent(share: float, against: float | None = None) -> str:
    """A share as a percentage; never rounded to 0, to 100, or across the mark it is held against.

    >>> percent(0.0104), percent(0.5), percent(0.00001), percent(0.99999), percent(0.0)
    ('1.04 %', '50 %', '<0.01 %', '>99.9 %', '0 %')
    >>> percent(0.0099996, against=0.01)
    '0.99996 %'
    """
    value = 100 * share
    if 0 < value < 0.01:  # noqa: PLR2004 (the smallest percentage that two decimals can show)
        return "<0.01 %"
    if 99.9 < value < 100:  # noqa: PLR2004 (the largest that one decimal can show)
        return ">99.9 %"
    decimals = 2 if value < 10 else 1  # noqa: PLR2004 (three digits are enough to compare)
    text = f"{value:.{decimals}f}"
    while against is not None and _crosses(text, value, 100 * against) and decimals < 8:  # noqa: PLR2004
        decimals += 1
        text = f"{value:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def _crosses(text: str, value: float, mark: float) -> bool:
    """Whether the rounded text stands on another side of the mark than the value."""
    shown = float(text)
    return (shown < mark) != (value < mark) or (shown > mark) != (value > mark)


def fraction(numerator: float, denominator: float) -> str:
    """What was counted of how many: "0 of 96".

    >>> fraction(1, 7), fraction(0, 1200)
    ('1 of 7', '0 of 1,200')
    """
    return f"{_amount(numerator)} of {_amount(denominator)}"


def share(numerator: float, denominator: float) -> str:
    """A fraction, with its percentage once the denominator carries one.

    >>> share(1, 7), share(1, 96), share(0, 0)
    ('1 of 7', '1 of 96 (1.04 %)', '0 of 0')
    """
    counts = fraction(numerator, denominator)
    return counts if denominator < SMALL else f"{counts} ({percent(numerator / denominator)})"


def _amount(value: float) -> str:
    whole = value == int(value) if not isinf(value) else False
    return f"{value:,.0f}" if whole else f"{value:,.4g}"


def number(value: Number) -> str:
    """An estimate with its counts and interval, or why there is none.

    >>> from metrics.estimate import Coverage
    >>> number(Undefined("no merged changes", 0, Coverage(0, 0)))
    'unknown: no merged changes'
    """
    if isinstance(value, Undefined):
        return f"unknown: {value.reason}"
    spread = interval(value)
    if value.unit == "share":
        return share(value.numerator, value.denominator) + (f", {spread}" if spread else "")
    return f"{_amount(value.value)} {value.unit}" + (f", {spread}" if spread else "")


def interval(value: Estimate) -> str:
    """The interval of an estimate with its level; empty when the estimate has none.

    >>> from metrics.estimate import Coverage
    >>> interval(Estimate(0.0, 0.0, 0.0377, 0.95, "share", "exact", 0, 96, 96, Coverage(96, 96)))
    'between 0 % and 3.77 % at 95 %'
    """
    if value.level is None or (value.low is None and value.high is None):
        return ""
    say = percent if value.unit == "share" else _amount
    at = f"at {percent(value.level)}"
    if value.low is None and value.high is not None:
        return f"at most {say(value.high)} {at}"
    if value.high is None and value.low is not None:
        return f"at least {say(value.low)} {at}"
    return f"between {say(value.low or 0.0)} and {say(value.high or 0.0)} {at}"


def hours(value: float) -> str:
    """A duration that was measured in hours, in its natural unit.

    >>> hours(0.4), hours(5.2), hours(60), hours(24 * 30)
    ('24 min', '5.2 h', '2.5 days', '30 days')
    """
    if value < 1:
        return f"{60 * value:.0f} min"
    if value < 48:  # noqa: PLR2004 (two days: from here on people count in days)
        return f"{value:.3g} h"
    return f"{value / 24:.3g} days"


def age(since: datetime, as_of: datetime) -> str:
    """How long ago, in whole units: "12 days"."""
    waited: timedelta = as_of - since
    if waited < timedelta(days=1):
        return plural(max(waited // timedelta(hours=1), 0), "hour")
    return plural(waited.days, "day")


def day(value: date | datetime | None) -> str:
    """An ISO date; a date that cannot be told is said to be unknown."""
    return "unknown" if value is None else value.strftime("%Y-%m-%d")


def moment(value: datetime | None) -> str:
    """An ISO moment to the minute, in UTC as everything is stored."""
    return "unknown" if value is None else value.strftime("%Y-%m-%d %H:%M UTC")


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


def listed(words: Sequence[str]) -> str:
    """Words as people list them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def face(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """The lines that every face of a verdict shows: never one word, always Rule and Evidence."""
    return (
        ("Answer", allowed(verdict)),
        ("Rule", verdict.sentence),
        ("Evidence", verdict.evidence_sentence),
    )


def evidence_brief(verdict: Verdict) -> str:
    """The evidence in one line, where many pilots are listed."""
    shown = verdict.evidence
    if not shown.changes:
        return "no change has been watched to the end yet"
    limit = percent(shown.upper_limit, verdict.threshold)
    counts = fraction(shown.escapes, shown.changes)
    # Cut, not rounded: 99.6 of 100 is not proof.
    return f"{counts} watched changes escaped; rate at most {limit}; evidence {int(shown.progress)} of 100"


def forecast(value: Forecast) -> str:
    """What proof still needs if this many more escapes are found.

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
