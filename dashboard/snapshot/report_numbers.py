"""Which numbers does the weekly report show of each pilot, against people's, and over the weeks?

One column per metric with one axis for all pilots, so that rows can be compared by eye. Ranges and
counts stand beside every drawing: a drawing alone can be misread.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dashboard import wording
from dashboard.snapshot.content import Content
from dashboard.snapshot.lines import Arm, Axis, Series, axis, dot_and_range, weeks
from metrics.arms import HEADLINE, SENSITIVITY
from metrics.catalogue import BY_ID
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.results import Result
from metrics.segments import WHOLE

ARMS: Final[tuple[Arm, ...]] = ("agent", "human")
NOT_WORKED_OUT: Final = "not worked out for this pilot"
A_DAY: Final = 24.0  # hours


@dataclass(frozen=True)
class Shown:
    """A metric of the report."""

    metric: str
    title: str  # of its column; {first} and {days} are settings
    words: tuple[str, str]  # what agents are, against people, when the difference is below or above none
    compared: str  # metric of its comparison
    high: str = ""  # metric with findings counted that nobody has decided about
    alike: str = ""  # within what both sides are compared; empty = as the changes come
    mark: bool = False  # whether the rule's mark stands on the axis


SHOWN: Final[tuple[Shown, ...]] = (
    Shown(
        "security_escape_rate",
        "Escape rate",
        ("lower", "higher"),
        "security_escape_rate_difference",
        high="security_escape_rate_high",
        mark=True,
    ),
    Shown(
        "vulnerabilities_per_kloc",
        "Findings per 1,000 lines of code (KLOC)",
        ("fewer", "more"),
        "vulnerabilities_per_kloc_ratio",
        "vulnerabilities_per_kloc_high",
        "repository and language",
    ),
    Shown(
        "approved_within_first_mark_share",
        "Approved within {first} h",
        ("rarer", "more often"),
        "approved_within_first_mark_difference",
    ),
    Shown(
        "restricted_mean_hours_to_decision",
        "Mean wait for a decision (up to {days} days)",
        ("faster", "slower"),
        "restricted_mean_hours_difference_stratified",
        alike="repository and size",
    ),
    Shown(
        "merged_without_human_approval_share",
        "Merged without human approval",
        ("rarer", "more often"),
        "merged_without_human_approval_difference",
    ),
)


@dataclass(frozen=True)
class Row:
    """A metric of a pilot: two drawings, and everything they show in words."""

    pilot: str
    agents: str
    people: str
    difference: str
    ranges: str  # SVG
    weeks: str  # SVG


@dataclass(frozen=True)
class Block:
    """A metric with its definition, its axes, and one row per pilot."""

    title: str
    definition: str
    alike: str  # within what both sides are compared; empty = as the changes come
    range_ends: tuple[str, str]
    week_end: str
    difference: str  # what the comparison is: difference or ratio
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Kept:
    """All numbers of a week by pilot, metric, arm and segment."""

    numbers: Mapping[tuple[str, str, str, str], Number]
    segments: tuple[str, ...]  # names of the weeks, oldest first
    settings: Mapping[str, object]
    mark: float | None  # the rule's largest rate

    def get(self, pilot: str, metric: str, arm: str, segment: str = WHOLE) -> Number:
        """A number; one that was not worked out is unknown for that reason."""
        return self.numbers.get((pilot, metric, arm, segment), Undefined(NOT_WORKED_OUT, 0, Coverage(0, 0)))


@dataclass(frozen=True)
class Room:
    """How many characters there are room for; numbers are never cut."""

    reason: int  # why a number is unknown
    heading: int  # a metric's title, what it counts, and how both sides are compared
    is_roomy: bool  # for words that the legend would say else


def blocks(content: Content, room: Room) -> tuple[Block, ...]:
    """Lay out every shown metric of every pilot."""
    kept = kept_of(content)
    pilots = [each.pilot for each in content.pilots]
    return tuple(_block(_laid_out(shown, pilots, kept), pilots, kept, room) for shown in SHOWN)


def kept_of(content: Content) -> Kept:
    """Numbers of a week, where they can be looked up."""
    results = content.results
    segments = {(each.window.start, each.segment) for each in results if each.window.kind == "week"}
    ordered = dict.fromkeys(name for _, name in sorted(segments))
    marks = [verdict.threshold for verdict in content.verdicts]
    keyed = {_key(result): result.number for result in results}
    return Kept(keyed, tuple(ordered), results[0].settings if results else {}, max(marks, default=None))


def _key(result: Result) -> tuple[str, str, str, str]:
    return result.pilot, result.metric, result.arm, result.segment


@dataclass(frozen=True)
class _Axes:
    """A metric with the two axes that all pilots share."""

    shown: Shown
    title: str
    ranges: Axis
    weeks: Axis

    @property
    def unit(self) -> str:
        return BY_ID[self.shown.metric].unit


def _block(axes: _Axes, pilots: Iterable[str], kept: Kept, room: Room) -> Block:
    metric = BY_ID[axes.shown.metric]
    alike = f"like for like: same {axes.shown.alike}" if axes.shown.alike else ""
    return Block(
        title=axes.title,
        definition=wording.shortened(
            f"{metric.numerator}, of {metric.denominator}", room.heading - len(axes.title) - len(alike)
        ),
        alike=alike,
        range_ends=(_at(axes.ranges.low, axes.unit), _at(axes.ranges.high, axes.unit)),
        week_end=_at(axes.weeks.high, axes.unit),
        difference="ratio" if axes.shown.compared.endswith("_ratio") else "difference",
        rows=tuple(_row(axes, pilot, kept, room) for pilot in pilots),
    )


def _at(value: float, unit: str) -> str:
    """A value at the end of an axis, without the unit that its column names."""
    return wording.without_unit(wording.amount(value, unit)) if value else "0"


def _laid_out(shown: Shown, pilots: Iterable[str], kept: Kept) -> _Axes:
    names = list(pilots)
    over_all = [kept.get(pilot, shown.metric, arm) for pilot in names for arm in ARMS]
    weekly = [
        kept.get(pilot, shown.metric, arm, week) for pilot in names for arm in ARMS for week in kept.segments
    ]
    mark = kept.mark if shown.mark else None
    over_weeks = [_bare(number) for number in weekly if isinstance(number, Estimate)]
    return _Axes(shown, _titled(shown, kept), _axis(over_all, shown, mark), _axis(over_weeks, shown, None))


def _axis(numbers: Sequence[Number], shown: Shown, mark: float | None) -> Axis:
    """An axis that ends where people expect it: shares at 100 % at most, long waits at whole days."""
    unit = BY_ID[shown.metric].unit
    known = [number.value for number in numbers if isinstance(number, Estimate)]
    is_days = unit == "hours" and max(known, default=0.0) >= 2 * A_DAY
    return axis(numbers, mark, 1.0 if unit == "share" else math.inf, A_DAY if is_days else 1.0)


def _bare(number: Estimate) -> Estimate:
    """Weeks are drawn without ranges, so their axis need not hold them."""
    return replace(number, low=None, high=None, level=None)


def _titled(shown: Shown, kept: Kept) -> str:
    marks = kept.settings.get("approved_within_hours", ("?",))
    first = marks[0] if isinstance(marks, list | tuple) else "?"
    return shown.title.format(first=first, days=kept.settings.get("restricted_mean_days", "?"))


def _row(axes: _Axes, pilot: str, kept: Kept, room: Room) -> Row:
    shown = axes.shown
    sides = [(arm, kept.get(pilot, shown.metric, arm)) for arm in ARMS]
    told = [_told(number, kept.get(pilot, shown.high, arm), room) for arm, number in sides]
    weekly = {arm: _weekly(shown.metric, (pilot, arm), kept) for arm in ARMS}
    # People first: agents, whom the report is about, lie on top.
    series = [Series(arm, weekly[arm]) for arm in reversed(ARMS)]
    by_week = _by_week(weekly["agent"], kept)
    return Row(
        pilot=pilot,
        agents=told[0],
        people=told[1],
        difference=_difference(shown, pilot, kept, room.reason),
        ranges=dot_and_range(
            sides, axes.ranges, f"{axes.title}, {pilot}: agents {told[0]}; people {told[1]}"
        ),
        weeks=weeks(series, axes.weeks, f"{axes.title}, {pilot}, agents by week: {by_week}"),
    )


def _told(number: Number, high: Number, room: Room) -> str:
    """A number in words; only reasons are cut, never numbers."""
    words = wording.cell(number, high)
    if isinstance(number, Undefined):
        return wording.shortened(words, room.reason)
    return _with_both_ends(words, high, room) if _is_band(number, high) else words


def _is_band(number: Estimate, high: Number) -> bool:
    """Whether a rate has another value once what nobody has decided about counts; counts say it of shares."""
    return number.unit == wording.PER_KLOC and isinstance(high, Estimate) and high.value > number.value


def _with_both_ends(words: str, high: Number, room: Room) -> str:
    rate, _, counts = words.rpartition(", ")
    top = wording.without_unit(wording.brief(high))
    return (
        f"{rate} confirmed to {top} all not dismissed, {counts}"
        if room.is_roomy
        else f"{rate} to {top}, {counts}"
    )


def _weekly(metric: str, whose: tuple[str, Arm], kept: Kept) -> tuple[Number, ...]:
    pilot, arm = whose
    return tuple(kept.get(pilot, metric, arm, week) for week in kept.segments)


def _by_week(numbers: Sequence[Number], kept: Kept) -> str:
    """The weeks for those who cannot see the line."""
    weeks_told = zip(kept.segments, numbers, strict=True)
    return ", ".join(f"{week.removeprefix('week ')} {wording.brief(number)}" for week, number in weeks_told)


def _difference(shown: Shown, pilot: str, kept: Kept, most: int) -> str:
    told = [kept.get(pilot, shown.compared, arm.name) for arm in (HEADLINE, *SENSITIVITY)]
    answers = {wording.conclusion(number, shown.words) for number in told} - {"unknown"}
    # Definitions 0: if the conclusion depends on who is counted where, that is said first.
    caution = "depends on who counts as agent; " if len(answers) > 1 else ""
    return caution + _compared(told[0], shown, most)


def _compared(number: Number, shown: Shown, most: int) -> str:
    words = wording.contrast(number, shown.words)
    return wording.shortened(words, most) if isinstance(number, Undefined) else words
