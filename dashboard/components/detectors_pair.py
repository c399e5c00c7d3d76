"""Which of two detectors is better on the same items, and what does each alone catch?"""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.comparison import Axis, Row
from dashboard.components import chrome, markup, ranges
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import WIDTH, Looked, part_words
from metrics.detectors.comparison import AucPair, Comparison, Pairing, compare, comparisons
from metrics.detectors.comparison import Row as PairRow
from metrics.detectors.values import Unit
from metrics.estimate import Estimate, Number, Undefined

FIRST_KEY: Final = "first"  # keys are also the names in the address
SECOND_KEY: Final = "second"
ONE_ALONE: Final = "There is only one detector version to look at."
ADD_ANOTHER: Final = "Ingest the verdicts of another one on the same items: docs/detectors.md."
NOTHING_SHARED: Final = "The two have looked at no common item."
SAME_ITEMS: Final = "Two detectors can be compared on the same items only; let both look at one labelled set."
HEADINGS: Final = (
    "Items", "Both looked", "Flagged by both", "By the first alone", "By the second alone", "By neither",
    "Rate of the first", "Rate of the second", "First less second", "Chance alone",
)  # fmt: skip
FEWER_MISSES: Final = ("misses fewer", "misses more")
FEWER_ALARMS: Final = ("raises fewer false alarms", "raises more false alarms")
PAIRS: Final = ("First", "Second", "Attacks (misses)", "Labelled benign (false alarms)", "ROC area")
MOST_AT_ONCE: Final = 10  # pairs; more are worked out only when they are asked for
SORTS: Final = (
    ("Attacks (misses)", "attacks"), ("Labelled benign (false alarms)", "benign"),
    ("Presumed benign (false alarms)", "presumed"),
)  # fmt: skip


def comparison(looked: Looked) -> None:
    """Choose two detectors and compare them on what both looked at."""
    st.header("Two detectors on the same items", anchor=False)
    units = {unit.name: unit for unit in looked.all.units}
    if len(units) < 2:  # noqa: PLR2004 (a comparison takes two)
        chrome.empty(ONE_ALONE, ADD_ANOTHER)
        return
    names = list(units)
    with st.container(horizontal=True):
        first = st.selectbox("First", names, key=FIRST_KEY, bind="query-params", width=WIDTH)
        others = [name for name in names if name != first]
        second = st.selectbox("Second", others, key=SECOND_KEY, bind="query-params", width=WIDTH)
    show(looked, compared(looked, units[first], units[second]))
    if len(units) > 2:  # noqa: PLR2004 (of two there is one pair only)
        all_pairs(looked)


def all_pairs(looked: Looked) -> None:
    """Compare every two versions, with p-values that allow for how many pairs were looked at."""
    count = math.comb(len(looked.all.units), 2)
    st.subheader("All pairs", anchor=False)
    if count > MOST_AT_ONCE and not st.checkbox(f"Compare all {count:,} pairs", key="all_pairs"):
        return
    found = looked.measured.once(
        ("all detectors compared", looked.part),
        lambda: comparisons(looked.all, looked.all.units, looked.part),
    )
    least = 1 - looked.all.confidence
    st.html(markup.table(PAIRS, (pair_row(each, least) for each in found if each.comparison.shared)))
    alone = sum(not each.comparison.shared for each in found)
    more = f" {wording.plural(alone, 'pair')} looked at no common item." if alone else ""
    st.html(markup.small(
        f"Each column's p-values allow for all {count:,} pairs (Holm): the more pairs are looked at, the "
        f"more of them differ by chance alone.{more}"
    ))  # fmt: skip


def pair_row(each: PairRow, least: float) -> tuple[str, ...]:
    """Two detectors in words; `least` is the p-value from which they cannot be told apart."""
    found = each.comparison
    area = found.auc.difference if isinstance(found.auc, AucPair) else found.auc
    return (
        found.first.name,
        found.second.name,
        _against(found.attacks.difference, each.attacks_p, FEWER_MISSES, least),
        _against(found.benign.difference, each.benign_p, FEWER_ALARMS, least),
        _against(area, each.auc_p, ("has a smaller area", "has a larger area"), least),
    )


def _against(number: Number, p: float | None, words: tuple[str, str], least: float) -> str:
    """What the first does beside the second, if that is more than chance may bring."""
    if isinstance(number, Undefined):
        return text.brief(number)
    if p is None or p >= least or not number.value:
        return f"cannot tell them apart ({chance(p)})"
    return f"the first {words[number.value > 0]} ({chance(p)})"


def compared(looked: Looked, first: Unit, second: Unit) -> Comparison:
    """Both on the chosen items; worked out once, for it reads every shared verdict."""
    key = ("detectors compared", first, second, looked.part)
    return looked.measured.once(key, lambda: compare(looked.all, first, second, looked.part))


