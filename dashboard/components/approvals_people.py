"""Does a rate rest on one team or one person? Teams first, pseudonyms second, and no ranking."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard import wording
from dashboard.charts.approvals_people import funnel
from dashboard.components import approvals_text as text
from dashboard.components import chrome, markup
from dashboard.components.approvals_sights import Sights, Team
from dashboard.measured import Measured

TEAMS: Final = ("Team", "People", "Fast approvals", "Measurable")


def by_team(seen: Sights) -> None:
    """List the teams with their counts."""
    st.header("Teams and people", anchor=False)
    st.html(markup.table(TEAMS, (_team(team) for team in seen.teams)))


def _team(team: Team) -> tuple[str, ...]:
    covered = team.fast.coverage
    counts = f"{wording.fraction(covered.measured, covered.total)} decisions"
    return team.name, f"{team.people:,}", text.told(team.fast), counts


def by_person(measured: Measured, seen: Sights) -> None:
    """Draw the funnel of pseudonymous people; a small group shows nobody."""
    rules = measured.case.measuring.fatigue
    if not seen.is_enough:
        chrome.empty(
            f"Nobody is shown below {rules.minimum_people} people or {rules.minimum_approvals} approvals.",
            "The counts above say what there is.",
        )
        return
    with st.expander("Does the rate rest on a few people? A funnel over pseudonyms"):
        alt = "Fast approvals by person: " + "; ".join(
            _person(row) for row in seen.funnel.iter_rows(named=True)
        )
        chrome.chart(funnel(seen.funnel), "funnel", alt)
        st.caption(
            "Each mark is a pseudonym, placed by how many approvals of it could be measured. Between the "
            "lines lie 95 of 100, and 998 of 1,000, people who all have the common share; a mark outside "
            "differs by more than chance, which may be its work as well as its care. Marks are in no order."
        )


def _person(row: dict[str, Any]) -> str:
    return f"{row['reviewer']} {wording.fraction(row['fast_count'], row['approval_count'])}"
