"""What does a number look like with all that it must not travel without? Cards, and the rows behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import frames, markup
from dashboard.measured import Measured
from metrics.estimate import Estimate, Number
from metrics.measures import Slice

ANCHOR: Final = "rows"
MOST_SHOWN: Final = 5_000  # rows sent to a browser at once; the download has all
TABLE_HEIGHT: Final = 300  # px
COUNTED: Final = "pull requests"  # unit of numbers that are the count itself
Select = Callable[[Slice], pl.DataFrame]


@dataclass(frozen=True)
class Side:
    """One side of every card."""

    arm: str
    words: str
    look: tuple[str, str]  # glyph and class: shape and colour together


SIDES: Final = (
    Side("agent", "Agents", ("●", "pm-agents")),
    Side("human", "People", ("◆", "pm-people")),
)


@dataclass(frozen=True)
class Card:
    """One number of the catalogue, shown for both sides."""

    title: str
    metric: str
    counted: str = ""  # what the numerator counts: "approved"; empty = only what the number rests on is said
    rows: str = ""  # name of the rows behind it
    noun: str = "pull request"  # what the number rests on


@dataclass(frozen=True)
class Rows:
    """Rows that can be opened: which ones, what one is called, and in which columns they are shown."""

    name: str
    noun: str
    select: Select
    columns: Mapping[str, str]  # column -> heading


def cards(measured: Measured, shown: Sequence[Card], key: str) -> None:
    """Show cards beside each other; each opens the rows behind it below, through the address."""
    st.html(markup.cards(card(measured, each, key) for each in shown))


def card(measured: Measured, shown: Card, key: str) -> str:
    """One number of both sides with interval, counts, coverage and the way to its rows."""
    pilot = measured.case.pilot.name
    return markup.card(
        shown.title,
        (_half(measured.number(shown.metric, side.arm), side, shown, (key, pilot)) for side in SIDES),
    )


def _half(number: Number, side: Side, shown: Card, address: tuple[str, str]) -> markup.Half:
    key, pilot = address
    opens = None
    if shown.rows and isinstance(number, Estimate):
        query = urlencode({"pilot": pilot, key: option(shown.rows, side)})
        opens = (_opened(number, shown), f"{query}#{ANCHOR}")
    return markup.Half(side.words, side.look, _big(number), lines(number, shown), opens, _left_out(number))


def _opened(number: Estimate, shown: Card) -> str:
    """What a card opens: as many rows as it counts, or else rests on."""
    is_count = shown.counted or number.unit in {wording.PER_KLOC, COUNTED}
    return f"open the {wording.plural(number.numerator if is_count else number.n, 'row')}"


def _big(number: Number) -> str:
    """The value; a rate without its unit, which stands in the title."""
    return wording.without_unit(wording.brief(number))


def _left_out(number: Number) -> tuple[str, str] | None:
    why = wording.left_out(number)
    coverage = number.coverage
    return (f"{coverage.total - coverage.measured:,} left out", why) if why else None


def lines(number: Number, shown: Card) -> tuple[str, ...]:
    """What stands below a number: why there is none, or interval and counts, and its coverage."""
    told = (
        (wording.interval(number), counts(number, shown))
        if isinstance(number, Estimate)
        else (number.reason,)
    )
    is_partial = number.coverage.measured < number.coverage.total
    return (*told, wording.measurable(number)) if is_partial else told


def counts(number: Estimate, shown: Card) -> str:
    """How many were counted of how many; empty where the value is the count itself."""
    if number.unit == wording.PER_KLOC:
        return wording.exposed(number)
    if shown.counted:
        return f"{wording.fraction(number.numerator, number.denominator)} {shown.counted}"
    return "" if number.unit == COUNTED else f"from {wording.plural(number.n, shown.noun)}"


def option(rows: str, side: Side) -> str:
    """How rows of a side are called in the chooser and in the address."""
    return f"{rows}: {side.words.lower()}"


def behind(measured: Measured, kinds: Sequence[Rows], key: str) -> None:
    """Choose a number, or come from its card, and list the rows in it."""
    st.header("Rows behind the numbers", anchor=ANCHOR)
    offered = {option(kind.name, side): (kind, side) for kind in kinds for side in SIDES}
    chosen = st.selectbox("Rows", list(offered), key=key, bind="query-params", width=420)
    kind, side = offered[chosen]
    count, first = measured.once((key, chosen), lambda: _first_of(kind.select(measured.slice(side.arm))))
    st.markdown(f"**{wording.plural(count, kind.noun)}**{_cut(count)}")
    if count:
        table(first, kind.columns, f"{key}_table")
        name = "-".join((measured.case.pilot.name, *chosen.lower().replace(":", "").split()))
        whole = wording.plural(count, "row")
        frames.download(lambda: kind.select(measured.slice(side.arm)), whole, f"{name}.csv")


def _first_of(found: pl.DataFrame) -> tuple[int, pl.DataFrame]:
    """How many rows there are, and those that are shown at once."""
    return found.height, found.head(MOST_SHOWN)


def _cut(count: int) -> str:
    return f"; the first {MOST_SHOWN:,} are shown, the download has all" if count > MOST_SHOWN else ""


def table(rows: pl.DataFrame, columns: Mapping[str, str], key: str) -> None:
    """List rows under plain headings: sortable, moments to the minute, addresses as links."""
    known = [name for name in columns if name in rows.columns]
    moments = pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M")
    shown = frames.flat(rows.select(known)).with_columns(moments, pl.col(pl.Float64).round(1))
    st.dataframe(
        shown.rename({name: columns[name] for name in known}),
        width="stretch",
        height=min(TABLE_HEIGHT, 38 + 35 * shown.height),
        hide_index=True,
        key=key,
        column_config={columns["url"]: st.column_config.LinkColumn(display_text="open")},
        placeholder="",
    )


def provenance(measured: Measured, settings: Sequence[str], run_id: str) -> None:
    """Say which settings, tables and moment the page rests on."""
    case, window = measured.case, measured.segment.window
    zone = case.pilot.timezone
    known = wording.moment(case.ask.known_at) if case.ask.known_at else "the latest published run"
    shared = (
        f"As of {wording.moment(case.ask.as_of)}",
        f"known at {known}",
        f"published run {run_id}",
        f"policy {case.policy.digest}",
        f"present epoch since {wording.day(window.start.astimezone(ZoneInfo(zone)))} in {zone}",
        f"repositories {wording.listed(case.pilot.repositories)}",
        f"confidence {wording.percent(case.measuring.confidence)}, one look each",
    )
    st.divider()
    st.html(markup.footer((*shared, *settings)))
