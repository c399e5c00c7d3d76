"""How much hangs on the rule, and when do people answer fast? Grid, curves and hours of the week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts import approvals as charts
from dashboard.charts.approvals import Cells, band_curve, band_words, pace_words
from dashboard.charts.approvals_time import hour_words, hours_of_week
from dashboard.components import approvals_text as text
from dashboard.components import chrome, markup
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.estimate import Estimate
from metrics.fatigue.curves import CurvePoint
from metrics.fatigue.sequences import RECENT_MINUTES

GRID: Final = (
    "Floor", "Characters a second", "Fast approvals", "Fast, of inferred approvals", "Fast rejects",
)  # fmt: skip
CURVES: Final = {
    "streak": ("By approvals in a row before", "approvals in a row before the answer"),
    "recent": (
        f"By prompts in the {RECENT_MINUTES} minutes before",
        f"prompts answered in the {RECENT_MINUTES} minutes before",
    ),
}
POINTS: Final = ("Before the answer", "Answers", "People", "Half answered within", "Fast", "Rejected")


def grid(measured: Measured, seen: Sights) -> None:
    """Draw the share of fast approvals, and of fast rejects, under every rule of the grid."""
    rules = measured.case.measuring.fatigue
    st.header("How much hangs on the rule", anchor=False)
    st.markdown(
        "Answers that would count as fast with another floor or another reading speed; the rule in use is "
        "framed. A reject shows that somebody looked, so a rule that calls many of them fast is too strict."
    )
    explicit = seen.grid.filter(~pl.col("is_inferred"))
    shown = (
        Cells("fast_count", "approval_count", "approvals", _is_stated(measured, text.FAST)),
        Cells("fast_reject_count", "reject_count", "rejects", _is_stated(measured, text.REJECTS)),
    )
    for place, cells in zip(st.columns(2, gap="large"), shown, strict=True):
        with place:
            used = (rules.floor_seconds, rules.chars_per_second)
            alt = f"Fast {cells.noun} by floor and reading speed: {_grid_alt(explicit, cells)}"
            chrome.chart(charts.sensitivity(explicit, cells, used), f"grid_{cells.noun}", alt)
    with st.expander(f"The grid in numbers ({explicit.height:,})"):
        st.html(markup.table(GRID, _grid_rows(seen.grid)))


def _is_stated(measured: Measured, metric: str) -> bool:
    """Whether there are enough answers and people to state a rate."""
    return isinstance(measured.number(metric), Estimate)


def _grid_alt(rows: pl.DataFrame, cells: Cells) -> str:
    return "; ".join(
        f"{row['floor_seconds']:g} s, {pace_words(row['chars_per_second'])}: "
        f"{wording.fraction(row[cells.fast], row[cells.total])}"
        for row in rows.iter_rows(named=True)
    )


def _grid_rows(rows: pl.DataFrame) -> Iterable[tuple[str, ...]]:
    by = ("floor_seconds", "chars_per_second")
    inferred = rows.filter("is_inferred").select(*by, x="fast_count", n="approval_count")
    both = rows.filter(~pl.col("is_inferred")).join(inferred, on=by, how="left", maintain_order="left")
    return (_grid_row(row) for row in both.iter_rows(named=True))


def _grid_row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{row['floor_seconds']:g} s",
        pace_words(row["chars_per_second"]),
        wording.fraction(row["fast_count"], row["approval_count"]),
        wording.fraction(row["x"], row["n"]),
        wording.fraction(row["fast_reject_count"], row["reject_count"]),
    )


def curves(measured: Measured, seen: Sights) -> None:
    """Draw fast approvals and rejects by what went before, and say how sessions go on."""
    st.header("What goes before a fast answer", anchor=False)
    level = wording.percent(measured.case.measuring.confidence)
    st.markdown(f"{text.trend(seen.trend)} Ranges at {level}, over people. {CONFOUNDED}")
    for place, (curve, (title, axis)) in zip(st.columns(2, gap="large"), CURVES.items(), strict=True):
        points = [point for point in seen.curves if point.curve == curve]
        with place:
            _curve(points, title, axis)
    with st.expander(f"The curves in numbers ({len(seen.curves):,})"):
        st.html(markup.table(POINTS, (_point_row(point) for point in seen.curves)))


def _curve(points: Sequence[CurvePoint], title: str, axis: str) -> None:
    if not any(isinstance(each, Estimate) for point in points for each in (point.fast, point.rejected)):
        chrome.empty(f"{title}: too few answers or people to state a share.", "The counts stand below.")
        return
    alt = f"{title}. " + "; ".join(_point_alt(point) for point in points)
    chrome.chart(band_curve(points, f"{title}, in %", axis), f"curve_{points[0].curve}", alt)


CONFOUNDED: Final = (
    "Answers in a row are about the same work, so part of such a course is the work's and not people's. "
    "n counts answers; without a mark there are too few answers or people to state a share."
)


def _point_alt(point: CurvePoint) -> str:
    return (
        f"{band_words(point)}: {wording.plural(point.answer_count, 'answer')}, "
        f"fast {text.told(point.fast)}, rejected {text.told(point.rejected)}"
    )


def _point_row(point: CurvePoint) -> tuple[str, ...]:
    what = {"streak": "in a row", "recent": f"in {RECENT_MINUTES} minutes"}[point.curve]
    half = point.median_wait_seconds
    return (
        f"{band_words(point)} {what}",
        f"{point.answer_count:,}",
        f"{point.people_count:,}",
        "too few to tell" if half is None else f"{half:.3g} s",
        text.told(point.fast),
        text.told(point.rejected),
    )


def hours(measured: Measured, seen: Sights) -> None:
    """Draw at which hours of the week people are asked."""
    st.header("When people are asked", anchor=False)
    if seen.heat.is_empty():
        chrome.empty("Nobody has answered a prompt in this window.", text.SWITCH_ON)
        return
    fewest = measured.case.measuring.fatigue.minimum_people
    alt = "Prompts answered by hour of the week: " + "; ".join(
        hour_words(row["weekday"], row["hour"], row) for row in seen.heat.iter_rows(named=True)
    )
    chrome.chart(hours_of_week(seen.heat), "approval_hours", alt)
    st.caption(
        f"Hours are those of {measured.case.pilot.timezone}. Beside the prompts stands the share of fast "
        f"approvals where at least {fewest} people answered and {wording.SMALL} approvals could be measured."
    )
