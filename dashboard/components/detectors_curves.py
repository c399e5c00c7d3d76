"""What could the chosen detector do at other thresholds? ROC, and precision over recall, with its point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_curves import Plane, Point, Steps, plane
from dashboard.charts.detectors_look import CAUGHT, PRECISION, PRESUMED
from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import Looked, part_words
from metrics.detectors.curves import Curve, Floats
from metrics.estimate import Estimate, Number

NO_SCORES: Final = "This detector gives no score, so it has one operating point and no curve."
SCORES: Final = "Where its log holds a score, map it: docs/detectors.md."
NO_BOTH: Final = "A curve needs scored items of both kinds: labelled attacks, and benign ones."
CAUGHT_WORDS: Final = "share of attacks caught"
FALSE_WORDS: Final = "false positive rate"


def curves(looked: Looked) -> None:
    """Draw both curves, and state the area and the catch at the configured rates."""
    st.subheader("At other thresholds", anchor=False)
    curve = looked.slice.curve
    if curve is None:
        chrome.empty(NO_SCORES, SCORES)
        return
    if not curve.attacks or not curve.benign + curve.presumed:
        chrome.empty(NO_BOTH, text.LABEL)
        return
    st.html(
        markup.small(
            f"Scores of labelled items, and of presumed benign ones; items: {part_words(looked.part)}."
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        _roc(looked, curve)
    with right:
        _precision(looked, curve)
    st.html(markup.facts(at_rates(looked)))


def at_rates(looked: Looked) -> list[tuple[str, str]]:
    """Areas, and what would be caught at the rates of the settings; "not attainable" is an answer."""
    rules = looked.all.rules
    named = [
        ("ROC area", text.AUC),
        ("Average precision", text.AVERAGE_PRECISION),
        ("Equal error rate", text.EER),
    ]
    named += [
        (f"Caught at {wording.percent(rate)} false alarms", f"detector_tpr_at_fpr_{name}")
        for rate, name in zip(rules.false_positive_rates, text.RATE_NAMES, strict=False)
    ]
    named += [
        (f"False alarms at {wording.percent(rate)} caught", f"detector_fpr_at_catch_{name}")
        for rate, name in zip(rules.catch_rates, text.CATCH_NAMES, strict=False)
    ]
    return [(title, _stated(metric, looked.number(metric))) for title, metric in named]


def _stated(metric: str, number: Number) -> str:
    """An average precision is no count of anything: its interval stands alone."""
    is_average = metric == text.AVERAGE_PRECISION and isinstance(number, Estimate)
    return text.value(number) if is_average and isinstance(number, Estimate) else text.plain(number)


def _roc(looked: Looked, curve: Curve) -> None:
    rates = (
        (CAUGHT, "labelled benign", curve.benign, curve.fpr),
        (PRESUMED, "presumed benign", curve.presumed, curve.fpr_presumed),
    )
    drawn = [
        Steps(side, f"{name}, n {count:,}", *from_nothing(curve, fpr, curve.tpr))
        for side, name, count, fpr in rates
        if count
    ]
    title = f"ROC: {curve.attacks:,} attacks, {curve.benign + curve.presumed:,} benign"
    out = out_of_reach(
        curve.fpr if curve.benign else curve.fpr_presumed, looked.all.rules.false_positive_rates
    )
    of = Plane(title, FALSE_WORDS, CAUGHT_WORDS, out, diagonal=True)
    point = operating(looked, (text.false_positive_metric(looked), text.RECALL), (FALSE_WORDS, CAUGHT_WORDS))
    area = text.plain(looked.number(text.AUC))
    reach = f"; below {wording.percent(out)} nothing is attainable" if out else ""
    chrome.chart(plane(drawn, point, of), "roc", f"{title}. Area {area}{reach}. {_words(point)}")


def out_of_reach(rates: Floats, asked: Sequence[float]) -> float:
    """The lowest false positive rate of any threshold that flags something, if above what is asked.

    Where many benign items share the highest score, no threshold reaches a lower rate.

    >>> out_of_reach(np.array([0.3, 1.0]), (0.01, 0.001)), out_of_reach(np.array([0.0, 1.0]), (0.01, 0.001))
    (0.3, 0.0)
    """
    lowest = float(rates[0])
    return lowest if lowest > min(asked, default=0.0) else 0.0


def from_nothing(curve: Curve, across: Floats, up: Floats) -> tuple[list[float], list[float], list[float]]:
    """The points of a curve after that of a threshold which flags nothing."""
    return (
        [0.0, *(float(each) for each in across)],
        [0.0, *(float(each) for each in up)],
        [float("inf"), *(float(each) for each in curve.thresholds)],
    )


def _precision(looked: Looked, curve: Curve) -> None:
    title = f"Precision over recall, {curve.attacks + curve.benign:,} labelled"
    if not curve.benign:
        chrome.empty("No item is labelled benign, so precision would be 1 by construction.", text.LABEL)
        return
    is_known = np.isfinite(curve.precision)
    recall, precision, thresholds = (
        [float(each) for each in values[is_known]]
        for values in (curve.tpr, curve.precision, curve.thresholds)
    )
    name = f"n {curve.attacks + curve.benign:,}"
    drawn = Steps(PRECISION, name, recall, precision, thresholds, shape="vh")
    of = Plane(title, CAUGHT_WORDS, "precision")
    point = operating(looked, (text.RECALL, text.PRECISION), (CAUGHT_WORDS, "precision"))
    area = _stated(text.AVERAGE_PRECISION, looked.number(text.AVERAGE_PRECISION))
    chrome.chart(
        plane([drawn], point, of), "precision", f"{title}. Average precision {area}. {_words(point)}"
    )
    share = wording.percent(curve.attacks / (curve.attacks + curve.benign))
    st.caption(f"Precision holds at this set's share of attacks, {share}; traffic has another: see below.")


def operating(looked: Looked, metrics: tuple[str, str], names: tuple[str, str]) -> Point | None:
    """Where the detector stands on its curve, with the ranges of both rates; None where one is not known.

    Rates of an audit are of other items than the curve, so they are no point of it.
    """
    across, up = (looked.number(metric) for metric in metrics)
    is_other = looked.slice.basis == "sampled audit"
    if is_other or not isinstance(across, Estimate) or not isinstance(up, Estimate):
        return None
    told = (f"{name} {wording.cell(number)}" for name, number in zip(names, (across, up), strict=True))
    return Point(across.value, up.value, _ends(across), _ends(up), f"in use: {'; '.join(told)}")


def _ends(number: Estimate) -> tuple[float, float]:
    low, high = (number.value if end is None else end for end in (number.low, number.high))
    return low, high


def _words(point: Point | None) -> str:
    return "The operating point is not known." if point is None else f"{point.words}."
