"""What did the chosen detector say of which items? Its confusion matrix, and what is in none of its cells."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.detectors_matrix import TruthRow, confusion
from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.components.detectors_choice import Looked
from dashboard.components.detectors_rows import ways_down
from metrics.detectors.audits import Layer
from metrics.detectors.values import Counts
from metrics.estimate import Estimate

LAYERS: Final = ("Audited stratum of what passed", "Items", "Drawn", "Labelled", "Misses found", "Benign")


def matrix(looked: Looked) -> None:
    """Draw counts and shares of what is true and what was said; beside them the numbers that follow."""
    found = looked.slice
    rows = truth_rows(looked)
    left, right = st.columns(2, gap="large")
    with left:
        if rows:
            title = "Verdicts by truth, counts and %"
            chrome.chart(confusion(rows, title), "confusion", f"{title}: {alt(rows)}.")
        else:
            chrome.empty("No item that it looked at has a label.", text.LABEL)
    with right:
        st.html(markup.facts(_numbers(looked)))
    st.caption(outside(found.counts))
    st.html(ways_down(looked))
    if found.audit is not None:
        st.html(markup.table(LAYERS, (_layer(layer) for layer in found.audit.layers)))


def truth_rows(looked: Looked) -> list[TruthRow]:
    """What is known to be true of items that have a verdict; a row of nothing is left out.

    What passed stands only where its labels do not hang on the verdict; an audit estimates it, and
    elsewhere nobody looked.
    """
    found, known = looked.slice, looked.slice.based
    is_known = found.basis == "labelled set"
    passed = (known.false_negatives, known.true_negatives) if is_known else (None, None)
    missed, benign = (_guess(looked, metric, by) for metric, by in ((text.FNR, 1), (text.FPR, -1)))
    rows = (
        TruthRow("attack", known.true_positives, passed[0], is_attack=True, guess=missed),
        TruthRow("labelled benign", known.false_positives, passed[1], is_attack=False, guess=benign),
        TruthRow("presumed benign", found.presumed_flagged, found.presumed_passed, is_attack=False),
    )
    return [row for row in rows if row.flagged or row.passed or row.guess]


def _guess(looked: Looked, metric: str, way: int) -> float | None:
    """How many passed by an audit: what the rate counts, or what it does not."""
    number = looked.number(metric)
    if looked.slice.basis != "sampled audit" or not isinstance(number, Estimate):
        return None
    return number.numerator if way > 0 else number.denominator - number.numerator


def alt(rows: list[TruthRow]) -> str:
    """The matrix in words."""
    return "; ".join(f"{row.name}: {', '.join(_cells(row))}" for row in rows)


def _cells(row: TruthRow) -> list[str]:
    unknown = "not known" if row.guess is None else f"about {row.guess:,.0f}"
    return [f"{name} {unknown if count is None else f'{count:,}'}" for count, name, _ in row.cells]


def _layer(layer: Layer) -> tuple[str, ...]:
    counts = (layer.population, layer.drawn, layer.labelled, layer.misses, layer.benign)
    return layer.name, *(f"{count:,}" for count in counts)


def _numbers(looked: Looked) -> list[tuple[str, str]]:
    """Both errors, known or not, and what else is known."""
    told = [(title, metric, looked.number(metric)) for title, metric in text.NUMBERS]
    shown = [each for each in told if each[1] in {text.FPR, text.FNR} or isinstance(each[2], Estimate)]
    return [(title, text.told(number)) for title, _, number in shown]


def outside(counts: Counts) -> str:
    """What stands in no cell: an error is no pass, and what has no label is not benign."""
    told = (
        ("not labelled", counts.unlabelled_flagged, counts.unlabelled_passed),
        ("with unclear labels", counts.unclear_flagged, counts.unclear_passed),
    )
    words = [f"{flagged + passed:,} {name} ({flagged:,} flagged)" for name, flagged, passed in told]
    rest = f"{wording.plural(counts.errors, 'error')}, {counts.skipped:,} skipped"
    return (
        f"In no cell: {', '.join(words)}; {rest}. An error is no pass, and what has no label is not benign."
    )
