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
from metrics.fatigue.prompts import (
    IS_AUTOMATED,
    IS_FAST,
    UNLESS_ANSWERED,
    UNLESS_DECIDED,
    UNLESS_DECIDER,
    UNLESS_EXPLICIT,
    UNLESS_GRANTED,
    UNLESS_INFERRED,
    UNLESS_MEANT,
    UNLESS_MODE,
    UNLESS_REJECTED,
)
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
DAYS: Final = {"repository": "Repository", "on": "Day", "is_logged": "Logged"}
EVERY: Final = pl.lit(True)
_LEFT_OUT: Final = pl.col("left_out")


@dataclass(frozen=True)
class Prompts:
    """Permission decisions that can be opened: those counted of those without a reason to leave them out."""

    name: str
    counted: pl.Expr
    unless: pl.Expr

    @property
    def which(self) -> pl.Expr:
        """Whether a decision is one of them."""
        return self.unless.is_null() & self.counted


PROMPT_ROWS: Final = (
    Prompts("Fast approvals of prompts", IS_FAST, UNLESS_EXPLICIT),
    Prompts("Measured approvals of prompts", EVERY, UNLESS_EXPLICIT),
    Prompts("Fast rejects of prompts", IS_FAST, UNLESS_REJECTED),
    Prompts("Rejects of prompts", EVERY, UNLESS_REJECTED),
    Prompts("Fast approvals, inferred ones too", IS_FAST, _LEFT_OUT),
    Prompts("Fast approvals, inferred alone", IS_FAST, UNLESS_INFERRED),
    Prompts("Prompts approved", pl.col("decision") == "accept", UNLESS_ANSWERED),
    Prompts("Approved for longer than once", pl.col("scope").is_in(["session", "permanent"]), UNLESS_GRANTED),
    Prompts("Decided without a person", IS_AUTOMATED, UNLESS_DECIDER),
    Prompts("Deciders not known", pl.col("actor") == "unknown", UNLESS_DECIDED),
    Prompts("Measurable approvals of prompts", _LEFT_OUT.is_null(), UNLESS_MEANT),
    Prompts("Approvals judged without a size", ~pl.col("is_size_known"), _LEFT_OUT),
    Prompts("Waits for people", (pl.col("actor") == "human") & ~pl.col("is_away"), pl.lit(None)),
    *(Prompts(f"Decisions in {words} mode", pl.col("mode") == mode, UNLESS_MODE)
      for mode, words in (("bypass", "bypass"), ("auto", "auto"), ("accept_edits", "accept-edits"))),
    Prompts("Prompts left out", _LEFT_OUT.is_not_null(), pl.lit(None)),
    Prompts("Every decision", EVERY, pl.lit(None)),
)  # fmt: skip


def approvals(which: pl.Expr, reason: pl.Expr) -> Select:
    """Approvals of one side without a reason to leave them out, the fastest first."""
    return lambda of: of.sign_offs.filter(reason.is_null() & which.fill_null(value=False)).sort(
        "seconds", "submitted_at", nulls_last=True
    )


def left_out(of: Slice) -> pl.DataFrame:
    """Approvals of one side that no time is measured of, with the reason."""
    return of.sign_offs.filter(NOT_TIMED.is_not_null()).sort("left_out", "submitted_at")


APPROVAL: Final = "approval"
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
    find: Callable[[], pl.LazyFrame]
    columns: Mapping[str, str]

    def rows(self) -> pl.DataFrame:
        """All of them, in the columns that are shown: a download names nobody either."""
        return self._shown().collect(engine="streaming")

    def first(self) -> tuple[int, pl.DataFrame]:
        """How many there are, and those that are shown at once; never all of them in memory."""
        count = self.find().select(pl.len()).collect(engine="streaming").item()
        return int(count), self._shown().head(numbers.MOST_SHOWN).collect(engine="streaming")

    def _shown(self) -> pl.LazyFrame:
        found = self.find()
        known = found.collect_schema().names()
        return found.select(name for name in self.columns if name in known)


def offers(measured: Measured) -> dict[str, Offer]:
    """Everything that can be opened, by the name that stands in the chooser and in the address."""
    prompts = {each.name: Offer("decision", _finder(measured, each), PROMPTS) for each in PROMPT_ROWS}
    pulls = {
        option(kind.name, side): Offer(kind.noun, _chosen(measured, kind, side.arm), kind.columns)
        for kind in PULL_ROWS
        for side in SIDES
    }
    return prompts | pulls | _of_days(measured)


def _of_days(measured: Measured) -> dict[str, Offer]:
    """Days on which agents were at work, with a prompt log and without."""
    days = measured.slice().prompt_logs.days.lazy()
    return {
        "Days with a log": Offer("day", lambda: days.filter("is_logged"), DAYS),
        "Days without a log": Offer("day", lambda: days.filter(~pl.col("is_logged")), DAYS),
    }


def _finder(measured: Measured, kind: Prompts) -> Callable[[], pl.LazyFrame]:
    return lambda: decisions(measured).filter(kind.which).sort("happened_at", "session_id", "call_id")


def _chosen(measured: Measured, kind: Rows, arm: str) -> Callable[[], pl.LazyFrame]:
    return lambda: kind.select(measured.slice(arm)).lazy()


def behind(measured: Measured) -> None:
    """Choose a number, or come from its card, and list the rows in it."""
    st.header("Rows behind the numbers", anchor=numbers.ANCHOR)
    offered = offers(measured)
    chosen = st.selectbox("Rows", list(offered), key=KEY, bind="query-params", width=420)
    offer = offered[chosen]
    count, first = measured.once((KEY, chosen), offer.first)
    more = f"; the first {numbers.MOST_SHOWN:,} are shown, the download has all"
    st.markdown(f"**{wording.plural(count, offer.noun)}**{more if count > numbers.MOST_SHOWN else ''}")
    if count:
        _table(first, offer.columns)
        name = "-".join((measured.case.pilot.name, *chosen.lower().replace(":", "").replace(",", "").split()))
        frames.download(offer.rows, wording.plural(count, "row"), f"{name}.csv")


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