def show(looked: Looked, found: Comparison) -> None:
    """Say who is better at what, and show the counts that it rests on."""
    if not found.shared:
        chrome.empty(NOTHING_SHARED, SAME_ITEMS)
        return
    st.html(markup.facts(sentences(found)))
    rows = [row(title, getattr(found, name)) for title, name in SORTS]
    st.html(markup.table(HEADINGS, (each for each in rows if each[1] != "0")))
    _chart(looked, found)
    st.html(markup.small(" ".join(_rests_on(looked, found))))


def sentences(found: Comparison) -> tuple[tuple[str, str], ...]:
    """What the comparison shows of attacks, of benign items and of the areas under both curves."""
    return (
        ("Attacks", f"{_who(found.attacks, FEWER_MISSES, found)}. {_alone(found, 'attacks')}"),
        ("Benign items", f"{_who(found.benign, FEWER_ALARMS, found)}. {_alone(found, 'benign')}"),
        ("ROC area", f"{_areas(found)}."),
    )


def _alone(found: Comparison, name: str) -> str:
    """What each flags that the other lets pass."""
    pairing: Pairing = getattr(found, name)
    counts = ((found.first.name, pairing.only_first), (found.second.name, pairing.only_second))
    return "; ".join(f"{count:,} flagged by {who} alone" for who, count in counts) + "."


def _who(pairing: Pairing, words: tuple[str, str], found: Comparison) -> str:
    """Whether the first has fewer errors, more, or whether it cannot be told."""
    if isinstance(pairing.difference, Undefined):
        return pairing.difference.reason
    shown = wording.conclusion(pairing.difference, words)
    who = "cannot tell them apart" if shown == "cannot tell" else f"{found.first.name} {shown}"
    return f"{who} ({text.difference(pairing.difference)}, {chance(pairing.p)})"


def chance(p: float | None) -> str:
    """How likely such a difference would be by chance alone.

    >>> chance(None), chance(0.031)
    ('no test', 'p = 0.031')
    """
    return "no test" if p is None else wording.amount(p, "p-value")


def _areas(found: Comparison) -> str:
    if isinstance(found.auc, Undefined):
        return found.auc.reason
    first, second = (_area(each) for each in (found.auc.first, found.auc.second))
    on = f"on {found.auc.positives:,} attacks and {found.auc.negatives:,} benign items"
    return (
        f"{first} and {second} {on}; difference {_area(found.auc.difference)}, DeLong {chance(found.auc.p)}. "
        "Equal areas can hide a trade of misses for false alarms"
    )


def _area(number: Number) -> str:
    if not isinstance(number, Estimate):
        return number.reason
    if number.low is None or number.high is None:
        return f"{number.value:.4f}"
    return f"{number.value:.4f} ({number.low:.4f} to {number.high:.4f})"


def row(title: str, pairing: Pairing) -> tuple[str, ...]:
    """Items of one truth in the table."""
    counts = (pairing.items, pairing.both, pairing.only_first, pairing.only_second, pairing.neither)
    rates = (text.brief(pairing.first), text.brief(pairing.second))
    return (
        title, *(f"{count:,}" for count in counts), *rates,
        text.difference(pairing.difference).partition(": ")[0],
        f"{chance(pairing.p)} ({pairing.method})",
    )  # fmt: skip


def _chart(looked: Looked, found: Comparison) -> None:
    told = [(title, getattr(found, name).difference) for title, name in SORTS]
    rows = [_range(title, number) for title, number in told if isinstance(number, Estimate)]
    if rows:
        level = wording.percent(looked.all.confidence)
        title = "Errors, first less second, in points"
        st.html(markup.small(f"A negative difference speaks for the first; ranges at {level}."))
        ranges.chart(rows, Axis(title, "", 0.0, "no difference"), "pair")


def _range(title: str, number: Estimate) -> Row:
    low, high = (None if end is None else 100 * end for end in (number.low, number.high))
    return Row(title, text.difference(number), 100 * number.value, low, high, look.HEADLINE)


def _rests_on(looked: Looked, found: Comparison) -> list[str]:
    unanswered = f" ({found.unanswered:,} with an error or skipped by one)" if found.unanswered else ""
    alone = f"{found.only_first_saw:,} seen by the first alone, {found.only_second_saw:,} by the second alone"
    return [
        f"Items: {part_words(looked.part)}, paired by {found.paired_by}.",
        f"{found.shared:,} shared{unanswered}; {alone}.",
        "McNemar's test, on attacks and on benign items apart.",
        *(f"{note}." for note in found.notes),
    ]
