"""What does a verdict say? The parts of the Readiness page that read one Verdict from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts.rates import escape_rates
from dashboard.charts.track import Watch, standing
from dashboard.components import chrome, markup
from metrics.gate.policy import Policy
from metrics.gate.states import SprintCount, Verdict

# Criteria that say whether a zero can be believed, in the order in which people ask.
TRUST: Final = ("post_merge_coverage", "independent_detection", "triage_age")


def overview(verdicts: Sequence[Verdict], chosen: str) -> None:
    """Show all pilots in a few lines each; a name opens its pilot."""
    st.html(markup.pilots(verdicts, chosen))


def answer(verdict: Verdict) -> None:
    """Show the answer with Rule, Evidence and the three readings."""
    st.header(f"Pilot {verdict.pilot}", anchor=False)
    st.html(markup.verdict(verdict))


def evidence(verdict: Verdict) -> None:
    """Show what has been shown so far, and how long until proof."""
    st.header("Evidence", anchor=False)
    shown = verdict.evidence
    words = f"Evidence {int(shown.progress)} of 100"  # cut, not rounded: 99.6 is not proof
    st.html(markup.progress(shown.progress, words, "good" if shown.progress >= 100 else "fair"))  # noqa: PLR2004
    pace = shown.changes_per_week
    lines = [wording.forecast(forecast) for forecast in shown.forecasts]
    lines.append("pace unknown" if pace is None else f"present pace: {pace:.3g} changes a week")
    if shown.varies:
        lines.append("sprint counts vary more than chance: proof presumes a steady rate")
    st.markdown("\n".join(f"- {line[0].upper()}{line[1:]}" for line in lines))
    mark = wording.percent(verdict.threshold)
    alt = f"Escape rates with intervals against the {mark} mark. {verdict.evidence_sentence}"
    chrome.chart(escape_rates(verdict), "rates", alt)


def trust(verdict: Verdict) -> None:
    """Show what a zero rests on: who looked, how soon, and what people do in the same place."""
    st.header("Can we trust the zero?", anchor=False)
    st.html(markup.facts(trust_lines(verdict)))


def trust_lines(verdict: Verdict) -> list[tuple[str, str]]:
    """Collect name and sentence of everything that makes a zero believable."""
    outcomes = {outcome.criterion: outcome for outcome in verdict.criteria}
    looked = [(outcomes[name].title, outcomes[name].sentence) for name in TRUST if name in outcomes]
    same = verdict.without_late_dismissals == verdict.state
    late = "the same answer" if same else f"would be: {wording.state(verdict.without_late_dismissals)}"
    return [
        *looked,
        ("Human changes, same repositories", wording.number(verdict.human_baseline)),
        ("Human changes, before the pilot", wording.number(verdict.before_baseline)),
        ("Without late dismissals", late),
    ]


def criteria(verdict: Verdict) -> None:
    """Show every criterion, blocking ones first."""
    st.header("Criteria", anchor=False)
    st.html(markup.criteria(verdict))


def sprint_table(verdict: Verdict, watch: Watch) -> None:
    """Show the sprint track in numbers, for those who read or hear rather than see it."""
    columns = (
        "Sprint",
        "From",
        "Standing",
        "Escaped",
        "With unreviewed",
        "Rate",
        "Bypasses",
        "Detected",
        "Nowcast",
        "First published",
    )
    with st.expander("Sprints in numbers"):
        rows = (_sprint_row(sprint, watch) for sprint in reversed(verdict.sprints))
        st.html(markup.table(columns, rows))


def _sprint_row(sprint: SprintCount, watch: Watch) -> tuple[str, ...]:
    first = sprint.first_published
    return (
        str(sprint.number),
        wording.day(watch.on(sprint.start)),
        standing(sprint, watch),
        wording.fraction(sprint.escapes_low, sprint.changes),
        wording.fraction(sprint.escapes_high, sprint.changes),
        wording.number(sprint.rate),
        str(sprint.bypasses),
        wording.fraction(sprint.detected, sprint.changes),
        "" if sprint.nowcast is None else wording.number(sprint.nowcast),
        ""
        if first is None
        else f"{wording.fraction(first.escapes_low, first.changes)} on {wording.day(watch.on(first.at))}",
    )


def provenance(verdict: Verdict, policy: Policy, run_id: str) -> None:
    """Say which settings, tables and moment the page rests on."""
    st.divider()
    st.html(markup.footer(provenance_parts(verdict, policy, run_id)))


def provenance_parts(verdict: Verdict, policy: Policy, run_id: str) -> list[str]:
    """Collect every setting that the numbers of the page depend on."""
    undeclared = wording.listed(verdict.epoch.undeclared)
    return [
        f"As of {wording.moment(verdict.as_of)}",
        f"known at {wording.moment(verdict.known_at) if verdict.known_at else 'the latest published run'}",
        f"published run {run_id}",
        f"policy {verdict.policy_digest}",
        f"epoch {verdict.epoch.number} since {wording.day(verdict.epoch.start)} ({verdict.epoch.what})",
        *([f"not declared by any epoch: {undeclared}"] if undeclared else []),
        f"threshold {wording.percent(verdict.threshold)} in {wording.plural(policy.sprints, 'sprint')}",
        f"watched for {wording.plural(policy.follow_up_days, 'day')}",
        f"confidence {wording.percent(policy.confidence)}, limit valid at every look",
        f"severity {policy.minimum_severity} and above",
        f"required reading: {wording.READING_WORDS[verdict.require].lower()}",
        f"assisted changes {'counted' if policy.include_assisted else 'not counted'}",
    ]
