"""Who labels, which draw, and what of it? What stands above everything on the Labelling page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboard import loading, recording
from dashboard.components import chrome
from dashboard.components.explorer_who import NAME_KEY, login_name
from dashboard.composition import Question, Session, open_session
from ingest.deciding import person
from ingest.errors import PilotError

DRAW_KEY: Final = "draw"  # keys are also the names in the address
VIEW_KEY: Final = "view"
WHO_KEY: Final = "annotator"
LOOKED_KEY: Final = "labelling_looked"  # what was revealed to whom in this browser session
SAID_KEY: Final = "labelling_said"  # what was just recorded, told once after the page is drawn anew
DOOR: Final = recording.by_page("page Labelling")
WIDTH: Final = 420  # px
LABEL: Final = "Label"
OUTCOME: Final = "What came out"
SETTLE: Final = "Disagreements"
PROGRESS: Final = "Progress"
DRAW: Final = "Draw"
FILES: Final = "Files"
VIEWS: Final = (LABEL, OUTCOME, SETTLE, PROGRESS, DRAW, FILES)


@dataclass(frozen=True, eq=False)
class Desk:
    """Where somebody sits: a session, a pilot, one of its draws, and who it is."""

    session: Session
    pilot: str
    design: str  # empty = nothing has been drawn
    who: str  # empty = nobody has said


def fresh() -> Session:
    """The session on what is published now: somebody else may have labelled a moment ago."""
    current = loading.session()
    newest = open_session(Question(current.path)).published
    if newest is not None and current.published is not None and newest.run_id != current.published.run_id:
        loading.forget()
        return loading.session()
    return current


def drawn(session: Session, pilot: str) -> tuple[str, ...]:
    """Names of a pilot's draws, the latest first."""
    chosen = session.tables.selections.filter(pl.col("pilot") == pilot)
    first = chosen.group_by("design_id").agg(pl.col("drawn_at").min())
    return tuple(first.sort("drawn_at", "design_id", descending=True).collect()["design_id"])


def choose_draw(names: tuple[str, ...]) -> str:
    """Choose a draw; the choice stands in the address. Empty where there is none."""
    if not names:
        return ""
    return str(st.selectbox("Draw", names, key=DRAW_KEY, bind="query-params", width=WIDTH))


def choose_view(*, has_draws: bool) -> str:
    """Choose what to do: only that is on the page, so that nothing else of a draw can be seen."""
    default = LABEL if has_draws else DRAW
    is_chosen = VIEW_KEY in st.session_state  # as after a draw
    chosen = st.segmented_control(
        "What to do", VIEWS, default=None if is_chosen else default, required=True, key=VIEW_KEY,
        bind="query-params", label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    return str(chosen or default)


def annotator() -> str:
    """Who labels: the person who is signed in, else a name that stands in the address; empty until known."""
    known = st.user.to_dict()
    if "is_logged_in" in known:
        return _signed_in(known)
    named = str(st.query_params.get(WHO_KEY) or st.session_state.get(NAME_KEY) or "")
    if not named:
        return _asked("")
    try:
        name = person(named, "name")
    except PilotError as error:
        return _asked(str(error))
    _remember(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f"You are <b>{escape(name)}</b>", width="content")
        st.button("Somebody else", on_click=_forget, type="tertiary", key="labelling_other")
    return name


def _signed_in(known: Mapping[str, object]) -> str:
    if not known["is_logged_in"]:
        st.button("Sign in to label", on_click=st.login, icon=":material/login:")
        return ""
    name = login_name(known)
    st.html(f"You are <b>{escape(name)}</b>")
    return name


def _asked(complaint: str) -> str:
    if complaint:
        st.error(complaint, icon=":material/error:")
    with st.form("labelling_who", border=False):
        st.text_input(
            "Your name", key="labelling_name", max_chars=80, width=WIDTH,
            placeholder="stands beside every label; no e-mail address",
        )  # fmt: skip
        st.form_submit_button("This is me", type="primary", on_click=_name)
    return ""


def _name() -> None:
    _remember(str(st.session_state.get("labelling_name", "")).strip())


def _remember(name: str) -> None:
    st.session_state[NAME_KEY] = name
    if name and st.query_params.get(WHO_KEY) != name:
        st.query_params[WHO_KEY] = name


def _forget() -> None:
    st.session_state[NAME_KEY] = ""
    st.query_params.pop(WHO_KEY, None)


# -- what was revealed, and what was done ----------------------------------------------------------


def reveal(desk: Desk) -> None:
    """Keep in mind that this person has seen what others or the detector said: later labels are not blind."""
    st.session_state.setdefault(LOOKED_KEY, set()).add((desk.design, desk.who))


def has_looked(design: str, who: str) -> bool:
    """Whether anything was revealed to this person in this browser session."""
    return (design, who) in st.session_state.get(LOOKED_KEY, set())


def done(words: str) -> None:
    """Have the page drawn anew on what is published now, and say what was done; for callbacks."""
    st.session_state[SAID_KEY] = (words, "")
    loading.forget()


def refused(error: PilotError) -> None:
    """Say after the page is drawn anew what went wrong; for callbacks."""
    st.session_state[SAID_KEY] = ("", str(error))


def said() -> None:
    """Say once what was just done, or why it was not."""
    words, complaint = st.session_state.pop(SAID_KEY, ("", ""))
    if words:
        st.success(words, icon=":material/check:")
    if complaint:
        st.error(complaint, icon=":material/error:")


def nobody() -> None:
    """Ask for a name before anything of a draw is shown."""
    chrome.empty("Nobody is named yet.", "Give your name above: it stands beside everything you say.")
