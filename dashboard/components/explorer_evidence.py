"""What is known about one finding: what, where, since when, by whom, and what was decided?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import explorer_text as text
from dashboard.components import markup
from dashboard.components.explorer_sights import before, by_tool

LATE: Final = "; after its sprint had closed"
DISMISSED: Final = "false_positive"
Moments = Iterator[tuple[datetime, str]]


def evidence(row: dict[str, Any], sights: pl.DataFrame, decided: pl.DataFrame) -> None:
    """Show all that speaks for and against it; `decided` are its decisions, in order."""
    st.html(markup.findings([(f"{row['severity']}: {row['rule']}", _where(row), row["message"] or "")]))
    _links(row)
    st.html(markup.facts(_facts(row)))
    st.subheader("Its life", anchor=False)
    st.html(markup.facts((wording.moment(at), words) for at, words in sorted(life(row, sights, decided))))


def _where(row: dict[str, Any]) -> str:
    return f"{row['repository']} {text.place(row['path'], row['line'])}"


def _links(row: dict[str, Any]) -> None:
    """Ways to the code host: the line as it was seen, the line as it came in, the pull request."""
    seen = text.line_address(row["any_url"], row["seen_commit"], (row["path"], row["line"]))
    came = (row["introduced_path"], row["introduced_line"])
    origin = text.line_address(row["any_url"], row["introduced_commit"], came)
    known = (("Line as seen", seen), ("Line as it came in", origin), ("Pull request", _web(row["url"])))
    with st.container(horizontal=True):
        for label, address in known:
            if address:
                st.link_button(label, address, icon=":material/open_in_new:")


def _web(address: str | None) -> str | None:
    return address if address and address.startswith(("https://", "http://")) else None


def _facts(row: dict[str, Any]) -> list[tuple[str, str]]:
    late = LATE if row["late_dismissal"] else ""
    return [
        ("Decision", f"{text.STATUS_WORDS[row['status']]}{late}"),
        ("Counts as", row["counts_as"]),
        ("CWE", wording.listed(row["cwe"] or []) or "not told"),
        ("Introduced by", text.introduced(row)),
        ("Known by", text.known_by(row)),
        ("Id", wording.listed([row["finding_id"], *(row["aliases"] or [])])),
    ]


def life(row: dict[str, Any], sights: pl.DataFrame, decided: pl.DataFrame) -> Moments:
    """Everything that happened to it, with its moment."""
    yield from _merged(row)
    yield from _seen(row, sights)
    if row["post_merge_seen_at"] and row["post_merge_seen_at"] != row["first_seen_at"]:
        yield row["post_merge_seen_at"], "seen on the protected branch"
    if row["gone_at"]:
        yield row["gone_at"], "gone: the first ok scan without it"
    yield from _decided(row, decided)


def _merged(row: dict[str, Any]) -> Moments:
    if row["merged_at"]:
        yield row["merged_at"], f"{text.change(row['repository'], row['number'])} merged"


def _seen(row: dict[str, Any], sights: pl.DataFrame) -> Moments:
    """First reports; the very first with its stage, whoever made it."""
    for tool, number, at in before(sights, row):
        yield at, text.seen_before(tool, row["repository"], number)
    tools = by_tool(sights, row)
    stage = text.STAGE_WORDS.get(row["stage"], row["stage"])
    told = [(at, tool) for tool, at in tools if at is not None]
    if not told:
        by = text.REPORTER_WORDS.get(row["reported_by"], text.NO_TOOL)
        yield row["first_seen_at"], f"first seen by {by}, {stage}"
    for at, tool in told:
        is_first = at == row["first_seen_at"]
        yield at, f"first seen by {tool}{', ' + stage if is_first else ''}"


def _decided(row: dict[str, Any], decided: pl.DataFrame) -> Moments:
    closed_at = row["close_at"]
    for each in decided.iter_rows(named=True):
        is_late = each["disposition"] == DISMISSED and closed_at and each["decided_at"] > closed_at
        not_yet = f"; {text.NOT_YET}" if each["is_later"] else ""
        yield each["decided_at"], f"{text.decided(each)}{LATE if is_late else ''}{not_yet}"


def decisions_of(dispositions: pl.LazyFrame, finding_id: str, as_of: datetime) -> pl.DataFrame:
    """Every decision about a finding in order; `is_later` than the moment that the page shows."""
    mine = dispositions.filter(pl.col("finding_id") == finding_id).sort(
        "decided_at", "decided_by", "disposition"
    )
    return mine.with_columns(is_later=pl.col("decided_at") > as_of).collect()
