"""Does a score of 0.8 mean that four of five such items are attacks? Only a probability can be asked that."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_lines import Frame, Line, lines
from dashboard.charts.detectors_look import CAUGHT
from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import Looked
from metrics.detectors.calibration import Bin, Calibration, calibration
from metrics.estimate import Estimate, Undefined

HEADINGS: Final = ("Score", "Mean score", "Attacks among them")
MIX: Final = (
    "On the line, scores are what they claim. It holds for this mix of attacks and benign items, and not for "
    "traffic."
)


def calibrated(looked: Looked) -> None:
    """Draw the share of attacks by score, or say why a score cannot be asked that."""
    st.subheader("Are scores what they claim?", anchor=False)
    found = calibration(looked.slice)
    if isinstance(found, Undefined):
        chrome.empty("No calibration.", f"{found.reason[:1].upper()}{found.reason[1:]}.")
        return
    _chart(looked, found)
    st.caption(f"Brier score {text.plain(found.brier)}, 0 is best. {MIX}")
    with st.expander(f"The curve in numbers ({len(found.bins):,})"):
        st.html(markup.table(HEADINGS, (_row(each) for each in found.bins)))


def _chart(looked: Looked, found: Calibration) -> None:
    known = [(each, each.observed) for each in found.bins if isinstance(each.observed, Estimate)]
    total = sum(number.n for _, number in known)
    title = f"Attacks by score, in %, of {total:,} items"
    level = wording.percent(looked.all.confidence)
    dots = Line(
        CAUGHT, "share of attacks", [each.mean_score for each, _ in known],
        [number.value for _, number in known], [_words(each) for each, _ in known],
        [number.value if number.low is None else number.low for _, number in known],
        [number.value if number.high is None else number.high for _, number in known],
        mode="lines+markers",
    )  # fmt: skip
    frame = Frame(title, f"mean score of the items; ranges at {level}", "", has_diagonal=True)
    alt = f"{title}. " + "; ".join(_words(each) for each, _ in known)
    chrome.chart(lines([dots], frame), "calibration", alt)


def _words(part: Bin) -> str:
    return f"scores {_ends(part)}: {text.told(part.observed)}"


def _ends(part: Bin) -> str:
    return f"{part.low:.1f} to {part.high:.1f}"


def _row(part: Bin) -> tuple[str, ...]:
    return _ends(part), f"{part.mean_score:.3f}", text.told(part.observed)
