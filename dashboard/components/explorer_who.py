"""Who decides? The person who is signed in; without a login, the name that somebody gives once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

NAME_KEY: Final = "decider"  # kept for the session, whatever page is open
FIELD_KEY: Final = "decider_field"
CLAIMS: Final = ("preferred_username", "nickname", "name", "email")  # of OpenID Connect Core 1.0, section 5.1


def decider() -> str:
    """Show who decides, or ask for the name; empty until it is known."""
    known = st.user.to_dict()
    if "is_logged_in" not in known:
        return _typed()
    if not known["is_logged_in"]:
        st.button("Sign in to decide", on_click=st.login, icon=":material/login:")
        return ""
    name = login_name(known)
    st.caption(f"You decide as **{name}**.")
    return name


def login_name(known: Mapping[str, object]) -> str:
    """A name out of what the login tells; of an address only what stands before the @: none is kept.

    >>> login_name({"email": "jo@example.org"}), login_name({"name": "Jo Doe", "email": "jo@example.org"})
    ('jo', 'Jo Doe')
    """
    told = next((str(known[claim]) for claim in CLAIMS if known.get(claim)), "")
    return told.partition("@")[0].strip()


def _typed() -> str:
    st.session_state.setdefault(FIELD_KEY, st.session_state.get(NAME_KEY, ""))
    typed = st.text_input(
        "Your name", key=FIELD_KEY, placeholder="stands beside every decision", max_chars=80, width=420
    )
    st.session_state[NAME_KEY] = typed
    return str(typed).strip()
