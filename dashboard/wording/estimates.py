"""How is a judged number said, with its counts and interval, or why there is none?

Percentages follow definitions section 0: under 20 in the denominator the fraction stands alone.
"""

from __future__ import annotations

from math import isclose, isinf

from dashboard.wording.values import (
    SMALL,
    UNIT_WORDS,
    amount,
    bare,
    figures,
    fraction,
    percent,
    plural,
    points,
    share,
    signed,
    without_unit,
)
from metrics.estimate import Estimate, Number, Undefined
from metrics.units import PER_KLOC, POINTS, RATIO


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
        return f"{brief(value)} of {bare(value.denominator)}"
    if value.unit == PER_KLOC:
        return f"{exposed(value)}: {amount(value.value, value.unit)}"
    return amount(value.value, value.unit)


def _is_quotient(value: Estimate) -> bool:
    """Whether the value is its counts divided; a share that reckons with open waits is not."""
    return value.denominator > 0 and isclose(value.value, value.numerator / value.denominator, abs_tol=1e-9)


def exposed(value: Estimate) -> str:
    """What was found in how much code: "12 findings in 8.1 KLOC"."""
    return f"{plural(value.numerator, 'finding')} in {figures(value.denominator)} KLOC"


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
        return f"{figures(low)} to {figures(high)}"
    first, last = amount(low, value.unit), amount(high, value.unit)
    same_unit = first.rpartition(" ")[2] == last.rpartition(" ")[2]
    return f"{first.rpartition(' ')[0] if same_unit else first} to {last}"


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
        return f"between {figures(low)} and {figures(high)} {at}"
    return f"between {amount(low, value.unit)} and {amount(high, value.unit)} {at}"


def measurable(value: Number) -> str:
    """How much of what should be measured could be: "measurable 312 of 941"."""
    coverage = value.coverage
    return f"measurable {fraction(coverage.measured, coverage.total)}"


def left_out(value: Number) -> str:
    """What was left out and why, each reason with its count; empty when nothing was."""
    return "; ".join(f"{count:,} {reason}" for reason, count in value.coverage.excluded)


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
    whole = figures(value.denominator) if is_density else bare(value.denominator)
    counts = f"{_band(value, high)} {'in' if is_density else 'of'} {whole}"
    told = counts if value.unit == "share" and small and _is_quotient(value) else brief(value)
    spread = f" ({span(value)})" if span(value) else ""
    said = f"{without_unit(told)}{spread}"
    return said if told == counts else f"{said}, {counts}"


def _band(low: Estimate, high: Number | None) -> str:
    """What is confirmed, to what may still be confirmed."""
    if not isinstance(high, Estimate) or high.numerator <= low.numerator:
        return bare(low.numerator)
    return f"{bare(low.numerator)} to {bare(high.numerator)}"


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
