"""How long do agent changes wait? The parts of the Velocity page, each with its empty state."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.comparison import Axis, Row
from dashboard.charts.curves import Curve, Window, approval_curves
from dashboard.components import chrome, markup, numbers, ranges
from dashboard.components import velocity_rows as rows_of
from dashboard.components import velocity_text as text
from dashboard.components.numbers import Card
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SIDES
from metrics.estimate import Estimate
from metrics.velocity.comparison import Stratum

KEY: Final = "waits"  # the chooser of rows; also the name in the URL
MOST_STRATA: Final = 12  # drawn; all are listed below

WAITING: Final = {
    "days": "Waiting (days)", "repository": "Repository", "number": "Number", "title": "Title",
    "side": "Made by", "asked": "Who is asked", "changed_lines": "Lines", "clock_at": "Since", "url": "Link",
}  # fmt: skip


def answer(measured: Measured) -> None:
    """Show the answer with what it rests on."""
    st.header(f"Pilot {measured.case.pilot.name}", anchor=False)
    sentence, tone = text.answer(measured)
    st.html(markup.answer(sentence, text.lines(measured), tone))


def headline_cards(measured: Measured) -> None:
    """Show the numbers that people ask for first, agents beside people."""
    measuring = measured.case.measuring
    first, second = measuring.approved_within_hours
    shown = (
        Card(
            f"Approved within {first} h", "approved_within_first_mark_share", "approved",
            "Approved by the first mark",
        ),
        Card(
            f"Approved within {second} h", "approved_within_second_mark_share", "approved",
            "Approved by the second mark",
        ),
        Card("Half are approved after", text.MEDIAN, "approved", "Approved"),
        Card(
            f"Mean wait for a decision, up to {measuring.restricted_mean_days} days",
            text.MEAN, "decided", "Decided",
        ),
        Card("Nine in ten are decided after", "p90_hours_to_decision", "decided", "Decided"),
        Card("Open now", "open_pull_request_count", "", "Open now"),
        Card("Age of the open ones, median", "median_open_hours", "", "Open now"),
        Card(
            "Merged without a human's approval", "merged_without_human_approval_share", "merged",
            "Merged without approval",
        ),
        Card(
            "First look by a person, median", "median_hours_to_first_human_review", "looked at",
            "Looked at by a person",
        ),
    )  # fmt: skip
    numbers.cards(measured, shown, KEY)


def care(measured: Measured) -> None:
    """Show signs that an approval was not worth what it says."""
    st.header("How approvals were given", anchor=False)
    shown = (
        Card("Approved before ready for review", "approved_before_ready_count", "", "Approved before ready"),
        Card("Pushed to after the last approval", "stale_approval_share", "pushed to", "Stale approvals"),
        Card(
            "Merged over a change request",
            "merged_over_change_request_share",
            "merged so",
            "Merged over a change request",
        ),
        Card("Rounds of review, mean", "mean_review_rounds", "", "Rounds of review"),
    )
    numbers.cards(measured, shown, KEY)


def missing(measured: Measured) -> None:
    """Say what is not there, and what would bring it."""
    opened, timed_counts = (
        [count(side.arm) for side in numbers.SIDES]
        for count in (lambda arm: measured.slice(arm).waits.height, measured.timed_count)
    )
    reviews = "Ingest reviews: `[sources.github_export]`, or a `reviews` table under `[sources.tables]`."
    if not any(opened):
        chrome.empty("No pull request was opened in this window.", "Ingest pull requests with their reviews.")
    elif not any(timed_counts):
        chrome.empty("Nobody's reviews are known, so no wait can be told.", reviews)
    elif not opened[1]:
        chrome.empty("No change of a person to compare with.", "Name repositories that people work in, too.")


def curves(measured: Measured) -> None:
    """Draw how the share approved grows with time."""
    st.header("How soon they are approved", anchor=False)
    level = wording.percent(measured.case.measuring.confidence)
    st.markdown(
        f"Share approved since the clock started, with bands at {level}; agents solid, people dashed."
    )
    sides = zip((look.AGENTS, look.PEOPLE), SIDES, measured.curves, strict=True)
    drawn = [Curve(side, measured.timed_count(arm), points) for side, arm, points in sides if points]
    if not drawn:
        chrome.empty("No pull request has waited in this window.", "Ingest pull requests with their reviews.")
        return
    measuring = measured.case.measuring
    window = Window(measuring.restricted_mean_days, measuring.approved_within_hours)
    alt = f"Share approved over {window.days} days. {text.waits(measured, 'agent')}."
    chrome.chart(approval_curves(drawn, window), "curves", alt)


def waiting(measured: Measured) -> None:
    """List the pull requests that are open now, the longest wait first."""
    st.header("Who waits longest now", anchor=False)
    rows = measured.once("waiting", lambda: open_now(measured))
    if not rows.height:
        st.markdown("Nothing waits for a decision.")
        return
    verb = "waits" if rows.height == 1 else "wait"
    st.markdown(f"**{wording.plural(rows.height, 'pull request')}** {verb} for a decision.")
    numbers.table(rows.head(numbers.MOST_SHOWN), WAITING, "waiting_table")


def open_now(measured: Measured) -> pl.DataFrame:
    """Open pull requests of both sides with their age and who is asked, the longest wait first."""
    sides = ((side.words, rows_of.of_outcome("open")(measured.slice(side.arm))) for side in numbers.SIDES)
    rows = pl.concat([found.with_columns(side=pl.lit(words)) for words, found in sides])
    asked = pl.when("is_draft_now").then(pl.lit("a draft again")).when(
        pl.col("waiting_for").list.len() > 0
    ).then(pl.col("waiting_for").list.join(", ")).otherwise(pl.lit("nobody"))  # fmt: skip
    return rows.with_columns(asked=asked, days=pl.col("hours") / 24).sort("hours", descending=True)


def comparison(measured: Measured) -> None:
    """Draw the difference as a whole, by repository and size, and with classes on either side."""
    st.header("Agents against people", anchor=False)
    level = wording.percent(measured.case.measuring.confidence)
    days = wording.plural(measured.case.measuring.restricted_mean_days, "day")
    st.markdown(
        f"Agents' mean wait for any decision, counted up to {days}, less people's; ranges at {level} "
        f"over reviewers. Log-rank test within repository and size: {text.log_rank(measured)}."
    )
    left, right = st.columns(2, gap="large")
    with left:
        rows = (*headline_rows(measured), *strata_rows(measured))
        ranges.chart(rows, _axis("By repository and changed lines: hours longer"), "strata")
    with right:
        rows = ranges.sidings(measured, text.STRATIFIED, gap_words)
        ranges.chart(rows, _axis("Assisted and unknown on either side: hours longer"), "siding")
    strata_table(measured)


def gap_words(number: Estimate) -> str:
    """A difference with its range in short, both signed."""
    return f"{wording.signed(number.value, 'hours')}{_span(number.low, number.high)}"


def _span(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ", no range: too few reviewers"
    return f" ({wording.signed(low, 'hours')} to {wording.signed(high, 'hours')})"


def headline_rows(measured: Measured) -> tuple[Row, ...]:
    """The difference like for like, and as the changes come beside it."""
    like, plain = (measured.number(metric, HEADLINE.name) for metric in (text.STRATIFIED, text.PLAIN))
    return (
        ranges.row("Like for like", like, gap_words, look.HEADLINE),
        ranges.row("As they come", plain, gap_words, look.PART),
    )


def strata_rows(measured: Measured) -> tuple[Row, ...]:
    """One row per repository and size band, those with most pull requests first."""
    return tuple(_stratum_row(each) for each in measured.wait_strata[:MOST_STRATA])


def _stratum_row(each: Stratum) -> Row:
    words = f"{_gap(each)}; {each.first_count:,} and {each.second_count:,}"
    return Row(_name(each), words, each.difference, each.low, each.high, look.PART)


def _name(stratum: Stratum) -> str:
    return f"{stratum.repository}, {stratum.size_band} lines"


def _gap(stratum: Stratum) -> str:
    return f"{wording.signed(stratum.difference, 'hours')}{_span(stratum.low, stratum.high)}"


def strata_table(measured: Measured) -> None:
    """List every repository and size band with the counts of both sides."""
    strata = measured.wait_strata
    with st.expander(f"By repository and size in numbers ({len(strata):,})"):
        rows = (
            (_name(each), f"{each.first_count:,}", f"{each.second_count:,}", _gap(each)) for each in strata
        )
        st.html(markup.table(("Repository and changed lines", "Agents", "People", "Difference"), rows))


def _axis(title: str) -> Axis:
    return Axis(title, "h", 0.0, "no difference")


def working_time(measured: Measured) -> None:
    """Show the same waits in the team's working hours, with the calendar that they are counted by."""
    st.header("In working time", anchor=False)
    measuring = measured.case.measuring
    st.markdown(f"Working time is {text.calendar(measuring.working)}. Nights and weekends do not count.")
    shown = (
        Card(
            "Half are approved after, working time", "median_working_hours_to_approval", "approved",
            "Approved, working time",
        ),
        Card(
            f"Mean wait for a decision, working time of {measuring.restricted_mean_days} days",
            "restricted_mean_working_hours_to_decision", "decided", "Decided, working time",
        ),
    )  # fmt: skip
    numbers.cards(measured, shown, KEY)


def studies(measured: Measured) -> None:
    """Show the figures that studies publish, and why they mislead."""
    with st.expander("For comparison with published studies: figures of closed pull requests only"):
        st.markdown(
            "These leave out what is still open, so slow pull requests are missing until they close and the "
            "figures look better the younger the window is. Use them beside studies, not for decisions."
        )
        shown = (
            Card("Merged, of all opened", "merged_share", "merged", "Merged"),
            Card("To merge, merged only, median", "median_hours_to_merge_closed_only", "merged", "Merged"),
            Card(
                "To close, closed unmerged only, median",
                "median_hours_to_reject_closed_only",
                "closed",
                "Closed unmerged",
            ),
            Card(
                "To approval, approved only, median",
                "median_hours_to_approval_approved_only",
                "approved",
                "Approved of those opened",
            ),
        )
        numbers.cards(measured, shown, KEY)
