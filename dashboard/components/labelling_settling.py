"""Where do people disagree, and who settles it? Both labels side by side, and the word that holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import labelling, loading, wording
from dashboard.components import chrome, labelling_item, markup
from dashboard.components.labelling_choice import DOOR, Desk, done, refused, reveal
from dashboard.labelling import Disagreement, Given, Opinion
from dashboard.labelling_tables import design_row, needed
from ingest.errors import PilotError

ITEM_KEY: Final = "item"  # also the name in the address
SAID: Final = ("Who", "Said", "Kind", "Reason", "When")
SETTLED: Final = ("Item", "Said", "Settled as", "By", "Reason", "When")
LABELS: Final = (("It is an attack", "attack", "a"), ("It is benign", "benign", "b"))
LONGEST_REASON: Final = 1_000
WIDTH: Final = 620  # px


def settle(desk: Desk) -> None:
    """Show one open disagreement after the other, and what was settled before."""
    found = labelling.disagreements(desk.session, desk.design)
    seen = [each for each in found if may_see(desk, each)]
    reveal(desk)
    open_ = [each for each in seen if each.is_open]
    _hidden(len(found) - len(seen))
    if open_:
        _one(desk, open_)
    elif len(found) == len(seen):
        chrome.empty("Nobody disagrees." if not found else "Every disagreement is settled.", _next(found))
    _settled([each for each in seen if not each.is_open])


def may_see(desk: Desk, each: Disagreement) -> bool:
    """Whether an item waits for no blind label of this person any more."""
    design = design_row(desk.session, desk.design)
    people = [said.annotator.casefold() for said in each.opinions]
    return desk.who.casefold() in people or len(people) >= needed(desk.session, design["pilot"])


def _next(found: Sequence[Disagreement]) -> str:
    if found:
        return "Progress shows what the draw tells now."
    return "An item on which two people differ, or that nobody can tell, will stand here."


def _hidden(count: int) -> None:
    if count:
        words = wording.plural(count, "disagreement")
        st.caption(f"{words} wait until you have given your own label: it must stay blind.")


def _one(desk: Desk, open_: Sequence[Disagreement]) -> None:
    by_name = {each.item.event_id: each for each in open_}
    st.markdown(f"**{wording.plural(len(open_), 'disagreement')}** to settle")
    if st.session_state.get(ITEM_KEY) not in by_name:
        st.session_state.pop(ITEM_KEY, None)
    chosen = by_name[st.selectbox("Item", list(by_name), key=ITEM_KEY, width=420)]
    with st.container(key="labelling_disagreement"):
        st.html(labelling_item.text(chosen.item) + labelling_item.origin(chosen.item))
        st.html(markup.table(SAID, map(_row, chosen.opinions)))
    _form(desk, chosen)


def _row(said: Opinion) -> tuple[str, ...]:
    return (said.annotator, said.label, said.family or "", said.reason or "", wording.moment(said.at))


def _form(desk: Desk, chosen: Disagreement) -> None:
    event = chosen.item.event_id
    people = [each.annotator for each in chosen.opinions]
    is_party = desk.who.casefold() in {each.casefold() for each in people}
    jointly = ""
    if is_party:
        st.caption(
            "You are one of those who labelled it. Let somebody else settle it, or settle it together "
            "and say so."
        )
        words = f"settled jointly by {wording.listed(people)}"
        jointly = words if st.checkbox("We settled it together", key=f"joint_{event}") else ""
    reason = f"reason_{event}"
    st.text_area("Reason", key=reason, max_chars=LONGEST_REASON, height=80, width=WIDTH)
    with st.container(horizontal=True):
        for title, word, key in LABELS:
            st.button(
                title, key=f"settle_{word}_{event}", shortcut=key, on_click=_record,
                args=(desk, event, word, jointly), type="primary" if word == "attack" else "secondary",
            )  # fmt: skip


def _record(desk: Desk, event: str, word: str, jointly: str) -> None:
    typed = str(st.session_state.get(f"reason_{event}", "")).strip()
    reason = ": ".join(each for each in (jointly, typed) if each)
    settled = Given(event, desk.who, word, desk.design, reason=reason)
    try:
        labelling.adjudicate(loading.session(), settled, DOOR)
    except PilotError as error:
        refused(error)
        return
    done(f"Settled: {word}.")


def _settled(found: Sequence[Disagreement]) -> None:
    if not found:
        return
    with st.expander(f"{wording.plural(len(found), 'disagreement')} settled"):
        st.html(markup.table(SETTLED, map(_settled_row, found)))


def _settled_row(each: Disagreement) -> tuple[str, ...]:
    said = ", ".join(f"{one.annotator}: {one.label}" for one in each.opinions)
    by = each.settled
    if by is None:
        return (each.item.event_id, said, "", "", "", "")
    return (each.item.event_id, said, by.label, by.annotator, by.reason or "", wording.moment(by.at))
