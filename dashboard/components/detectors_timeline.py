"""Has the chosen detector become better or worse, from version to version and from week to week?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_weeks import Change as Marked
from dashboard.charts.detectors_weeks import WeekMark, weekly
from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import Looked
from metrics.detectors.timeline import ERRORS, FLAGS, FNR, FPR, PRESUMED, Change, Point, Timeline, timeline
from metrics.estimate import Estimate, Undefined

METRIC_KEY: Final = "over-time"  # also the name in the address
SHOWN: Final = {
    "Share flagged": FLAGS, "False positive rate": FPR, "False positive rate, presumed benign": PRESUMED,
    "Miss rate (FNR)": FNR, "Errors": ERRORS,
}  # fmt: skip
NAMES: Final = {metric: name for name, metric in SHOWN.items()}
TITLES: Final = {
    FLAGS: "Items flagged", FPR: "False alarms", PRESUMED: "False alarms, presumed", FNR: "Misses",
    ERRORS: "Errors",
}  # fmt: skip
HEADINGS: Final = (
    "Version", "First verdict", "Last verdict", "False positive rate", "Presumed benign", "Miss rate (FNR)",
    "Share flagged", "Errors",
)  # fmt: skip
CHANGES: Final = ("Number", "Before", "After", "Difference", "Shown")
NO_TIMES: Final = "No verdict tells its time, so there are no weeks."
TELL: Final = "Map the time of the verdict to `occurred_at`: docs/detectors.md."


def over_time(looked: Looked) -> None:
    """Show every version and week; a change is marked only where its interval excludes 0."""
    st.header("Over time", anchor=False)
    found: Timeline = looked.measured.once(
        ("detectors over time", looked.unit.detector), lambda: timeline(looked.all, looked.unit.detector)
    )
    st.html(markup.table(HEADINGS, (version_row(point) for point in found.versions)))
    if found.weeks:
        _weeks(looked, found)
    else:
        chrome.empty(NO_TIMES, TELL)
    _changes(found)


def version_row(point: Point) -> tuple[str, ...]:
    """One version in numbers."""
    rates = (point.fpr, point.fpr_presumed, point.fnr, point.flag_share, point.error_share)
    return (
        point.unit.name,
        wording.day(point.first_at),
        wording.day(point.last_at),
        *(text.told(number) for number in rates),
    )


def _weeks(looked: Looked, found: Timeline) -> None:
    metric = SHOWN[st.selectbox("Over time", list(SHOWN), key=METRIC_KEY, bind="query-params", width=420)]
    known = [(point, point.number(metric)) for point in found.weeks]
    marks = [_mark(point, number) for point, number in known if isinstance(number, Estimate)]
    title, level = f"{TITLES[metric]} by week, in %", wording.percent(looked.all.confidence)
    if not marks:
        reasons = sorted({number.reason for _, number in known if isinstance(number, Undefined)})
        chrome.empty(f"{NAMES[metric]} is known in no week.", "; ".join(reasons[:2]))
        return
    changes = [_marked(each) for each in found.changes if each.metric == metric and each.is_marked]
    alt = f"{title}. " + "; ".join(f"{mark.version}, {mark.words}" for mark in marks)
    chrome.chart(weekly(marks, changes, (title, level)), "over_time", alt)


def _mark(point: Point, number: Estimate) -> WeekMark:
    low, high = (number.value if end is None else end for end in (number.low, number.high))
    words = f"{point.part.value}: {wording.cell(number)}"
    return WeekMark(point.part.value, _version(point), number.value, low, high, words)


def _version(point: Point) -> str:
    return point.unit.name.removeprefix(f"{point.unit.detector} ")


def _marked(change: Change) -> Marked:
    """A change between weeks stands before the later week; one between versions before its first."""
    week = change.later.part.value or (f"{change.later.first_at:%G-W%V}" if change.later.first_at else "")
    number = change.difference
    points = text.difference(number).partition(" (")[0] if isinstance(number, Estimate) else ""
    return Marked(week, f"{_version(change.later)}: {points}")


def _changes(found: Timeline) -> None:
    shown = [each for each in found.changes if each.is_marked]
    between = [each for each in found.changes if not each.earlier.part.value]
    rows = [_change_row(each) for each in _once([*between, *shown])]
    if rows:
        st.html(markup.table(CHANGES, rows))
    elif len(found.versions) + len(found.weeks) > 1:
        st.caption("No difference between versions or weeks excludes 0.")
    drifted = [each for each in found.drifts if each.is_marked]
    if drifted:
        pairs = (
            f"{_place(each.earlier)} to {_place(each.later)}: {text.plain(each.distance)}" for each in drifted
        )
        told = "; ".join(pairs)
        st.html(markup.small(f"Scores shifted (Kolmogorov distance; items or detector changed): {told}."))


def _once(changes: Sequence[Change]) -> list[Change]:
    return list({id(each): each for each in changes}.values())


def _place(point: Point) -> str:
    return f"{_version(point)} {point.part.value}".strip()


def _change_row(change: Change) -> tuple[str, ...]:
    shown = (
        "changed" if change.is_marked else "cannot tell" if isinstance(change.difference, Estimate) else ""
    )
    ends = (_place(change.earlier), _place(change.later))
    return NAMES[change.metric], *ends, text.difference(change.difference), shown
