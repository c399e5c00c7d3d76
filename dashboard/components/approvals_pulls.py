"""How fast are pull requests approved, agents' and people's side by side?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.comparison import Axis, Row
from dashboard.components import chrome, ranges
from dashboard.components.approvals_cards import Shown, cards, of_sides
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SIDES
from metrics.estimate import Estimate
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sign_off_measures import OVERSIZE_LINES

FAST: Final = "fast_pull_request_approval_share"
DIFFERENCE: Final = "fast_pull_request_approval_difference"
SILENT: Final = "silent_approval_difference"


def pull_requests(measured: Measured) -> None:
    """Show the numbers of both sides, and their difference."""
    st.header("Approvals of pull requests", anchor=False)
    if not any(measured.slice(arm).sign_offs.height for arm in SIDES):
        chrome.empty(
            "Nobody has approved a pull request in this window.",
            "Ingest reviews: `[sources.github]`, `[sources.github_export]`, or a `reviews` table.",
        )
        return
    rules = measured.case.measuring.fatigue
    st.markdown(
        "An approval is fast when it came without a word within "
        f"{wording.plural(rules.review_floor_seconds, 'second')}, or sooner than its lines take at "
        f"{_pace(rules)}, since the pull request was ready, the person was asked, and the last push."
    )
    cards(measured, (*_speed(rules), *_care()))
    _difference(measured)


def _pace(rules: FatigueRules) -> str:
    return f"{rules.review_lines_per_hour:,.0f} lines an hour"


def _speed(rules: FatigueRules) -> Iterator[Shown]:
    """Cards about how long approvals took."""
    band = f"At {rules.review_warning_lines_per_hour:,.0f} to {_pace(rules)}"
    rushed = f"Rushed: over {rules.rushed_lines:,} lines in {rules.rushed_minutes} minutes"
    yield of_sides("Fast approvals", FAST, "fast", "Fast approvals")
    yield of_sides(band, "warned_pull_request_approval_share", "approvals", "Approvals in the warning band")
    yield of_sides(rushed, "rushed_approval_count", "", "Rushed approvals")


def _care() -> Iterator[Shown]:
    """Cards about other signs that nobody looked closely."""
    large, pushed = f"Over {OVERSIZE_LINES} lines", "Pushed to after the last approval"
    yield of_sides("Without a word", "silent_approval_share", "approvals", "Approvals without a word")
    yield of_sides(pushed, "stale_approval_share", "pushed to", "Stale approvals", "pull request")
    yield of_sides(large, "oversize_approval_share", "approvals", "Approvals of many lines")
    yield of_sides("Of one's own change", "self_approval_count", "", "Own changes approved")


def _difference(measured: Measured) -> None:
    """Draw agents' shares less people's, and with other classes on either side."""
    level = wording.percent(measured.case.measuring.confidence)
    usual = (
        ranges.row("Fast approvals", measured.number(DIFFERENCE, HEADLINE.name), gap_words, look.HEADLINE),
        ranges.row("Without a word", measured.number(SILENT, HEADLINE.name), gap_words, look.PART),
    )
    left, right = st.columns(2, gap="large")
    with left:
        ranges.chart(
            _in_points(usual), _axis(f"Agents' share less people's: points, at {level}"), "approval_gaps"
        )
    with right:
        rows = ranges.sidings(measured, DIFFERENCE, gap_words)
        ranges.chart(
            _in_points(rows), _axis("Assisted and unknown on either side: points"), "approval_sidings"
        )


def _in_points(rows: Sequence[Row]) -> list[Row]:
    """Shares as percentage points, which the axis counts."""
    return [
        replace(row, value=_points(row.value), low=_points(row.low), high=_points(row.high)) for row in rows
    ]


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def gap_words(number: Estimate) -> str:
    """A difference with its range, in percentage points."""
    return f"{wording.brief(number)} ({wording.span(number)})"


def _axis(title: str) -> Axis:
    return Axis(title, "", 0.0, "no difference")
