"""Which threshold would cost least, and what does the chosen one cost?"""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_lines import Frame, Line, lines
from dashboard.charts.detectors_look import COST, thinned
from dashboard.components import chrome, markup
from dashboard.components.detectors_choice import Looked
from metrics.detectors.costs import PER, CostCurve, CostPoint, cost_curve
from metrics.estimate import Undefined

SAME_ITEMS: Final = (
    "The cheapest threshold is judged by the items that it was found on: on others it costs more."
)


def costs(looked: Looked, chosen: float | None) -> None:
    """Draw what every observed threshold costs, and name the cheapest one."""
    found = looked.measured.once(
        ("detectors cost", looked.unit, looked.part), lambda: cost_curve(looked.slice)
    )
    if isinstance(found, Undefined):
        st.caption(f"No costs: {found.reason}.")
        return
    st.html(markup.facts(facts(found, looked.unit.operator, chosen)))
    _chart(looked, found, chosen)
    st.caption(SAME_ITEMS)


def facts(found: CostCurve, operator: str, chosen: float | None) -> list[tuple[str, str]]:
    """The cheapest threshold, the one in use, and the chosen one."""
    told = [(f"Cost per {PER:,} items", _prices(found)), ("Cheapest", _point(found.cheapest))]
    if found.present is not None:
        told.append(("In use", _point(found.present)))
    if chosen is not None:
        told.append(("At this threshold", f"{cost_at(found, operator, chosen):.3g}"))
    return told


def _prices(found: CostCurve) -> str:
    whose = "presumed benign" if found.is_presumed else "labelled benign"
    return (
        f"a miss {found.miss_cost:g}, a false alarm {found.false_alarm_cost:g}, at "
        f"{100 * found.prevalence:.3g} % attacks; false alarms of {whose} items"
    )


def _point(point: CostPoint) -> str:
    errors = (
        f"{wording.fraction(point.false_negatives, point.attacks)} attacks missed, "
        f"{wording.fraction(point.false_positives, point.benign)} benign flagged"
    )
    at = "flag nothing" if np.isinf(point.threshold) else f"threshold {point.threshold:.4g}"
    return f"{at}: {point.cost:.3g} ({point.low:.3g} to {point.high:.3g}); {errors}"


def cost_at(found: CostCurve, operator: str, threshold: float) -> float:
    """The cost of a threshold: that of the lowest observed score which it flags."""
    flags = found.thresholds >= threshold if operator == ">=" else found.thresholds > threshold
    # With >= the first point, which flags nothing, is above every threshold.
    place = int(flags.sum()) - (1 if operator == ">=" else 0)
    return float(found.costs[place])


def _chart(looked: Looked, found: CostCurve, chosen: float | None) -> None:
    is_drawn = np.isfinite(found.thresholds)
    at, cost = found.thresholds[is_drawn][::-1], found.costs[is_drawn][::-1]
    kept = thinned(len(at))
    title = f"Cost per {PER:,} items over the threshold"
    words = [f"threshold {at[place]:.4g}: {cost[place]:.3g}" for place in kept]
    line = Line(COST, "cost", [float(at[each]) for each in kept], [float(cost[each]) for each in kept], words,
                is_stepped=True)  # fmt: skip
    named = {found.cheapest.threshold: "cheapest"}
    if chosen is not None:
        named[chosen] = "this"
    if looked.unit.threshold is not None:
        named[looked.unit.threshold] = "in use"
    marks = tuple(sorted((place, name) for place, name in named.items() if np.isfinite(place)))
    frame = Frame(title, "threshold", "cost", is_share=False, marks=marks)
    alt = f"{title}. Cheapest: {_point(found.cheapest)}."
    chrome.chart(lines([line], frame), "costs", alt)
