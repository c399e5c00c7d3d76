"""What would another threshold bring: false alarms, misses, precision, alerts a day, cost?"""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_lines import Frame, Line, lines
from dashboard.charts.detectors_look import FALSE_ALARMS, MISSES, PRESUMED, thinned
from dashboard.charts.look import Side
from dashboard.components import chrome, detectors_costs, markup
from dashboard.components import detectors_text as text
from dashboard.components.detectors_base_rates import items_per_day, per_day_words
from dashboard.components.detectors_choice import Looked
from metrics.detectors.base_rates import at_prevalence
from metrics.detectors.curves import Curve
from metrics.estimate import Estimate, Number

KEY: Final = "threshold"  # also the name in the address
MOST_STEPS: Final = 200  # thresholds on the slider
IN_USE: Final = "in use"
HEADINGS: Final = ("", "In use", "At this threshold")


def explorer(looked: Looked) -> None:
    """Choose an observed threshold and see every number and the cost at it, beside the one in use."""
    curve = looked.slice.curve
    if curve is None or not len(curve.thresholds):
        return
    st.subheader("Another threshold", anchor=False)
    steps = offered(curve, looked.unit.threshold)
    chosen = _slider(looked, steps)
    st.html(markup.table(HEADINGS, rows(looked, chosen)))
    left, right = st.columns(2, gap="large")
    with left:
        _chart(looked, curve, chosen)
    with right:
        detectors_costs.costs(looked, chosen)


def offered(curve: Curve, in_use: float | None) -> dict[str, float]:
    """Observed thresholds by how they read, rising, the one in use among them."""
    observed = curve.thresholds[thinned(len(curve.thresholds), MOST_STEPS)]
    values = sorted({float(each) for each in observed} | ({in_use} if in_use is not None else set()))
    return {f"{value:.6g}{f' ({IN_USE})' if value == in_use else ''}": value for value in values}


def _slider(looked: Looked, steps: dict[str, float]) -> float:
    """The chosen threshold; at first that in use, or the middle one."""
    names = list(steps)
    usual = next((name for name in names if name.endswith(f"({IN_USE})")), names[len(names) // 2])
    if st.session_state.get(KEY) not in names:
        st.session_state[KEY] = usual
    if len(names) == 1:
        return steps[usual]
    label = f"Threshold of {looked.unit.detector.replace('[', '(').replace(']', ')')}"
    return steps[st.select_slider(label, names, key=KEY)]


def rows(looked: Looked, chosen: float) -> list[tuple[str, ...]]:
    """Every number as it is, and as it would be; a row that neither knows is left out."""
    named = (
        ("False positive rate", text.FPR), ("False positive rate, presumed benign", text.FPR_PRESUMED),
        ("Miss rate (FNR)", text.FNR), ("Recall", text.RECALL), ("Precision among labelled", text.PRECISION),
        ("False-alarm share", text.FALSE_ALARMS),
    )  # fmt: skip
    told = [(title, looked.number(metric), looked.number(metric, chosen)) for title, metric in named]
    rates = [(title, *(text.told(each) for each in both)) for title, *both in told]
    return [*rates, *_days(looked, chosen)]


def _days(looked: Looked, chosen: float) -> list[tuple[str, ...]]:
    """Alerts a day at both ends of the prevalence that the settings name."""
    volume = items_per_day(looked)
    items = volume.value if isinstance(volume, Estimate) else None
    both = [(_false_alarms(looked, at), looked.number(text.FNR, at)) for at in (None, chosen)]
    ends = dict.fromkeys(looked.all.rules.prevalence)
    return [
        (
            f"Alerts a day at {100 * share:.3g} % attacks",
            *(per_day_words(at_prevalence(fpr, fnr, share, items).alerts) for fpr, fnr in both),
        )
        for share in ends
    ]


def _false_alarms(looked: Looked, at: float | None) -> Number:
    labelled = looked.number(text.FPR, at)
    presumed = looked.number(text.FPR_PRESUMED, at)
    is_presumed = not isinstance(labelled, Estimate) and isinstance(presumed, Estimate)
    return presumed if is_presumed else labelled


def _chart(looked: Looked, curve: Curve, chosen: float) -> None:
    """Draw both errors over the threshold: what one wins the other pays."""
    errors = (
        (MISSES, "misses", curve.attacks, 1 - curve.tpr),
        (FALSE_ALARMS, "false alarms", curve.benign, curve.fpr),
        (PRESUMED, "false alarms, presumed benign", curve.presumed, curve.fpr_presumed),
    )
    drawn = [_line(curve, (side, name, count), shares) for side, name, count, shares in errors if count]
    if not drawn:
        return
    title = "Errors over the threshold, in % of their kind"
    marks = {chosen: f"{chosen:.4g}"}
    if looked.unit.threshold is not None:
        marks[looked.unit.threshold] = IN_USE
    frame = Frame(title, "threshold", "", marks=tuple(sorted(marks.items())))
    said = "; ".join(f"{title_}: {at}" for title_, _, at in rows(looked, chosen)[:3])
    chrome.chart(lines(drawn, frame), "errors", f"{title}. At {chosen:.4g}: {said}.")


def _line(curve: Curve, what: tuple[Side, str, int], shares: np.ndarray) -> Line:
    side, name, count = what
    rising = slice(None, None, -1)
    at, up = (list(map(float, values[rising])) for values in (curve.thresholds, shares))
    words = [
        f"from {value:.4g}: {name} {wording.percent(share)}" for value, share in zip(at, up, strict=True)
    ]
    return Line(side, f"{name}, n {count:,}", at, up, words, is_stepped=True)
