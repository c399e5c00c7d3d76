"""What is this? One item at a time, blind, and keys to say it; the next one at once."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import labelling, loading
from dashboard.components import chrome, labelling_item, markup
from dashboard.components.labelling_choice import DOOR, Desk, fresh, has_looked
from dashboard.components.labelling_seat import Seat, seat_of
from dashboard.labelling import Given, Item
from ingest.errors import PilotError

ATTACK: Final = "attack"
LABELS: Final = (("Attack", ATTACK, "a"), ("Benign", "benign", "b"), ("Unsure", "unsure", "u"))
MOST_FAMILIES: Final = 5  # that have a key of their own
LONGEST_FAMILY: Final = 80
HELP: Final = (
    "Keys: **a** attack, **b** benign, **u** unsure, **f** attack of a kind that you name, "
    "**z** back to the item before."
)
# Streamlit has no way to put the cursor into a field; the field is there a moment after this.
FOCUS: Final = """<script>(function look(left){
const box = document.querySelector(".st-key-labelling_family input");
if (box) { box.focus(); } else if (left) { setTimeout(look, 40, left - 1); }
})(50)</script>"""


def label(desk: Desk) -> None:
    """Show what waits for this person, one item at a time."""
    seat_of(desk.design, desk.who).read(desk.session)
    _one(desk.design, desk.who)


@st.fragment
def _one(design: str, who: str) -> None:
    """The shown item with its keys; after a label only this is drawn anew."""
    seat = seat_of(design, who)
    if seat.item is None and seat.total > seat.done:
        seat.read(fresh())
    if seat.total:
        _progress(seat)
    if seat.complaint:
        st.error(f"{seat.complaint} This item still waits for your label.", icon=":material/error:")
    if seat.item is None:
        _nothing_waits(seat)
        return
    _before(seat)
    item = seat.item
    with st.container(key="labelling_item"):
        st.html(labelling_item.text(item))
    _keys(seat, item)
    st.html(labelling_item.origin(item))


def _progress(seat: Seat) -> None:
    share = 100 * seat.done / seat.total
    words = f"{seat.done:,} of {seat.total:,}, {seat.total - seat.done:,} left"
    with st.container(key="labelling_progress"):
        st.html(markup.progress(share, words, "fair"))


def _nothing_waits(seat: Seat) -> None:
    if seat.done:
        what = "All done: nothing waits for you in this draw."
    else:
        what = "Nothing waits for you: every item of this draw has as many labels as it needs."
    chrome.empty(what, "See what came out, settle disagreements, or draw more items.")
    if seat.past:
        _back(seat)


def _before(seat: Seat) -> None:
    before = seat.before
    if before is not None:
        said = f"{before.label}, {before.family}" if before.family else before.label
        st.html(markup.badge(("↶", "ask"), f"You said: {said}. Say it again, or otherwise; both are kept."))


def _keys(seat: Seat, item: Item) -> None:
    if seat.is_naming:
        _family(seat, item)
        return
    # keys carry the item: a key pressed twice must not label an item that nobody has read
    with st.container(horizontal=True):
        for title, word, key in LABELS:
            st.button(
                title, key=f"say_{word}_{item.event_id}", shortcut=key, on_click=_say,
                args=(seat, item.event_id, word), type="primary" if word == ATTACK else "secondary",
            )  # fmt: skip
        st.button("Name the kind", key=f"kind_{item.event_id}", shortcut="f", on_click=_name, args=(seat,))
        _back(seat)
        if seat.again is not None:
            st.button("Leave it so", key=f"leave_{item.event_id}", shortcut="Esc", on_click=seat.forward)
    _known_families(seat, item)
    st.caption(HELP)


def _back(seat: Seat) -> None:
    is_first = not seat.past or seat.again == 0
    at = seat.item.event_id if seat.item else ""
    st.button("Back", key=f"back_{at}", shortcut="z", on_click=seat.back, disabled=is_first, type="tertiary")


def _known_families(seat: Seat, item: Item) -> None:
    """Kinds that this person named before, each under a figure."""
    families = seat.families[:MOST_FAMILIES]
    if not families:
        return
    with st.container(horizontal=True):
        for place, family in enumerate(families, start=1):
            st.button(
                f"Attack: {unmarked(family)}", key=f"kind_{place}_{item.event_id}", shortcut=str(place),
                on_click=_say, args=(seat, item.event_id, ATTACK, family),
            )  # fmt: skip


def unmarked(family: str) -> str:
    """A name without what a button would take for markup.

    >>> unmarked("tool [abuse](x)")
    'tool abusex'
    """
    return "".join(each for each in family if each.isalnum() or each in " -/.,")


def _name(seat: Seat) -> None:
    seat.is_naming = True


def _unname(seat: Seat) -> None:
    seat.is_naming = False


def _family(seat: Seat, item: Item) -> None:
    """A field for the kind of attack; Enter records an attack of that kind."""
    key = f"family_{item.event_id}"
    with st.form(f"form_{item.event_id}", border=False), st.container(key="labelling_family"):
        st.text_input("Kind of attack", key=key, max_chars=LONGEST_FAMILY, width=420)
        st.form_submit_button("Record an attack of this kind", on_click=_say_kind, args=(seat, item, key))
    st.button("No kind", key=f"no_kind_{item.event_id}", shortcut="Esc", on_click=_unname, args=(seat,))
    st.html(f"{FOCUS}<!-- {item.place} -->", unsafe_allow_javascript=True)


def _say_kind(seat: Seat, item: Item, key: str) -> None:
    _say(seat, item.event_id, ATTACK, str(st.session_state.get(key, "")).strip())


def _say(seat: Seat, event_id: str, word: str, family: str = "") -> None:
    """Record a label of the item that is shown; what cannot be recorded stays, and is said."""
    if seat.item is None or seat.item.event_id != event_id:
        return  # a second press while the first was recorded
    # what was said here and is put right before anything was revealed is as blind as it was
    is_blind = seat.again is not None and not has_looked(seat.design, seat.who)
    given = Given(event_id, seat.who, word, seat.design, family=family, saw_score=False if is_blind else None)
    try:
        labelling.give(loading.session(), given, DOOR)
    except PilotError as error:
        seat.complaint = str(error)
        return
    seat.complaint = ""
    seat.keep(word, family)
