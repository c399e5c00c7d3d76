"""Where is somebody in the queue of a draw: which item is shown, what was said before, what comes next?

Kept for the browser session, so that the next item is there at once: only recording takes time. An item goes
only when its label is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import streamlit as st

from dashboard import labelling
from dashboard.composition import Session
from dashboard.labelling import Item

KEY: Final = "labelling_seat"
AHEAD: Final = 10  # items that are read at once


@dataclass(frozen=True)
class Past:
    """An item that was labelled here, and as what."""

    item: Item
    label: str
    family: str


@dataclass
class Seat:
    """One person at one draw; changes with every label."""

    design: str
    who: str
    ahead: list[Item] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    done: int = 0
    total: int = 0
    again: int | None = None  # place in `past` of the item that is labelled once more
    is_naming: bool = False  # whether the field for the kind of attack is open
    complaint: str = ""

    @property
    def item(self) -> Item | None:
        """The item that is shown; None = nothing is left of what was read."""
        if self.again is not None:
            return self.past[self.again].item
        return self.ahead[0] if self.ahead else None

    @property
    def before(self) -> Past | None:
        """What was said of the shown item here before."""
        return None if self.again is None else self.past[self.again]

    @property
    def families(self) -> tuple[str, ...]:
        """Kinds of attack that this person has named here, in order of their naming."""
        return tuple(dict.fromkeys(each.family for each in self.past if each.family))

    def read(self, session: Session) -> None:
        """Read what waits now; what was labelled here stays within reach."""
        found = labelling.queue(session, self.design, self.who, AHEAD)
        self.ahead, self.done, self.total = list(found.items), found.done, found.total

    def back(self) -> None:
        """Go one labelled item back."""
        at = len(self.past) if self.again is None else self.again
        self.again, self.is_naming = max(at - 1, 0) if self.past else None, False

    def forward(self) -> None:
        """Leave what was labelled as it stands."""
        self.again, self.is_naming = None, False

    def keep(self, label: str, family: str) -> None:
        """Go on after a label of the shown item was recorded."""
        item = self.item
        if item is None:
            return
        if self.again is None:
            self.past.append(Past(item, label, family))
            self.ahead.pop(0)
            self.done += 1
        else:
            self.past[self.again] = replace(self.past[self.again], label=label, family=family)
        self.forward()


def seat_of(design: str, who: str) -> Seat:
    """The seat of this person at this draw, a new one where somebody else sat."""
    known = st.session_state.get(KEY)
    if isinstance(known, Seat) and (known.design, known.who) == (design, who):
        return known
    st.session_state[KEY] = Seat(design, who)
    return seat_of(design, who)
