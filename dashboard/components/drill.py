"""Which pull requests and findings stand behind a number? Marks, choosers and rows."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts.places import place
from dashboard.charts.track import Watch, sprint_track
from dashboard.components import chrome, frames, markup
from metrics.gate.assessment import Assessment

TRACK_KEY: Final = "track"
CHANGE_KEY: Final = "change"  # also the name in the URL
ROWS_KEY: Final = "rows"
KEY_WORDS: Final = pl.format("{}#{}", "repository", "number")  # as people write it: owner/name#12
WORST_FIRST: Final = {"escape": 0, "untriaged": 1, "unscanned": 2, "watching": 3, "watched": 4}


def track(assessment: Assessment, watch: Watch) -> None:
    """Show every change as a mark; choosing a mark opens its pull request and findings."""
    st.header("Sprints", anchor=False)
    verdict = assessment.verdict
    figure = sprint_track(assessment.changes, verdict.sprints, watch)
    alt = f"One mark per merged agent change, by sprint. {verdict.sentence}"
    chrome.chart(figure, TRACK_KEY, alt, on_select=_open_mark, selection_mode="points")


def _open_mark() -> None:
    """Hand a chosen mark to the chooser below, which is the one place that knows what is open."""
    points: list[dict[str, Any]] = st.session_state[TRACK_KEY]["selection"]["points"]
    if points and points[0].get("customdata"):
        repository, number = points[0]["customdata"][:2]
        st.session_state[CHANGE_KEY] = name(repository, number)


def needs(assessment: Assessment) -> None:
    """Show what people have to do before the answer can get better, each row opening its change."""
    verdict = assessment.verdict
    st.header("Needs you", anchor=False)
    if verdict.attention:
        st.html(markup.attention(verdict.attention, verdict, _links(assessment)))
    else:
        st.markdown("Nothing waits for a person.")


def _links(assessment: Assessment) -> dict[str, str]:
    """Map the rows that need somebody to the address that opens their change, where there is one."""
    wanted = {row for item in assessment.verdict.attention for row in item.rows}
    keys = assessment.changes.select(key=KEY_WORDS).filter(pl.col("key").is_in(wanted))
    found = assessment.findings.select("finding_id", key=KEY_WORDS).filter(pl.col("finding_id").is_in(wanted))
    owners = dict(found.drop_nulls().iter_rows()) | {key: key for (key,) in keys.iter_rows()}
    pilot = assessment.verdict.pilot
    return {row: urlencode({"pilot": pilot, CHANGE_KEY: owner}) for row, owner in owners.items()}


def name(repository: str, number: int) -> str:
    """Write a pull request as people do: owner/name#12."""
    return f"{repository}#{number}"


def change(assessment: Assessment) -> None:
    """Choose a change by keyboard, or show the one whose mark was chosen."""
    marks = place(assessment.changes, assessment.verdict.sprints).marks
    chosen = st.selectbox(
        "Open a change",
        _options(marks),
        index=None,
        key=CHANGE_KEY,
        bind="query-params",
        placeholder="Choose a mark above, or a name here",
    )
    if chosen is not None:
        _panel(assessment, chosen)


def _options(marks: pl.DataFrame) -> list[str]:
    """Name every pull request that has a mark, the worst first and then the newest."""
    worst = pl.col("mark").replace_strict(WORST_FIRST, return_dtype=pl.Int8)
    ordered = marks.with_columns(worst=worst).sort("worst", "merged_at", descending=[False, True])
    return [
        name(repository, number) for repository, number in ordered.select("repository", "number").iter_rows()
    ]


def _panel(assessment: Assessment, chosen: str) -> None:
    is_chosen = KEY_WORDS.eq(chosen)
    row = assessment.changes.filter(is_chosen).row(0, named=True)
    found = assessment.findings.filter(is_chosen)
    with st.container(border=True, key="change_panel"):
        st.markdown(f"**{_plain(row['title'] or 'untitled')}**")
        if row["url"]:
            st.link_button(f"Open {chosen}", row["url"], icon=":material/open_in_new:")
        st.html(markup.facts(_about(row)))
        st.markdown(f"**{wording.plural(found.height, 'finding')}**")
        if found.height:
            st.html(markup.findings(_finding(each) for each in found.iter_rows(named=True)))


def _plain(text: str) -> str:
    """Take the meaning out of markdown's own characters: a title is somebody else's text."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+-.!|<>~$:" else letter for letter in text)


def _about(row: dict[str, Any]) -> list[tuple[str, str]]:
    made_by = ", ".join(str(row[part]) for part in ("agent", "model") if row[part])
    maker = f"{row['authorship']} ({made_by})" if made_by else row["authorship"]
    approved = {True: "yes", False: "no", None: "unknown"}[row["human_approved"]]
    return [
        ("Merged", wording.moment(row["merged_at"])),
        ("Sprint", "outside the pilot" if row["sprint"] is None else str(row["sprint"])),
        ("Standing", wording.MARK_WORDS[row["mark"]]),
        ("Made by", f"{maker}, opened by {row['author_login'] or 'unknown'}"),
        ("Approved by a person", approved),
        ("Looked at after merge", wording.listed(row["detecting_tools"] or []) or "not yet"),
        ("Watched until", wording.moment(row["watched_until"])),
    ]


def _finding(row: dict[str, Any]) -> tuple[str, str, str]:
    where = ":".join(str(part) for part in (row["path"], row["line"]) if part is not None) or "no place told"
    seen = f"{row['tool'] or 'a person'} saw it first on {wording.day(row['first_seen_at'])}"
    stage = {"post_merge": "after the merge", "pre_merge": "before the merge"}.get(
        row["stage"], "stage unknown"
    )
    by = f" by {row['decided_by']}" if row["decided_by"] else ""
    why = f": {row['reason']}" if row["reason"] else ""
    return f"{row['severity']}: {row['rule']}", where, f"{seen}, {stage}; {row['status']}{by}{why}"


def rows(assessment: Assessment) -> None:
    """List the changes and findings behind the numbers, as many rows as each number says."""
    st.header("Rows behind the numbers", anchor=False)
    views = _views(assessment)
    chosen = st.selectbox("Rows", list(views), key=ROWS_KEY, width=420)
    shown = views[chosen]
    st.dataframe(
        frames.flat(shown),
        width="stretch",
        height=280,
        hide_index=True,
        key="rows_table",
        column_config={"url": st.column_config.LinkColumn(display_text="open")},
        placeholder="",
    )
    left, right = st.columns(2)
    pilot, found = assessment.verdict.pilot, assessment.findings
    with left:
        frames.download(lambda: shown, wording.plural(shown.height, "row"), f"{pilot}-rows.csv")
    with right:
        frames.download(
            lambda: found, f"all {wording.plural(found.height, 'finding')}", f"{pilot}-findings.csv"
        )


def _views(assessment: Assessment) -> dict[str, pl.DataFrame]:
    changes = assessment.changes
    views = {"Changes in scope": changes, "Findings": assessment.findings}
    for mark, words in wording.MARK_WORDS.items():
        views[words] = changes.filter(pl.col("mark") == mark)
    for sprint in reversed(assessment.verdict.sprints):
        views[f"Sprint {sprint.number}"] = changes.filter(pl.col("sprint") == sprint.number)
    return {f"{words} ({frame.height:,})": frame for words, frame in views.items()}
