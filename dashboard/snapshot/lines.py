"""How do a number with its range, and a number over the weeks, look as a small drawing?

SVG as pure text: no scripts, no ids, nothing that depends on anything but the numbers, so the same
numbers give the same bytes. Shape says what colour says: agents are filled circles on solid lines,
people open diamonds on dashed ones. Colours come from the page, by class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from typing import Final, Literal

from dashboard.wording import SMALL
from metrics.estimate import Estimate, Number, Undefined

Arm = Literal["agent", "human"]
STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # ends of an axis that people read easily
NOTHING: Final = 1e-9  # below it no axis is worth its digits
EDGE: Final = 5.0  # room on either side of an axis, for what stands at its end; all in drawing units
WIDTH: Final = 132.0
PITCH: Final = 5.0  # from one arm to the next: two arms are as high as a line of text
RADIUS: Final = 2.1
WEEK_STEP: Final = 8.0
WEEK_HEIGHT: Final = 9.0
WEEK_RADIUS: Final = 1.5


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, drawn from left to right; `mark` is a value to hold numbers against."""

    low: float
    high: float
    mark: float | None = None

    def place(self, value: float) -> float:
        """Where a value lies, as a share of the axis; beyond its ends below 0 or above 1.

        >>> Axis(0.0, 0.04).place(0.01)
        0.25
        """
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Series:
    """The numbers of one arm, week by week; an unknown week is None or Undefined."""

    arm: Arm
    numbers: tuple[Number | None, ...]


def axis(
    numbers: Sequence[Number | None],
    mark: float | None = None,
    limit: float = math.inf,
    grain: float = 1.0,
) -> Axis:
    """One axis from 0 that shows every value; wide ranges of few observations may run off it.

    Parameters
    ----------
    numbers
        All that will be drawn on it.
    mark
        A value that must lie on it, as the rule's 1 %.
    limit
        Largest value that there can be; 1 for shares.
    grain
        What the axis should end at multiples of; 24 where hours are said in days.

    >>> axis([]).high
    1.0
    """
    known = [number for number in numbers if isinstance(number, Estimate)]
    values = [number.value for number in known if math.isfinite(number.value)]
    ends = sorted(number.high for number in known if number.high is not None and math.isfinite(number.high))
    starts = [number.low for number in known if number.low is not None and math.isinf(number.value)]
    usual = ends[len(ends) // 2] if ends else 0.0
    top = max(
        [*(1.1 * value for value in values), *(1.5 * low for low in starts), usual, 1.5 * (mark or 0.0)]
    )
    return Axis(0.0, min(grain * _readable(top / grain), limit), mark)


def _readable(top: float) -> float:
    """The next number that people read easily.

    >>> _readable(0.0377), _readable(21.0), _readable(0.0)
    (0.04, 30.0, 1.0)
    """
    if top < NOTHING:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(top))
    step = next(step for step in STEPS if step * scale >= top * (1 - 1e-9))
    return round(step * scale, 12)


def dot_and_range(arms: Sequence[tuple[Arm, Number]], on: Axis, words: str) -> str:
    """Draw one row per arm: a dot with its range; an arrow where it runs off, dots where nothing is known.

    Parameters
    ----------
    words
        What those hear who cannot see it; foreign text is allowed.
    """
    height = PITCH * len(arms)
    rows = "".join(_row(arm, number, on, PITCH * (place + 0.5)) for place, (arm, number) in enumerate(arms))
    return _drawing((WIDTH, height), words, _upright("axis", EDGE, height) + _marked(on, height) + rows)


def weeks(series: Sequence[Series], on: Axis, words: str) -> str:
    """Draw one line per arm over the weeks, oldest first; unknown weeks are gaps, few observations hollow."""
    count = max((len(each.numbers) for each in series), default=0)
    width = 2 * EDGE + WEEK_STEP * max(count - 1, 0)
    frame = _stroke("axis", [(0, WEEK_HEIGHT), (width, WEEK_HEIGHT)])
    return _drawing((width, WEEK_HEIGHT), words, frame + "".join(_line(each, on) for each in series))


def _marked(on: Axis, height: float) -> str:
    return "" if on.mark is None else _upright("mark", _x(on, on.mark), height)


def _upright(kind: str, x: float, height: float) -> str:
    return _stroke(kind, [(x, 0), (x, height)])


def _row(arm: Arm, number: Number, on: Axis, y: float) -> str:
    if isinstance(number, Undefined):
        return _stroke("unknown", [(EDGE, y), (WIDTH - EDGE, y)])
    low = number.value if number.low is None else number.low
    high = number.value if number.high is None else number.high
    spread = _stroke(f"range {arm}", [(_x(on, low), y), (_x(on, high), y)])
    arrow = _arrow(arm, y) if on.place(high) > 1 else ""
    # What was not reached has no place: only the range says from where on it may lie.
    dot = _shape(f"dot {arm}", arm, (_x(on, number.value), y), RADIUS) if on.place(number.value) <= 1 else ""
    return spread + arrow + dot


def _arrow(arm: Arm, y: float) -> str:
    tip = WIDTH - 0.5
    corners = [(tip, y), (tip - 4, y - 2), (tip - 4, y + 2)]
    return f'<polygon class="arrow {arm}" points="{_points(corners)}"/>'


def _line(series: Series, on: Axis) -> str:
    places = [_week(place, number, on) for place, number in enumerate(series.numbers)]
    runs = [list(run) for is_known, run in groupby(places, key=lambda place: place is not None) if is_known]
    joined = ([place for place in run if place is not None] for run in runs)
    steps = (pair for run in joined for pair in pairwise(run))
    line = "".join(_stroke(f"line {series.arm}", list(pair)) for pair in steps)
    shown = zip(places, series.numbers, strict=True)
    marks = (_shape(_kind(series.arm, number), series.arm, at, WEEK_RADIUS) for at, number in shown if at)
    return line + "".join(marks)


def _week(place: int, number: Number | None, on: Axis) -> tuple[float, float] | None:
    """Where a week's number lies; None where there is none, or none that could be drawn."""
    if not isinstance(number, Estimate) or math.isinf(number.value):
        return None
    share = min(max(on.place(number.value), 0.0), 1.0)
    room = WEEK_HEIGHT - 2 * WEEK_RADIUS - 1
    return EDGE + WEEK_STEP * place, WEEK_HEIGHT - WEEK_RADIUS - 0.5 - share * room


def _kind(arm: Arm, number: Number | None) -> str:
    is_small = isinstance(number, Estimate) and number.n < SMALL
    return f"week {arm} hollow" if is_small else f"week {arm}"


def _shape(kind: str, arm: Arm, at: tuple[float, float], radius: float) -> str:
    (x, y), reach = at, 1.2 * radius
    if arm == "agent":
        return f'<circle class="{kind}" cx="{_say(x)}" cy="{_say(y)}" r="{_say(radius)}"/>'
    corners = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
    return f'<polygon class="{kind}" points="{_points(corners)}"/>'


def _x(on: Axis, value: float) -> float:
    return EDGE + min(max(on.place(value), 0.0), 1.0) * (WIDTH - 2 * EDGE)


def _stroke(kind: str, points: Sequence[tuple[float, float]]) -> str:
    return f'<polyline class="{kind}" points="{_points(points)}"/>'


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_say(x)},{_say(y)}" for x, y in points)


def _say(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _drawing(size: tuple[float, float], words: str, inside: str) -> str:
    label, box = escape(words), f"0 0 {_say(size[0])} {_say(size[1])}"
    return f'<svg viewBox="{box}" role="img" aria-label="{label}"><title>{label}</title>{inside}</svg>'
