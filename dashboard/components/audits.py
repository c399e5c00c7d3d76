"""What do audit samples show, and how are changes drawn and reviewed from a page?"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard import auditing, loading, recording, wording
from dashboard.auditing import Asked, Listed
from dashboard.auditing_files import sheet, weaknesses
from dashboard.components import chrome, markup
from dashboard.components import explorer_text as text
from dashboard.components.explorer_who import decider
from dashboard.composition import Session
from dashboard.recording import Review
from ingest.contracts import SEVERITIES
from ingest.errors import PilotError
from metrics import audits
from metrics.estimate import Estimate

SIZE: Final = 300  # clean reviews of so many put the share below 1 % at 95 %
SIZE_KEY: Final = "audit_size"
SHEET_KEY: Final = "audit_sheet"  # the sheet of the draw just made
SAID_KEY: Final = "audit_said"
DOOR: Final = recording.by_page("page Escapes")
NOT_COUNTED: Final = "**None of the drawn changes counts** at the moment that this page shows."
AGAIN: Final = (
    "What was unclear stays so until whoever could not judge it says something else, or somebody finds a "
    "weakness in it."
)
Drawn = tuple[str, tuple[str, int]]  # the draw, and the repository and number of the change
COLUMNS: Final = ("Draw", "On", "By", "Drawn", "Of", "Reviewed", "Found", "Unclear", "Waiting")
OUTCOMES: Final = {
    "Clean: nothing was found": "clean",
    "Found a weakness": "finding",
    "Unclear: it cannot be told": "unclear",
}


def panel(session: Session, pilot: str) -> None:
    """Show what the draws so far have come to; draw more, and record what a review found."""
    st.header("Audit samples", anchor=False)
    _said()
    draws = auditing.listed(session, pilot)
    if draws:
        st.markdown(shown(audits.estimate(loading.measured(pilot).case)))
        st.html(markup.table(COLUMNS, map(_row, draws)))
    else:
        chrome.empty(
            "No change has been drawn for a deep review yet.",
            "A sample needs neither waiting nor a scanner: draw one below, or by `pilot audit draw`.",
        )
    with st.expander("Draw changes, or record a review"):
        _acts(session, pilot)


def shown(found: audits.Audited) -> str:
    """What the reviews so far show, in a sentence."""
    if not found.drawn:
        return NOT_COUNTED
    counts = f"{found.reviewed:,} of {wording.plural(found.drawn, 'change')} reviewed"
    told = f"{found.found:,} with a weakness, {found.unclear:,} unclear, {found.outstanding:,} waiting"
    if not isinstance(found.rate, Estimate):
        return f"**{counts}**: {told}. {found.rate.reason.capitalize()}."
    high = found.rate_high if isinstance(found.rate_high, Estimate) else found.rate
    return f"**{counts}**: {told}. An escape in {wording.number(found.rate)}; {_unclear(high)}."


def _unclear(high: Estimate) -> str:
    return f"with the unclear ones counted {wording.number(high)}"


def _row(each: Listed) -> tuple[str, ...]:
    counts = (each.drawn, each.population, each.reviewed, each.found, each.unclear, each.outstanding)
    return (each.audit_id, wording.day(each.drawn_at), each.drawn_by, *(f"{count:,}" for count in counts))


def _acts(session: Session, pilot: str) -> None:
    if session.as_of_fixed:
        st.caption(text.later(session.as_of.date()))
    by = decider()
    left, right = st.columns(2, gap="large")
    with left:
        _draw(session, pilot, by)
    with right:
        _review(session, pilot, by)


# -- drawing ---------------------------------------------------------------------------------------


def _draw(session: Session, pilot: str, by: str) -> None:
    st.subheader("Draw", anchor=False)
    size = int(st.number_input("Changes to draw", 1, 100_000, SIZE, key=SIZE_KEY))
    st.caption(f"{auditing.promise(size, session.policy(pilot).confidence)}.")
    if st.button("Draw by chance", key="audit_draw"):
        _enter_draw(session, Asked(pilot, size, by))
    made = st.session_state.get(SHEET_KEY)
    if made:
        name, content = made
        st.download_button(
            f"Sheet for the reviewers: {name}", content, f"{name}.csv", "text/csv", on_click="ignore"
        )


def _enter_draw(session: Session, asked: Asked) -> None:
    try:
        drawn = auditing.propose(session, asked)
        recording.enter_draw(session, drawn.rows(), DOOR)
    except PilotError as error:
        chrome.refusal(error)
        return
    st.session_state[SHEET_KEY] = (drawn.audit_id, sheet(drawn))
    count = wording.plural(drawn.changes.height, "change")
    _done(f"Drew {count} of {drawn.population:,}, with seed {drawn.seed}.")


# -- reviewing -------------------------------------------------------------------------------------


def _review(session: Session, pilot: str, by: str) -> None:
    st.subheader("Record a review", anchor=False)
    unclear = _unclear_ones(session, pilot)
    waiting = _waiting(session, pilot) | unclear
    if not waiting:
        st.markdown("No drawn change waits for a review.")
        return
    chosen = st.selectbox("Drawn change", list(waiting), key="audit_change")
    if chosen in unclear:
        st.caption(AGAIN)
    outcome = OUTCOMES[st.selectbox("Outcome", list(OUTCOMES), key="audit_outcome")]
    with st.form(f"review_{chosen}_{outcome}", border=False):
        # each change has fields of its own, so that none begins with what was said of another
        found = _found(chosen) if outcome == "finding" else {}
        notes = st.text_area("Notes", max_chars=1_000, key=f"audit_notes_{chosen}", height=90)
        is_sent = st.form_submit_button("Record this review", type="primary")
    if is_sent:
        _enter_review(session, Review(*waiting[chosen], outcome, by, notes=notes, **found))


def _waiting(session: Session, pilot: str) -> dict[str, Drawn]:
    """What nobody has reviewed, by the name that people know it under, with its draw."""
    rows = auditing.outstanding(session, pilot).rows()
    return {
        f"{repository}#{number} ({name})": (name, (repository, number)) for name, repository, number in rows
    }


def _unclear_ones(session: Session, pilot: str) -> dict[str, Drawn]:
    """What somebody could not judge, behind what waits: it may be looked at again."""
    rows = auditing.unclear(session, pilot).rows()
    return {
        f"{repository}#{number} ({name}, unclear to {wording.listed(people)})": (name, (repository, number))
        for name, repository, number, people in rows
    }


def _found(change: str) -> dict[str, Any]:
    """What was found, how bad, and where."""
    severity = st.selectbox(
        "Severity", SEVERITIES, index=SEVERITIES.index("high"), key=f"audit_severity_{change}"
    )
    cwe = st.text_input("CWE", key=f"audit_cwe_{change}", placeholder="CWE-89")
    path = st.text_input("Path", key=f"audit_path_{change}", placeholder="src/app.py")
    line = st.number_input("Line", 1, value=None, key=f"audit_line_{change}")
    where = (path.strip() or None, None if line is None else int(line))
    return {"severity": severity, "cwe": weaknesses(cwe), "place": where}


def _enter_review(session: Session, review: Review) -> None:
    try:
        recording.enter_reviews(session, [review], DOOR)
    except PilotError as error:
        chrome.refusal(error)
        return
    _done("Recorded the review of {}#{}.".format(*review.change))


def _done(words: str) -> None:
    """Have the page drawn anew on what is published now, and say what was done."""
    st.session_state[SAID_KEY] = words
    loading.forget()
    st.rerun()


def _said() -> None:
    words = st.session_state.pop(SAID_KEY, "")
    if words:
        st.success(words, icon=":material/check:")
