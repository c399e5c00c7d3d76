"""How are counts, shares, units, durations and dates said?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from math import isinf
from typing import Final

from metrics.units import ODDS, PER_KLOC, POINTS, RATIO

SMALL: Final = 20  # below this denominator a percentage claims more than the data hold
UNIT_WORDS: Final[dict[str, str]] = {
    PER_KLOC: "per KLOC",
    RATIO: "times",
    ODDS: "times",
    "KLOC": "KLOC",
    "times chance": "times chance",
    "rounds": "rounds",
    "probability": "",  # 0.991: of itself
    "squared error": "",
}
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


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
    return f"{bare(numerator)} of {bare(denominator)}"


def share(numerator: float, denominator: float) -> str:
    """A fraction, with its percentage once the denominator carries one.

    >>> share(1, 7), share(1, 96), share(0, 0)
    ('1 of 7', '1 of 96 (1.04 %)', '0 of 0')
    """
    counts = fraction(numerator, denominator)
    return counts if denominator < SMALL else f"{counts} ({percent(numerator / denominator)})"


def bare(value: float) -> str:
    """A count as a whole number, anything else to four figures."""
    whole = value == int(value) if not isinf(value) else False
    return f"{value:,.0f}" if whole else f"{value:,.4g}"


def amount(value: float, unit: str) -> str:
    """A value in the unit that people use for it.

    >>> amount(60, "hours"), amount(1.483, "findings per KLOC"), amount(1.32, RATIO)
    ('2.5 days', '1.48 per KLOC', '1.32 times')
    >>> amount(0.99137, "probability"), amount(0.0312, "squared error")
    ('0.991', '0.031')
    >>> amount(4.182, "days"), amount(1, "days")
    ('4.18 days', '1 day')
    >>> amount(0.0312, "p-value"), amount(1e-9, "p-value"), amount(1, "pull requests"), amount(0.5, "share")
    ('p = 0.0312', 'p < 0.001', '1 pull request', '50 %')
    """
    if isinf(value):
        return "not reached"
    if unit == "p-value":
        return "p < 0.001" if value < 0.001 else f"p = {value:.3g}"  # noqa: PLR2004 (finer is no evidence)
    if unit in UNIT_WORDS:
        return f"{figures(value)} {UNIT_WORDS[unit]}".rstrip()
    if unit in _OWN_WORDS:
        return _OWN_WORDS[unit](value)
    return f"{bare(value)} {unit.removesuffix('s') if value == 1 else unit}"


def days(value: float) -> str:
    """A time in days, to three figures."""
    return f"{figures(value)} {'day' if value == 1 else 'days'}"


def without_unit(told: str) -> str:
    """A rate without its unit, where a title or a column names that.

    >>> without_unit("1.48 per KLOC"), without_unit("2.5 days")
    ('1.48', '2.5 days')
    """
    return told.removesuffix(f" {UNIT_WORDS[PER_KLOC]}")


def points(difference: float) -> str:
    r"""A difference of two shares in percentage points, with its sign.

    >>> points(0.05), points(0.0), points(-0.0192) == "\u22121.92 points"
    ('+5 points', '0 points', True)
    """
    sign = "−" if difference < 0 else "+" if difference > 0 else ""
    return f"{sign}{percent(abs(difference)).removesuffix(' %')} points"


def figures(value: float) -> str:
    """A rate or ratio to three figures, a small one to two: nobody compares the third of 0.0836."""
    return f"{value:,.3g}" if value >= 0.1 else f"{value:.2g}"  # noqa: PLR2004


def signed(value: float, unit: str) -> str:
    """A difference with its sign, so that nobody has to ask which way it points.

    >>> signed(3.1, "hours"), signed(-60.0, "hours"), signed(0.0, "hours")
    ('+3.1 h', '−2.5 days', '0 min')
    """  # noqa: RUF002 (a minus sign is meant)
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{amount(abs(value), unit)}"


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


def day_in_words(value: date) -> str:
    """A date as people say it, the same wherever it is printed.

    >>> day_in_words(date(2026, 8, 17))
    'Monday 17 August 2026'
    """
    return f"{DAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]} {value.year}"


def listed(words: Sequence[str]) -> str:
    """Words as people list them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def some(words: Sequence[str], most: int) -> str:
    """The first of these words, and how many more there are.

    >>> some(["a", "b", "c", "d"], 2), some(["a", "b"], 2)
    ('a, b and 2 more', 'a and b')
    """
    more = len(words) - most
    return f"{', '.join(words[:most])} and {more:,} more" if more > 0 else listed(words)


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


_OWN_WORDS: Final[dict[str, Callable[[float], str]]] = {
    POINTS: points, "share": percent, "hours": hours, "days": days,
}  # fmt: skip
