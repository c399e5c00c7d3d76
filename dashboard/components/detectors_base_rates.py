"""What would a day of traffic bring: how many alerts, how many of them false, how many misses?"""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_lines import Frame, Line, lines
from dashboard.charts.detectors_look import PRECISION
from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import Looked
from metrics.detectors.attack_share import attack_share
from metrics.detectors.base_rates import NO_VOLUME, BaseRate, at_prevalence, base_rates, per_day
from metrics.estimate import Estimate, Number

POINTS: Final = 61  # of the drawn curve: enough to look smooth
TABLE: Final = (
    "Share of attacks", "Alerts a day", "Of these false", "Missed a day", "Share of alerts that are right",
)  # fmt: skip
MIND: Final = (
    "Attacks are rare, so most alerts of a good detector can still be false. Nobody knows the share of "
    "attacks exactly: read the table over the whole range. Ranges take the worst corner of both rates."
)
UNKNOWN_VOLUME: Final = "unknown, as items a day are"
SET_VOLUME: Final = "Set `events_per_day` under `[detectors]`, or ingest verdicts with their times."


def base_rates_of(looked: Looked) -> None:
    """Show a day of traffic over the range of prevalence that the settings name."""
    st.subheader("What a day of traffic would bring", anchor=False)
    fpr, whose = text.false_positive_rate(looked)
    fnr, volume = looked.number(text.FNR), items_per_day(looked)
    if not isinstance(fpr, Estimate):
        chrome.empty(f"Unknown: {fpr.reason}.", text.LABEL)
        return
    way = text.WAYS[looked.slice.basis] if isinstance(fnr, Estimate) else text.NOT_IDENTIFIABLE
    known = f"The false positive rate is that of {whose}; how misses are known: {way}."
    st.markdown(f"{volume_words(volume)} {known} {MIND}")
    st.markdown(_attack_share(looked, fpr, fnr))
    if not isinstance(volume, Estimate):
        st.caption(SET_VOLUME)
    rates = base_rates(fpr, fnr, looked.all.rules, volume.value if isinstance(volume, Estimate) else None)
    st.html(markup.table(TABLE, (_row(each) for each in rates)))
    if isinstance(fnr, Estimate):
        _curve(looked, fpr, fnr)
    else:
        st.caption(f"No curve of right alerts: {fnr.reason}.")


def _attack_share(looked: Looked, fpr: Number, fnr: Number) -> str:
    """How frequent attacks seem to be in this traffic, or why nobody knows."""
    key = ("detectors attack share", looked.unit, looked.part)
    share = looked.measured.once(key, lambda: attack_share(looked.all, looked.unit, (fpr, fnr)))
    if not isinstance(share, Estimate):
        return f"Share of attacks in this traffic: unknown, {share.reason}."
    flagged = wording.fraction(int(share.numerator), int(share.denominator))
    return (
        f"By what it flags ({flagged}), attacks are {wording.percent(share.value)} of this traffic "
        f"({wording.span(share)}; {share.method})."
    )


def items_per_day(looked: Looked) -> Number:
    """Items a day; counted once, for it reads every verdict."""
    return looked.measured.once(("detectors per day", looked.unit), lambda: per_day(looked.all, looked.unit))


def volume_words(volume: Number) -> str:
    """How many items there are a day, and how that is known."""
    if not isinstance(volume, Estimate):
        return f"Items a day: unknown, {volume.reason}."
    return f"{volume.value:,.0f} items a day ({volume.method})."


def _row(rate: BaseRate) -> tuple[str, ...]:
    counts = (per_day_words(each) for each in (rate.alerts, rate.false_alerts, rate.misses))
    return f"{100 * rate.prevalence:.3g} %", *counts, _ppv(rate.ppv)


def per_day_words(number: Number) -> str:
    """A count of a day with its range, or why it is not known."""
    if not isinstance(number, Estimate):
        return UNKNOWN_VOLUME if number.reason == NO_VOLUME else f"unknown: {number.reason}"
    low, high = (_count(end or 0.0) for end in (number.low, number.high))
    return f"{_count(number.value)} ({low} to {high})"


def _count(value: float) -> str:
    """A count of a day; under a hundred with what is behind the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"  # noqa: PLR2004 (three digits compare)


def _ppv(number: Number) -> str:
    if not isinstance(number, Estimate):
        return f"unknown: {number.reason}"
    return f"{wording.percent(number.value)} ({wording.span(number)})"


def _curve(looked: Looked, fpr: Estimate, fnr: Estimate) -> None:
    """Draw the share of right alerts over the whole range."""
    low, high = looked.all.rules.prevalence
    shares = [float(share) for share in np.geomspace(low, high, POINTS)]
    told = [(share, at_prevalence(fpr, fnr, share, None).ppv) for share in shares]
    known = [(share, ppv) for share, ppv in told if isinstance(ppv, Estimate)]
    if not known:
        return
    level = wording.percent(looked.all.confidence)
    title = f"Share of right alerts, in %, ranges at {level}"
    line = Line(
        PRECISION, "share of alerts that are right", [share for share, _ in known],
        [ppv.value for _, ppv in known],
        [f"{100 * share:.3g} % attacks: {_ppv(ppv)} of alerts right" for share, ppv in known],
        [ppv.low or 0.0 for _, ppv in known], [1.0 if ppv.high is None else ppv.high for _, ppv in known],
    )  # fmt: skip
    ends = (line.words[0], line.words[-1])
    top = min(1.02, 1.1 * max(line.high))
    frame = Frame(title, "share of attacks in traffic (logarithmic)", "", is_logarithmic=True, top=top)
    chrome.chart(lines([line], frame), "ppv", f"{title}. {ends[0]}; {ends[1]}.")
