"""How is a number, an interval, a moment or a verdict said in words? Once, for every face.

Used by the command line as well as by the pages, so it imports nothing heavy. Percentages follow
definitions section 0: under 20 in the denominator the fraction stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import isclose, isinf
from typing import Final

from metrics.estimate import Estimate, Number, Undefined
from metrics.gate.states import STATES, CriterionState, Forecast, Readings, State, Verdict

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
POINTS: Final = "share difference"
PER_KLOC: Final = "findings per KLOC"
RATIO: Final = "ratio of findings per KLOC"
UNIT_WORDS: Final[dict[str, str]] = {
    PER_KLOC: "per KLOC",
    RATIO: "times",
    "KLOC": "KLOC",
    "times chance": "times chance",
    "rounds": "rounds",
}
ARM_WORDS: Final[dict[str, str]] = {"agent": "agents", "human": "people"}
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
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
    told = (_with_counts(value), interval(value))
    return ("; " if value.unbounded else ", ").join(part for part in told if part)


def _with_counts(value: Estimate) -> str:
    if value.unbounded:
        return value.unbounded
    if value.unit == "share" and _is_quotient(value):
        return share(value.numerator, value.denominator)
    if value.unit == "share":
        return f"{brief(value)} of {_amount(value.denominator)}"
    if value.unit == PER_KLOC:
        return f"{exposed(value)}: {amount(value.value, value.unit)}"
    return amount(value.value, value.unit)


def _is_quotient(value: Estimate) -> bool:
    """Whether the value is its counts divided; a share that reckons with open waits is not."""
    return value.denominator > 0 and isclose(value.value, value.numerator / value.denominator, abs_tol=1e-9)


def exposed(value: Estimate) -> str:
    """What was found in how much code: "12 findings in 8.1 KLOC"."""
    return f"{plural(value.numerator, 'finding')} in {_figures(value.denominator)} KLOC"


def amount(value: float, unit: str) -> str:
    """A value in the unit that people use for it.

    >>> amount(60, "hours"), amount(1.483, "findings per KLOC"), amount(1.32, RATIO)
    ('2.5 days', '1.48 per KLOC', '1.32 times')
    >>> amount(0.0312, "p-value"), amount(1e-9, "p-value"), amount(1, "pull requests"), amount(0.5, "share")
    ('p = 0.0312', 'p < 0.001', '1 pull request', '50 %')
    """
    if isinf(value):
        return "not reached"
    if unit == POINTS:
        return points(value)
    if unit == "p-value":
        return "p < 0.001" if value < 0.001 else f"p = {value:.3g}"  # noqa: PLR2004 (finer is no evidence)
    if unit in UNIT_WORDS:
        return f"{_figures(value)} {UNIT_WORDS[unit]}"
    if unit in {"share", "hours"}:
        return percent(value) if unit == "share" else hours(value)
    return f"{_amount(value)} {unit.removesuffix('s') if value == 1 else unit}"


def points(difference: float) -> str:
    r"""A difference of two shares in percentage points, with its sign.

    >>> points(0.05), points(0.0), points(-0.0192) == "\u22121.92 points"
    ('+5 points', '0 points', True)
    """
    sign = "−" if difference < 0 else "+" if difference > 0 else ""
    return f"{sign}{percent(abs(difference)).removesuffix(' %')} points"


def _figures(value: float) -> str:
    """A rate or ratio to three figures, a small one to two: nobody compares the third of 0.0836."""
    return f"{value:,.3g}" if value >= 0.1 else f"{value:.2g}"  # noqa: PLR2004


def brief(value: Number) -> str:
    """The value alone, for where its counts and interval stand right beside it.

    >>> from metrics.estimate import Coverage
    >>> brief(Undefined("no scan", 0, Coverage(0, 4)))
    'unknown'
    """
    if isinstance(value, Undefined):
        return "unknown"
    if value.unbounded:
        return value.unbounded.partition(":")[0]
    if value.unit == "share" and value.denominator < SMALL and _is_quotient(value):
        return fraction(value.numerator, value.denominator)
    return amount(value.value, value.unit)


def span(value: Estimate) -> str:
    """The interval in short, where its level stands in the heading.

    >>> from metrics.estimate import Coverage
    >>> span(Estimate(5.2, 4.1, 60.0, 0.95, "hours", "", 312, 478, 478, Coverage(478, 478)))
    '4.1 h to 2.5 days'
    """
    low, high = (None if end is None or isinf(end) else end for end in (value.low, value.high))
    if low is None or high is None:
        told = [("at least", low), ("at most", high)]
        return " ".join(f"{words} {amount(end, value.unit)}" for words, end in told if end is not None)
    if value.unit in UNIT_WORDS:
        return f"{_figures(low)} to {_figures(high)}"
    first, last = amount(low, value.unit), amount(high, value.unit)
    same_unit = first.rpartition(" ")[2] == last.rpartition(" ")[2]
    return f"{first.rpartition(' ')[0] if same_unit else first} to {last}"


def signed(value: float, unit: str) -> str:
    """A difference with its sign, so that nobody has to ask which way it points.

    >>> signed(3.1, "hours"), signed(-60.0, "hours"), signed(0.0, "hours")
    ('+3.1 h', '−2.5 days', '0 min')
    """  # noqa: RUF002 (a minus sign is meant)
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{amount(abs(value), unit)}"


def difference(value: Number, words: tuple[str, str]) -> str:
    """A difference in words, its interval signed, so that it can be read alone.

    >>> from metrics.estimate import Coverage
    >>> gap = Estimate(-2.0, -4.0, 0.5, 0.95, "hours", "", 1, 1, 2, Coverage(2, 2))
    >>> difference(gap, ("shorter", "longer"))
    '2 h shorter (−4 h to +30 min at 95 %)'
    """  # noqa: RUF002 (a minus sign is meant)
    if isinstance(value, Undefined):
        return f"unknown: {value.reason}"
    said = f"{amount(abs(value.value), value.unit)} {words[value.value > 0]}"
    ends = [signed(end, value.unit) for end in (value.low, value.high) if end is not None]
    known = len(ends) == 2 and value.level is not None  # noqa: PLR2004 (both ends of the interval)
    return f"{said} ({' to '.join(ends)} at {percent(value.level or 0)})" if known else f"{said}, no interval"


def measurable(value: Number) -> str:
    """How much of what should be measured could be: "measurable 312 of 941"."""
    coverage = value.coverage
    return f"measurable {fraction(coverage.measured, coverage.total)}"


def left_out(value: Number) -> str:
    """What was left out and why, each reason with its count; empty when nothing was."""
    return "; ".join(f"{count:,} {reason}" for reason, count in value.coverage.excluded)


def interval(value: Estimate) -> str:
    """The interval of an estimate with its level; empty when the estimate has none.

    >>> from metrics.estimate import Coverage
    >>> interval(Estimate(0.0, 0.0, 0.0377, 0.95, "share", "exact", 0, 96, 96, Coverage(96, 96)))
    'between 0 % and 3.77 % at 95 %'
    """
    low, high = (None if end is None or isinf(end) else end for end in (value.low, value.high))
    if value.level is None or (low is None and high is None):
        return ""
    at = f"at {percent(value.level)}"
    if low is None or high is None:
        words, end = ("at most", high) if low is None else ("at least", low)
        return f"{words} {amount(end or 0.0, value.unit)} {at}"
    if value.unit in UNIT_WORDS:
        return f"between {_figures(low)} and {_figures(high)} {at}"
    return f"between {amount(low, value.unit)} and {amount(high, value.unit)} {at}"


def hours(value: float) -> str:
    """A duration that was measured in hours, in its natural unit.

    >>> hours(0.4), hours(5.2), hours(60), hours(24 * 30)
    ('24 min', '5.2 h', '2.5 days', '30 days')
    """
    if value < 0:
        return f"−{hours(-value)}"
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


def shortened(text: str, most: int) -> str:
    """Text of at most so many characters, cut between words and marked as cut.

    >>> shortened("no change has been watched", 15), shortened("short", 15)
    ('no change has…', 'short')
    """
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    whole = kept if text[most - 1] == " " else kept.rpartition(" ")[0] or kept
    return f"{whole.rstrip(' ,;:.(')}…"


def movement(before: State, now: State) -> str:
    """Whether a pilot's state moved since it was last judged.

    >>> movement("TOO_EARLY", "NOT_MET"), movement("TOO_EARLY", "TOO_EARLY")
    ('worse', 'unchanged')
    """
    steps = STATES.index(now) - STATES.index(before)
    return ("better" if steps > 0 else "worse") if steps else "unchanged"


def cell(value: Number, high: Number | None = None) -> str:
    """A number with interval and counts, as short as a small table needs; its level stands elsewhere.

    Parameters
    ----------
    high
        The same with findings counted that nobody has decided about; its count is said where it is another.

    >>> from metrics.estimate import Coverage
    >>> rate = Estimate(0.0104, 0.0003, 0.0567, 0.95, "share", "exact", 1, 96, 96, Coverage(96, 96))
    >>> cell(rate), cell(rate, Estimate(0.03, 0.0, 0.1, 0.95, "share", "exact", 3, 96, 96, Coverage(96, 96)))
    ('1.04 % (0.03 to 5.67 %), 1 of 96', '1.04 % (0.03 to 5.67 %), 1 to 3 of 96')
    >>> cell(Estimate(1 / 7, 0.0036, 0.579, 0.95, "share", "exact", 1, 7, 7, Coverage(7, 7)))
    '1 of 7 (0.36 to 57.9 %)'
    >>> cell(Estimate(1.48, 0.77, 2.58, 0.95, "findings per KLOC", "exact", 12, 8.1, 40, Coverage(40, 40)))
    '1.48 (0.77 to 2.58), 12 in 8.1'
    """
    if isinstance(value, Undefined):
        return f"unknown: {value.reason}"
    is_density, small = value.unit == PER_KLOC, value.denominator < SMALL
    whole = _figures(value.denominator) if is_density else _amount(value.denominator)
    counts = f"{_band(value, high)} {'in' if is_density else 'of'} {whole}"
    told = counts if value.unit == "share" and small and _is_quotient(value) else brief(value)
    spread = f" ({span(value)})" if span(value) else ""
    said = f"{told}{spread}".replace(f" {UNIT_WORDS[PER_KLOC]}", "")
    return said if told == counts else f"{said}, {counts}"


def _band(low: Estimate, high: Number | None) -> str:
    """What is confirmed, to what may still be confirmed."""
    if not isinstance(high, Estimate) or high.numerator <= low.numerator:
        return _amount(low.numerator)
    return f"{_amount(low.numerator)} to {_amount(high.numerator)}"


def conclusion(value: Number, words: tuple[str, str]) -> str:
    """What a comparison shows: one of two words, or that it cannot be told.

    Parameters
    ----------
    words
        Said when the whole interval lies below, and above, what "no difference" would be.

    >>> from metrics.estimate import Coverage
    >>> gap = Estimate(-2.0, -4.0, -0.5, 0.95, "hours", "", 1, 1, 2, Coverage(2, 2))
    >>> conclusion(gap, ("faster", "slower"))
    'faster'
    """
    if isinstance(value, Undefined):
        return "unknown"
    same = 1.0 if value.unit == RATIO else 0.0
    if value.high is not None and value.high < same:
        return words[0]
    return words[1] if value.low is not None and value.low > same else "cannot tell"


def contrast(value: Number, words: tuple[str, str]) -> str:
    """A comparison for a small table: what it shows, by how much, between which limits.

    >>> from metrics.estimate import Coverage
    >>> gap = Estimate(3.14, 1.0, 7.2, 0.95, "hours", "", 1, 1, 2, Coverage(2, 2))
    >>> contrast(gap, ("faster", "slower"))
    'slower: +3.1 h (+1 to +7.2)'
    """
    if isinstance(value, Undefined):
        return f"unknown: {value.reason}"
    told = f"{conclusion(value, words)}: {_compared(value.value, value.unit)}"
    if value.low is None or value.high is None:
        return told
    ends = [_compared(end, value.unit) for end in (value.low, value.high)]
    unit = f" {told.rpartition(' ')[2]}"
    is_same = all(end.endswith(unit) for end in ends)
    first, last = (end.removesuffix(unit) if is_same else end for end in ends)
    return f"{told} ({first} to {last})"


def _compared(value: float, unit: str) -> str:
    """A ratio, or a difference with its sign; two digits of a difference are enough."""
    if unit == RATIO:
        return amount(value, unit)
    rounded = float(f"{value:.2g}")
    return points(rounded) if unit == POINTS else signed(rounded, unit)


def day_in_words(value: date) -> str:
    """A date as people say it, the same wherever it is printed.

    >>> day_in_words(date(2026, 8, 17))
    'Monday 17 August 2026'
    """
    return f"{DAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]} {value.year}"


def restated(then: Number, now: Number) -> str:
    """A number that reads differently today: "was 0 of 35, now 1 of 35".

    >>> from metrics.estimate import Coverage
    >>> unknown = Undefined("no scan", 0, Coverage(0, 4))
    >>> restated(unknown, Estimate(0.25, 0.01, 0.8, 0.95, "share", "", 1, 4, 4, Coverage(4, 4)))
    'was unknown, now 1 of 4'
    """
    was, became = _counts_or_value(then), _counts_or_value(now)
    if was == became and isinstance(then, Estimate) and isinstance(now, Estimate):
        was, became = cell(then), cell(now)
    return f"was {was}, now {became}"


def _counts_or_value(value: Number) -> str:
    if isinstance(value, Estimate) and value.unit == "share" and _is_quotient(value):
        return fraction(value.numerator, value.denominator)
    return brief(value)
