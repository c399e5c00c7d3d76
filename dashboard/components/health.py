"""What is known about the data itself? The parts of the Data health page, each with its empty state."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts.shares import authorship_mix, shares_by_repository
from dashboard.components import chrome
from metrics.health import Health

MOST_NAMED: Final = 5  # repositories in a sentence
MOST_DRAWN: Final = 15  # repositories in a chart; the table below it has all of them
SOURCE_COLUMNS: Final = {
    "source": "Source",
    "status": "Last run",
    "published_at": "Published",
    "age": "Age",
    "rows_in": "Rows in",
    "rows_valid": "Valid",
    "rows_rejected": "Quarantined",
    "files_read": "Files",
    "runs": "Runs",
}
FEATURE_COLUMNS: Final = {
    "repository": "Repository",
    "shown": "Feature",
    "answer": "Status",
    "said": "In GitHub's words",
    "asked_at": "Asked",
}
BYPASS_COLUMNS: Final = {
    "repository": "Repository",
    "pushes": "Pushes past rules",
    "of_no_change": "Merged no pull request",
    "last_pushed_at": "Last",
}
UNREADABLE_COLUMNS: Final = {
    "status": "Status",
    "status_reason": "Why",
    "tool": "Tool",
    "file": "File",
    "repository": "Repository",
    "scanned_at": "Scanned",
    "is_made_good": "Made good",
}


def figures_at_a_glance(health: Health) -> None:
    """Show the four counts that say whether there is anything to worry about."""
    counts = (
        ("Rows read", _total(health.sources, "rows_in")),
        ("Rows in quarantine", _total(health.sources, "rows_rejected")),
        ("Files or scans not readable", health.refused.height + _open(health).height),
        ("Unattributed findings", health.unattributed.height),
    )
    with st.container(horizontal=True, key="glance"):
        for words, count in counts:
            st.metric(words, f"{count:,}", width=172)


def sources(health: Health) -> None:
    """Show what each source delivered, and how fresh it is."""
    st.header("Sources", anchor=False)
    if not health.sources.height:
        chrome.empty("No source has run yet.", "Name one under `[sources]` and run `pilot ingest`.")
        return
    # Runs go by the wall clock, so with a fixed moment of judgement there may be no age to tell.
    ages = [wording.hours(hours) if hours is not None else "" for hours in health.sources["age_hours"]]
    listing(health.sources.with_columns(pl.Series("age", ages, dtype=pl.String)), SOURCE_COLUMNS)


def refused(health: Health) -> None:
    """Show what was not taken, and by which rule."""
    st.header("Not taken", anchor=False)
    if not (health.rejects.height or health.refused.height or health.left_out.height):
        st.markdown("Every row held its contract, and every file was read.")
    if health.rejects.height:
        st.markdown(
            f"**{wording.plural(_total(health.rejects, 'rows'), 'broken rule')}**; a row may break several"
        )
        listing(health.rejects, {"rows": "Rows", "rule": "Rule", "table": "Table", "source": "Source"})
    if health.refused.height:
        st.markdown(
            f"**{wording.plural(health.refused.height, 'file')} refused**: mend or remove, then ingest again"
        )
        listing(health.refused, {"source": "Source", "file": "File", "reason": "Why"})
    if health.left_out.height:
        st.markdown(
            f"**{_total(health.left_out, 'rows'):,} left out** because they are no rows by definition"
        )
        listing(health.left_out, {"rows": "Rows", "reason": "What", "source": "Source"})


def _open(health: Health) -> pl.DataFrame:
    """Scans that say nothing and that no later one made good."""
    return health.unreadable.filter(~pl.col("is_made_good"))


def scans(health: Health) -> None:
    """Show whether scans could be read and where their silence means something."""
    st.header("Scans", anchor=False)
    if not health.scans.height:
        chrome.empty(
            "No scan has been read.",
            "Name SARIF files under `[sources.sarif]`, or switch on code scanning at GitHub and read it "
            "with `[sources.github]`; then run `pilot ingest`.",
        )
        return
    open_ones = _open(health)
    if open_ones.height:
        st.markdown(
            f"**{wording.plural(open_ones.height, 'scan')} cannot be relied on**: "
            "scan again, or say where and when in a sidecar file"
        )
    elif health.unreadable.height:
        st.markdown("What could not be read was made good by a later scan.")
    if health.unreadable.height:
        listing(health.unreadable, UNREADABLE_COLUMNS)
    else:
        st.markdown("Every scan could be read and placed.")
    columns = {
        "repository": "Repository",
        "stage": "Stage",
        "tool": "Tool",
        "status": "Status",
        "scans": "Scans",
        "last_scanned_at": "Last",
    }
    with st.expander(f"All {wording.plural(_total(health.scans, 'scans'), 'scan')} by repository and tool"):
        listing(health.scans, columns)


def coverage(health: Health) -> None:
    """Show how many merged changes were looked at after their merge."""
    st.header("Looked at after merge", anchor=False)
    watched = health.coverage.filter(pl.col("watched") > 0)
    if not watched.height:
        chrome.empty(
            "No merged change has been watched to the end yet.", "It takes the follow-up of the policy."
        )
        return
    if not watched["is_scanned"].any():
        merged = wording.plural(_total(watched, "watched"), "watched change")
        st.markdown(f"**Not measured** for {merged}: no scan of these repositories is known.")
        return
    _draw_coverage(watched)
    total = wording.share(_total(watched, "detected"), _total(watched, "watched"))
    independent = wording.share(_total(watched, "independent"), _total(watched, "watched"))
    st.markdown(
        f"{total} in all; by something that had not looked before: {independent}.{_unscanned(watched)}"
    )


def _draw_coverage(watched: pl.DataFrame) -> None:
    """A bar for each repository; where no scan is known its share is not measured, and not 0."""
    drawn = watched.sort("watched", descending=True).head(MOST_DRAWN)
    covered = pl.when("is_scanned").then("detected")
    rows = drawn.select("repository", covered=covered, total="watched")
    figure = shares_by_repository(rows, "Merged changes scanned after merge, in %")
    total = wording.share(_total(watched, "detected"), _total(watched, "watched"))
    chrome.chart(figure, "coverage", f"Share of changes scanned after merge by repository; {total} in all")


def _unscanned(watched: pl.DataFrame) -> str:
    """What the sum takes for not looked at, although nobody can tell."""
    unknown = watched.filter(~pl.col("is_scanned"))
    if not unknown.height:
        return ""
    where = wording.plural(unknown.height, "repository", "repositories")
    return f" Not measured in {where} without any known scan; the sum takes it for not looked at."


def authorship(health: Health) -> None:
    """Show who makes the changes of each repository."""
    st.header("Who makes the changes", anchor=False)
    if not health.authorship.height:
        chrome.empty("No merged pull request is known.", "Name a source of them and run `pilot ingest`.")
        return
    largest = (
        health.authorship.group_by("repository").agg(pl.col("merged").sum()).sort("merged", descending=True)
    )
    mix = health.authorship.join(largest.head(MOST_DRAWN).select("repository"), on="repository", how="semi")
    chrome.chart(
        authorship_mix(mix), "authorship", "Shares of agent, assisted, automated, unknown and human changes"
    )
    if largest.height > MOST_DRAWN:
        st.markdown(f"The {MOST_DRAWN} largest of {largest.height:,} repositories.")


def unattributed(health: Health) -> None:
    """Show findings that no single change explains; while there are any, no verdict is good."""
    st.header("Unattributed findings", anchor=False)
    if not health.unattributed.height:
        explained = "Every security finding is explained by a change or was there before."
        none_read = "No security finding waits for an explanation: no scan has been read."
        st.markdown(explained if health.scans.height else none_read)
        return
    st.markdown("Say which change introduced them, in a scan's sidecar file or a findings table.")
    columns = {
        "finding_id": "Finding",
        "repository": "Repository",
        "rule": "Rule",
        "severity": "Severity",
        "path": "Path",
        "tool": "Tool",
        "first_seen_at": "First seen",
    }
    listing(health.unattributed, columns)


def code_host(health: Health) -> None:
    """Show what a live code host shows of each repository; nothing where none was asked."""
    if not any(
        frame.height for frame in (health.features, health.gone, health.bypasses, health.dependencies)
    ):
        return
    st.header("What GitHub shows", anchor=False)
    for words in (_refusals(health.features), *_events(health), _advisories(health.dependencies)):
        if words:
            st.markdown(words)
    if health.features.height:
        listing(_in_words(health.features), FEATURE_COLUMNS)
    if health.bypasses.height:
        listing(health.bypasses, BYPASS_COLUMNS)


def _in_words(features: pl.DataFrame) -> pl.DataFrame:
    return features.with_columns(
        pl.col("feature").replace_strict(wording.FEATURE_WORDS, return_dtype=pl.String).alias("shown"),
        pl.col("status").replace_strict(wording.STATUS_WORDS, return_dtype=pl.String).alias("answer"),
        pl.col("said").fill_null(""),
    )


def _refusals(features: pl.DataFrame) -> str:
    refused = features.filter(pl.col("status") != "ok").height
    if not features.height:
        return ""
    if not refused:
        return "Every feature that was asked for could be read."
    count = wording.plural(refused, "feature")
    return f"**{count} could not be read**: numbers that rest on them alone say so, and are never 0"


def _events(health: Health) -> tuple[str, str]:
    gone, were_open = _total(health.gone, "gone"), _total(health.gone, "were_open")
    pushes, strays = _total(health.bypasses, "pushes"), _total(health.bypasses, "of_no_change")
    lost = f"**{wording.plural(gone, 'pull request')} deleted or moved**: what merged stays counted"
    waited = f"; {were_open:,} that waited count until missed" if were_open else ""
    past = f"**{wording.plural(pushes, 'push', 'pushes')} past the rules** of a repository"
    told = f"{past}; {strays:,} of them merged no pull request"
    return (f"{lost}{waited}" if gone else ""), (told if pushes else "")


def _advisories(dependencies: pl.DataFrame) -> str:
    if not dependencies.height:
        return ""
    counts = [f"{name} {alerts:,}" for name, alerts in dependencies.select("repository", "alerts").rows()]
    total = wording.plural(_total(dependencies, "alerts"), "open alert")
    where = wording.some(counts, MOST_NAMED)
    return (
        f"**{total} about dependencies** ({where}): listed, not charged to changes, "
        "because an advisory that is published later is nobody's change"
    )


def _total(frame: pl.DataFrame, column: str) -> int:
    return int(frame[column].sum())


def listing(frame: pl.DataFrame, columns: dict[str, str]) -> None:
    """List rows under plain headings, moments to the minute."""
    shown = frame.select(list(columns)).with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M"))
    st.dataframe(shown.rename(columns), width="stretch", hide_index=True)
