"""How do numbers become the rows of a chart? Their words are short: the level stands in the title."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.charts import look
from dashboard.charts.comparison import Axis, Row, dot_and_range
from dashboard.components import chrome, siding
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SENSITIVITY
from metrics.estimate import Estimate, Number

Say = Callable[[Estimate], str]


def row(name: str, number: Number, say: Say, side: look.Side) -> Row:
    """One number to draw; without one the words say why."""
    if not isinstance(number, Estimate):
        return Row(name, f"unknown: {number.reason}", None, None, None, side)
    return Row(name, say(number), number.value, number.low, number.high, side)


def chart(rows: Sequence[Row], axis: Axis, key: str) -> None:
    """Draw rows, and say what they say for those who cannot see them."""
    alt = f"{axis.title}. " + "; ".join(f"{each.name}: {each.words}" for each in rows)
    chrome.chart(dot_and_range(rows, axis), key, alt)


def sidings(measured: Measured, metric: str, say: Say) -> tuple[Row, ...]:
    """A comparison, and the same with assisted and unknown changes counted to either side."""
    usual = row("Agents against people", measured.number(metric, HEADLINE.name), say, look.HEADLINE)
    others = (
        row(siding.title(arm), measured.number(metric, arm.name), say, look.PART) for arm in SENSITIVITY
    )
    return (usual, *others)
