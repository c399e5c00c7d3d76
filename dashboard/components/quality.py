"""How many vulnerabilities do agent changes bring in? The parts of the Code quality page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.comparison import Axis, Row, dot_and_range
from dashboard.components import chrome, markup, numbers, ranges
from dashboard.components import quality_text as text
from dashboard.components.numbers import Card
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SIDES
from metrics.density.comparison import Stratum
from metrics.estimate import Estimate
from metrics.statistics.rates import Count

KEY: Final = "weaknesses"  # the chooser of rows; also the name in the URL
MOST_STRATA: Final = 12  # drawn; the table has all
STRATA: Final = ("Repository and language", "Agents", "People", "Ratio")
LOOKS: Final = (
    "Tool", "Rules", "Stage", "Ok scans", "Last", "Agent changes looked at", "People's changes looked at",
)  # fmt: skip
STAGES: Final = {"post_merge": "after merge", "pre_merge": "before merge"}


def answer(measured: Measured) -> None:
    """Show the answer with what it rests on."""
    st.header(f"Pilot {measured.case.pilot.name}", anchor=False)
    sentence, tone = text.answer(measured)
    st.html(markup.answer(sentence, text.lines(measured), tone))


def headline_cards(measured: Measured) -> None:
    """Show the rates of both sides, by added and by surviving lines, and what they rest on."""
    shown = (
        Card("Confirmed findings per KLOC added", text.RATE, "", "Confirmed findings"),
        Card("All not dismissed, per KLOC added", text.RATE_HIGH, "", "Findings counted"),
        Card("Confirmed, per KLOC that still stands", "vulnerabilities_per_surviving_kloc"),
        Card("All not dismissed, per KLOC that still stands", "vulnerabilities_per_surviving_kloc_high"),
        Card("Code added", "code_kloc_added", "", "Code added", "change"),
        Card("Found before merge", "found_before_merge_share", "found before", "Found before merge"),
    )
    numbers.cards(measured, shown, KEY)
    st.caption(text.beside(measured))


def missing(measured: Measured) -> None:
    """Say what is not there, and what would bring it."""
    sides = [measured.slice(side.arm).density for side in numbers.SIDES]
    if not any(side.changes.height for side in sides):
        chrome.empty("No change has merged in this window.", "Ingest merged pull requests with their files.")
    elif not any(side.changes["looked"].any() for side in sides):
        chrome.empty("No scan looked at any change.", "Name SARIF files under `[sources.sarif]` and ingest.")
    elif not sides[1].changes.height:
        chrome.empty("No change of a person to compare with.", "Name repositories that people work in, too.")


def rates(measured: Measured) -> None:
    """Draw both ends of the band for both sides."""
    st.header("Findings per thousand lines", anchor=False)
    axis = Axis(f"Findings per KLOC added, ranges at {_level(measured)}", "")
    bands = ((text.RATE, "confirmed"), (text.RATE_HIGH, text.ALL))
    rows = [
        ranges.row(f"{side.words}, {words}", measured.number(metric, arm), _told, side)
        for arm, side in zip(SIDES, (look.AGENTS, look.PEOPLE), strict=True)
        for metric, words in bands
    ]
    agents, people = (text.rates(measured, arm) for arm in SIDES)
    alt = f"Findings per KLOC. Agents: {agents}. People: {people}."
    chrome.chart(dot_and_range(rows, axis), "rates", alt)


def _level(measured: Measured) -> str:
    return wording.percent(measured.case.measuring.confidence)


def _told(number: Estimate) -> str:
    return f"{wording.exposed(number)}; {ratio_words(number)}"


def ratio_words(number: Estimate) -> str:
    """A value with its range in short."""
    return f"{wording.brief(number)} ({wording.span(number)})"


def comparison(measured: Measured) -> None:
    """Draw the ratio as a whole, by repository and language, and with classes on either side."""
    st.header("Agents against people", anchor=False)
    st.markdown(f"Findings per KLOC of agents over people's, ranges at {_level(measured)}.")
    left, right = st.columns(2, gap="large")
    with left:
        rows = (*headline_rows(measured), *strata_rows(measured))
        ranges.chart(rows, _axis("By repository and language: ratio"), "strata")
    with right:
        rows = ranges.sidings(measured, text.RATIO, ratio_words)
        ranges.chart(rows, _axis("Assisted and unknown on either side: ratio"), "siding")
    strata_table(measured)


def headline_rows(measured: Measured) -> tuple[Row, ...]:
    """Both ends of the band like for like, beside it as they come, by added and by surviving lines."""
    shown = (
        ("Like for like, confirmed", text.RATIO, look.HEADLINE),
        (f"Like for like, {text.ALL}", text.RATIO_HIGH, look.HEADLINE),
        ("As they come, confirmed", text.CRUDE, look.PART),
        (f"As they come, {text.ALL}", text.CRUDE_HIGH, look.PART),
    )
    rows = tuple(
        ranges.row(name, measured.number(metric, HEADLINE.name), ratio_words, side)
        for name, metric, side in shown
    )
    return (*rows, *_standing_rows(measured))


def _standing_rows(measured: Measured) -> tuple[Row, ...]:
    """The ratio by lines that still stand; where these are unknown the cards above say so."""
    shown = (("confirmed", text.STANDING), (text.ALL, text.STANDING_HIGH))
    numbers_of = ((words, measured.number(metric, HEADLINE.name)) for words, metric in shown)
    return tuple(
        ranges.row(f"By lines that still stand, {words}", number, ratio_words, look.PART)
        for words, number in numbers_of
        if isinstance(number, Estimate)
    )


def strata_rows(measured: Measured) -> tuple[Row, ...]:
    """One row per repository and language that both sides worked in, most code first."""
    told = [each for each in _ordered(measured) if isinstance(each.ratio, Estimate)]
    return tuple(ranges.row(each.name, each.ratio, ratio_words, look.PART) for each in told[:MOST_STRATA])


def _ordered(measured: Measured) -> list[Stratum]:
    """Every repository and language, most code first."""
    return sorted(measured.density_strata, key=lambda each: -(each.first.exposure + each.second.exposure))


def _axis(title: str) -> Axis:
    return Axis(title, "", 1.0, "as many", is_ratio=True)


def strata_table(measured: Measured) -> None:
    """List every repository and language with the counts of both sides."""
    strata = _ordered(measured)
    with st.expander(f"By repository and language in numbers ({len(strata):,})"):
        rows = (
            (each.name, _count(each.first), _count(each.second), wording.number(each.ratio))
            for each in strata
        )
        st.html(markup.table(STRATA, rows))


def _count(count: Count) -> str:
    return f"{wording.plural(count.events, 'finding')} in {wording.amount(count.exposure, 'KLOC')}"


def visible(measured: Measured) -> None:
    """Say what this volume could have shown, and how findings cluster."""
    st.header("What could have been seen", anchor=False)
    st.html(
        markup.facts((("Could be seen", text.visible(measured)), ("Clustering", text.dispersion(measured))))
    )


def sameness(measured: Measured) -> None:
    """Show whether both sides were looked at alike; a comparison is only as good as that."""
    st.header("Were both looked at alike?", anchor=False)
    shown = (
        Card("Scanned before merge", "pre_merge_scan_share", "scanned", "Scanned before merge"),
        Card("Scanned after merge", "post_merge_detection_share", "scanned", "Scanned after merge"),
    )
    numbers.cards(measured, shown, KEY)
    st.markdown(
        "Teams choose what they give to agents: the strata hold repository and language alike, no more. "
        "The share scanned after merge counts changes whose follow-up is over; the table below counts "
        "younger ones too."
    )
    if not measured.looks.height:
        chrome.empty("No scan looked at any change.", "Name SARIF files under `[sources.sarif]` and ingest.")
        return
    st.markdown(text.parity(measured))
    totals = {arm: measured.slice(arm).changes.height for arm in SIDES}
    st.html(markup.table(LOOKS, (_look(row, totals) for row in measured.looks.iter_rows(named=True))))


def _look(row: dict[str, Any], totals: Mapping[str, int]) -> tuple[str, ...]:
    """Which tool and rules looked, when, and at how many changes of each side."""
    is_scan, last = row["scans"] is not None, row["last_scanned_at"]
    stage = STAGES.get(row["stage"])
    return (
        row["tool"] or "not told",
        row["rules_version"] or ("not told" if is_scan else ""),
        stage or "unknown",
        wording.plural(row["scans"], "scan") if is_scan else "",
        "" if last is None else wording.moment(last),
        *(wording.share(row[arm], totals[arm]) if stage else "" for arm in SIDES),
    )
