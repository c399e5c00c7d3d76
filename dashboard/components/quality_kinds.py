"""Which kinds of findings are there, and how is it known whose they are? Parts of the Code quality page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.kinds import Kind, by_kind
from dashboard.components import chrome, markup
from dashboard.components.explorer_text import METHOD_WORDS
from dashboard.measured import Measured
from metrics.density.attributions import Attribution
from metrics.density.families import FEWEST, Part
from metrics.estimate import Estimate
from metrics.statistics.rates import Count

KINDS: Final = ("Kind", "Agents", "People", "Agents per KLOC", "People per KLOC", "Ratio")
KNOWN: Final = ("How its change is known", "Confidence", "Agents", "People")
NONE: Final = "No finding is counted on either side."


def kinds(measured: Measured) -> None:
    """Draw the findings that a rate counts by severity and by family of weakness, and list them."""
    st.header("What kinds of findings", anchor=False)
    severities, families = measured.kinds("severity"), measured.kinds("family")
    if not families:
        chrome.empty(NONE, "What scans, audits, incidents or people find in lines of code appears here.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        _chart(severities, "severity")
    with right:
        _chart(families, "family")
    _table((*severities, *families))
    st.caption(
        f"All not dismissed. A ratio needs {FEWEST} findings of a kind on each side; and of many kinds that "
        "are compared at once, some differ by chance."
    )


def _chart(parts: Sequence[Part], kind: str) -> None:
    drawn = [_kind(part) for part in parts]
    title = f"Findings per KLOC added, by {kind}"
    alt = f"{title}. " + "; ".join(
        f"{each.name}: agents {each.words[0]}, people {each.words[1]}" for each in drawn
    )
    chrome.chart(by_kind(drawn, title), f"kinds_{kind}", alt)


def _kind(part: Part) -> Kind:
    sides = (part.first, part.second)
    first, second = (_rate(side) for side in sides)
    return Kind(_title(part), (first, second), (str(part.first.events), str(part.second.events)))


def _title(part: Part) -> str:
    return part.name[:1].upper() + part.name[1:]


def _rate(side: Count) -> float | None:
    """Findings per KLOC; None without any lines."""
    return side.rate if side.exposure else None


def _table(parts: Sequence[Part]) -> None:
    with st.expander(f"Kinds of findings in numbers ({len(parts):,})"):
        st.html(markup.table(KINDS, (_row(part) for part in parts)))


def _row(part: Part) -> tuple[str, ...]:
    sides = (part.first, part.second)
    ratio = wording.number(part.ratio) if isinstance(part.ratio, Estimate) else part.ratio.reason
    return (
        _title(part),
        *(wording.plural(side.events, "finding") for side in sides),
        *(_per_kloc(side) for side in sides),
        ratio,
    )


def _per_kloc(side: Count) -> str:
    rate = _rate(side)
    if rate is None:
        return "no lines looked at"
    return f"{rate:.3g} in {wording.amount(side.exposure, 'KLOC')}"


def known(measured: Measured) -> None:
    """Show how it is known which change brought each counted finding in, and how sure that is."""
    st.header("How is it known whose a finding is?", anchor=False)
    ways = measured.attributions
    if not ways:
        chrome.empty(NONE, "What scans, audits, incidents or people find in lines of code appears here.")
        return
    totals = (sum(way.first for way in ways), sum(way.second for way in ways))
    st.html(markup.table(KNOWN, (_way(way, totals) for way in ways)))
    st.caption("Findings that no change or history explains are in no rate; the Findings page lists them.")


def _way(way: Attribution, totals: tuple[int, int]) -> tuple[str, ...]:
    shares = (
        wording.share(count, total) for count, total in zip((way.first, way.second), totals, strict=True)
    )
    return (METHOD_WORDS.get(way.method, way.method), way.confidence, *shares)
