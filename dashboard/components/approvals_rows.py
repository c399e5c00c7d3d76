"""Which prompts and approvals stand behind each number of the Approvals page? As many as it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import frames, numbers
from dashboard.components.approvals_sights import decisions
from dashboard.components.numbers import SIDES, Rows, Select, option
from dashboard.components.velocity_rows import PULLS, flagged
from dashboard.measured import Measured
from metrics.fatigue.judging import REJECTED
from metrics.fatigue.sign_off_measures import (
    NOT_HEARD,
    NOT_PLACED,
    NOT_SIZED,
    NOT_SUMMED,
    NOT_TIMED,
    OVERSIZE_LINES,
)
from metrics.fatigue.sign_offs import OWN
from metrics.measures import Slice

KEY: Final = "approved"  # the chooser of rows; also the name in the URL
# No person stands in the rows: a list of single decisions with one would be a ranking by other means.
PROMPTS: Final = {
    "happened_at": "Answered", "wait_seconds": "Waited (s)", "limit_seconds": "A look takes (s)",
    "content_chars": "Characters", "request_kind": "Request", "tool_name": "Tool", "decision": "Decision",
    "scope": "Reach", "mode": "Mode", "repository": "Repository", "vendor": "Agent", "left_out": "Left out",
    "shown_evidence": "Prompt known", "session_id": "Session", "call_id": "Call",
}  # fmt: skip
SIGN_OFFS: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "seconds": "Took (s)",
    "changed_lines": "Lines", "agent": "Agent", "submitted_at": "Approved", "left_out": "Left out",
    "url": "Link",
}  # fmt: skip
STALE: Final = {name: words for name, words in PULLS.items() if name not in {"reviewer", "author_login"}}
_IS_EXPLICIT: Final = pl.col("left_out").is_null() & ~pl.col("is_inferred")
_IS_CONTROL: Final = (pl.col("left_out") == REJECTED) & ~pl.col("is_inferred")
_IS_MEASURED: Final = pl.col("left_out").is_null()


@dataclass(frozen=True)
class Prompts:
    """Permission decisions that can be opened."""

    name: str
    which: pl.Expr


PROMPT_ROWS: Final = (
    Prompts("Fast approvals of prompts", _IS_EXPLICIT & pl.col("is_fast")),
    Prompts("Measured approvals of prompts", _IS_EXPLICIT),
    Prompts("Fast rejects of prompts", _IS_CONTROL & pl.col("is_fast")),
    Prompts("Rejects of prompts", _IS_CONTROL),
    Prompts("Fast approvals, inferred ones too", _IS_MEASURED & pl.col("is_fast")),
    Prompts("Prompts left out", ~_IS_MEASURED.fill_null(value=False)),
    Prompts("Every decision", pl.lit(True)),
)


def approvals(which: pl.Expr, reason: pl.Expr) -> Select:
    """Approvals of one side without a reason to leave them out, the fastest first."""
    return lambda of: of.sign_offs.filter(reason.is_null() & which.fill_null(value=False)).sort(
        "seconds", "submitted_at", nulls_last=True
    )


def left_out(of: Slice) -> pl.DataFrame:
    """Approvals of one side that no time is measured of, with the reason."""
    return of.sign_offs.filter(NOT_TIMED.is_not_null()).sort("left_out", "submitted_at")


APPROVAL: Final = "approval"
EVERY: Final = pl.lit(True)
PULL_ROWS: Final = (
    Rows("Fast approvals", APPROVAL, approvals(pl.col("is_fast"), NOT_TIMED), SIGN_OFFS),
    Rows("Approvals in the warning band", APPROVAL, approvals(pl.col("is_warned"), NOT_TIMED), SIGN_OFFS),
    Rows("Approvals measured", APPROVAL, approvals(EVERY, NOT_TIMED), SIGN_OFFS),
    Rows("Approvals without a word", APPROVAL, approvals(pl.col("is_silent"), NOT_HEARD), SIGN_OFFS),
    Rows("Rushed approvals", APPROVAL, approvals(pl.col("is_rushed"), NOT_SUMMED), SIGN_OFFS),
    Rows("Own changes approved", APPROVAL, approvals(pl.col("left_out") == OWN, NOT_PLACED), SIGN_OFFS),
    Rows(
        "Approvals of many lines", APPROVAL,
        approvals(pl.col("changed_lines") > OVERSIZE_LINES, NOT_SIZED), SIGN_OFFS,
    ),
    Rows("Stale approvals", "pull request", flagged("is_stale_approval"), STALE),
    Rows("Approvals left out", APPROVAL, left_out, SIGN_OFFS),
)  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """Rows that the chooser offers: what one is called, how they are found, how they are shown."""

    noun: str
    find: Callable[[], pl.DataFrame]
    columns: Mapping[str, str]


def offers(measured: Measured) -> dict[str, Offer]:
    """Everything that can be opened, by the name that stands in the chooser and in the address."""
    prompts = {each.name: Offer("decision", _finder(measured, each), PROMPTS) for each in PROMPT_ROWS}
    pulls = {
        option(kind.name, side): Offer(kind.noun, _chosen(measured, kind, side.arm), kind.columns)
        for kind in PULL_ROWS
        for side in SIDES
    }
    return prompts | pulls


def _finder(measured: Measured, kind: Prompts) -> Callable[[], pl.DataFrame]:
    wanted = [pl.col(name) for name in PROMPTS]
    ordered = pl.col("happened_at", "session_id", "call_id")
    return lambda: (
        decisions(measured).filter(kind.which).select(wanted).sort(ordered).collect(engine="streaming")
    )


def _chosen(measured: Measured, kind: Rows, arm: str) -> Callable[[], pl.DataFrame]:
    return lambda: kind.select(measured.slice(arm))


def behind(measured: Measured) -> None:
    """Choose a number, or come from its card, and list the rows in it."""
    st.header("Rows behind the numbers", anchor=numbers.ANCHOR)
    offered = offers(measured)
    chosen = st.selectbox("Rows", list(offered), key=KEY, bind="query-params", width=420)
    offer = offered[chosen]
    count, first = measured.once((KEY, chosen), lambda: _first_of(offer.find()))
    more = f"; the first {numbers.MOST_SHOWN:,} are shown, the download has all"
    st.markdown(f"**{wording.plural(count, offer.noun)}**{more if count > numbers.MOST_SHOWN else ''}")
    if count:
        _table(first, offer.columns)
        name = "-".join((measured.case.pilot.name, *chosen.lower().replace(":", "").replace(",", "").split()))
        frames.download(offer.find, wording.plural(count, "row"), f"{name}.csv")


def _first_of(found: pl.DataFrame) -> tuple[int, pl.DataFrame]:
    """How many rows there are, and those that are shown at once."""
    return found.height, found.head(numbers.MOST_SHOWN)


def _table(rows: pl.DataFrame, columns: Mapping[str, str]) -> None:
    """List rows under plain headings; what no row tells is no column."""
    known = [name for name in columns if name in rows.columns and rows[name].null_count() < rows.height]
    seconds = pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S")
    shown = frames.flat(rows.select(known)).with_columns(seconds, pl.col(pl.Float64).round(1))
    st.dataframe(
        shown.rename({name: columns[name] for name in known}),
        width="stretch",
        height=min(numbers.TABLE_HEIGHT, 38 + 35 * shown.height),
        hide_index=True,
        key=f"{KEY}_table",
        column_config={columns.get("url", "Link"): st.column_config.LinkColumn(display_text="open")},
        placeholder="",
    )
