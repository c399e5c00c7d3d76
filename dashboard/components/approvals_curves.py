"""What goes before a fast answer? Curves by streak and by prompts in short time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.approvals_curves import band_curve, band_words
from dashboard.components import approvals_text as text
from dashboard.components import chrome, markup
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.estimate import Estimate
from metrics.fatigue.curves import CurvePoint
from metrics.fatigue.sequences import RECENT_MINUTES

CURVES: Final = {
    "streak": ("By approvals in a row before", "approvals in a row before the answer"),
    "recent": (
        f"By prompts in the {RECENT_MINUTES} minutes before",
        f"prompts answered in the {RECENT_MINUTES} minutes before",
    ),
}
POINTS: Final = ("Before the answer", "Answers", "People", "Half answered within", "Fast", "Rejected")
CONFOUNDED: Final = (
    "Answers in a row are about the same work, so part of such a course is the work's and not people's. "
    "n counts answers; without a mark there are too few answers or people to state a share."
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
