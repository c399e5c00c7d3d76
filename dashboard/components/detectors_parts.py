"""Which attacks does the chosen detector miss, and where are its false alarms? Families, surfaces, sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.comparison import Axis, dot_and_range
from dashboard.charts.detectors_look import FALSE_ALARMS, MISSES
from dashboard.components import chrome, markup, ranges
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import Looked, part_words
from metrics.detectors.values import By, Part
from metrics.estimate import Estimate, Number

MOST_DRAWN: Final = 10  # of one kind; the table has all
HEADINGS: Final = (
    "Items", "Attacks", "Miss rate (FNR)", "Labelled benign", "False positive rate", "Presumed benign",
    "False positive rate, presumed benign", "Too few",
)  # fmt: skip
KINDS: Final[tuple[tuple[By, str], ...]] = (
    ("family", "By family of attack"), ("surface", "By surface"),
    ("cohort", "By labelled set or application"),
)  # fmt: skip
NO_PARTS: Final = "The verdicts tell neither families nor surfaces nor sets."
TELL: Final = "Give labels a `family` and detections a `surface` and a `cohort`: docs/detectors.md."


def parts(looked: Looked) -> None:
    """Show the numbers of every part with its count and interval; small ones are marked."""
    st.header("Families, surfaces and sets", anchor=False)
    level = wording.percent(looked.all.confidence)
    st.html(markup.small(f"All verdicts of {looked.unit.name}; ranges at {level}, one look each."))
    kinds = [(kind, title, of_kind(looked, kind)) for kind, title in KINDS]
    if not any(found for _, _, found in kinds):
        chrome.empty(NO_PARTS, TELL)
        return
    _charts(looked, [(kind, found) for kind, _, found in kinds])
    for kind, title, found in kinds:
        if found:
            with st.expander(f"{title} ({len(found):,})", expanded=kind == "cohort"):
                st.html(markup.table(HEADINGS, (row(looked, part) for part in found)))
    _mean(looked)


def of_kind(looked: Looked, kind: By) -> list[Part]:
    """Parts of one kind, and the mean of the sets after them."""
    with_mean: tuple[By, ...] = (kind, "mean") if kind == "cohort" else (kind,)
    found = [part for part in looked.all.parts(looked.unit) if part.by in with_mean]
    return sorted(found, key=lambda part: (part.by == "mean", part.value))


def _charts(looked: Looked, kinds: Sequence[tuple[By, list[Part]]]) -> None:
    """Misses by family, false alarms by set: what people ask for first."""
    drawn = dict(kinds)
    left, right = st.columns(2, gap="large")
    with left:
        _chart(looked, drawn["family"], (text.FNR, "Miss rate by family of attack", "families"))
    with right:
        _chart(looked, drawn["cohort"], (text.FPR, "False positive rate by set", "cohorts"))


def _chart(looked: Looked, found: list[Part], what: tuple[str, str, str]) -> None:
    metric, title, key = what
    side = MISSES if metric == text.FNR else FALSE_ALARMS
    numbers = [(part, looked.all.number(metric, looked.unit, part)) for part in found]
    known = [(part, number) for part, number in numbers if isinstance(number, Estimate)]
    if not known:
        chrome.empty(f"{title}: unknown for every part.", text.LABEL)
        return
    largest = sorted(known, key=lambda each: -each[1].denominator)[:MOST_DRAWN]
    rows = [
        ranges.row(f"{part.value or part_words(part)}{few(looked, number)}", number, _words, side)
        for part, number in known
        if (part, number) in largest
    ]
    axis = Axis(f"{title}, in %, ranges at {_level(looked)}", "")
    drawn = dot_and_range(rows, axis)
    drawn.update_xaxes(tickformat="~p")
    chrome.chart(drawn, key, f"{axis.title}. " + "; ".join(f"{each.name}: {each.words}" for each in rows))
    if len(known) > MOST_DRAWN:
        st.caption(f"The {MOST_DRAWN} largest of {len(known):,} are drawn; the table has all.")


def _words(number: Estimate) -> str:
    return text.told(number)


def _level(looked: Looked) -> str:
    return wording.percent(looked.all.confidence)


def few(looked: Looked, number: Number) -> str:
    """A mark for what rests on too few items to be relied on."""
    smallest = looked.all.rules.smallest_sample
    return (
        f" (fewer than {smallest})" if isinstance(number, Estimate) and number.denominator < smallest else ""
    )


def row(looked: Looked, part: Part) -> tuple[str, ...]:
    """One part in numbers."""
    found = looked.all.slice(looked.unit, part)
    counts, smallest = found.counts, looked.all.rules.smallest_sample
    fnr, fpr, presumed = (
        looked.all.number(metric, looked.unit, part) for metric in (text.FNR, text.FPR, text.FPR_PRESUMED)
    )
    small = [
        f"{name} {count:,}" for name, count in (("attacks", counts.attacks), ("benign", counts.benign))
        if 0 < count < smallest
    ]  # fmt: skip
    return (
        part.value or part_words(part),
        f"{counts.attacks:,}",
        text.brief(fnr),
        f"{counts.benign:,}",
        text.brief(fpr),
        f"{found.presumed_flagged + found.presumed_passed:,}",
        text.brief(presumed),
        f"fewer than {smallest}: {', '.join(small)}" if small else "",
    )


def _mean(looked: Looked) -> None:
    if any(part.by == "mean" for part in looked.all.parts(looked.unit)):
        st.caption(
            "The mean of the sets counts each set once, however many items it has; the whole pools items."
        )
