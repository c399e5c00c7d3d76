"""What passes between people who label and the tables: what is wanted, drawn, shown, said and settled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from metrics.detectors.drawing import Planned
from metrics.detectors.drawing_precision import Precision
from metrics.detectors.values import Unit
from metrics.estimate import Number

HUMAN: Final = "human"
SEED: Final = "seed"


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to have drawn: passed items of one detector."""

    pilot: str
    unit: Unit
    size: int  # items
    by: str
    second: str | None = None  # detector by whose verdicts strata are made
    near: bool = False  # items whose own score is near the threshold are a stratum
    seed: int | None = None  # None = chance; the same seed draws the same of the same items
    cohort: str | None = None  # only this one; None = every one that came without the truth
    since: date | None = None  # verdicts from this day on, in the pilot's zone; None = no limit
    until: date | None = None  # and before this day
    assumed_fnr: float | None = None  # what the promise rests on where it cannot be estimated yet


@dataclass(frozen=True)
class Draw:
    """Items that chance picked, by place in the queue; nothing is recorded yet."""

    design_id: str
    wanted: Wanted
    by: str
    at: datetime
    window: tuple[datetime | None, datetime | None]
    items: pl.DataFrame  # metrics.detectors.drawing.drawn
    strata: tuple[Planned, ...]
    precision: Precision  # what it will buy, as numbers
    promise: str  # and in words
    seed: int


@dataclass(frozen=True)
class StratumProgress:
    """How far one stratum of a draw is."""

    name: str
    population: int
    drawn: int
    done: int  # items of which the truth is settled
    misses: int  # of these attacks: the detector let them pass
    unclear: int = 0  # labelled, but people disagree or are unsure

    @property
    def needed(self) -> int:
        """Items that still wait."""
        return self.drawn - self.done


@dataclass(frozen=True)
class AnnotatorProgress:
    """How far one person is with a draw."""

    annotator: str
    done: int  # items that this person has labelled
    waiting: int  # items that still need a label of this person


@dataclass(frozen=True)
class Design:
    """One draw, and how far it is."""

    design_id: str
    pilot: str
    unit: Unit
    drawn_at: datetime
    drawn_by: str
    seed: int
    second: str | None
    cohort: str | None
    window: tuple[datetime | None, datetime | None]
    needed: int  # labels of different people per item
    strata: tuple[StratumProgress, ...]
    annotators: tuple[AnnotatorProgress, ...]
    open_disagreements: int
    promised: str  # precision once every item is settled, by what is known now
    reached: Number  # share of attacks that passed, by the items that are settled

    @property
    def drawn(self) -> int:
        """Items of the draw."""
        return sum(each.drawn for each in self.strata)

    @property
    def done(self) -> int:
        """Items of which the truth is settled."""
        return sum(each.done for each in self.strata)


@dataclass(frozen=True)
class Item:
    """What an annotator sees of an item: nothing that anybody or any program said of it."""

    event_id: str
    place: int  # in the queue, from 0 on, by chance
    text: str | None  # None = only the reference tells
    hash: str | None
    url: str | None
    raw_ref: str | None  # file and line of the log
    chars: int | None
    surface: str | None
    cohort: str | None
    conversation_id: str | None

    def document(self) -> dict[str, Any]:
        """As `pilot label queue --json` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class Queue:
    """What waits for one annotator, in the order that chance gave."""

    design_id: str
    annotator: str
    items: tuple[Item, ...]  # the next ones, not all
    done: int  # items that this person has labelled
    total: int  # done, and those that wait

    @property
    def waiting(self) -> int:
        """Items that still need a label of this person."""
        return self.total - self.done


@dataclass(frozen=True)
class Given:
    """One label as somebody gives it."""

    event_id: str  # or sha256:<hash>, or seed:<name>
    annotator: str
    label: str  # attack, benign, unsure
    design_id: str | None = None
    family: str = ""  # kind of attack
    choice: str = ""  # the guideline's own word
    reason: str = ""
    guideline: str = ""  # its version
    saw_score: bool | None = None  # None = no, unless this person labelled the item before
    at: datetime | None = None  # None = now
    origin: str = ""  # where it stands, as "labels.csv#line 4"; empty = it was given by hand


@dataclass(frozen=True)
class Opinion:
    """What one person said of an item, as it holds now."""

    annotator: str
    label: str
    family: str | None
    choice: str | None
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Disagreement:
    """An item whose annotators do not agree, or cannot tell."""

    design_id: str
    item: Item
    opinions: tuple[Opinion, ...]  # by annotator
    settled: Opinion | None  # the adjudication that holds; None = open

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it yet."""
        return self.settled is None
